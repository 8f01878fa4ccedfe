// Constants at the edges where implementations differ, and the smallest expression of each type.
#pragma once

#include "spec-tests/generate/byte_source.h"
#include "spec-tests/generate/code.h"
#include "spec-tests/generate/types.h"

namespace mini_wasm::generate {

class ModulePlan;

// One constant instruction of a numeric or vector type; the bits are often an edge of the type.
void write_constant(Code& code, Kind kind, ByteSource& source);
uint32_t edge_bits32(ByteSource& source);
uint64_t edge_bits64(ByteSource& source);
uint32_t edge_float_bits(ByteSource& source);
uint64_t edge_double_bits(ByteSource& source);

// A constant expression (spec 3.4.10) of that type which needs no choices: zero, null, or an object of zeros. Where
// there can be none (a function or exception that must not be null), it is no constant: ref.null, ref.as_non_null.
bool has_constant(const ModulePlan& plan, Type type);
void write_smallest(Code& code, const ModulePlan& plan, Type type);

}  // namespace mini_wasm::generate
