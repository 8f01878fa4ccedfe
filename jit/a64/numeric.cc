// Selects machine code for integer instructions, and for comparisons of all numbers. Numeric instructions without a
// selection call their definition in core/ (jit/runtime_calls.h).
#include <array>
#include <utility>

#include "jit/a64/selector.h"

namespace mini_wasm::jit::a64 {

namespace {

class Selector : SelectorBase {
 public:
  using SelectorBase::SelectorBase;

  bool select_arithmetic();
  bool select_bits();

 private:
  // --- Shapes

  // The two forms of an instruction: with a register, which may be shifted, or with an immediate.
  void apply(uint32_t op, bool wide, Reg to, Reg l, const Operand& r) {
    a.r3(op, wide, to, l, r.reg, Shift::lsl, r.kind == Operand::Kind::scaled ? static_cast<uint32_t>(r.imm) : 0);
  }

  // If the last instruction is a multiplication whose product is the operand in `reg`, which nothing else needs, removes
  // it and returns its operands: it becomes a part of the addition or subtraction. The other operand is `other`.
  bool take_product(const Value& value, Reg reg, Reg other, bool wide, Reg& x, Reg& y) {
    constexpr uint32_t kOperands = 0x1f << 5 | 0x1f << 16;
    const uint32_t* const last = a.last();
    if (value.kind != Value::Kind::reg || reg == other || last == nullptr) return false;
    if ((*last & ~kOperands) != (ins::mul | Assembler::sf(wide) | Assembler::rd(reg))) return false;
    x = a64::x(*last >> 5 & 0x1f);
    y = a64::x(*last >> 16 & 0x1f);
    a.remove_last();
    return true;
  }

  void add(bool wide) {
    Pair pair = pop_pair(true);
    three_address(int_type(wide), pair, [&](Reg to, Reg l, Operand r) {
      Reg x, y;
      if (r.kind == Operand::Kind::reg) {
        if (take_product(pair.right, r.reg, l, wide, x, y)) return a.r4(ins::madd, wide, to, x, y, l);
        if (take_product(pair.left, l, r.reg, wide, x, y)) return a.r4(ins::madd, wide, to, x, y, r.reg);
      }
      if (r.kind != Operand::Kind::imm) return apply(ins::add, wide, to, l, r);
      if (r.imm == 0) return m.move(int_type(wide), to, l);
      a.add(wide, to, l, r.imm);
    });
  }

  void subtract(bool wide) {
    Pair pair = pop_pair(false);
    if (pair.left.kind == Value::Kind::constant && pair.left.bits == 0) {
      const Operand r = c.operand(op_, pair.right);
      if (r.kind != Operand::Kind::imm) {
        const Reg to = c.target(int_type(wide), Value{});
        apply(ins::sub, wide, to, kZero, r);
        c.release(pair.right);
        return c.push_reg(int_type(wide), to);
      }
    }
    three_address(int_type(wide), pair, [&](Reg to, Reg l, Operand r) {
      Reg x, y;
      if (r.kind == Operand::Kind::reg && take_product(pair.right, r.reg, l, wide, x, y)) {
        return a.r4(ins::msub, wide, to, x, y, l);
      }
      if (r.kind != Operand::Kind::imm) return apply(ins::sub, wide, to, l, r);
      if (r.imm == 0) return m.move(int_type(wide), to, l);
      a.add(wide, to, l, -r.imm);
    });
  }

  void logic(uint32_t with_register, uint32_t with_bits, bool wide) {
    Pair pair = pop_pair(true);
    three_address(int_type(wide), pair, [&](Reg to, Reg l, Operand r) {
      if (r.kind != Operand::Kind::imm) return apply(with_register, wide, to, l, r);
      // x ^ -1
      if (r.imm == -1) return a.r3(ins::orn, wide, to, kZero, l);
      a.r2_bits(with_bits, wide, to, l, *bitmask(wide, static_cast<uint64_t>(r.imm)));
    });
  }

  // sdiv and udiv never trap, so divisors are tested. -2^31 / -1 is the only quotient that overflows: ccmp compares the
  // dividend with 1 if the divisor is -1, and that overflows for the smallest number only. A constant divisor is known
  // to be neither 0 nor -1.
  void divide(bool wide, bool sign, bool remainder) {
    const uint32_t site = c.site();
    Pair pair = pop_pair(false);
    const Scalar type = int_type(wide);
    const bool known = pair.right.kind == Value::Kind::constant;
    const uint64_t all = wide ? ~uint64_t{0} : 0xffffffff, divisor = pair.right.bits & all;
    const bool may_be_zero = !known || divisor == 0, may_overflow = sign && (!known || divisor == all);
    const Reg l = c.use(pair.left), r = c.use(pair.right);
    const Reg to = c.target(type, pair.left);
    if (may_be_zero) m.trap_if_zero(wide, r, TrapCode::integer_divide_by_zero, site);
    if (may_overflow && !remainder) {
      a.r2_imm(ins::adds_imm, wide, kZero, r, 1);
      a.ccmp(wide, l, 1u, 0, Cond::eq);
      m.trap_if(Cond::vs, TrapCode::integer_overflow, site);
    }
    const Reg quotient = remainder ? kScratch : to;
    a.r3(sign ? ins::sdiv : ins::udiv, wide, quotient, l, r);
    if (remainder) a.r4(ins::msub, wide, to, quotient, r, l);
    c.release(pair.right);
    c.push_reg(type, to);
  }

  // A shift by a constant before an addition or the like, often in the computation of an address, becomes a part of it.
  bool reads_shifted(bool wide) const {
    switch (c.peek(0)) {
      case Op::i32_add:
      case Op::i32_sub:
      case Op::i32_and:
      case Op::i32_or:
      case Op::i32_xor: return !wide;
      case Op::i64_add:
      case Op::i64_sub:
      case Op::i64_and:
      case Op::i64_or:
      case Op::i64_xor: return wide;
      default: return false;
    }
  }

  enum class Shifts : uint8_t { left, right_signed, right, rotate_left, rotate_right };
  void shift(Shifts how, bool wide) {
    const Scalar type = int_type(wide);
    Pair pair = pop_pair(false);
    const Reg l = c.use(pair.left);
    if (pair.right.kind == Value::Kind::constant) {
      const uint32_t bits = wide ? 64 : 32, count = static_cast<uint32_t>(pair.right.bits) & (bits - 1);
      if (how == Shifts::left && reads_shifted(wide))
        return c.push_pending(type, Operand::of_scaled(l, static_cast<int32_t>(count)));
      const Reg to = c.target(type, pair.left);
      if (count == 0) {
        m.move(type, to, l);
      } else if (how == Shifts::left) {
        a.lsl(wide, to, l, count);
      } else if (how == Shifts::right) {
        a.lsr(wide, to, l, count);
      } else if (how == Shifts::right_signed) {
        a.asr(wide, to, l, count);
      } else {
        a.ror(wide, to, l, how == Shifts::rotate_right ? count : bits - count);
      }
      return c.push_reg(type, to);
    }
    Reg r = c.use(pair.right);
    const Reg to = c.target(type, pair.left);
    if (how == Shifts::rotate_left) {  // to the right by the negative count, because only its lowest bits matter
      a.r3(ins::sub, wide, kScratch, kZero, r);
      r = kScratch;
    }
    static constexpr uint32_t kOps[] = {ins::lsl_reg, ins::asr_reg, ins::lsr_reg, ins::ror_reg, ins::ror_reg};
    a.r3(kOps[static_cast<size_t>(how)], wide, to, l, r);
    c.release(pair.right);
    c.push_reg(type, to);
  }

  void wide_sum(uint32_t low, uint32_t high) {
    SelectorBase::wide_sum([&](Reg to_low, Reg to_high, Operand from_low, Operand from_high) {
      a.r3(low, true, to_low, to_low, from_low.reg);
      a.r3(high, true, to_high, to_high, from_high.reg);
    });
  }

  void wide_product(bool sign) {
    Value right = c.pop(), left = c.pop();
    const Reg r = c.use(right), l = c.use(left);
    const Reg low = c.take(Scalar::i64), high = c.take(Scalar::i64);
    a.r3(ins::mul, true, low, l, r);
    a.v3(sign ? ins::smulh : ins::umulh, high, l, r);
    c.release(right);
    c.release(left);
    c.push_reg(Scalar::i64, low);
    c.push_reg(Scalar::i64, high);
  }

  // The CPU counts ones only in vectors: in each byte; then the bytes are added.
  void count_ones(bool wide) {
    unary(int_type(wide), [&](Reg to, Reg from) {
      a.v2(wide ? ins::fmov_dx : ins::fmov_sw, kFloatScratch, from);
      a.v2(ins::cnt_8b, kFloatScratch, kFloatScratch);
      a.v2(ins::addv_8b, kFloatScratch, kFloatScratch);
      a.v2(ins::fmov_ws, to, kFloatScratch);
    });
  }

  void count_zeros(bool wide, bool leading) {
    unary(int_type(wide), [&](Reg to, Reg from) {
      if (!leading) a.r2(ins::rbit, wide, to, from);
      a.r2(ins::clz, wide, to, leading ? from : to);
    });
  }

  void extend(uint32_t op, Scalar type) {
    unary(type, [&](Reg to, Reg from) { a.v2(op, to, from); });
  }
};

bool Selector::select_arithmetic() {
  switch (op_) {
    INTS(add, add(wide))
    INTS(sub, subtract(wide))
    INTS(mul, binary(int_type(wide), [&](Reg to, Reg l, Reg r) { a.r3(ins::mul, wide, to, l, r); }))
    INTS(and, logic(ins::and_, ins::and_imm, wide))
    INTS(or, logic(ins::orr, ins::orr_imm, wide))
    INTS(xor, logic(ins::eor, ins::eor_imm, wide))
    INTS(div_s, divide(wide, true, false))
    INTS(div_u, divide(wide, false, false))
    INTS(rem_s, divide(wide, true, true))
    INTS(rem_u, divide(wide, false, true))
    case Op::i64_add128: return wide_sum(ins::adds, ins::adc), true;
    case Op::i64_sub128: return wide_sum(ins::subs, ins::sbc), true;
    case Op::i64_mul_wide_s: return wide_product(true), true;
    case Op::i64_mul_wide_u: return wide_product(false), true;
    default: return false;
  }
}

bool Selector::select_bits() {
  switch (op_) {
    INTS(shl, shift(Shifts::left, wide))
    INTS(shr_s, shift(Shifts::right_signed, wide))
    INTS(shr_u, shift(Shifts::right, wide))
    INTS(rotl, shift(Shifts::rotate_left, wide))
    INTS(rotr, shift(Shifts::rotate_right, wide))
    INTS(clz, count_zeros(wide, true))
    INTS(ctz, count_zeros(wide, false))
    INTS(popcnt, count_ones(wide))
    case Op::i32_wrap_i64: unary(Scalar::i32, [&](Reg to, Reg from) { a.mov(false, to, from); }); return true;
    case Op::i64_extend_i32_u:
      unary(Scalar::i64, [&](Reg to, Reg from) { m.move(Scalar::i32, to, from); });
      return true;
    case Op::i64_extend_i32_s:
    case Op::i64_extend32_s: return extend(ins::sxtw, Scalar::i64), true;
    case Op::i32_extend8_s: return extend(ins::sxtb, Scalar::i32), true;
    case Op::i32_extend16_s: return extend(ins::sxth, Scalar::i32), true;
    case Op::i64_extend8_s: return extend(ins::sxtb64, Scalar::i64), true;
    case Op::i64_extend16_s: return extend(ins::sxth64, Scalar::i64), true;
    default: return false;
  }
}

}  // namespace

bool Masm::numeric(Compiler<Masm>& c, Op op) {
  Selector selector(c, *this, op);
  return selector.select_arithmetic() || selector.select_bits() || select_float(c, *this, op) ||
         select_simd(c, *this, op);
}

// Immediates are sign-extended. -1 is the immediate of xor, which then is orn.
bool Masm::fits(Op op, int64_t imm) {
  const auto addend = [&] {
    return is_addend(static_cast<uint64_t>(imm)) || is_addend(0 - static_cast<uint64_t>(imm));
  };
  switch (op) {
    case Op::i32_add:
    case Op::i64_add:
    case Op::i32_sub:
    case Op::i64_sub: return addend();
    case Op::i32_xor:
    case Op::i64_xor:
      if (imm == -1) return true;
      [[fallthrough]];
    case Op::i32_and:
    case Op::i64_and:
    case Op::i32_or:
    case Op::i64_or: return bitmask(op >= Op::i64_add, static_cast<uint64_t>(imm)).has_value();
    default: break;
  }
  if (is_comparison(op)) return op < Op::f32_eq && addend();
  return imm == 0 && (op_info(op).cls == OpClass::store || op == Op::table_set);
}

// --- Comparisons -----------------------------------------------------------------------------------------------------

namespace {

// How a comparison is done.
struct Comparison {
  bool is_float = false, wide = false;
  Cond cond = Cond::eq;
};

Comparison comparison(Op op) {
  switch (op) {
#define PAIR(name, condition)                                  \
  case Op::i32_##name: return {false, false, Cond::condition}; \
  case Op::i64_##name: return {false, true, Cond::condition};
    PAIR(eq, eq)
    PAIR(ne, ne)
    PAIR(lt_s, lt)
    PAIR(lt_u, lo)
    PAIR(gt_s, gt)
    PAIR(gt_u, hi)
    PAIR(le_s, le)
    PAIR(le_u, ls)
    PAIR(ge_s, ge)
    PAIR(ge_u, hs)
#undef PAIR
    // These conditions do not hold if an operand is NaN, except for ne (see Cond).
#define PAIR(name, condition)                                 \
  case Op::f32_##name: return {true, false, Cond::condition}; \
  case Op::f64_##name: return {true, true, Cond::condition};
    PAIR(eq, eq)
    PAIR(ne, ne)
    PAIR(gt, gt)
    PAIR(ge, ge)
    PAIR(lt, mi)
    PAIR(le, ls)
#undef PAIR
    default: return {};
  }
}

}  // namespace

Masm::Test Masm::compare(Op op, Reg l, Operand r) {
  const Comparison how = comparison(op);
  tested_ = kNoReg;
  if (how.is_float) {
    a.fcmp(how.wide, l, r.reg);
    return {how.cond};
  }
  if (r.kind == Operand::Kind::imm) {
    if (r.imm == 0 && (how.cond == Cond::eq || how.cond == Cond::ne)) return test_zero(how.wide, l, how.cond);
    a.compare(how.wide, l, static_cast<uint64_t>(r.imm));
    return {how.cond};
  }
  const uint32_t shift = r.kind == Operand::Kind::scaled ? static_cast<uint32_t>(r.imm) : 0;
  a.r3(ins::subs, how.wide, kZero, l, r.reg, Shift::lsl, shift);
  return {how.cond};
}

Masm::Test Masm::test(Operand o) { return test_zero(false, o.reg, Cond::ne); }

void Masm::set(Test test, Reg to) { a.cset(false, to, flags(test)); }

void Masm::select(Test test, Scalar type, Reg to, Reg then, Reg otherwise) {
  const Cond cond = flags(test);
  if (is_int(type)) return a.csel(ins::csel, true, to, then, otherwise, cond);
  if (type != Scalar::v128) return a.fcsel(true, to, then, otherwise, cond);
  if (to == otherwise) return replace_vector(cond, to, then);
  move(type, to, then);
  replace_vector(!cond, to, otherwise);
}

void Masm::replace_vector(Cond cond, Reg to, Reg from) {
  const Label keep = a.new_label();
  a.b(!cond, keep);
  move(Scalar::v128, to, from);
  a.bind(keep);
}

}  // namespace mini_wasm::jit::a64
