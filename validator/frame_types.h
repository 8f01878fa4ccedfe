// FrameTypes: the types of what a frame has where its function stands at a call, or at the beginning of a loop.
#pragma once

#include <mini_wasm/types.h>

#include <cstdint>
#include <map>
#include <vector>

namespace mini_wasm::validator {

struct FrameTypes {
  enum class At : uint8_t { other, call, tail_call, loop };
  At at = At::other;  // other: the instruction is something else, or unreachable; then there is nothing else here
  // A local without a default value that was not written yet has a nullable type.
  std::vector<ValType> locals;
  // Without the arguments of the call. A `catch` of the older proposal has an exnref below its operands.
  std::vector<ValType> operands;
  std::vector<ValType> results;  // of the call
};

// Of one function, by the offset in the module of the instruction.
using FrameTypesAt = std::map<uint64_t, FrameTypes>;

}  // namespace mini_wasm::validator
