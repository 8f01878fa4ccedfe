// Vector conversions between integers and floating point; see simd.cc and core/numeric_simd_x64.h.
#include "jit/x64/vector_selector.h"

namespace mini_wasm::jit::x64 {

namespace {

class SimdConversionSelector : VectorSelector {
 public:
  using VectorSelector::VectorSelector;

  bool select();

 private:
  // Exact halves, whose sum is rounded; the upper one is halved, to be positive.
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
  // 2^52 + n has n in its low bits.
  void convert_low_u32() {
    one([&](x86::Xmm to, x86::Xmm from) {
      load_pool(s, 0x4330000043300000);
      if (to != from) a.movaps(to, from);
      a.unpcklps(to, s);
      load_pool(s, 0x4330000000000000);
      a.subpd(to, s);
    });
  }
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
