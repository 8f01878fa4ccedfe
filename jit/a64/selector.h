// SelectorBase: what the instruction selectors of numeric.cc, numeric_float.cc, atomic.cc and simd*.cc share.
#pragma once

#include "jit/a64/compiler.h"
#include "jit/shapes.h"
#include "jit/widths.h"

namespace mini_wasm::jit::a64 {

class SelectorBase : protected Shapes<Masm> {
 public:
  SelectorBase(C& compiler, Masm& masm, Op op) : Shapes(compiler, masm, op), a(masm.a) {}

 protected:
  Assembler& a;
};

// Select code for floating point and its conversions, and for vectors. False: they did nothing, because they do not
// know the instruction.
bool select_float(Compiler<Masm>& c, Masm& m, Op op);
bool select_simd(Compiler<Masm>& c, Masm& m, Op op);

}  // namespace mini_wasm::jit::a64
