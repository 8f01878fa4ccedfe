// Whether an external value matches the type of the import that it is given for (spec 3.3 "External Types", 4.7.2).
#pragma once

#include "decoder/module.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

// The type of item `index` of that kind in a module's index space, as declared.
ExternType declared_type(const decoder::Module& module, ExternKind kind, uint32_t index);
// The type of an instance in a store, with its current size as the minimum (spec 4.5 "External Typing").
ExternType current_type(const Store& store, ExternKind kind, const void* inst);
// Texts such as "func [i32] -> []", "memory of 1 to 10 pages", "mutable global i32".
std::string describe(const ExternType& type);
// Text such as `"env" "f" (func [i32] -> [])`, with the names escaped for a terminal.
std::string describe(const decoder::Module& module, const decoder::Import& import);

// Error: unlinkable "incompatible import type: ..."; usage when `given` belongs to another store.
Result<void> match_import(const Store& store, const decoder::Module& module, const decoder::Import& import,
                          const Extern& given);

}  // namespace mini_wasm::runtime
