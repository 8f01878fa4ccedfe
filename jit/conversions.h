// Conversions between integers and floating point, and between widths of floating point: which conversion an opcode is.
#pragma once

#include "core/opcode.h"

namespace mini_wasm::jit {

// Calls the member of the CPU's selector that selects code for a conversion. `wide` means 64 bits. False: the instruction
// is not a conversion.
template <class Selector>
bool select_conversion(Selector& s, Op op) {
  const auto to_float = [&](bool wide, bool wide_int, bool sign) { return s.to_float(wide, wide_int, sign), true; };
  const auto truncate = [&](bool wide, bool wide_float, bool sign) { return s.truncate(wide, wide_float, sign), true; };
  const auto saturate = [&](bool wide, bool wide_float, bool sign) { return s.saturate(wide, wide_float, sign), true; };
  switch (op) {
    case Op::f32_convert_i32_s: return to_float(false, false, true);
    case Op::f32_convert_i32_u: return to_float(false, false, false);
    case Op::f32_convert_i64_s: return to_float(false, true, true);
    case Op::f32_convert_i64_u: return to_float(false, true, false);
    case Op::f64_convert_i32_s: return to_float(true, false, true);
    case Op::f64_convert_i32_u: return to_float(true, false, false);
    case Op::f64_convert_i64_s: return to_float(true, true, true);
    case Op::f64_convert_i64_u: return to_float(true, true, false);
    case Op::i32_trunc_f32_s: return truncate(false, false, true);
    case Op::i32_trunc_f32_u: return truncate(false, false, false);
    case Op::i32_trunc_f64_s: return truncate(false, true, true);
    case Op::i32_trunc_f64_u: return truncate(false, true, false);
    case Op::i64_trunc_f32_s: return truncate(true, false, true);
    case Op::i64_trunc_f32_u: return truncate(true, false, false);
    case Op::i64_trunc_f64_s: return truncate(true, true, true);
    case Op::i64_trunc_f64_u: return truncate(true, true, false);
    case Op::i32_trunc_sat_f32_s: return saturate(false, false, true);
    case Op::i32_trunc_sat_f32_u: return saturate(false, false, false);
    case Op::i32_trunc_sat_f64_s: return saturate(false, true, true);
    case Op::i32_trunc_sat_f64_u: return saturate(false, true, false);
    case Op::i64_trunc_sat_f32_s: return saturate(true, false, true);
    case Op::i64_trunc_sat_f32_u: return saturate(true, false, false);
    case Op::i64_trunc_sat_f64_s: return saturate(true, true, true);
    case Op::i64_trunc_sat_f64_u: return saturate(true, true, false);
    case Op::f32_demote_f64: return s.demote(), true;
    case Op::f64_promote_f32: return s.promote(), true;
    case Op::i32_reinterpret_f32: return s.move_bits(false, false), true;  // wide, to floating point
    case Op::i64_reinterpret_f64: return s.move_bits(true, false), true;
    case Op::f32_reinterpret_i32: return s.move_bits(false, true), true;
    case Op::f64_reinterpret_i64: return s.move_bits(true, true), true;
    default: return false;
  }
}

}  // namespace mini_wasm::jit
