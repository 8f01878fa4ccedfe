// Selects machine code for floating point and its conversions; see numeric.cc.
#include <utility>

#include "jit/conversions.h"
#include "jit/x64/selector.h"

namespace mini_wasm::jit::x64 {

namespace {

using x86::CondCode;

class FloatSelector : SelectorBase {
 public:
  using SelectorBase::SelectorBase;

  bool select_arithmetic();

  // --- Conversions (jit/conversions.h)
  void to_float(bool wide_float, bool wide_int, bool sign);
  void truncate(bool wide_int, bool wide_float, bool sign) {
    if (!wide_int) return truncate_to_32(wide_float, sign);
    if (sign) return truncate_to_64(wide_float);
    truncate_to_u64(wide_float, false);
  }
  void saturate(bool wide_int, bool wide_float, bool sign) {
    if (!wide_int) return saturate_to_32(wide_float, sign);
    if (sign) return saturate_to_s64(wide_float);
    truncate_to_u64(wide_float, true);
  }
  void demote() { convert_float(Inst::kIdCvtsd2ss, Scalar::f32); }
  void promote() { convert_float(Inst::kIdCvtss2sd, Scalar::f64); }
  void move_bits(bool wide, bool to_float) {
    if (to_float) {
      return unary(float_type(wide), [&](Reg to, Reg from) {
        if (wide) return void(a.movq(vec(to), gp64(from)));
        a.movd(vec(to), gp32(from));
      });
    }
    unary(int_type(wide), [&](Reg to, Reg from) {
      if (wide) return void(a.movq(gp64(to), vec(from)));
      a.movd(gp32(to), vec(from));
    });
  }

 private:
  // --- Floating point
  void float_binary(Id sse, Id avx, bool wide, bool commutes) {
    const Scalar type = float_type(wide);
    Pair pair = pop_pair(false);
    // If both operands are NaN, the CPU returns the left one. So they are swapped only if one of them is known not to
    // be NaN.
    if (commutes && pair.left.kind == Value::Kind::constant && !is_nan(wide, pair.left.bits)) {
      std::swap(pair.left, pair.right);
    }
    three_address(type, pair, [&](Reg to, Reg l, Operand r) {
      // Without AVX the result overwrites the left operand. If the right one is in `to`, the scratch register is
      // needed.
      if (cpu.avx) return void(a.emit(avx, vec(to), vec(l), operand_of(type, r)));
      if (to != l && r.is(to) && !commutes) {
        a.movaps(vec(kFloatScratch), vec(l));
        a.emit(sse, vec(kFloatScratch), vec(to));
        return void(a.movaps(vec(to), vec(kFloatScratch)));
      }
      two_address(type, to, l, r, [&](Reg, Operand right) { a.emit(sse, vec(to), operand_of(type, right)); });
    });
  }

  static bool is_nan(bool wide, uint64_t bits) {
    return wide ? (bits << 1) > 0xffe0000000000000 : static_cast<uint32_t>(bits << 1) > 0xff000000;
  }

  // min and max: NaN if an operand is NaN, and -0 is less than 0. In both cases the CPU's instruction returns its
  // second operand instead, so there are separate branches for NaN (a sum, which is NaN) and for equal operands.
  void min_max(bool wide, bool max) {
    const Scalar type = float_type(wide);
    Value right = c.pop(), left = c.pop();
    const Reg r = c.use(right), l = c.use(left);
    const Reg to = c.take(type);
    Masm::Label equal = a.new_label(), nan = a.new_label(), done = a.new_label();
    m.move(type, to, l);
    compare_floats(wide, to, vec(r));
    a.jp(nan);
    a.je(equal);
    a.emit(max ? (wide ? Inst::kIdMaxsd : Inst::kIdMaxss) : (wide ? Inst::kIdMinsd : Inst::kIdMinss), vec(to), vec(r));
    a.jmp(done);
    a.bind(equal);  // the same bits, or zeros with different signs: `and` gives 0 for max, `or` gives -0 for min
    a.emit(max ? Inst::kIdAndps : Inst::kIdOrps, vec(to), vec(r));
    a.jmp(done);
    a.bind(nan);
    a.emit(wide ? Inst::kIdAddsd : Inst::kIdAddss, vec(to), vec(r));
    a.bind(done);
    c.release(right);
    c.release(left);
    c.push_reg(type, to);
  }

  void compare_floats(bool wide, Reg l, const asmjit::Operand& r) {
    a.emit(wide ? Inst::kIdUcomisd : Inst::kIdUcomiss, vec(l), r);
  }

  // Puts a mask into the scratch register: if `sign`, only the sign bit is 1, otherwise all other bits are.
  void sign_mask(bool wide, bool sign) {
    const x86::Xmm mask = vec(kFloatScratch);
    a.pcmpeqd(mask, mask);
    if (sign) {
      if (wide) {
        a.psllq(mask, 63);
      } else {
        a.pslld(mask, 31);
      }
    } else if (wide) {
      a.psrlq(mask, 1);
    } else {
      a.psrld(mask, 1);
    }
  }

  // abs clears the sign, neg flips it. Both also apply to NaN.
  void sign_bits(bool wide, bool absolute) {
    const Scalar type = float_type(wide);
    unary(type, [&](Reg to, Reg from) {
      m.move(type, to, from);
      sign_mask(wide, !absolute);
      a.emit(absolute ? Inst::kIdAndps : Inst::kIdXorps, vec(to), vec(kFloatScratch));
    });
  }

  void copysign(bool wide) {
    const Scalar type = float_type(wide);
    Value right = c.pop(), left = c.pop();
    const Reg r = c.use(right), l = c.use(left);
    const Reg to = c.take(type);
    sign_mask(wide, false);
    m.move(type, to, l);
    a.andps(vec(to), vec(kFloatScratch));
    a.andnps(vec(kFloatScratch), vec(r));
    a.orps(vec(to), vec(kFloatScratch));
    c.release(right);
    c.release(left);
    c.push_reg(type, to);
  }

  // The CPU's instruction keeps the upper part of the register, so it waits for the old value. xorps makes that
  // available at once. It is the same for square roots and conversions.
  void round(bool wide, int mode) {
    const Scalar type = float_type(wide);
    unary(type, [&](Reg to, Reg from) {
      if (to != from) a.xorps(vec(to), vec(to));
      a.emit(wide ? Inst::kIdRoundsd : Inst::kIdRoundss, vec(to), vec(from), asmjit::Imm(mode));
    });
  }

  void square_root(bool wide) {
    const Scalar type = float_type(wide);
    unary(type, [&](Reg to, Reg from) {
      if (to != from) a.xorps(vec(to), vec(to));
      a.emit(wide ? Inst::kIdSqrtsd : Inst::kIdSqrtss, vec(to), vec(from));
    });
  }

  // To i32, signed or unsigned. Converts to 64 bits: the result fits in 32 bits exactly if the number does. For NaN and
  // numbers that do not fit in 64 bits the CPU returns the smallest i64, which does not fit in 32 bits either. The code
  // that `otherwise` emits, with the registers of the result and of the number, is for those that do not fit.
  template <class Otherwise>
  void convert_to_32(bool wide_float, bool sign, Otherwise otherwise) {
    unary_apart(Scalar::i32, [&](Reg to, Reg from) {
      a.emit(wide_float ? Inst::kIdCvttsd2si : Inst::kIdCvttss2si, gp64(to), vec(from));
      if (sign) {
        a.movsxd(gp64(kScratch), gp32(to));
      } else {
        a.mov(gp32(kScratch), gp32(to));
      }
      a.cmp(gp64(kScratch), gp64(to));
      Masm::Label fits = a.new_label();
      a.je(fits);
      otherwise(to, from);
      a.bind(fits);
      if (sign) a.mov(gp32(to), gp32(to));
    });
  }

  void truncate_to_32(bool wide_float, bool sign) {
    const uint32_t site = c.site();
    convert_to_32(wide_float, sign, [&](Reg, Reg from) { wrong_float(wide_float, from, site); });
  }

  // To i64, signed. The CPU returns the smallest i64 for everything that does not fit; -2^63 itself is right. cmp with
  // 1 overflows for this number only. The constant is -2^63.
  void truncate_to_64(bool wide_float) {
    const uint32_t site = c.site();
    unary_apart(Scalar::i64, [&](Reg to, Reg from) {
      a.emit(wide_float ? Inst::kIdCvttsd2si : Inst::kIdCvttss2si, gp64(to), vec(from));
      Masm::Label fits = a.new_label();
      a.cmp(gp64(to), 1);
      a.jno(fits);
      m.constant(float_type(wide_float), kFloatScratch, wide_float ? 0xc3e0000000000000 : 0xdf000000);
      compare_floats(wide_float, from, vec(kFloatScratch));
      Masm::Label wrong = a.new_label();
      a.jp(wrong);
      a.je(fits);
      a.bind(wrong);
      wrong_float(wide_float, from, site);
      a.bind(fits);
    });
  }

  // To u64; what does not fit saturates or traps. The signed conversion is right for numbers between -1 and 2^63, and
  // has a negative result for all others and for NaN. Then the number minus 2^63 is converted, and 2^63 is added by
  // flipping the top bit. If that result is negative, too, the number does not fit.
  void truncate_to_u64(bool wide_float, bool saturates) {
    const uint32_t site = c.site();
    unary_apart(Scalar::i64, [&](Reg to, Reg from) {
      const Id convert = wide_float ? Inst::kIdCvttsd2si : Inst::kIdCvttss2si;
      Masm::Label done = a.new_label(), fits = a.new_label();
      a.emit(convert, gp64(to), vec(from));
      a.test(gp64(to), gp64(to));
      a.jns(done);
      m.constant(float_type(wide_float), kFloatScratch, wide_float ? 0xc3e0000000000000 : 0xdf000000);
      a.emit(wide_float ? Inst::kIdAddsd : Inst::kIdAddss, vec(kFloatScratch), vec(from));
      a.emit(convert, gp64(to), vec(kFloatScratch));
      a.test(gp64(to), gp64(to));
      a.jns(fits);
      if (saturates) {
        clamp(wide_float, from, to, true, 0, ~uint64_t{0});
        a.jmp(done);
      } else {
        wrong_float(wide_float, from, site);
      }
      a.bind(fits);
      a.btc(gp64(to), 63);
      a.bind(done);
    });
  }

  // The saturated result of a number that does not fit: `max` if it is positive, `min` if it is negative, 0 if it is
  // NaN. The comparison with 0 tells these apart.
  void clamp(bool wide_float, Reg from, Reg to, bool wide, uint64_t min, uint64_t max) {
    const Scalar type = int_type(wide);
    Masm::Label end = a.new_label();
    a.xorps(vec(kFloatScratch), vec(kFloatScratch));
    compare_floats(wide_float, from, vec(kFloatScratch));
    m.constant(type, to, max);  // leaves the flags alone
    a.ja(end);
    m.constant(type, to, min);
    if (min != 0) {
      a.jnp(end);
      m.constant(type, to, 0);
    }
    a.bind(end);
  }

  void saturate_to_32(bool wide_float, bool sign) {
    convert_to_32(wide_float, sign, [&](Reg to, Reg from) {
      clamp(wide_float, from, to, false, sign ? 0x80000000 : 0, sign ? 0x7fffffff : 0xffffffff);
    });
  }

  // See truncate_to_64. -2^63 need not be treated apart, because it is also the saturated result.
  void saturate_to_s64(bool wide_float) {
    unary_apart(Scalar::i64, [&](Reg to, Reg from) {
      Masm::Label fits = a.new_label();
      a.emit(wide_float ? Inst::kIdCvttsd2si : Inst::kIdCvttss2si, gp64(to), vec(from));
      a.cmp(gp64(to), 1);
      a.jno(fits);
      clamp(wide_float, from, to, true, uint64_t{1} << 63, (uint64_t{1} << 63) - 1);
      a.bind(fits);
    });
  }

  // Traps for a number that does not fit: NaN and overflow are different traps.
  void wrong_float(bool wide, Reg from, uint32_t site) {
    compare_floats(wide, from, vec(from));
    m.trap_if(CondCode::kP, TrapCode::invalid_conversion_to_integer, site);
    m.trap(TrapCode::integer_overflow, site);
  }

  void convert_float(Id convert, Scalar to_type) {
    unary_apart(to_type, [&](Reg to, Reg from) {
      a.xorps(vec(to), vec(to));
      a.emit(convert, vec(to), vec(from));
    });
  }
};

// From an integer. The CPU has only signed conversions, of 32 and 64 bits. An unsigned i32 is converted as i64.
void FloatSelector::to_float(bool wide_float, bool wide_int, bool sign) {
  const Scalar type = float_type(wide_float);
  Value value = c.pop();
  const Reg from = c.use(value);
  const Reg to = c.target(type, Value{});
  const Id convert = wide_float ? Inst::kIdCvtsi2sd : Inst::kIdCvtsi2ss;
  a.xorps(vec(to), vec(to));  // the instruction keeps the upper part of the register, so it waits for the old value
  if (sign) {
    a.emit(convert, vec(to), wide_int ? gp64(from) : gp32(from));
  } else if (!wide_int) {
    a.emit(convert, vec(to), gp64(from));
  } else {
    // u64: 2^63 and above are converted as twice the half. The lowest bit of the number, which halving removes, is
    // kept in the lowest bit of the half, so that the result is rounded correctly.
    const Reg half = c.take(Scalar::i64);  // before the branch, because it may emit a spill
    Masm::Label big = a.new_label(), done = a.new_label();
    a.test(gp64(from), gp64(from));
    a.js(big);
    a.emit(convert, vec(to), gp64(from));
    a.jmp(done);
    a.bind(big);
    a.mov(gp64(half), gp64(from));
    a.mov(gp64(kScratch), gp64(from));
    a.shr(gp64(half), 1);
    a.and_(gp32(kScratch), 1);
    a.or_(gp64(half), gp64(kScratch));
    a.emit(convert, vec(to), gp64(half));
    a.emit(wide_float ? Inst::kIdAddsd : Inst::kIdAddss, vec(to), vec(to));
    a.bind(done);
    c.release(half);
  }
  c.release(value);
  c.push_reg(type, to);
}

bool FloatSelector::select_arithmetic() {
  switch (op_) {
    FLOATS(add,
           float_binary(wide ? Inst::kIdAddsd : Inst::kIdAddss, wide ? Inst::kIdVaddsd : Inst::kIdVaddss, wide, true))
    FLOATS(sub,
           float_binary(wide ? Inst::kIdSubsd : Inst::kIdSubss, wide ? Inst::kIdVsubsd : Inst::kIdVsubss, wide, false))
    FLOATS(mul,
           float_binary(wide ? Inst::kIdMulsd : Inst::kIdMulss, wide ? Inst::kIdVmulsd : Inst::kIdVmulss, wide, true))
    FLOATS(div,
           float_binary(wide ? Inst::kIdDivsd : Inst::kIdDivss, wide ? Inst::kIdVdivsd : Inst::kIdVdivss, wide, false))
    FLOATS(min, min_max(wide, false))
    FLOATS(max, min_max(wide, true))
    FLOATS(abs, sign_bits(wide, true))
    FLOATS(neg, sign_bits(wide, false))
    FLOATS(copysign, copysign(wide))
    FLOATS(nearest, round(wide, 8))
    FLOATS(floor, round(wide, 9))
    FLOATS(ceil, round(wide, 10))
    FLOATS(trunc, round(wide, 11))
    FLOATS(sqrt, square_root(wide))
    default: return false;
  }
}

}  // namespace

bool select_float(Compiler<Masm>& c, Masm& m, Op op) {
  FloatSelector selector(c, m, op);
  return selector.select_arithmetic() || select_conversion(selector, op);
}

}  // namespace mini_wasm::jit::x64
