// Shapes of instructions, for Masm's instruction selection: which operand goes where and who owns which register, so
// that a CPU's folder says only what is emitted. A CPU's selectors derive from this.
//
// Whoever needs a register that may be written gets it from Compiler::target, take or own, and from nowhere else: other
// registers hold locals, too.
#pragma once

#include <utility>

#include "jit/compiler.h"

namespace mini_wasm::jit {

template <class Masm>
class Shapes {
 public:
  using C = Compiler<Masm>;
  // For one instruction, `op`.
  Shapes(C& compiler, Masm& masm, Op op) : c(compiler), m(masm), op_(op) {}

 protected:
  // emit(to, from), which may be the same register.
  template <class Emit>
  void unary(Scalar to_type, Emit emit) {
    Value value = c.pop();
    const Reg source = c.use(value);
    const Reg to = c.target(to_type, value);
    emit(to, source);
    c.push_reg(to_type, to);
  }
  // emit(to, from), which are different registers.
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
  // The two operands. Of a commutative instruction a constant is the right one, which may be an immediate.
  Pair pop_pair(bool commutes) {
    Pair pair;
    pair.right = c.pop();
    pair.left = c.pop();
    if (commutes && pair.left.kind == Value::Kind::constant) std::swap(pair.left, pair.right);
    return pair;
  }
  // emit(to, left, right), where `right` is an Operand and `to` may be any register of theirs. For instructions that
  // write a third register.
  template <class Emit>
  void three_address(Scalar type, Pair& pair, Emit emit) {
    const Reg left = c.use(pair.left);
    const Operand right = c.operand(op_, pair.right);
    const Reg to = c.target(type, pair.left);
    emit(to, left, right);
    c.release(pair.right);
    c.push_reg(type, to);
  }
  // emit(to, right): to = to op right. For instructions that commute, of CPUs whose instructions overwrite their left
  // operand.
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
  // `operand`, which is `value`, as it is, unless `to`, which is about to be written, is part of its address. The left
  // operand has been released, so nothing else may be taken.
  Operand beside(Reg to, Value& value, Operand operand) {
    if (!operand.needs(to)) return operand;
    const Reg scratch = Masm::scratch(value.type);
    m.load_operand(value.type, scratch, operand);
    c.release(std::exchange(value, Value{}));
    return Operand::of(scratch);
  }
  // A register with the operand that is none of `avoid`. Not to be written.
  Reg apart(Value& value, RegSet avoid) {
    const Reg reg = c.use(value);
    return avoid.has(reg) ? c.own(value, avoid) : reg;
  }

  C& c;
  Masm& m;
  const Op op_;
};

}  // namespace mini_wasm::jit
