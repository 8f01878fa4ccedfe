// SelectorBase: what the instruction selectors of numeric.cc, numeric_float.cc, atomic.cc and simd*.cc share.
#pragma once

#include "jit/a64/compiler.h"
#include "jit/shapes.h"

namespace mini_wasm::jit::a64 {

// Many instructions exist for 32 and for 64 bits. `wide` says which one is meant.
inline Scalar int_type(bool wide) { return wide ? Scalar::i64 : Scalar::i32; }
inline Scalar float_type(bool wide) { return wide ? Scalar::f64 : Scalar::f32; }

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

// An instruction that exists for 32 and 64 bits.
#define MINI_WASM_A64_BOTH(narrow_prefix, wide_prefix, name, ...) \
  case Op::narrow_prefix##name: {                                 \
    constexpr bool wide = false;                                  \
    __VA_ARGS__;                                                  \
    return true;                                                  \
  }                                                               \
  case Op::wide_prefix##name: {                                   \
    constexpr bool wide = true;                                   \
    __VA_ARGS__;                                                  \
    return true;                                                  \
  }
#define INTS(name, ...) MINI_WASM_A64_BOTH(i32_, i64_, name, __VA_ARGS__)
#define FLOATS(name, ...) MINI_WASM_A64_BOTH(f32_, f64_, name, __VA_ARGS__)

}  // namespace mini_wasm::jit::a64
