// Constants at the boundaries where implementations differ, and the smallest expression of each type.
#pragma once

#include "spec-tests/generate/byte_source.h"
#include "spec-tests/generate/code.h"
#include "spec-tests/generate/types.h"

namespace mini_wasm::generate {

class ModulePlan;

// Writes a constant instruction of a numeric or vector type. Its bits are often a boundary value of the type.
void write_constant(Code& code, Kind kind, ByteSource& source);
uint32_t edge_bits32(ByteSource& source);
uint64_t edge_bits64(ByteSource& source);
uint32_t edge_float_bits(ByteSource& source);
uint64_t edge_double_bits(ByteSource& source);

// write_smallest writes a constant expression (spec 3.4.13) of the type without choices: zero, null, or an object of
// zeros. If there is none (a function or exception that must not be null: has_constant is false), it writes ref.null
// and ref.as_non_null, which is no constant expression.
bool has_constant(const ModulePlan& plan, Type type);
void write_smallest(Code& code, const ModulePlan& plan, Type type);

}  // namespace mini_wasm::generate
