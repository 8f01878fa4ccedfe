// VectorSelector: what simd.cc and simd_lanes.cc share.
#pragma once

#include "jit/a64/selector.h"

namespace mini_wasm::jit::a64 {

class VectorSelector : public SelectorBase {
 public:
  using SelectorBase::SelectorBase;

 protected:
  static constexpr Scalar kV128 = Scalar::v128;
  static constexpr Reg s = kFloatScratch, s2 = kInnerFloat;

  // One vector operand, one vector result. Calls emit(to, from); the two may be the same register.
  template <class Emit>
  void one(Emit emit) {
    unary(kV128, emit);
  }
  // Two vector operands. Calls emit(to, left, right); `to` may be the register of either.
  template <class Emit>
  void two(Emit emit) {
    binary(kV128, emit);
  }
  // Three vector operands. Calls emit(to, first, second, third); `to` may be the register of any.
  template <class Emit>
  void three(Emit emit) {
    Value third = c.pop(), second = c.pop(), first = c.pop();
    const Reg x = c.use(first), y = c.use(second), z = c.use(third);
    const Reg to = c.target(kV128, first);
    emit(to, x, y, z);
    c.release(second);
    c.release(third);
    c.push_reg(kV128, to);
  }
  void copy(Reg to, Reg from) { m.move(kV128, to, from); }
};

// simd_lanes.cc. False: it did nothing.
bool select_splat(Compiler<Masm>& c, Masm& m, Op op);

}  // namespace mini_wasm::jit::a64
