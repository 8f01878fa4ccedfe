// Where a function of the same module finds its arguments when it is called directly: the first of each bank in
// registers, the rest in their slots. Calls from elsewhere put all in slots (runtime/call/frame.h), and enter the function a
// little earlier, where it loads them.
#pragma once

#include "jit/value.h"

namespace mini_wasm::jit {

template <class Masm>
class ArgumentRegisters {
 public:
  // The next parameter's register, or kNoReg: it is in its slot.
  Reg next(Scalar type) {
    if (is_int(type)) return ints_ < Masm::kIntArguments.size() ? Masm::kIntArguments[ints_++] : kNoReg;
    return floats_ < Masm::kFloatArguments.size() ? Masm::kFloatArguments[floats_++] : kNoReg;
  }
  // All that follow are in slots.
  bool full() const { return ints_ == Masm::kIntArguments.size() && floats_ == Masm::kFloatArguments.size(); }

 private:
  size_t ints_ = 0, floats_ = 0;
};

}  // namespace mini_wasm::jit
