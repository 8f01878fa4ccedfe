// What the instruction selections of x64/numeric.cc, numeric_float.cc, simd.cc and simd_lanes.cc share.
#pragma once

#include <utility>

#include "jit/compiler.h"
#include "jit/x64/masm.h"

namespace mini_wasm::jit::x64 {

namespace Inst = x86::Inst;
using Id = Inst::Id;

// An instruction comes for 32 and for 64 bits: `wide`.
inline Scalar int_type(bool wide) { return wide ? Scalar::i64 : Scalar::i32; }
inline Scalar float_type(bool wide) { return wide ? Scalar::f64 : Scalar::f32; }

class SelectorBase {
 public:
  using C = Compiler<Masm>;
  SelectorBase(C& compiler, Masm& masm) : c(compiler), m(masm), a(masm.a) {}

 protected:
  asmjit::Operand operand_of(Scalar type, const Operand& o) const { return m.operand_of(type, o); }
  // `right` as it is, unless `to`, which is written first, is part of it. The left operand has been released, so
  // nothing else may be taken.
  Operand beside(Reg to, Scalar type, Value& right, Operand r) {
    if (!r.needs(to)) return r;
    m.load_operand(type, kScratch, r);
    c.release(std::exchange(right, Value{}));
    return Operand::of(kScratch);
  }
  template <class Emit>
  void unary(Scalar to_type, Emit emit) {
    Value value = c.pop();
    const Reg source = c.use(value);
    const Reg to = c.target(to_type, value);
    emit(to, source);
    c.push_reg(to_type, to);
  }
  // The same into a register that is not the operand's.
  template <class Emit>
  void unary_apart(Scalar to_type, Emit emit) {
    Value value = c.pop();
    const Reg source = c.use(value);
    const Reg to = c.take(to_type);
    emit(to, source);
    c.release(value);
    c.push_reg(to_type, to);
  }

  C& c;
  Masm& m;
  Assembler& a;
};

// Floating point and conversions; vectors. false: not an instruction of theirs.
bool select_float(Compiler<Masm>& c, Masm& m, Op op);
bool select_simd(Compiler<Masm>& c, Masm& m, Op op);

}  // namespace mini_wasm::jit::x64
