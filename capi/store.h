// wasm_store_t, wasm_engine_t and wasm_config_t.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "capi/ref.h"

struct wasm_config_t {
  mini_wasm::Config config;
};

struct wasm_engine_t {
  mini_wasm::Engine engine;
};

// A store has as many owners as there are handles to it and to its objects, and calls that are running. The embedder's
// handle, from wasm_store_new, is one of them.
struct wasm_store_t {
  wasm_store_t(const mini_wasm::Engine& e, const mini_wasm::StoreLimits& limits) : engine(e), store(e, limits) {}

  uint32_t owners = 1;
  const mini_wasm::Engine engine;
  mini_wasm::Store store;
  // By their keys. Some of them have no owner: those with host info, and those that only guests hold.
  std::unordered_map<const void*, wasm_ref_t*> refs;
  // What the collector found to be garbage. It is released later, because that calls finalizers of the embedder, which
  // must not happen in the middle of a collection.
  wasm_ref_t* dead = nullptr;
  // What must exist as long as the store: WASI programs.
  std::vector<std::shared_ptr<void>> programs;
};

namespace mini_wasm::capi {

wasm_store_t* make_store(const wasm_engine_t* engine, const StoreLimits& limits);
// The limits that wasm_store_new sets: none.
StoreLimits no_limits();
void give_back(wasm_store_t* store);
// Releases what is in wasm_store_t::dead.
void bury_dead(wasm_store_t* store);

// Keeps the store while something is done with it. A guest or a finalizer may give back every handle meanwhile.
class StoreUse {
 public:
  explicit StoreUse(wasm_store_t* store) : store_(store) { ++store_->owners; }
  ~StoreUse() {
    if (store_->dead != nullptr) bury_dead(store_);
    give_back(store_);
  }
  StoreUse(const StoreUse&) = delete;
  StoreUse& operator=(const StoreUse&) = delete;

 private:
  wasm_store_t* const store_;
};

}  // namespace mini_wasm::capi
