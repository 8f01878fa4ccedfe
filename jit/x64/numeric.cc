// Numeric instructions in machine code. What is not here calls its definition in core/ (runtime_calls.h).
#include "jit/compiler.h"
#include "jit/x64/masm.h"

namespace mini_wasm::jit::x64 {

namespace {

using C = Compiler<Masm>;
using x86::CondCode;
namespace Inst = x86::Inst;
using Id = Inst::Id;

// An instruction comes for 32 and for 64 bits: `wide`.
Scalar int_type(bool wide) { return wide ? Scalar::i64 : Scalar::i32; }
Scalar float_type(bool wide) { return wide ? Scalar::f64 : Scalar::f32; }

asmjit::Operand operand_of(Scalar type, const Operand& o) {
  switch (o.kind) {
    case Operand::Kind::imm: return asmjit::Imm(o.imm);
    case Operand::Kind::slot: return slot_at(o.slot, type == Scalar::i32 || type == Scalar::f32 ? 4 : 8);
    case Operand::Kind::reg: break;
  }
  if (o.reg.is_float()) return vec(o.reg);
  return gp(type, o.reg);
}

class Selector {
 public:
  Selector(C& compiler, Masm& masm) : c(compiler), m(masm), a(masm.a) {}

  bool select(Op op);

 private:
  bool select_float(Op op);
  bool select_conversion(Op op);

  // --- Shapes
  void commutative(Id id, bool wide) {
    Value right = c.pop(), left = c.pop();
    if (left.kind == Value::Kind::constant) std::swap(left, right);
    const Scalar type = int_type(wide);
    const Reg l = c.use(left);
    const Operand r = c.operand(right);
    Reg to = c.target(type, left);
    if (to == l) {
      a.emit(id, gp(type, to), operand_of(type, r));
    } else if (r.is(to)) {
      a.emit(id, gp(type, to), gp(type, l));
    } else {
      m.move(type, to, l);
      a.emit(id, gp(type, to), operand_of(type, r));
    }
    c.release(right);
    c.push_reg(type, to);
  }

  void add(bool wide) {
    Value right = c.pop(), left = c.pop();
    if (left.kind == Value::Kind::constant) std::swap(left, right);
    const Scalar type = int_type(wide);
    const Reg l = c.use(left);
    const Operand r = c.operand(right);
    const Reg to = c.target(type, left);
    if (to == l) {
      a.emit(Inst::kIdAdd, gp(type, to), operand_of(type, r));
    } else if (r.kind == Operand::Kind::reg) {
      if (r.is(to)) {
        a.add(gp(type, to), gp(type, l));
      } else {
        a.lea(gp(type, to), x86::Mem(gp64(l), gp64(r.reg), 0, 0, 0));
      }
    } else if (r.kind == Operand::Kind::imm) {
      a.lea(gp(type, to), x86::Mem(gp64(l), r.imm, 0));
    } else {
      m.move(type, to, l);
      a.add(gp(type, to), slot_at(r.slot, wide ? 8 : 4));
    }
    c.release(right);
    c.push_reg(type, to);
  }

  void subtract(bool wide) {
    Value right = c.pop(), left = c.pop();
    const Scalar type = int_type(wide);
    const Reg l = c.use(left);
    const Operand r = c.operand(right);
    const Reg to = c.target(type, left);
    if (r.kind == Operand::Kind::imm && to != l && r.imm != INT32_MIN) {
      a.lea(gp(type, to), x86::Mem(gp64(l), -r.imm, 0));
    } else if (r.is(to) && to != l) {
      a.neg(gp(type, to));
      a.add(gp(type, to), gp(type, l));
    } else {
      m.move(type, to, l);
      a.emit(Inst::kIdSub, gp(type, to), operand_of(type, r));
    }
    c.release(right);
    c.push_reg(type, to);
  }

  void multiply(bool wide) {
    Value right = c.pop(), left = c.pop();
    if (left.kind == Value::Kind::constant) std::swap(left, right);
    const Scalar type = int_type(wide);
    const Reg l = c.use(left);
    const Operand r = c.operand(right);
    const Reg to = c.target(type, left);
    if (r.kind == Operand::Kind::imm) {
      a.imul(gp(type, to), gp(type, l), r.imm);
    } else if (r.is(to)) {
      a.imul(gp(type, to), gp(type, l));
    } else {
      m.move(type, to, l);
      a.emit(Inst::kIdImul, gp(type, to), operand_of(type, r));
    }
    c.release(right);
    c.push_reg(type, to);
  }

  // rax and rdx are the instruction's; the divisor is somewhere else.
  void divide(bool wide, bool sign, bool remainder) {
    const Scalar type = int_type(wide);
    const uint32_t site = c.site();
    Value right = c.pop(), left = c.pop();
    const Reg divisor = apart(right, type, bits(rax, rdx));
    const Reg dividend = c.use(left);
    if (dividend != rax) take_exactly(rax);
    m.move(type, rax, dividend);
    c.release(left);
    take_exactly(rax);
    take_exactly(rdx);
    const x86::Gp d = gp(type, divisor);
    a.test(d, d);
    m.trap_if(CondCode::kE, TrapCode::integer_divide_by_zero, site);
    asmjit::Label done = a.newLabel();
    if (!sign) {
      a.xor_(x86::edx, x86::edx);
      a.div(d);
    } else {
      asmjit::Label divide = a.newLabel();
      a.cmp(d, -1);
      a.jne(divide);
      if (remainder) {
        a.xor_(x86::edx, x86::edx);  // the rest of a division by -1; the quotient may not exist
        a.jmp(done);
      } else {
        a.neg(gp(type, rax));  // overflows where the quotient does
        m.trap_if(CondCode::kO, TrapCode::integer_overflow, site);
        a.jmp(done);
      }
      a.bind(divide);
      if (wide) {
        a.cqo();
      } else {
        a.cdq();
      }
      a.idiv(d);
    }
    a.bind(done);
    c.release(divisor);
    c.release(remainder ? rax : rdx);
    c.push_reg(type, remainder ? rdx : rax);
  }

  // Empties a register that the instruction needs and holds it.
  void take_exactly(Reg reg) { c.hold(reg); }

  // A register with the operand that is none of `avoid`.
  Reg apart(Value& value, Scalar type, uint32_t avoid) {
    const Reg reg = c.use(value);
    return (reg.bit() & avoid) == 0 ? reg : own_copy(value, type, avoid);
  }
  // The same, and it may be written.
  Reg own_copy(Value& value, Scalar type, uint32_t avoid) {
    const Reg reg = c.use(value);
    if ((reg.bit() & avoid) == 0) {
      if (value.kind == Value::Kind::reg) return reg;
      const Reg copy = c.take(type, avoid);
      m.move(type, copy, reg);
      return copy;
    }
    const Reg copy = c.take(type, avoid);
    m.move(type, copy, reg);
    c.release(value);
    return copy;
  }

  void shift(Id by_cl, Id by_reg, bool wide) {
    const Scalar type = int_type(wide);
    Value right = c.pop(), left = c.pop();
    if (right.kind == Value::Kind::constant) {
      const Reg l = c.use(left);
      const Reg to = c.target(type, left);
      m.move(type, to, l);
      a.emit(by_cl, gp(type, to), asmjit::Imm(static_cast<uint8_t>(right.bits & (wide ? 63 : 31))));
      return c.push_reg(type, to);
    }
    if (by_reg != Inst::kIdNone && CpuFeatures::host().bmi2) {
      const Reg count = c.use(right);
      const Operand l = c.operand(left);
      if (l.kind == Operand::Kind::imm) {
        const Reg value = c.use(left);
        const Reg to = c.target(type, left);
        a.emit(by_reg, gp(type, to), gp(type, value), gp(type, count));
        c.release(right);
        return c.push_reg(type, to);
      }
      const Reg to = c.target(type, left);
      a.emit(by_reg, gp(type, to), operand_of(type, l), gp(type, count));
      c.release(right);
      return c.push_reg(type, to);
    }
    // The count in cl.
    const Reg value = own_copy(left, type, bits(rcx));
    const Reg count = c.use(right);
    if (count != rcx) {
      c.hold(rcx);
      m.move(type, rcx, count);
      c.release(right);
    }
    a.emit(by_cl, gp(type, value), x86::cl);
    c.release(rcx);
    c.push_reg(type, value);
  }

  template <class Emit>
  void unary(Scalar from, Scalar to_type, Emit emit) {
    Value value = c.pop();
    const Reg source = c.use(value);
    const Reg to = c.target(to_type, value);
    emit(to, source);
    c.push_reg(to_type, to);
    (void)from;
  }
  // The same into a register that is not the operand's.
  template <class Emit>
  void unary_apart(Scalar to_type, Emit emit) {
    Value value = c.pop();
    const Reg source = c.use(value);
    const Reg to = c.take(to_type);
    emit(to, source);
    c.release(value);
    c.push_reg(to_type, to);
  }

  // Counting zeros without the instruction for it: of zero the result is the width.
  void count_zeros(bool wide, bool leading) {
    const Scalar type = int_type(wide);
    const bool direct = leading ? CpuFeatures::host().lzcnt : CpuFeatures::host().bmi1;
    if (direct) {
      // Some processors wait for the old value of the destination.
      return unary(type, type, [&](Reg to, Reg from) {
        if (to != from) a.xor_(gp32(to), gp32(to));
        a.emit(leading ? Inst::kIdLzcnt : Inst::kIdTzcnt, gp(type, to), gp(type, from));
      });
    }
    unary_apart(type, [&](Reg to, Reg from) {
      if (leading) {
        a.mov(gp32(to), wide ? 127 : 63);  // xor with width - 1 gives the width
        a.bsr(gp64(kScratch), gp64(from));
        a.cmovnz(gp(type, to), gp(type, kScratch));
        a.xor_(gp(type, to), wide ? 63 : 31);
      } else {
        a.mov(gp32(to), wide ? 64 : 32);
        a.bsf(gp(type, kScratch), gp(type, from));
        a.cmovnz(gp(type, to), gp(type, kScratch));
      }
    });
  }

  // --- Floating point
  void float_binary(Id sse, Id avx, bool wide, bool commutes) {
    const Scalar type = float_type(wide);
    Value right = c.pop(), left = c.pop();
    const Reg l = c.use(left);
    const Operand r = c.operand(right);
    const Reg to = c.target(type, left);
    if (CpuFeatures::host().avx) {
      a.emit(avx, vec(to), vec(l), operand_of(type, r));
    } else if (to == l) {
      a.emit(sse, vec(to), operand_of(type, r));
    } else if (r.is(to)) {
      if (commutes) {
        a.emit(sse, vec(to), vec(l));
      } else {
        a.movaps(vec(kFloatScratch), vec(l));
        a.emit(sse, vec(kFloatScratch), vec(to));
        a.movaps(vec(to), vec(kFloatScratch));
      }
    } else {
      m.move(type, to, l);
      a.emit(sse, vec(to), operand_of(type, r));
    }
    c.release(right);
    c.push_reg(type, to);
  }

  // NaN if either is; -0 is less than 0. The instruction gives its second operand in both cases, so those are handled
  // apart.
  void min_max(bool wide, bool max) {
    const Scalar type = float_type(wide);
    Value right = c.pop(), left = c.pop();
    const Reg r = c.use(right), l = c.use(left);
    const Reg to = c.take(type);
    asmjit::Label equal = a.newLabel(), nan = a.newLabel(), done = a.newLabel();
    m.move(type, to, l);
    compare_floats(wide, to, vec(r));
    a.jp(nan);
    a.je(equal);
    a.emit(max ? (wide ? Inst::kIdMaxsd : Inst::kIdMaxss) : (wide ? Inst::kIdMinsd : Inst::kIdMinss), vec(to), vec(r));
    a.jmp(done);
    a.bind(equal);  // the same, or zeros of different sign
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

  // All bits but the sign, or the sign, in the scratch register.
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

  void sign_bits(bool wide, bool absolute) {
    const Scalar type = float_type(wide);
    unary(type, type, [&](Reg to, Reg from) {
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

  void round(bool wide, int mode) {
    const Scalar type = float_type(wide);
    unary(type, type, [&](Reg to, Reg from) {
      if (to != from) a.xorps(vec(to), vec(to));
      a.emit(wide ? Inst::kIdRoundsd : Inst::kIdRoundss, vec(to), vec(from), asmjit::Imm(mode));
    });
  }

  void square_root(bool wide) {
    const Scalar type = float_type(wide);
    unary(type, type, [&](Reg to, Reg from) {
      if (to != from) a.xorps(vec(to), vec(to));
      a.emit(wide ? Inst::kIdSqrtsd : Inst::kIdSqrtss, vec(to), vec(from));
    });
  }

  // --- Conversions
  void to_float(bool wide_float, bool wide_int, bool sign) {
    const Scalar type = float_type(wide_float);
    Value value = c.pop();
    const Reg from = c.use(value);
    const Reg to = c.take(type);
    const Id convert = wide_float ? Inst::kIdCvtsi2sd : Inst::kIdCvtsi2ss;
    a.xorps(vec(to), vec(to));  // the instruction keeps the upper half, and would wait for it
    if (sign) {
      a.emit(convert, vec(to), wide_int ? gp64(from) : gp32(from));
    } else if (!wide_int) {
      a.emit(convert, vec(to), gp64(from));
    } else {
      // Above 2^63: half of it, with the bit that falls out kept for rounding, twice.
      asmjit::Label big = a.newLabel(), done = a.newLabel();
      a.test(gp64(from), gp64(from));
      a.js(big);
      a.emit(convert, vec(to), gp64(from));
      a.jmp(done);
      a.bind(big);
      const Reg half = c.take(Scalar::i64);
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

  // i32 from any float: by way of 64 bits, where everything that fits in 32 can be told from what does not.
  void truncate_to_32(bool wide_float, bool sign) {
    const uint32_t site = c.site();
    unary_apart(Scalar::i32, [&](Reg to, Reg from) {
      a.emit(wide_float ? Inst::kIdCvttsd2si : Inst::kIdCvttss2si, gp64(to), vec(from));
      if (sign) {
        a.movsxd(gp64(kScratch), gp32(to));
      } else {
        a.mov(gp32(kScratch), gp32(to));
      }
      a.cmp(gp64(kScratch), gp64(to));
      asmjit::Label fits = a.newLabel();
      a.je(fits);
      wrong_float(wide_float, from, site);
      a.bind(fits);
      if (sign) a.mov(gp32(to), gp32(to));
    });
  }

  void truncate_to_64(bool wide_float) {
    const uint32_t site = c.site();
    unary_apart(Scalar::i64, [&](Reg to, Reg from) {
      a.emit(wide_float ? Inst::kIdCvttsd2si : Inst::kIdCvttss2si, gp64(to), vec(from));
      asmjit::Label fits = a.newLabel();
      a.cmp(gp64(to), 1);
      a.jno(fits);  // not the smallest number, which says that something was wrong
      m.constant(float_type(wide_float), kFloatScratch, wide_float ? 0xc3e0000000000000 : 0xdf000000);
      compare_floats(wide_float, from, vec(kFloatScratch));
      asmjit::Label wrong = a.newLabel();
      a.jp(wrong);
      a.je(fits);
      a.bind(wrong);
      wrong_float(wide_float, from, site);
      a.bind(fits);
    });
  }

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

  void extend(Id id, Scalar type, x86::Gp (*part)(Reg)) {
    unary(type, type, [&](Reg to, Reg from) { a.emit(id, gp(type, to), part(from)); });
  }
  static x86::Gp low_8(Reg r) { return x86::gpb_lo(r.number()); }
  static x86::Gp low_16(Reg r) { return x86::gpw(r.number()); }

  C& c;
  Masm& m;
  x86::Assembler& a;
};

// Instructions that come for 32 and 64 bits.
#define BOTH(name, ...)          \
  case Op::i32_##name: {         \
    constexpr bool wide = false; \
    __VA_ARGS__;                 \
    return true;                 \
  }                              \
  case Op::i64_##name: {         \
    constexpr bool wide = true;  \
    __VA_ARGS__;                 \
    return true;                 \
  }
#define FLOATS(name, ...)        \
  case Op::f32_##name: {         \
    constexpr bool wide = false; \
    __VA_ARGS__;                 \
    return true;                 \
  }                              \
  case Op::f64_##name: {         \
    constexpr bool wide = true;  \
    __VA_ARGS__;                 \
    return true;                 \
  }

bool Selector::select(Op op) {
  switch (op) {
    BOTH(add, add(wide))
    BOTH(sub, subtract(wide))
    BOTH(mul, multiply(wide))
    case Op::i32_and: return commutative(Inst::kIdAnd, false), true;
    case Op::i64_and: return commutative(Inst::kIdAnd, true), true;
    case Op::i32_or: return commutative(Inst::kIdOr, false), true;
    case Op::i64_or: return commutative(Inst::kIdOr, true), true;
    case Op::i32_xor: return commutative(Inst::kIdXor, false), true;
    case Op::i64_xor:
      return commutative(Inst::kIdXor, true), true;
      BOTH(div_s, divide(wide, true, false))
      BOTH(div_u, divide(wide, false, false))
      BOTH(rem_s, divide(wide, true, true))
      BOTH(rem_u, divide(wide, false, true))
      BOTH(shl, shift(Inst::kIdShl, Inst::kIdShlx, wide))
      BOTH(shr_s, shift(Inst::kIdSar, Inst::kIdSarx, wide))
      BOTH(shr_u, shift(Inst::kIdShr, Inst::kIdShrx, wide))
      BOTH(rotl, shift(Inst::kIdRol, Inst::kIdNone, wide))
      BOTH(rotr, shift(Inst::kIdRor, Inst::kIdNone, wide))
      BOTH(clz, count_zeros(wide, true))
      BOTH(ctz, count_zeros(wide, false))
    case Op::i32_popcnt:
    case Op::i64_popcnt: {
      if (!CpuFeatures::host().popcnt) return false;
      const Scalar type = int_type(op == Op::i64_popcnt);
      unary(type, type, [&](Reg to, Reg from) {
        if (to != from) a.xor_(gp32(to), gp32(to));
        a.popcnt(gp(type, to), gp(type, from));
      });
      return true;
    }
    default: return select_float(op) || select_conversion(op);
  }
}

bool Selector::select_float(Op op) {
  switch (op) {
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

bool Selector::select_conversion(Op op) {
  switch (op) {
    case Op::i32_wrap_i64:
      unary(Scalar::i64, Scalar::i32, [&](Reg to, Reg from) { a.mov(gp32(to), gp32(from)); });
      return true;
    case Op::i64_extend_i32_u:
      unary(Scalar::i32, Scalar::i64, [&](Reg to, Reg from) { m.move(Scalar::i32, to, from); });
      return true;
    case Op::i64_extend_i32_s:
    case Op::i64_extend32_s:
      unary(Scalar::i32, Scalar::i64, [&](Reg to, Reg from) { a.movsxd(gp64(to), gp32(from)); });
      return true;
    case Op::i32_extend8_s: return extend(Inst::kIdMovsx, Scalar::i32, &low_8), true;
    case Op::i32_extend16_s: return extend(Inst::kIdMovsx, Scalar::i32, &low_16), true;
    case Op::i64_extend8_s: return extend(Inst::kIdMovsx, Scalar::i64, &low_8), true;
    case Op::i64_extend16_s: return extend(Inst::kIdMovsx, Scalar::i64, &low_16), true;
    case Op::f32_convert_i32_s: return to_float(false, false, true), true;
    case Op::f32_convert_i32_u: return to_float(false, false, false), true;
    case Op::f32_convert_i64_s: return to_float(false, true, true), true;
    case Op::f32_convert_i64_u: return to_float(false, true, false), true;
    case Op::f64_convert_i32_s: return to_float(true, false, true), true;
    case Op::f64_convert_i32_u: return to_float(true, false, false), true;
    case Op::f64_convert_i64_s: return to_float(true, true, true), true;
    case Op::f64_convert_i64_u: return to_float(true, true, false), true;
    case Op::i32_trunc_f32_s: return truncate_to_32(false, true), true;
    case Op::i32_trunc_f32_u: return truncate_to_32(false, false), true;
    case Op::i32_trunc_f64_s: return truncate_to_32(true, true), true;
    case Op::i32_trunc_f64_u: return truncate_to_32(true, false), true;
    case Op::i64_trunc_f32_s: return truncate_to_64(false), true;
    case Op::i64_trunc_f64_s: return truncate_to_64(true), true;
    case Op::f32_demote_f64: return convert_float(Inst::kIdCvtsd2ss, Scalar::f32), true;
    case Op::f64_promote_f32: return convert_float(Inst::kIdCvtss2sd, Scalar::f64), true;
    case Op::i32_reinterpret_f32:
      unary(Scalar::f32, Scalar::i32, [&](Reg to, Reg from) { a.movd(gp32(to), vec(from)); });
      return true;
    case Op::i64_reinterpret_f64:
      unary(Scalar::f64, Scalar::i64, [&](Reg to, Reg from) { a.movq(gp64(to), vec(from)); });
      return true;
    case Op::f32_reinterpret_i32:
      unary(Scalar::i32, Scalar::f32, [&](Reg to, Reg from) { a.movd(vec(to), gp32(from)); });
      return true;
    case Op::f64_reinterpret_i64:
      unary(Scalar::i64, Scalar::f64, [&](Reg to, Reg from) { a.movq(vec(to), gp64(from)); });
      return true;
    default: return false;
  }
}

}  // namespace

bool Masm::numeric(Compiler<Masm>& c, Op op) { return Selector(c, *this).select(op); }

// --- Comparisons
// -----------------------------------------------------------------------------------------------------------

namespace {

struct Comparison {
  bool is = false, is_float = false, wide = false, swap = false;
  Masm::Test test;
};

Comparison comparison(Op op) {
  using Parity = Masm::Test::Parity;
  const auto ints = [](bool wide, CondCode condition) { return Comparison{true, false, wide, false, {condition}}; };
  const auto floats = [](bool wide, CondCode condition, bool swap, Parity parity = Parity::ignored) {
    return Comparison{true, true, wide, swap, {condition, parity}};
  };
  switch (op) {
#define INTS(name, condition)                                   \
  case Op::i32_##name: return ints(false, CondCode::condition); \
  case Op::i64_##name: return ints(true, CondCode::condition);
    INTS(eqz, kE)
    INTS(eq, kE)
    INTS(ne, kNE)
    INTS(lt_s, kL)
    INTS(lt_u, kB)
    INTS(gt_s, kG)
    INTS(gt_u, kA)
    INTS(le_s, kLE)
    INTS(le_u, kBE)
    INTS(ge_s, kGE)
    INTS(ge_u, kAE)
#undef INTS
    // "Above" is false for NaNs; what is below is what the other is above.
#define PAIR(name, ...)                                   \
  case Op::f32_##name: return floats(false, __VA_ARGS__); \
  case Op::f64_##name: return floats(true, __VA_ARGS__);
    PAIR(eq, CondCode::kE, false, Parity::all_ordered)
    PAIR(ne, CondCode::kNE, false, Parity::any_unordered)
    PAIR(gt, CondCode::kA, false)
    PAIR(ge, CondCode::kAE, false)
    PAIR(lt, CondCode::kA, true)
    PAIR(le, CondCode::kAE, true)
#undef PAIR
    default: return {};
  }
}

}  // namespace

bool Masm::is_compare(Op op) { return comparison(op).is; }

Masm::Test Masm::compare(Op op, Reg l, Operand r) {
  const Comparison how = comparison(op);
  if (!how.is_float) {
    const Scalar type = int_type(how.wide);
    if (r.kind == Operand::Kind::imm && r.imm == 0) {
      a.test(gp(type, l), gp(type, l));
    } else {
      a.emit(Inst::kIdCmp, gp(type, l), operand_of(type, r));
    }
    return how.test;
  }
  const Scalar type = float_type(how.wide);
  const Id id = how.wide ? Inst::kIdUcomisd : Inst::kIdUcomiss;
  if (!how.swap) {
    a.emit(id, vec(l), operand_of(type, r));
    return how.test;
  }
  Reg right = r.reg;
  if (r.kind == Operand::Kind::slot) {
    right = kFloatScratch;
    load_slot(type, right, r.slot);
  }
  a.emit(id, vec(right), vec(l));
  return how.test;
}

Masm::Test Masm::test(Operand o) {
  if (o.kind == Operand::Kind::slot) {
    a.cmp(slot_at(o.slot, 4), 0);
  } else {
    a.test(gp32(o.reg), gp32(o.reg));
  }
  return {CondCode::kNE};
}

void Masm::set(Test test, Reg to) {
  const x86::Gp low = x86::gpb_lo(to.number());
  a.set(test.condition, low);
  if (test.parity != Test::Parity::ignored) {
    const bool all = test.parity == Test::Parity::all_ordered;
    const x86::Gp parity = x86::gpb_lo(kScratch.number());
    a.set(all ? CondCode::kNP : CondCode::kP, parity);
    a.emit(all ? Inst::kIdAnd : Inst::kIdOr, low, parity);
  }
  a.movzx(gp32(to), low);
}

// `to` stays when the condition holds, else it becomes `otherwise`.
void Masm::select(Test test, Scalar type, Reg to, Reg otherwise) {
  if (is_int(type) && test.parity == Test::Parity::ignored) {
    return void(a.cmov(x86::negateCond(test.condition), gp64(to), gp64(otherwise)));
  }
  asmjit::Label keep = a.newLabel();
  jump_if(test, true, keep);
  move(type, to, otherwise);
  a.bind(keep);
}

}  // namespace mini_wasm::jit::x64
