// Standard streams without a descriptor of the host: bytes, buffers and functions of the embedder. For guests they look
// like pipes that are always ready.
#pragma once

#include <mini_wasm/wasi.h>

#include <memory>
#include <mutex>
#include <string>

#include "wasi/file.h"

namespace mini_wasm::wasi {

// What a WasiBuffer refers to. Thread rule: any thread.
class OutputBytes {
 public:
  explicit OutputBytes(uint64_t max_bytes) : max_bytes_(max_bytes) {}
  // Takes at most `max_bytes` bytes from the buffers, as many as there is room for. Error: nospc.
  ErrnoOr<Size> append(HostIovecs& buffers, uint64_t max_bytes);
  std::string text();
  std::string take();
  bool overflowed();

 private:
  const uint64_t max_bytes_;
  std::mutex mutex_;
  std::string text_;
  bool overflowed_ = false;
};

// `number` tells the streams of a guest apart. What is referred to must exist as long as the file.
std::unique_ptr<File> make_input(uint64_t number, const std::string& bytes);
std::unique_ptr<File> make_input(uint64_t number, const WasiRead& read);
std::unique_ptr<File> make_output(uint64_t number);  // everything is thrown away
std::unique_ptr<File> make_output(uint64_t number, std::shared_ptr<OutputBytes> bytes);
std::unique_ptr<File> make_output(uint64_t number, const WasiWrite& write);

}  // namespace mini_wasm::wasi
