// Validation of a module without its function bodies (spec 3.5). function_validator.h validates bodies, one at a time.
#pragma once

#include <mini_wasm/result.h>

#include "core/opcode.h"
#include "decoder/module.h"

namespace mini_wasm::validator {

// Checks types, imports, sizes, constant expressions, segments, exports and the start function, and sets
// module.declared_funcs. Afterwards every index outside of bodies is inside its index space, and the types of functions
// and tags are function types. Errors: invalid, with the byte offset of the definition or instruction; malformed or
// limit, from a constant expression.
Result<void> validate_module(decoder::Module& module, FeatureSet features);

// The size of the address space of a memory, in pages (3.2.15). With pages of one byte it is one page less, because the
// number of all pages does not fit.
uint64_t max_pages(const MemoryType& type);

}  // namespace mini_wasm::validator
