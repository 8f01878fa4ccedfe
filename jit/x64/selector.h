// SelectorBase: what the instruction selectors of numeric.cc, numeric_float.cc, atomic.cc, simd.cc, simd_conversions.cc
// and simd_lanes.cc share.
#pragma once

#include "jit/shapes.h"
#include "jit/widths.h"
#include "jit/x64/compiler.h"

namespace mini_wasm::jit::x64 {

namespace Inst = x86::Inst;
using Id = Inst::Id;

class SelectorBase : protected Shapes<Masm> {
 public:
  SelectorBase(C& compiler, Masm& masm, Op op) : Shapes(compiler, masm, op), a(masm.a), cpu(masm.cpu()) {}

 protected:
  asmjit::Operand operand_of(Scalar type, const Operand& o) const { return m.operand_of(type, o); }

  Assembler& a;
  const CpuFeatures cpu;
};

// Select code for floating point and its conversions, and for vectors. False: they did nothing, because they do not
// know the instruction.
bool select_float(Compiler<Masm>& c, Masm& m, Op op);
bool select_simd(Compiler<Masm>& c, Masm& m, Op op);

}  // namespace mini_wasm::jit::x64
