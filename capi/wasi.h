// What the functions of wasi.h work on.
#pragma once

#include <wasi.h>

#include <memory>
#include <vector>

#include "capi/store.h"
#include "core/guarded.h"

struct wasi_config_t {
  mini_wasm::WasiConfig config;
  std::vector<std::shared_ptr<const int>> files;  // descriptors that streams of `config` use
};

struct mini_wasm_wasi_buffer_t {
  mini_wasm::WasiBuffer buffer;
};

struct mini_wasm_wasi_files_t {
  mini_wasm::WasiFiles files;
};

namespace mini_wasm::capi {

// Does `work` on a configuration; false when there is none, or no memory.
template <class Work>
bool change(wasi_config_t* config, Work work) {
  if (config == nullptr) return false;
  return guarded([&] { return work(config->config), true; }, [] { return false; });
}

// What a function of the embedder gets, with its finalizer.
class UserData {
 public:
  UserData(void* data, void (*finalizer)(void*)) : data_(data), finalizer_(finalizer) {}
  ~UserData() {
    if (finalizer_ != nullptr) finalizer_(data_);
  }
  UserData(const UserData&) = delete;
  UserData& operator=(const UserData&) = delete;
  void* get() const { return data_; }

 private:
  void* const data_;
  void (*const finalizer_)(void*);
};
// Null when there is no memory; then the finalizer has been called.
std::shared_ptr<const UserData> keep_data(void* data, void (*finalizer)(void*));

}  // namespace mini_wasm::capi
