// Selects machine code for floating point and its conversions; see numeric.cc. The CPU's instructions compute what
// WebAssembly defines: minimum and maximum return NaN if an operand is NaN, and order -0 before 0; conversions to
// integers saturate.
#include "jit/a64/selector.h"
#include "jit/conversions.h"

namespace mini_wasm::jit::a64 {

namespace {

class FloatSelector : SelectorBase {
 public:
  using SelectorBase::SelectorBase;

  bool select_arithmetic();

  // --- Conversions (jit/conversions.h)
  void to_float(bool wide_float, bool wide_int, bool sign) {
    unary(float_type(wide_float),
          [&](Reg to, Reg from) { a.convert(sign ? ins::scvtf : ins::ucvtf, wide_int, wide_float, to, from); });
  }
  void saturate(bool wide_int, bool wide_float, bool sign) {
    unary(int_type(wide_int),
          [&](Reg to, Reg from) { a.convert(sign ? ins::fcvtzs : ins::fcvtzu, wide_int, wide_float, to, from); });
  }
  void truncate(bool wide_int, bool wide_float, bool sign) {
    if (wide_int) return truncate_to_64(wide_float, sign);
    truncate_to_32(wide_float, sign);
  }
  void demote() { convert(ins::fcvt_sd, Scalar::f32); }
  void promote() { convert(ins::fcvt_ds, Scalar::f64); }
  void move_bits(bool wide, bool to_float) {
    if (to_float) return convert(wide ? ins::fmov_dx : ins::fmov_sw, float_type(wide));
    convert(wide ? ins::fmov_xd : ins::fmov_ws, int_type(wide));
  }

 private:
  void two(uint32_t op, bool wide) {
    binary(float_type(wide), [&](Reg to, Reg l, Reg r) { a.f3(op, wide, to, l, r); });
  }

  void one(uint32_t op, bool wide) {
    unary(float_type(wide), [&](Reg to, Reg from) { a.f2(op, wide, to, from); });
  }

  // Inserts the sign of the right operand into the left one, or all other bits of the left one into the right one. The
  // mask has a 1 for the sign: as f64 it is the negative of 0.
  void copysign(bool wide) {
    const Scalar type = float_type(wide);
    binary(type, [&](Reg to, Reg l, Reg r) {
      if (wide) {
        a.v1(ins::movi_zero, kFloatScratch);
        a.v2(ins::fneg_2d, kFloatScratch, kFloatScratch);
      } else {
        a.v1(ins::movi_sign, kFloatScratch);
      }
      if (to == r) return a.v3(ins::bif_16b, to, l, kFloatScratch);
      m.move(type, to, l);
      a.v3(ins::bit_16b, to, r, kFloatScratch);
    });
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

  void convert(uint32_t op, Scalar to_type) {
    unary(to_type, [&](Reg to, Reg from) { a.v2(op, to, from); });
  }
};

bool FloatSelector::select_arithmetic() {
  switch (op_) {
    FLOATS(add, two(ins::fadd, wide))
    FLOATS(sub, two(ins::fsub, wide))
    FLOATS(mul, two(ins::fmul, wide))
    FLOATS(div, two(ins::fdiv, wide))
    FLOATS(min, two(ins::fmin, wide))
    FLOATS(max, two(ins::fmax, wide))
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

}  // namespace

bool select_float(Compiler<Masm>& c, Masm& m, Op op) {
  FloatSelector selector(c, m, op);
  return selector.select_arithmetic() || select_conversion(selector, op);
}

}  // namespace mini_wasm::jit::a64
