// What the instruction selections of x64/numeric.cc, numeric_float.cc, simd.cc and simd_lanes.cc share.
#pragma once

#include "jit/shapes.h"
#include "jit/x64/compiler.h"

namespace mini_wasm::jit::x64 {

namespace Inst = x86::Inst;
using Id = Inst::Id;

// An instruction comes for 32 and for 64 bits: `wide`.
inline Scalar int_type(bool wide) { return wide ? Scalar::i64 : Scalar::i32; }
inline Scalar float_type(bool wide) { return wide ? Scalar::f64 : Scalar::f32; }

class SelectorBase : protected Shapes<Masm> {
 public:
  SelectorBase(C& compiler, Masm& masm, Op op) : Shapes(compiler, masm, op), a(masm.a), cpu(masm.cpu()) {}

 protected:
  asmjit::Operand operand_of(Scalar type, const Operand& o) const { return m.operand_of(type, o); }

  Assembler& a;
  const CpuFeatures cpu;
};

// Floating point and conversions; vectors. false: not an instruction of theirs.
bool select_float(Compiler<Masm>& c, Masm& m, Op op);
bool select_simd(Compiler<Masm>& c, Masm& m, Op op);

}  // namespace mini_wasm::jit::x64
