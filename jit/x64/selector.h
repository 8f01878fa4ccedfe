// What the instruction selections of x64/numeric.cc, numeric_float.cc, simd.cc and simd_lanes.cc share.
#pragma once

#include "jit/compiler.h"
#include "jit/x64/masm.h"

namespace mini_wasm::jit::x64 {

namespace Inst = x86::Inst;
using Id = Inst::Id;

// An instruction comes for 32 and for 64 bits: `wide`.
inline Scalar int_type(bool wide) { return wide ? Scalar::i64 : Scalar::i32; }
inline Scalar float_type(bool wide) { return wide ? Scalar::f64 : Scalar::f32; }

inline asmjit::Operand operand_of(Scalar type, const Operand& o) {
  switch (o.kind) {
    case Operand::Kind::imm: return asmjit::Imm(o.imm);
    case Operand::Kind::slot: return slot_at(o.slot, type == Scalar::i32 || type == Scalar::f32 ? 4 : 8);
    case Operand::Kind::reg: break;
  }
  if (o.reg.is_float()) return vec(o.reg);
  return gp(type, o.reg);
}

class SelectorBase {
 public:
  using C = Compiler<Masm>;
  SelectorBase(C& compiler, Masm& masm) : c(compiler), m(masm), a(masm.a) {}

 protected:
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
