// wasm_shared_module_t, and what makes modules.
#pragma once

#include "capi/store.h"

struct wasm_shared_module_t {
  const mini_wasm::Module module;
};

namespace mini_wasm::capi {

// Errors: those of Module::compile.
Result<Module> compile(const wasm_store_t& store, const wasm_byte_vec_t& binary);
// A handle to a module. Null: no memory.
wasm_module_t* module_ref(wasm_store_t* store, Module module);

}  // namespace mini_wasm::capi
