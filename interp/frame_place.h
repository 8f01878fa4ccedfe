// FramePlace: a place in the interpreter's code of a function where a frame can be taken apart, or put together again:
// a call, or the beginning of a loop. For calls that are saved (runtime/call/saved_frame.h).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace mini_wasm::interp {

struct FramePlace {
  // The value of an operand is in the slot `slot`, or it is the constant `bits`.
  struct Operand {
    bool is_constant = false;
    uint16_t slot = 0;
    std::array<uint64_t, 2> bits{};
  };

  // Which place is wanted: that at a word of the code, or at an offset in the module.
  bool at_loop = false;
  bool by_word = false;
  uint32_t word = 0, offset = 0;  // one is given, the other one is found
  bool found = false;
  uint16_t operands_end = 0;  // the slot behind the operands, where the arguments of a call begin
  std::vector<Operand> operands;
};

}  // namespace mini_wasm::interp
