// mini_wasm_linker_t.
#pragma once

#include <mini_wasm.h>

#include "capi/store.h"

struct mini_wasm_linker_t {
  explicit mini_wasm_linker_t(wasm_store_t* s) : store(s), linker(s->store) { ++s->owners; }
  ~mini_wasm_linker_t() { mini_wasm::capi::give_back(store); }
  mini_wasm_linker_t(const mini_wasm_linker_t&) = delete;
  mini_wasm_linker_t& operator=(const mini_wasm_linker_t&) = delete;

  wasm_store_t* const store;
  mini_wasm::Linker linker;
};
