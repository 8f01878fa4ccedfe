// Selects machine code for vector conversions between integers and floating point; see simd.cc, and
// core/numeric_simd_x64.h for the methods.
#include "jit/x64/vector_selector.h"

namespace mini_wasm::jit::x64 {

namespace {

class SimdConversionSelector : VectorSelector {
 public:
  using VectorSelector::VectorSelector;

  bool select();

 private:
  // The lower and upper 16 bits of each lane are converted exactly; only their sum is rounded. The CPU's conversion is
  // signed, so the upper part is shifted right by one bit before it and doubled after it.
  void convert_u32() {
    one([&](x86::Xmm to, x86::Xmm from) {
      a.pxor(s, s);
      a.pblendw(s, from, 0x55);
      if (to != from) a.movaps(to, from);
      a.psubd(to, s);
      a.cvtdq2ps(s, s);
      a.psrld(to, 1);
      a.cvtdq2ps(to, to);
      a.addps(to, to);
      a.addps(to, s);
    });
  }
  // The f64 number 2^52 + n has the integer n in its low bits. So these bits are put together, and 2^52 is subtracted.
  void convert_low_u32() {
    one([&](x86::Xmm to, x86::Xmm from) {
      load_pool(s, 0x4330000043300000);
      if (to != from) a.movaps(to, from);
      a.unpcklps(to, s);
      load_pool(s, 0x4330000000000000);
      a.subpd(to, s);
    });
  }
  // NaN becomes 0. The CPU returns 0x80000000 for lanes that are too large; flipping the bits of those that are 2^31 or
  // more gives 0x7fffffff.
  void truncate_s() {
    one([&](x86::Xmm to, x86::Xmm from) {
      a.movaps(s, from);
      a.cmpps(s, s, 0);
      if (to != from) a.movaps(to, from);
      a.andps(to, s);
      load_pool(s, 0x4f0000004f000000);  // 2^31
      a.cmpps(s, to, 2);
      a.cvttps2dq(to, to);
      a.pxor(to, s);
    });
  }
  // Negative numbers and NaN become 0. The part from 2^31 on (`beyond`) is converted on its own, saturated, and added.
  void truncate_u() {
    Value value = c.pop();
    const Reg source = c.use(value), target = c.take(kV128), rest = c.take(kV128);
    const x86::Xmm to = vec(target), beyond = vec(rest);
    a.pxor(s, s);
    a.movaps(to, vec(source));
    a.maxps(to, s);
    a.movaps(beyond, to);
    load_pool(s, 0x4f0000004f000000);
    a.subps(beyond, s);
    a.cmpps(s, beyond, 2);
    a.cvttps2dq(beyond, beyond);
    a.pxor(beyond, s);
    a.pxor(s, s);
    a.pmaxsd(beyond, s);
    a.cvttps2dq(to, to);
    a.paddd(to, beyond);
    c.release(rest);
    c.release(value);
    c.push_reg(kV128, target);
  }
  // NaN becomes 0; lanes that are too large become 2^31 - 1 before the conversion.
  void truncate_s_zero() {
    one([&](x86::Xmm to, x86::Xmm from) {
      a.movaps(s, from);
      a.cmppd(s, s, 0);
      if (to != from) a.movaps(to, from);
      a.andpd(to, s);
      load_pool(s, 0x41dfffffffc00000);  // 2^31 - 1
      a.minpd(to, s);
      a.cvttpd2dq(to, to);
    });
  }
  // Lanes are brought into [0, 2^32), rounded, and added to 2^52; then the integer is in their low bits.
  void truncate_u_zero() {
    one([&](x86::Xmm to, x86::Xmm from) {
      if (to != from) a.movaps(to, from);
      a.pxor(s, s);
      a.maxpd(to, s);
      load_pool(s, 0x41efffffffe00000);  // 2^32 - 1
      a.minpd(to, s);
      a.roundpd(to, to, 11);
      load_pool(s, 0x4330000000000000);
      a.addpd(to, s);
      a.pxor(s, s);
      a.shufps(to, s, 0x08);
    });
  }
};

#define SELECT(op, ...) \
  case Op::op: return __VA_ARGS__, true;

bool SimdConversionSelector::select() {
  switch (op_) {
    SELECT(f32x4_convert_i32x4_u, convert_u32())
    SELECT(f64x2_convert_low_i32x4_u, convert_low_u32())
    SELECT(i32x4_trunc_sat_f32x4_s, truncate_s())
    SELECT(i32x4_trunc_sat_f32x4_u, truncate_u())
    SELECT(i32x4_trunc_sat_f64x2_s_zero, truncate_s_zero())
    SELECT(i32x4_trunc_sat_f64x2_u_zero, truncate_u_zero())
    SELECT(i32x4_relaxed_trunc_f32x4_s, truncate_s())
    SELECT(i32x4_relaxed_trunc_f32x4_u, truncate_u())
    SELECT(i32x4_relaxed_trunc_f64x2_s_zero, truncate_s_zero())
    SELECT(i32x4_relaxed_trunc_f64x2_u_zero, truncate_u_zero())
    default: return false;
  }
}

}  // namespace

bool select_simd_conversion(Compiler<Masm>& c, Masm& m, Op op) { return SimdConversionSelector(c, m, op).select(); }

}  // namespace mini_wasm::jit::x64
