// Selects machine code for integer instructions, and for comparisons of all numbers. Numeric instructions without a
// selection call their definition in core/ (jit/runtime_calls.h).
#include <algorithm>
#include <bit>
#include <optional>
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
  // --- Operands that the last instruction computed: it becomes a part of the one that needs them

  // The last instruction, if the operand is its result, which nothing else needs, and the other operand is not. 0: it
  // is not so, or the instruction must stay. No instruction that has a result is 0.
  uint32_t last_for(const Value& value, Reg reg, Reg other) const {
    const uint32_t* const last = a.last();
    if (value.kind != Value::Kind::reg || reg == other || last == nullptr || (*last & 0x1f) != a.rd(reg)) return 0;
    return *last;
  }
  // Fields of bitmask immediates, and of instructions that move bits.
  static constexpr uint32_t kSize = 1u << 22, kImmr = 0x3fu << 16, kImms = 0x3fu << 10;
  static Reg first_of(uint32_t instruction) { return x(instruction >> 5 & 0x1f); }
  static Reg second_of(uint32_t instruction) { return x(instruction >> 16 & 0x1f); }

  // Removes a multiplication and returns its operands. `other` is the other operand of the addition or subtraction.
  bool take_product(const Value& value, Reg reg, Reg other, bool wide, Reg& l, Reg& r) {
    constexpr uint32_t kOperands = 0x1f << 5 | 0x1f << 16;
    const uint32_t last = last_for(value, reg, other);
    if ((last & ~kOperands) != (ins::mul | Assembler::sf(wide) | Assembler::rd(reg))) return false;
    l = first_of(last);
    r = second_of(last);
    a.remove_last();
    return true;
  }

  // Removes a move of 32 bits, for an instruction that reads no others of the register; `from` is what it moved.
  bool take_narrow(const Value& value, Reg reg, Reg& from) {
    const uint32_t last = last_for(value, reg, kNoReg);
    if ((last & ~(0x1fu << 16)) != (ins::mov | Assembler::rd(reg))) return false;
    from = second_of(last);
    a.remove_last();
    return true;
  }

  // What an instruction does with its last operand: shifts or rotates it, or (logic only) inverts it.
  struct Modified {
    Reg reg;
    Shift shift = Shift::lsl;
    uint32_t count = 0;
    bool inverts = false;
  };
  // The same for an instruction that modifies a register so.
  bool take_modified(const Value& value, Reg reg, Reg other, bool wide, Modified& operand) {
    const uint32_t last = last_for(value, reg, other);
    const std::optional<Modified> taken = last == 0 ? std::nullopt : modification(last, wide, reg);
    if (!taken || (!is_logic() && (taken->inverts || taken->shift == Shift::ror))) return false;
    operand = *taken;
    a.remove_last();
    return true;
  }
  static std::optional<Modified> modification(uint32_t word, bool wide, Reg to) {
    constexpr uint32_t kFirst = 0x1f << 5, kSecond = 0x1f << 16;
    const uint32_t bits = wide ? 64 : 32, size = Assembler::sf(wide) | (wide ? kSize : 0) | Assembler::rd(to);
    const uint32_t op = word & ~(kImmr | kImms | kFirst), immr = (word & kImmr) >> 16, imms = (word & kImms) >> 10;
    if (op == (ins::ubfm | size)) {
      if (imms == bits - 1) return Modified{first_of(word), Shift::lsr, immr};
      if (imms + 1 == immr) return Modified{first_of(word), Shift::lsl, bits - immr};
    } else if (op == (ins::sbfm | size)) {
      if (imms == bits - 1) return Modified{first_of(word), Shift::asr, immr};
    } else if ((word & ~(kSecond | kImms | kFirst)) == (ins::extr | size)) {
      if (first_of(word) == second_of(word)) return Modified{first_of(word), Shift::ror, imms};
    } else if ((word & ~kSecond) == (ins::orn | Assembler::sf(wide) | kFirst | Assembler::rd(to))) {
      return Modified{second_of(word), Shift::lsl, 0, true};
    }
    return std::nullopt;
  }
  bool is_logic() const {
    switch (op_) {
      case Op::i32_and:
      case Op::i32_or:
      case Op::i32_xor:
      case Op::i64_and:
      case Op::i64_or:
      case Op::i64_xor: return true;
      default: return false;
    }
  }

  // --- Shapes

  // The form of an instruction with a register. What the last instruction does with an operand becomes a part of it; with
  // the left one only if the two may be swapped.
  void apply(uint32_t op, bool wide, Reg to, Reg l, Reg r, const Pair& pair, bool commutes) {
    constexpr uint32_t kInverts = ins::bic ^ ins::and_;
    static_assert((ins::orr | kInverts) == ins::orn && (ins::eor | kInverts) == ins::eon);
    Modified last{r};
    if (!take_modified(pair.right, r, l, wide, last) && commutes && take_modified(pair.left, l, r, wide, last)) l = r;
    a.r3(op | (last.inverts ? kInverts : 0), wide, to, l, last.reg, last.shift, last.count);
  }

  // For instructions whose operands may be swapped. An operand whose register may be written becomes the left one, because
  // the result then gets its register.
  Pair pop_either() {
    Pair pair = pop_pair(true);
    if (pair.left.kind != Value::Kind::reg && pair.right.kind == Value::Kind::reg) std::swap(pair.left, pair.right);
    return pair;
  }

  void add(bool wide) {
    Pair pair = pop_either();
    three_address(int_type(wide), pair, [&](Reg to, Reg l, Operand r) {
      Reg x, y;
      if (r.kind == Operand::Kind::reg) {
        if (take_product(pair.right, r.reg, l, wide, x, y)) return a.r4(ins::madd, wide, to, x, y, l);
        if (take_product(pair.left, l, r.reg, wide, x, y)) return a.r4(ins::madd, wide, to, x, y, r.reg);
      }
      if (r.kind != Operand::Kind::imm) return apply(ins::add, wide, to, l, r.reg, pair, true);
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
        apply(ins::sub, wide, to, kZero, r.reg, pair, false);
        c.release(pair.right);
        return c.push_reg(int_type(wide), to);
      }
    }
    three_address(int_type(wide), pair, [&](Reg to, Reg l, Operand r) {
      Reg x, y;
      if (r.kind == Operand::Kind::reg && take_product(pair.right, r.reg, l, wide, x, y)) {
        return a.r4(ins::msub, wide, to, x, y, l);
      }
      if (r.kind != Operand::Kind::imm) return apply(ins::sub, wide, to, l, r.reg, pair, false);
      if (r.imm == 0) return m.move(int_type(wide), to, l);
      a.add(wide, to, l, -r.imm);
    });
  }

  void logic(uint32_t with_register, uint32_t with_bits, bool wide) {
    Pair pair = pop_either();
    three_address(int_type(wide), pair, [&](Reg to, Reg l, Operand r) {
      if (r.kind != Operand::Kind::imm) return apply(with_register, wide, to, l, r.reg, pair, true);
      // x ^ -1
      if (r.imm == -1) return a.r3(ins::orn, wide, to, kZero, l);
      if (with_bits == ins::and_imm && extract(wide, to, l, static_cast<uint64_t>(r.imm), pair.left)) return;
      a.r2_bits(with_bits, wide, to, l, *bitmask(wide, static_cast<uint64_t>(r.imm)));
    });
  }

  // Bits that do not begin at the lowest one, moved there: a shift to the right, then `and`. That is one instruction.
  bool extract(bool wide, Reg to, Reg from, uint64_t mask, const Value& value) {
    const uint32_t bits = wide ? 64 : 32, ones = low_ones(wide, mask);
    const uint32_t last = ones == 0 ? 0 : last_for(value, from, kNoReg);
    const std::optional<Modified> shifted = last == 0 ? std::nullopt : modification(last, wide, from);
    if (!shifted || shifted->count == 0) return false;
    const bool copies_sign = shifted->shift == Shift::asr && shifted->count + ones > bits;
    if (copies_sign || shifted->shift == Shift::lsl || shifted->shift == Shift::ror) return false;
    a.remove_last();
    a.bitfield(ins::ubfm, wide, to, shifted->reg, shifted->count, std::min(shifted->count + ones, bits) - 1);
    return true;
  }
  // The lowest bits, moved to the left: `and`, or a move of 32 bits, then a shift. The same.
  bool insert(bool wide, Reg to, Reg from, uint32_t count, const Value& value) {
    constexpr uint32_t kFirst = 0x1f << 5;
    if (Reg narrow; wide && take_narrow(value, from, narrow)) {
      a.bitfield(ins::ubfm, wide, to, narrow, 64 - count, std::min(31u, 63 - count));
      return true;
    }
    const uint32_t bits = wide ? 64 : 32, last = last_for(value, from, kNoReg), imms = (last & kImms) >> 10;
    const uint32_t low_bits =
        ins::and_imm | Assembler::sf(wide) | (wide ? kSize : 0) | Assembler::rd(from);  // immr is 0
    if ((last & ~(kImms | kFirst)) != low_bits || imms >= bits) return false;
    a.remove_last();
    a.bitfield(ins::ubfm, wide, to, first_of(last), bits - count, std::min(imms, bits - count - 1));
    return true;
  }
  // How many ones the number has, if they are its lowest bits; otherwise 0.
  static uint32_t low_ones(bool wide, uint64_t bits) {
    if (!wide) bits = static_cast<uint32_t>(bits);
    return (bits & (bits + 1)) == 0 ? static_cast<uint32_t>(std::popcount(bits)) : 0;
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

  enum class Shifts : uint8_t { left, right_signed, right, rotate_left, rotate_right };
  void shift(Shifts how, bool wide) {
    const Scalar type = int_type(wide);
    Pair pair = pop_pair(false);
    const Reg l = c.use(pair.left);
    if (pair.right.kind == Value::Kind::constant) {
      const uint32_t bits = wide ? 64 : 32, count = static_cast<uint32_t>(pair.right.bits) & (bits - 1);
      const Reg to = c.target(type, pair.left);
      if (count == 0) {
        m.move(type, to, l);
      } else if (how == Shifts::left) {
        if (!insert(wide, to, l, count, pair.left)) a.lsl(wide, to, l, count);
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
    Value value = c.pop();
    const Reg reg = c.use(value), to = c.target(type, value);
    Reg from = reg;
    take_narrow(value, reg, from);
    a.v2(op, to, from);
    c.push_reg(type, to);
  }

  void wrap() {
    Value value = c.pop();
    const Reg from = c.use(value), to = c.target(Scalar::i32, value);
    if (!extract(true, to, from, 0xffffffff, value)) a.mov(false, to, from);
    c.push_reg(Scalar::i32, to);
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
    case Op::i32_wrap_i64: return wrap(), true;
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

uint8_t Masm::constant_weight(ValType type, uint64_t bits, Op next) {
  if (type != ValType::i32 && type != ValType::i64) return 1;
  const bool wide = type == ValType::i64;
  const auto length = static_cast<uint8_t>(Assembler::constant_length(wide, bits));
  const OpClass use = next < Op::invalid ? op_info(next).cls : OpClass::control;
  const bool reads_register = use == OpClass::numeric || use == OpClass::numeric_trap || use == OpClass::store;
  if (!reads_register) return length - 1;  // it takes a move from the register
  const bool is_shift = (next >= Op::i32_shl && next <= Op::i32_rotr) || (next >= Op::i64_shl && next <= Op::i64_rotr);
  return is_shift || fits(next, wide ? static_cast<int64_t>(bits) : static_cast<int32_t>(bits)) ? 0 : length;
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
  a.compare(how.wide, l, r.reg);
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
