// Where the arguments are in a call of a function of the same instance, by `call`, `call_indirect` or `call_ref`: the
// first ones of each bank in registers, the rest in their slots. All other calls pass all arguments in slots
// (runtime/call/frame.h): tail calls, calls of imports, calls into another instance, and calls from C++. They enter the
// function at another entry point, Entry::slots, where it first loads the registers from the slots.
#pragma once

#include "jit/value.h"

namespace mini_wasm::jit {

// Assigns registers to the parameters of a function type, in their order.
template <class Masm>
class ArgumentRegisters {
 public:
  // The register of the next parameter; kNoReg: it is in its slot.
  Reg next(Scalar type) {
    if (is_int(type)) return ints_ < Masm::kIntArguments.size() ? Masm::kIntArguments[ints_++] : kNoReg;
    return floats_ < Masm::kFloatArguments.size() ? Masm::kFloatArguments[floats_++] : kNoReg;
  }
  // Whether all parameters that follow are in slots.
  bool full() const { return ints_ == Masm::kIntArguments.size() && floats_ == Masm::kFloatArguments.size(); }

 private:
  size_t ints_ = 0, floats_ = 0;
};

}  // namespace mini_wasm::jit
