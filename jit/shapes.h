// Shapes of instructions: functions that take the operands of an instruction from the compiler's stack, choose
// registers and push the result. The instruction selectors of a CPU derive from this class; they only emit the
// instructions.
//
// A register that will be written must come from Compiler::target, take or own ("own a value": have it in a register
// that may be written). The registers that Compiler::use returns must not be written, because they may belong to
// locals. Each operand that was popped is released once: by `target`, or by `release` after the code that reads it.
#pragma once

#include <algorithm>
#include <utility>

#include "jit/compiler.h"
#include "jit/shuffle_patterns.h"

namespace mini_wasm::jit {

template <class Masm>
class Shapes {
 public:
  using C = Compiler<Masm>;
  // Selects code for one instruction, `op`.
  Shapes(C& compiler, Masm& masm, Op op) : c(compiler), m(masm), op_(op) {}

 protected:
  // One operand, one result. Calls emit(to, from); the two may be the same register.
  template <class Emit>
  void unary(Scalar to_type, Emit emit) {
    Value value = c.pop();
    const Reg source = c.use(value);
    const Reg to = c.target(to_type, value);
    emit(to, source);
    c.push_reg(to_type, to);
  }
  // The same, but `to` and `from` are different registers.
  template <class Emit>
  void unary_apart(Scalar to_type, Emit emit) {
    Value value = c.pop();
    const Reg source = c.use(value);
    const Reg to = c.take(to_type);
    emit(to, source);
    c.release(value);
    c.push_reg(to_type, to);
  }

  struct Pair {
    Value left, right;
  };
  // Pops the two operands. If the instruction commutes and the left one is a constant, swaps them, because only the
  // right operand can be an immediate.
  Pair pop_pair(bool commutes) {
    Pair pair;
    pair.right = c.pop();
    pair.left = c.pop();
    if (commutes && pair.left.kind == Value::Kind::constant) std::swap(pair.left, pair.right);
    return pair;
  }
  // Calls emit(to, left, right); `right` is an Operand. `to` may be the same register as either of the others. For
  // instructions that write a third register.
  template <class Emit>
  void three_address(Scalar type, Pair& pair, Emit emit) {
    const Reg left = c.use(pair.left);
    const Operand right = c.operand(op_, pair.right);
    const Reg to = c.target(type, pair.left);
    emit(to, left, right);
    c.release(pair.right);
    c.push_reg(type, to);
  }
  // Two operands in registers, one result. Calls emit(to, left, right); `to` may be the same register as either.
  template <class Emit>
  void binary(Scalar type, Emit emit) {
    Pair pair = pop_pair(false);
    const Reg left = c.use(pair.left), right = c.use(pair.right);
    const Reg to = c.target(type, pair.left);
    emit(to, left, right);
    c.release(pair.right);
    c.push_reg(type, to);
  }
  // Calls emit(to, right), which emits to = to op right. For instructions that commute, on CPUs whose instructions
  // overwrite their left operand.
  template <class Emit>
  void two_address(Scalar type, Pair pair, Emit emit) {
    three_address(type, pair, [&](Reg to, Reg left, Operand right) {
      if (to != left) right = beside(to, pair.right, right);
      two_address(type, to, left, right, emit);
    });
  }
  template <class Emit>
  void two_address(Scalar type, Reg to, Reg left, Operand right, Emit emit) {
    if (to != left && right.is(to)) return emit(to, Operand::of(left));
    m.move(type, to, left);
    emit(to, right);
  }
  // Returns the right operand of an instruction that is going to write `to` before it reads that operand. `operand` is
  // a form of `value`. If `to` is part of its address, loads it into the scratch register; otherwise returns it as it
  // is. No other register may be taken here, because the left operand was released already and could lose its register.
  Operand beside(Reg to, Value& value, Operand operand) {
    if (!operand.needs(to)) return operand;
    const Reg scratch = Masm::scratch(value.type);
    m.load_operand(value.type, scratch, operand);
    c.release(std::exchange(value, Value{}));
    return Operand::of(scratch);
  }
  // i8x16.shuffle. If all bytes come from one operand, or both are the same local, calls one(to, from, lanes), with lanes
  // below 16; otherwise two(to, left, right, lanes). `to` may be the same register as any of the others.
  template <class One, class Two>
  void shuffle(const uint8_t* indices, One one, Two two) {
    Value right = c.pop(), left = c.pop();
    ShuffleLanes lanes;
    std::copy_n(indices, lanes.size(), lanes.begin());
    const auto from_left = std::count_if(lanes.begin(), lanes.end(), [](uint8_t lane) { return lane < 16; });
    const bool same =
        left.kind == Value::Kind::local && right.kind == Value::Kind::local && left.local() == right.local();
    if (same || from_left == 16 || from_left == 0) {
      for (uint8_t& lane : lanes) lane &= 15;
      if (from_left == 0) std::swap(left, right);
      c.release(right);
      const Reg from = c.use(left), to = c.target(Scalar::v128, left);
      one(to, from, lanes);
      return c.push_reg(Scalar::v128, to);
    }
    const Reg r = c.use(right), l = c.use(left);
    const Reg to = c.target(Scalar::v128, left);
    two(to, l, r, lanes);
    c.release(right);
    c.push_reg(Scalar::v128, to);
  }
  // i64.add128, i64.sub128: an addition or subtraction of the low words, then one with carry of the high words. Calls
  // emit(to_low, to_high, low, high): the first two contain the left operand and receive the result; the others are
  // Operands.
  template <class Emit>
  void wide_sum(Emit emit) {
    Value right_high = c.pop(), right_low = c.pop(), left_high = c.pop(), left_low = c.pop();
    const Reg to_low = c.own(left_low), to_high = c.own(left_high);
    const Operand low = c.operand(op_, right_low), high = c.operand(op_, right_high);
    emit(to_low, to_high, low, high);
    c.release(right_low);
    c.release(right_high);
    c.push_reg(Scalar::i64, to_low);
    c.push_reg(Scalar::i64, to_high);
  }
  // A register that contains the operand and is not in `avoid`. It must not be written.
  Reg apart(Value& value, RegSet avoid) {
    const Reg reg = c.use(value);
    return avoid.has(reg) ? c.own(value, avoid) : reg;
  }

  C& c;
  Masm& m;
  const Op op_;
};

}  // namespace mini_wasm::jit
