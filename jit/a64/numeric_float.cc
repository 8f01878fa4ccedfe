// Selects machine code for floating point and its conversions; see numeric.cc. The CPU's instructions compute what
// WebAssembly defines: minimum and maximum return NaN if an operand is NaN, and order -0 before 0; conversions to
// integers saturate.
#include <utility>

#include "jit/a64/selector.h"

namespace mini_wasm::jit::a64 {

namespace {

class FloatSelector : SelectorBase {
 public:
  using SelectorBase::SelectorBase;

  bool select_arithmetic();
  bool select_conversion();

 private:
  void binary(uint32_t op, bool wide) {
    const Scalar type = float_type(wide);
    Pair pair = pop_pair(false);
    const Reg l = c.use(pair.left), r = c.use(pair.right);
    const Reg to = c.target(type, pair.left);
    a.f3(op, wide, to, l, r);
    c.release(pair.right);
    c.push_reg(type, to);
  }

  void one(uint32_t op, bool wide) {
    unary(float_type(wide), [&](Reg to, Reg from) { a.f2(op, wide, to, from); });
  }

  // Inserts the sign of the right operand into the left one, or all other bits of the left one into the right one. The
  // mask has a 1 for the sign: as f64 it is the negative of 0.
  void copysign(bool wide) {
    const Scalar type = float_type(wide);
    Pair pair = pop_pair(false);
    const Reg l = c.use(pair.left), r = c.use(pair.right);
    const Reg to = c.target(type, pair.left);
    if (wide) {
      a.v1(ins::movi_zero, kFloatScratch);
      a.v2(ins::fneg_2d, kFloatScratch, kFloatScratch);
    } else {
      a.v1(ins::movi_sign, kFloatScratch);
    }
    if (to == r) {
      a.v3(ins::bif_16b, to, l, kFloatScratch);
    } else {
      m.move(type, to, l);
      a.v3(ins::bit_16b, to, r, kFloatScratch);
    }
    c.release(pair.right);
    c.push_reg(type, to);
  }

  // --- Conversions

  void to_float(bool wide_float, bool wide_int, bool sign) {
    unary(float_type(wide_float),
          [&](Reg to, Reg from) { a.convert(sign ? ins::scvtf : ins::ucvtf, wide_int, wide_float, to, from); });
  }

  void saturate(bool wide_int, bool wide_float, bool sign) {
    unary(int_type(wide_int),
          [&](Reg to, Reg from) { a.convert(sign ? ins::fcvtzs : ins::fcvtzu, wide_int, wide_float, to, from); });
  }

  // To i32. Converts to 64 bits: the result fits in 32 bits exactly if the number does, or if it is NaN, which becomes
  // 0. The comparison of the number with itself finds NaN; then the flags are set to "not equal".
  void truncate_to_32(bool wide_float, bool sign) {
    const uint32_t site = c.site();
    unary_apart(Scalar::i32, [&](Reg to, Reg from) {
      a.convert(ins::fcvtzs, true, wide_float, kScratch, from);
      if (sign) {
        a.v2(ins::sxtw, kInner, kScratch);
      } else {
        a.mov(false, kInner, kScratch);
      }
      a.fcmp(wide_float, from, from);
      a.ccmp(true, kScratch, kInner, 0, Cond::vc);
      m.trap_if_wrong_float(Cond::ne, wide_float, from, site);
      a.mov(false, to, kScratch);
    });
  }

  // To i64. The number must be at least -2^63 and less than 2^63; for an unsigned result greater than -1 and less than
  // 2^64. NaN is neither.
  void truncate_to_64(bool wide_float, bool sign) {
    const uint32_t site = c.site();
    const Scalar type = float_type(wide_float);
    const uint64_t above = sign ? (wide_float ? 0x43e0000000000000 : 0x5f000000)   // 2^63
                                : (wide_float ? 0x43f0000000000000 : 0x5f800000);  // 2^64
    const uint64_t below = sign ? above | (wide_float ? uint64_t{1} << 63 : 1u << 31)
                                : (wide_float ? 0xbff0000000000000 : 0xbf800000);  // -1
    unary_apart(Scalar::i64, [&](Reg to, Reg from) {
      m.constant(type, kInnerFloat, below);
      m.constant(type, kFloatScratch, above);
      a.fcmp(wide_float, from, kInnerFloat);
      a.fccmp(wide_float, from, kFloatScratch, 0, sign ? Cond::ge : Cond::gt);
      m.trap_if_wrong_float(Cond::pl, wide_float, from, site);
      a.convert(sign ? ins::fcvtzs : ins::fcvtzu, true, wide_float, to, from);
    });
  }

  void move_bits(uint32_t op, Scalar to_type) {
    unary(to_type, [&](Reg to, Reg from) { a.v2(op, to, from); });
  }
};

bool FloatSelector::select_arithmetic() {
  switch (op_) {
    FLOATS(add, binary(ins::fadd, wide))
    FLOATS(sub, binary(ins::fsub, wide))
    FLOATS(mul, binary(ins::fmul, wide))
    FLOATS(div, binary(ins::fdiv, wide))
    FLOATS(min, binary(ins::fmin, wide))
    FLOATS(max, binary(ins::fmax, wide))
    FLOATS(abs, one(ins::fabs, wide))
    FLOATS(neg, one(ins::fneg, wide))
    FLOATS(copysign, copysign(wide))
    FLOATS(nearest, one(ins::frintn, wide))
    FLOATS(floor, one(ins::frintm, wide))
    FLOATS(ceil, one(ins::frintp, wide))
    FLOATS(trunc, one(ins::frintz, wide))
    FLOATS(sqrt, one(ins::fsqrt, wide))
    default: return false;
  }
}

bool FloatSelector::select_conversion() {
  switch (op_) {
    FLOATS(convert_i32_s, to_float(wide, false, true))
    FLOATS(convert_i32_u, to_float(wide, false, false))
    FLOATS(convert_i64_s, to_float(wide, true, true))
    FLOATS(convert_i64_u, to_float(wide, true, false))
    case Op::i32_trunc_f32_s: return truncate_to_32(false, true), true;
    case Op::i32_trunc_f32_u: return truncate_to_32(false, false), true;
    case Op::i32_trunc_f64_s: return truncate_to_32(true, true), true;
    case Op::i32_trunc_f64_u: return truncate_to_32(true, false), true;
    case Op::i64_trunc_f32_s: return truncate_to_64(false, true), true;
    case Op::i64_trunc_f32_u: return truncate_to_64(false, false), true;
    case Op::i64_trunc_f64_s: return truncate_to_64(true, true), true;
    case Op::i64_trunc_f64_u:
      return truncate_to_64(true, false), true;
      INTS(trunc_sat_f32_s, saturate(wide, false, true))
      INTS(trunc_sat_f32_u, saturate(wide, false, false))
      INTS(trunc_sat_f64_s, saturate(wide, true, true))
      INTS(trunc_sat_f64_u, saturate(wide, true, false))
    case Op::f32_demote_f64: return move_bits(ins::fcvt_sd, Scalar::f32), true;
    case Op::f64_promote_f32: return move_bits(ins::fcvt_ds, Scalar::f64), true;
    case Op::i32_reinterpret_f32: return move_bits(ins::fmov_ws, Scalar::i32), true;
    case Op::i64_reinterpret_f64: return move_bits(ins::fmov_xd, Scalar::i64), true;
    case Op::f32_reinterpret_i32: return move_bits(ins::fmov_sw, Scalar::f32), true;
    case Op::f64_reinterpret_i64: return move_bits(ins::fmov_dx, Scalar::f64), true;
    default: return false;
  }
}

}  // namespace

bool select_float(Compiler<Masm>& c, Masm& m, Op op) {
  FloatSelector selector(c, m, op);
  return selector.select_arithmetic() || selector.select_conversion();
}

}  // namespace mini_wasm::jit::a64
