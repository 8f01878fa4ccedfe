// Selects machine code for vector instructions: the patterns of simd.def, and instructions with code of their own.
// Conversions are in simd_conversions.cc; lanes, shuffles and memory are in simd_lanes.cc. The methods are those of
// core/numeric_simd_x64.h, where they are explained.
#include "jit/x64/vector_selector.h"

namespace mini_wasm::jit::x64 {

namespace {

using x86::CondCode;

class SimdSelector : VectorSelector {
 public:
  using VectorSelector::VectorSelector;

  bool select_regular();
  bool select_bits();
  bool select_integers();

 private:
  // --- Shapes of operands

  // Two operands. Calls emit(to, first, second); `to` may be the register of either. `swapped`: the first one is the
  // right operand.
  template <class Emit>
  void two(bool swapped, Emit emit) {
    Value right = c.pop(), left = c.pop();
    if (swapped) std::swap(left, right);
    const Reg l = c.use(left);
    const asmjit::Operand r = reading(right);
    const Reg to = c.target(kV128, left);
    emit(to, l, r);
    c.release(right);
    c.push_reg(kV128, to);
  }
  // Calls emit(to, left, right) with three different registers.
  template <class Emit>
  void two_apart(Emit emit) {
    Value right = c.pop(), left = c.pop();
    const Reg r = c.use(right), l = c.use(left), to = c.take(kV128);
    emit(vec(to), vec(l), vec(r));
    c.release(right);
    c.release(left);
    c.push_reg(kV128, to);
  }
  // --- Patterns of simd.def

  void binary(Id sse, Id with_avx, bool commutes, bool swapped = false, bool inverted = false) {
    two(swapped, [&](Reg to, Reg l, const asmjit::Operand& r) {
      three(sse, with_avx, to, l, r, commutes);
      if (inverted) invert(vec(to));
    });
  }
  void invert(x86::Xmm to) {
    a.pcmpeqd(s, s);
    a.pxor(to, s);
  }
  // For example a <= b exactly if min(a, b) == a.
  void relation(Id extreme, Id avx_extreme, Id equal, Id avx_equal, bool inverted) {
    two(false, [&](Reg to, Reg l, const asmjit::Operand& r) {
      three(extreme, avx_extreme, kFloatScratch, l, r);
      three(equal, avx_equal, to, l, s, true);
      if (inverted) invert(vec(to));
    });
  }
  void float_compare(Id sse, Id with_avx, int predicate, bool swapped) {
    two(swapped, [&](Reg to, Reg l, const asmjit::Operand& r) { three(sse, with_avx, to, l, r, false, predicate); });
  }
  void plain_unary(Id id, int imm = -1) {
    one([&](x86::Xmm to, x86::Xmm from) { emit(id, to, from, imm); });
  }
  // pshufd with 0xee copies the upper half to the lower one.
  void high(Id id) {
    one([&](x86::Xmm to, x86::Xmm from) {
      a.pshufd(to, from, 0xee);
      a.emit(id, to, to);
    });
  }

  // Puts the count of a shift, modulo the size of the lanes, plus `more`, into the scratch register.
  void load_count(Reg count, uint32_t mask, uint32_t more = 0) {
    a.mov(gp32(kScratch), gp32(count));
    a.and_(gp32(kScratch), mask);
    if (more != 0) a.add(gp32(kScratch), more);
    a.movd(s, gp32(kScratch));
  }
  // The count is an immediate if it is constant. WebAssembly takes it modulo the size of a lane, the CPU does not.
  void shift(Id sse, Id with_avx, uint32_t mask) {
    Value count = c.pop(), value = c.pop();
    const bool constant = count.kind == Value::Kind::constant;
    const Reg n = constant ? kNoReg : c.use(count);
    const Reg from = c.use(value);
    const Reg to = c.target(kV128, value);
    if (constant) {
      three(sse, with_avx, to, from, asmjit::Imm(count.bits & mask));
    } else {
      load_count(n, mask);
      three(sse, with_avx, to, from, s);
    }
    c.release(count);
    c.push_reg(kV128, to);
  }
  // The CPU cannot shift bytes. They are shifted as lanes of 16 bits, in two halves, with the byte in the upper part of
  // each lane. For shifts to the right, the count is greater by 8.
  void byte_shift(Id id, Id pack) {
    Value count = c.pop(), value = c.pop();
    const bool left = id == Inst::kIdPsllw;
    const Reg n = c.use(count), from = c.use(value), to = c.take(kV128), upper = c.take(kV128);
    load_count(n, 7, left ? 0 : 8);
    for (const Reg half : {to, upper}) {
      if (left) {
        a.pxor(vec(half), vec(half));
      } else {
        copy(half, from);
      }
      a.emit(half == to ? Inst::kIdPunpcklbw : Inst::kIdPunpckhbw, vec(half), vec(from));
      a.emit(id, vec(half), s);
      if (left) a.psrlw(vec(half), 8);
    }
    a.emit(pack, vec(to), vec(upper));
    c.release(upper);
    c.release(value);
    c.release(count);
    c.push_reg(kV128, to);
  }

  // Both operands are widened first.
  void extmul(Id widen, Id multiply, bool upper) {
    two_apart([&](x86::Xmm to, x86::Xmm l, x86::Xmm r) {
      if (upper) {
        a.pshufd(s, l, 0xee);
        a.pshufd(to, r, 0xee);
        l = s;
        r = to;
      }
      a.emit(widen, s, l);
      a.emit(widen, to, r);
      a.emit(multiply, to, s);
    });
  }
  void extmul_16(Id multiply_high, Id avx_multiply_high, Id unpack) {
    two(false, [&](Reg to, Reg l, const asmjit::Operand& r) {
      three(multiply_high, avx_multiply_high, kFloatScratch, l, r);
      three(Inst::kIdPmullw, Inst::kIdVpmullw, to, l, r, true);
      a.emit(unpack, vec(to), s);
    });
  }
  void extmul_32(Id multiply, int order) {
    two_apart([&](x86::Xmm to, x86::Xmm l, x86::Xmm r) {
      a.pshufd(s, l, order);
      a.pshufd(to, r, order);
      a.emit(multiply, to, s);
    });
  }

  // The CPU's minimum returns its second operand if both are zeros, or if one is NaN. So it is computed in both orders,
  // and the two results are joined, which is right for zeros of different signs. In lanes with a NaN the result is the
  // sum.
  void float_min_max(Id extreme, Id join, Id add, Id compare) {
    Value right = c.pop(), left = c.pop();
    const Reg r = c.use(right), l = c.use(left), to = c.take(kV128), other = c.take(kV128);
    copy(other, l);
    a.emit(extreme, vec(other), vec(r));
    copy(kFloatScratch, r);
    a.emit(extreme, s, vec(l));
    a.emit(join, vec(other), s);
    copy(to, l);
    a.emit(add, vec(to), vec(r));
    copy(kFloatScratch, l);
    a.emit(compare, s, vec(r), asmjit::Imm(3));
    a.andps(vec(to), s);
    a.andnps(s, vec(other));
    a.orps(vec(to), s);
    c.release(other);
    c.release(right);
    c.release(left);
    c.push_reg(kV128, to);
  }

  // a * b + c, or c - a * b if `negated`.
  void fma(Id multiply, Id avx_multiply, Id add, Id avx_add, bool negated) {
    Value third = c.pop(), right = c.pop(), left = c.pop();
    const Reg z = c.use(third), l = c.use(left);
    const asmjit::Operand r = reading(right);
    const Reg to = c.target(kV128, left);
    three(multiply, avx_multiply, kFloatScratch, l, r);
    if (negated) {
      three(add, avx_add, to, z, s);
    } else if (avx) {
      a.emit(avx_add, vec(to), s, vec(z));
    } else {
      a.emit(add, s, vec(z));
      copy(to, kFloatScratch);
    }
    c.release(right);
    c.release(third);
    c.push_reg(kV128, to);
  }

  // --- Instructions with code of their own

  void bit_select() {
    Value mask = c.pop(), right = c.pop(), left = c.pop();
    const Reg k = c.use(mask), r = c.use(right), l = c.use(left);
    const Reg to = c.target(kV128, left);
    // ((left ^ right) & mask) ^ right
    three(Inst::kIdPxor, Inst::kIdVpxor, kFloatScratch, l, vec(r));
    three(Inst::kIdPand, Inst::kIdVpand, kFloatScratch, kFloatScratch, vec(k));
    three(Inst::kIdPxor, Inst::kIdVpxor, to, r, s, true);
    c.release(right);
    c.release(mask);
    c.push_reg(kV128, to);
  }

  // An i32, 0 or 1, from the flags that `emit` sets. The register is cleared before, because that changes the flags.
  template <class Emit>
  void truth(CondCode condition, Emit emit) {
    unary_apart(Scalar::i32, [&](Reg to, Reg from) {
      a.xor_(gp32(to), gp32(to));
      emit(vec(from));
      a.set(condition, x86::gpb_lo(to.number()));
    });
  }
  void any_true() {
    truth(CondCode::kNE, [&](x86::Xmm from) { a.ptest(from, from); });
  }
  // Whether no lane is equal to 0.
  void all_true(Id equal) {
    truth(CondCode::kE, [&](x86::Xmm from) {
      a.pxor(s, s);
      a.emit(equal, s, from);
      a.ptest(s, s);
    });
  }
  void bitmask(Id id) {
    unary_apart(Scalar::i32, [&](Reg to, Reg from) { a.emit(id, gp32(to), vec(from)); });
  }
  // packsswb narrows the lanes to bytes, with zeros in the lower half; pmovmskb collects their signs.
  void bitmask_16() {
    unary_apart(Scalar::i32, [&](Reg to, Reg from) {
      a.pxor(s, s);
      a.packsswb(s, vec(from));
      a.pmovmskb(gp32(to), s);
      a.shr(gp32(to), 8);
    });
  }

  // 0 - x.
  void negate(Id subtract) {
    one([&](x86::Xmm to, x86::Xmm from) {
      a.pxor(s, s);
      a.emit(subtract, s, from);
      a.movaps(to, s);
    });
  }
  // (x ^ s) - s, where s is -1 for negative lanes and 0 for others.
  void absolute_64() {
    one([&](x86::Xmm to, x86::Xmm from) {
      a.pxor(s, s);
      a.pcmpgtq(s, from);
      if (to != from) a.movaps(to, from);
      a.pxor(to, s);
      a.psubq(to, s);
    });
  }
  // i64x2.shr_s. The CPU has only the logical shift for lanes of 64 bits. ((x >> n) ^ m) - m extends the sign; in m
  // only the bit is 1 to which the shift has moved the sign.
  void shift_right_64() {
    Value count = c.pop(), value = c.pop();
    const Reg n = c.use(count), from = c.use(value), to = c.take(kV128), sign = c.take(kV128);
    load_count(n, 63);
    load_pool(vec(sign), uint64_t{1} << 63);
    a.psrlq(vec(sign), s);
    copy(to, from);
    a.psrlq(vec(to), s);
    a.pxor(vec(to), vec(sign));
    a.psubq(vec(to), vec(sign));
    c.release(sign);
    c.release(value);
    c.release(count);
    c.push_reg(kV128, to);
  }
  // i64x2.mul, from products of 32-bit halves: low * low + ((high * low + low * high) << 32).
  void multiply_64() {
    Value right = c.pop(), left = c.pop();
    const Reg r = c.use(right), l = c.use(left), to = c.take(kV128), cross = c.take(kV128);
    a.movaps(s, vec(l));
    a.psrlq(s, 32);
    a.pmuludq(s, vec(r));
    a.movaps(vec(cross), vec(r));
    a.psrlq(vec(cross), 32);
    a.pmuludq(vec(cross), vec(l));
    a.paddq(s, vec(cross));
    a.psllq(s, 32);
    a.movaps(vec(to), vec(l));
    a.pmuludq(vec(to), vec(r));
    a.paddq(vec(to), s);
    c.release(cross);
    c.release(right);
    c.release(left);
    c.push_reg(kV128, to);
  }
  // i8x16.popcnt: looks up the number of bits of each half of a byte in a table (pshufb), and adds them.
  void count_ones() {
    Value value = c.pop();
    const Reg from = c.use(value), to = c.take(kV128), upper = c.take(kV128);
    constexpr uint64_t kLow = 0x0302020102010100, kHigh = 0x0403030203020201;  // bytes: popcnt of 0 .. 15
    load_pool(s, 0x0f0f0f0f0f0f0f0f);
    a.movaps(vec(upper), vec(from));
    a.psrlw(vec(upper), 4);
    a.pand(vec(upper), s);
    a.pand(s, vec(from));
    a.movups(vec(to), m.pool(kLow, kHigh));
    a.pshufb(vec(to), s);
    a.movups(s, m.pool(kLow, kHigh));
    a.pshufb(s, vec(upper));
    a.paddb(vec(to), s);
    c.release(upper);
    c.release(value);
    c.push_reg(kV128, to);
  }
  // pshufb gives 0 for an index whose top bit is 1, and uses only the low four bits of others. Adding 0x70, saturated,
  // sets the top bit of all indices above 15.
  void swizzle() {
    Value indices = c.pop(), value = c.pop();
    const Reg i = c.use(indices), from = c.use(value);
    const Reg to = c.target(kV128, value);
    load_pool(s, 0x7070707070707070);
    a.paddusb(s, vec(i));
    three(Inst::kIdPshufb, Inst::kIdVpshufb, to, from, s);
    c.release(indices);
    c.push_reg(kV128, to);
  }
  // pmulhrsw gives 0x8000 for the only product that has to saturate (-1 * -1). Flipping its bits gives 0x7fff.
  void q15_multiply() {
    two(false, [&](Reg to, Reg l, const asmjit::Operand& r) {
      three(Inst::kIdPmulhrsw, Inst::kIdVpmulhrsw, to, l, r, true);
      load_pool(s, 0x8000800080008000);
      a.pcmpeqw(s, vec(to));
      a.pxor(vec(to), s);
    });
  }
  // Sums of two products of bytes each, as saturated lanes of 16 bits. If `adds`, pairs of these are added to the lanes
  // of the third operand.
  void relaxed_dot(bool adds) {
    Value third;
    if (adds) third = c.pop();
    Value right = c.pop(), left = c.pop();
    const Reg r = c.use(right), l = c.use(left), to = c.take(kV128), upper = c.take(kV128);
    a.pmovsxbw(vec(to), vec(l));
    a.pmovsxbw(s, vec(r));
    a.pmaddwd(vec(to), s);
    a.pshufd(vec(upper), vec(l), 0xee);
    a.pmovsxbw(vec(upper), vec(upper));
    a.pshufd(s, vec(r), 0xee);
    a.pmovsxbw(s, s);
    a.pmaddwd(vec(upper), s);
    a.packssdw(vec(to), vec(upper));
    c.release(upper);
    c.release(right);
    c.release(left);
    if (adds) {
      const Reg sum = c.use(third);
      load_pool(s, 0x0001000100010001);
      a.pmaddwd(vec(to), s);
      a.paddd(vec(to), vec(sum));
      c.release(third);
    }
    c.push_reg(kV128, to);
  }
  void pairwise_8(bool sign) {
    one([&](x86::Xmm to, x86::Xmm from) {
      load_pool(s, 0x0101010101010101);
      // pmaddubsw multiplies with ones and adds pairs. Its first operand is unsigned, its second one signed.
      if (sign) {
        a.pmaddubsw(s, from);
        a.movaps(to, s);
      } else {
        if (to != from) a.movaps(to, from);
        a.pmaddubsw(to, s);
      }
    });
  }
  void pairwise_16(bool sign) {
    one([&](x86::Xmm to, x86::Xmm from) {
      if (sign) {
        load_pool(s, 0x0001000100010001);
      } else {
        a.movaps(s, from);
        a.psrld(s, 16);
      }
      if (to != from) a.movaps(to, from);
      if (sign) return void(a.pmaddwd(to, s));
      a.pslld(to, 16);
      a.psrld(to, 16);
      a.paddd(to, s);
    });
  }
  void sign_bits(Id logic, bool wide, bool absolute) {
    const int bits = wide ? 63 : 31;
    one([&](x86::Xmm to, x86::Xmm from) {
      a.pcmpeqd(s, s);
      if (absolute) {
        a.emit(wide ? Inst::kIdPsrlq : Inst::kIdPsrld, s, asmjit::Imm(1));
      } else {
        a.emit(wide ? Inst::kIdPsllq : Inst::kIdPslld, s, asmjit::Imm(bits));
      }
      if (to != from) a.movaps(to, from);
      a.emit(logic, to, s);
    });
  }
};

#define SELECT(op, ...) \
  case Op::op: return __VA_ARGS__, true;

bool SimdSelector::select_regular() {
  switch (op_) {
#define ID(name) Inst::kId##name
#define BINARY(op, sse, avx, commutes) SELECT(op, binary(ID(sse), ID(avx), commutes))
#define SWAPPED(op, sse, avx) SELECT(op, binary(ID(sse), ID(avx), false, true))
#define INVERTED(op, sse, avx, swapped) SELECT(op, binary(ID(sse), ID(avx), false, swapped, true))
#define RELATION(op, extreme, avx_extreme, equal, avx_equal, inverted) \
  SELECT(op, relation(ID(extreme), ID(avx_extreme), ID(equal), ID(avx_equal), inverted))
#define FLOAT_COMPARE(op, sse, avx, predicate, swapped) SELECT(op, float_compare(ID(sse), ID(avx), predicate, swapped))
#define UNARY(op, id) SELECT(op, plain_unary(ID(id)))
#define HIGH(op, id) SELECT(op, high(ID(id)))
#define ROUND(op, id, mode) SELECT(op, plain_unary(ID(id), mode))
#define SHIFT(op, sse, avx, mask) SELECT(op, shift(ID(sse), ID(avx), mask))
#define BYTE_SHIFT(op, id, pack) SELECT(op, byte_shift(ID(id), ID(pack)))
#define EXTMUL(op, widen, multiply, upper) SELECT(op, extmul(ID(widen), ID(multiply), upper))
#define EXTMUL_16(op, high, avx_high, unpack) SELECT(op, extmul_16(ID(high), ID(avx_high), ID(unpack)))
#define EXTMUL_32(op, multiply, order) SELECT(op, extmul_32(ID(multiply), order))
#define FLOAT_MIN_MAX(op, extreme, join, add, compare) \
  SELECT(op, float_min_max(ID(extreme), ID(join), ID(add), ID(compare)))
#define FMA(op, multiply, avx_multiply, add, avx_add, negated) \
  SELECT(op, fma(ID(multiply), ID(avx_multiply), ID(add), ID(avx_add), negated))
#include "jit/x64/simd.def"
    default: return false;
  }
}

bool SimdSelector::select_bits() {
  switch (op_) {
    SELECT(v128_not, one([&](x86::Xmm to, x86::Xmm from) {
             a.pcmpeqd(s, s);
             a.pxor(s, from);
             a.movaps(to, s);
           }))
    SELECT(v128_bitselect, bit_select())
    SELECT(i8x16_relaxed_laneselect, bit_select())
    SELECT(i16x8_relaxed_laneselect, bit_select())
    SELECT(i32x4_relaxed_laneselect, bit_select())
    SELECT(i64x2_relaxed_laneselect, bit_select())
    SELECT(v128_any_true, any_true())
    SELECT(i8x16_all_true, all_true(Inst::kIdPcmpeqb))
    SELECT(i16x8_all_true, all_true(Inst::kIdPcmpeqw))
    SELECT(i32x4_all_true, all_true(Inst::kIdPcmpeqd))
    SELECT(i64x2_all_true, all_true(Inst::kIdPcmpeqq))
    SELECT(i8x16_bitmask, bitmask(Inst::kIdPmovmskb))
    SELECT(i16x8_bitmask, bitmask_16())
    SELECT(i32x4_bitmask, bitmask(Inst::kIdMovmskps))
    SELECT(i64x2_bitmask, bitmask(Inst::kIdMovmskpd))
    SELECT(i8x16_swizzle, swizzle())
    SELECT(i8x16_relaxed_swizzle, swizzle())
    SELECT(f32x4_abs, sign_bits(Inst::kIdAndps, false, true))
    SELECT(f32x4_neg, sign_bits(Inst::kIdXorps, false, false))
    SELECT(f64x2_abs, sign_bits(Inst::kIdAndps, true, true))
    SELECT(f64x2_neg, sign_bits(Inst::kIdXorps, true, false))
    default: return false;
  }
}

bool SimdSelector::select_integers() {
  switch (op_) {
    SELECT(i8x16_neg, negate(Inst::kIdPsubb))
    SELECT(i16x8_neg, negate(Inst::kIdPsubw))
    SELECT(i32x4_neg, negate(Inst::kIdPsubd))
    SELECT(i64x2_neg, negate(Inst::kIdPsubq))
    SELECT(i64x2_abs, absolute_64())
    SELECT(i64x2_shr_s, shift_right_64())
    SELECT(i64x2_mul, multiply_64())
    SELECT(i8x16_popcnt, count_ones())
    SELECT(i16x8_q15mulr_sat_s, q15_multiply())
    SELECT(i16x8_relaxed_q15mulr_s, q15_multiply())
    SELECT(i16x8_relaxed_dot_i8x16_i7x16_s, relaxed_dot(false))
    SELECT(i32x4_relaxed_dot_i8x16_i7x16_add_s, relaxed_dot(true))
    SELECT(i16x8_extadd_pairwise_i8x16_s, pairwise_8(true))
    SELECT(i16x8_extadd_pairwise_i8x16_u, pairwise_8(false))
    SELECT(i32x4_extadd_pairwise_i16x8_s, pairwise_16(true))
    SELECT(i32x4_extadd_pairwise_i16x8_u, pairwise_16(false))
    default: return false;
  }
}

}  // namespace

bool select_simd(Compiler<Masm>& c, Masm& m, Op op) {
  SimdSelector selector(c, m, op);
  return selector.select_regular() || selector.select_bits() || selector.select_integers() ||
         select_simd_conversion(c, m, op) || select_splat(c, m, op);
}

}  // namespace mini_wasm::jit::x64
