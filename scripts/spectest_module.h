// The module "spectest" that scripts may import from (spec repository, interpreter/README.md "Spectest host module").
#pragma once

#include <mini_wasm/linker.h>

namespace mini_wasm::spec {

// Defines its functions (which print nothing), globals, tables and memory. Objects that need a feature which is
// switched off in the store's engine (64-bit tables, shared memories) are left out.
void define_spectest(Linker& linker);

}  // namespace mini_wasm::spec
