// FramePlace: a place in the interpreter's code of a function where a frame can be taken apart, or put together again:
// a call, or the beginning of a loop. For calls that are saved (runtime/call/saved_frame.h).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace mini_wasm::interp {

struct FramePlace {
  // The value of an operand is in the slot `slot`, or it is the constant `bits`.
  struct Operand {
    bool is_constant = false;
    uint16_t slot = 0;
    std::array<uint64_t, 2> bits{};
  };

  bool found = false;
  uint32_t word = 0, offset = 0;  // in the code; in the module
  uint16_t operands_end = 0;      // the slot behind the operands, where the arguments of a call begin
  std::vector<Operand> operands;
};

// Places of one function that are looked for together, because each search translates the function once more. They are
// named by their words or by their offsets, and by whether they are loops: a loop may begin with a call.
struct FramePlaces {
  bool by_word = false;
  std::map<std::pair<uint32_t, bool>, FramePlace> all;
};

}  // namespace mini_wasm::interp
