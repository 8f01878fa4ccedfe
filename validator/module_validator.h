// Validation of a module but for its function bodies (spec 3.4). Bodies are function_validator.h's, one by one.
#pragma once

#include <mini_wasm/result.h>

#include "core/opcode.h"
#include "decoder/module.h"

namespace mini_wasm::validator {

// Checks types, imports, sizes, constant expressions, segments, exports and the start function, and fills in
// module.declared_funcs. Afterwards every index outside the bodies is in its index space, and types of functions and
// tags are function types. Errors: invalid with the byte offset of the definition or instruction; malformed or limit
// out of a constant expression.
Result<void> validate_module(decoder::Module& module, FeatureSet features);

// The address space of a memory in pages (3.2.16); with pages of one byte the last one cannot be counted.
uint64_t max_pages(const MemoryType& type);

}  // namespace mini_wasm::validator
