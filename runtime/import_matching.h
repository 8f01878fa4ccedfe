// Whether what is given for an import has the type that the module declares (spec 3.3.11-3.3.17 "Matching", 4.7.2).
#pragma once

#include "decoder/module.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

// The type of an index of a module's index spaces.
ExternType declared_type(const decoder::Module& module, ExternKind kind, uint32_t index);
// The type of what exists in a store, with current sizes (spec 4.5.10).
ExternType current_type(const Store& store, ExternKind kind, const void* inst);
// "func [i32] -> []", "memory of 1 to 10 pages", "mutable global i32".
std::string describe(const ExternType& type);
// `"env" "f" (func [i32] -> [])`, the names escaped.
std::string describe(const decoder::Module& module, const decoder::Import& import);

// Error: unlinkable "incompatible import type: ..."; usage when `given` belongs to another store.
Result<void> match_import(const Store& store, const decoder::Module& module, const decoder::Import& import,
                          const Extern& given);

}  // namespace mini_wasm::runtime
