// The module "spectest" that scripts may import from (spec repository, interpreter/README.md "Spectest host module").
#pragma once

#include <mini_wasm/linker.h>

namespace mini_wasm::spec {

// Defines its functions (which print nothing), globals, tables and memory. What the store's engine has switched off
// (64-bit tables, shared memories) is left out.
void define_spectest(Linker& linker);

}  // namespace mini_wasm::spec
