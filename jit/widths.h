// Instructions that exist for 32 and for 64 bits, in the selectors of every CPU. `wide` says which one is meant.
#pragma once

#include "core/opcode.h"
#include "core/scalar.h"

namespace mini_wasm::jit {

constexpr Scalar int_type(bool wide) { return wide ? Scalar::i64 : Scalar::i32; }
constexpr Scalar float_type(bool wide) { return wide ? Scalar::f64 : Scalar::f32; }

}  // namespace mini_wasm::jit

// Cases of a switch for both instructions, with code that selects them and may use `wide`.
#define INTS(name, ...) MINI_WASM_BOTH_WIDTHS(i32_, i64_, name, __VA_ARGS__)
#define FLOATS(name, ...) MINI_WASM_BOTH_WIDTHS(f32_, f64_, name, __VA_ARGS__)
#define MINI_WASM_BOTH_WIDTHS(narrow_prefix, wide_prefix, name, ...) \
  case Op::narrow_prefix##name: {                                    \
    constexpr bool wide = false;                                     \
    __VA_ARGS__;                                                     \
    return true;                                                     \
  }                                                                  \
  case Op::wide_prefix##name: {                                      \
    constexpr bool wide = true;                                      \
    __VA_ARGS__;                                                     \
    return true;                                                     \
  }
