// Selects machine code for integer instructions, and for comparisons of all numbers. Numeric instructions without a
// selection call their definition in core/ (jit/runtime_calls.h).
#include "jit/x64/selector.h"

namespace mini_wasm::jit::x64 {

namespace {

using x86::CondCode;

class Selector : SelectorBase {
 public:
  using SelectorBase::SelectorBase;

  bool select();

 private:
  // --- Shapes
  void commutative(Id id, bool wide) {
    const Scalar type = int_type(wide);
    two_address(type, pop_pair(true), [&](Reg to, Operand right) { with_flags(id, type, to, right); });
  }

  // Emits the last machine instruction of a selection. Afterwards the zero flag says whether the result is 0, so a test
  // that follows needs no instruction (Masm::note_flags).
  void with_flags(Id id, Scalar type, Reg to, Operand right) {
    a.emit(id, gp(type, to), operand_of(type, right));
    m.note_flags(type, to);
  }

  // If the result goes to another register than the left operand, lea adds into it without a move. lea cannot read
  // memory.
  void add(bool wide) {
    const Scalar type = int_type(wide);
    Pair pair = pop_pair(true);
    three_address(type, pair, [&](Reg to, Reg l, Operand r) {
      const bool scaled = r.kind == Operand::Kind::scaled;
      if (scaled || (to != l && r.kind == Operand::Kind::reg && !r.is(to))) {
        const uint32_t shift = scaled ? static_cast<uint32_t>(r.imm) : 0;
        return void(a.lea(gp(type, to), x86::Mem(gp64(l), gp64(r.reg), shift, 0, 0)));
      }
      if (to != l && r.kind == Operand::Kind::imm) return void(a.lea(gp(type, to), x86::Mem(gp64(l), imm_of(r), 0)));
      if (to != l) r = beside(to, pair.right, r);
      two_address(type, to, l, r, [&](Reg, Operand right) { with_flags(Inst::kIdAdd, type, to, right); });
    });
  }

  // Subtracting a constant into another register is lea with the negated constant. (INT32_MIN has no negation.) If `to`
  // is the right operand, left - right is computed as -right + left.
  void subtract(bool wide) {
    const Scalar type = int_type(wide);
    Pair pair = pop_pair(false);
    if (pair.left.kind == Value::Kind::constant && pair.left.bits == 0) {
      const Reg r = c.use(pair.right);
      const Reg to = c.target(type, pair.right);
      m.move(type, to, r);
      a.neg(gp(type, to));
      m.note_flags(type, to);
      return c.push_reg(type, to);
    }
    three_address(type, pair, [&](Reg to, Reg l, Operand r) {
      if (to != l) r = beside(to, pair.right, r);
      if (r.kind == Operand::Kind::imm && to != l && r.imm != INT32_MIN) {
        return void(a.lea(gp(type, to), x86::Mem(gp64(l), -imm_of(r), 0)));
      }
      if (to != l && r.is(to)) {
        a.neg(gp(type, to));
        return with_flags(Inst::kIdAdd, type, to, Operand::of(l));
      }
      m.move(type, to, l);
      with_flags(Inst::kIdSub, type, to, r);
    });
  }

  void multiply(bool wide) {
    const Scalar type = int_type(wide);
    Pair pair = pop_pair(true);
    three_address(type, pair, [&](Reg to, Reg l, Operand r) {
      if (r.kind == Operand::Kind::imm) return void(a.imul(gp(type, to), gp(type, l), imm_of(r)));
      if (to != l) r = beside(to, pair.right, r);
      two_address(type, to, l, r,
                  [&](Reg, Operand right) { a.emit(Inst::kIdImul, gp(type, to), operand_of(type, right)); });
    });
  }

  // div and idiv divide rdx:rax, and leave the quotient in rax and the remainder in rdx. So the divisor must be in
  // another register.
  void divide(bool wide, bool sign, bool remainder) {
    const Scalar type = int_type(wide);
    const uint32_t site = c.site();
    Value right = c.pop(), left = c.pop();
    const Reg divisor = apart(right, RegSet(rax, rdx));
    const Reg dividend = c.use(left);
    if (dividend != rax) c.hold(rax);
    m.move(type, rax, dividend);
    c.release(left);
    c.hold(rax);
    c.hold(rdx);
    const x86::Gp d = gp(type, divisor);
    a.test(d, d);
    m.trap_if(CondCode::kE, TrapCode::integer_divide_by_zero, site);
    Masm::Label done = a.new_label();
    if (!sign) {
      a.xor_(x86::edx, x86::edx);
      a.div(d);
    } else {
      Masm::Label divide = a.new_label();
      a.cmp(d, -1);
      a.jne(divide);
      if (remainder) {
        // The remainder of a division by -1 is 0. idiv would fault if the quotient overflows, where Wasm defines 0.
        a.xor_(x86::edx, x86::edx);
        a.jmp(done);
      } else {
        a.neg(gp(type, rax));  // the quotient of a division by -1; neg overflows exactly if the quotient does
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

  // `by_cl` expects the count in cl. `by_reg`, which needs BMI2, takes it in any register; kIdNone: it does not exist.
  void shift(Id by_cl, Id by_reg, bool wide) {
    const Scalar type = int_type(wide);
    Value right = c.pop(), left = c.pop();
    if (right.kind == Value::Kind::constant) {
      const Reg l = c.use(left);
      // A shift by up to 3 before an addition, often in the computation of an address, becomes a part of lea.
      const uint64_t count = right.bits & (wide ? 63 : 31);
      if (by_cl == Inst::kIdShl && count <= 3 && c.peek(0) == (wide ? Op::i64_add : Op::i32_add)) {
        return c.push_pending(type, Operand::of_scaled(l, static_cast<uint32_t>(count)));
      }
      const Reg to = c.target(type, left);
      m.move(type, to, l);
      a.emit(by_cl, gp(type, to), asmjit::Imm(static_cast<uint8_t>(count)));
      return c.push_reg(type, to);
    }
    if (by_reg != Inst::kIdNone && cpu.bmi2) {
      const Reg count = c.use(right);
      const Operand l = c.operand(op_, left);
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
    // Without BMI2: the count must be in cl.
    const Reg value = c.own(left, RegSet(rcx));
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

  // Nothing between the two instructions may change the flags.
  void wide_sum(Id low, Id high) {
    SelectorBase::wide_sum([&](Reg to_low, Reg to_high, Operand from_low, Operand from_high) {
      a.emit(low, gp64(to_low), operand_of(Scalar::i64, from_low));
      a.emit(high, gp64(to_high), operand_of(Scalar::i64, from_high));
    });
  }

  // i64.mul_wide_s, _u: rdx:rax = rax * right
  void wide_product(bool sign) {
    Value right = c.pop(), left = c.pop();
    const Reg by = apart(right, RegSet(rax, rdx));
    const Reg l = c.use(left);
    if (l != rax) c.hold(rax);
    m.move(Scalar::i64, rax, l);
    c.release(left);
    c.hold(rax);
    c.hold(rdx);
    if (sign) {
      a.imul(gp64(by));
    } else {
      a.mul(gp64(by));
    }
    c.release(by);
    c.push_reg(Scalar::i64, rax);
    c.push_reg(Scalar::i64, rdx);
  }

  // clz and ctz. Without lzcnt and tzcnt, bsr and bsf find the number of the highest or lowest 1. Their result is
  // undefined for 0; then the result is the width of the type, which was put into `to` before.
  void count_zeros(bool wide, bool leading) {
    const Scalar type = int_type(wide);
    const bool direct = leading ? cpu.lzcnt : cpu.bmi1;
    if (direct) {
      // On some processors these instructions wait for the old value of the destination. xor makes it available at
      // once.
      return unary(type, [&](Reg to, Reg from) {
        if (to != from) a.xor_(gp32(to), gp32(to));
        a.emit(leading ? Inst::kIdLzcnt : Inst::kIdTzcnt, gp(type, to), gp(type, from));
      });
    }
    unary_apart(type, [&](Reg to, Reg from) {
      if (leading) {
        a.mov(gp32(to), wide ? 127 : 63);  // for 0: the xor below makes the width of it
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

  void extend(Id id, Scalar type, x86::Gp (*part)(Reg)) {
    unary(type, [&](Reg to, Reg from) { a.emit(id, gp(type, to), part(from)); });
  }
  static x86::Gp low_8(Reg r) { return x86::gpb_lo(r.number()); }
  static x86::Gp low_16(Reg r) { return x86::gpw(r.number()); }
};

bool Selector::select() {
  switch (op_) {
    INTS(add, add(wide))
    INTS(sub, subtract(wide))
    INTS(mul, multiply(wide))
    case Op::i32_and: return commutative(Inst::kIdAnd, false), true;
    case Op::i64_and: return commutative(Inst::kIdAnd, true), true;
    case Op::i32_or: return commutative(Inst::kIdOr, false), true;
    case Op::i64_or: return commutative(Inst::kIdOr, true), true;
    case Op::i32_xor: return commutative(Inst::kIdXor, false), true;
    case Op::i64_xor:
      return commutative(Inst::kIdXor, true), true;
      INTS(div_s, divide(wide, true, false))
      INTS(div_u, divide(wide, false, false))
      INTS(rem_s, divide(wide, true, true))
      INTS(rem_u, divide(wide, false, true))
      INTS(shl, shift(Inst::kIdShl, Inst::kIdShlx, wide))
      INTS(shr_s, shift(Inst::kIdSar, Inst::kIdSarx, wide))
      INTS(shr_u, shift(Inst::kIdShr, Inst::kIdShrx, wide))
      INTS(rotl, shift(Inst::kIdRol, Inst::kIdNone, wide))
      INTS(rotr, shift(Inst::kIdRor, Inst::kIdNone, wide))
      INTS(clz, count_zeros(wide, true))
      INTS(ctz, count_zeros(wide, false))
    case Op::i32_popcnt:
    case Op::i64_popcnt: {
      if (!cpu.popcnt) return false;
      const Scalar type = int_type(op_ == Op::i64_popcnt);
      unary(type, [&](Reg to, Reg from) {
        if (to != from) a.xor_(gp32(to), gp32(to));
        a.popcnt(gp(type, to), gp(type, from));
      });
      return true;
    }
    case Op::i64_add128: return wide_sum(Inst::kIdAdd, Inst::kIdAdc), true;
    case Op::i64_sub128: return wide_sum(Inst::kIdSub, Inst::kIdSbb), true;
    case Op::i64_mul_wide_s: return wide_product(true), true;
    case Op::i64_mul_wide_u: return wide_product(false), true;
    case Op::i32_wrap_i64: unary(Scalar::i32, [&](Reg to, Reg from) { a.mov(gp32(to), gp32(from)); }); return true;
    case Op::i64_extend_i32_u:
      unary(Scalar::i64, [&](Reg to, Reg from) { m.move(Scalar::i32, to, from); });
      return true;
    case Op::i64_extend_i32_s:
    case Op::i64_extend32_s: unary(Scalar::i64, [&](Reg to, Reg from) { a.movsxd(gp64(to), gp32(from)); }); return true;
    case Op::i32_extend8_s: return extend(Inst::kIdMovsx, Scalar::i32, &low_8), true;
    case Op::i32_extend16_s: return extend(Inst::kIdMovsx, Scalar::i32, &low_16), true;
    case Op::i64_extend8_s: return extend(Inst::kIdMovsx, Scalar::i64, &low_8), true;
    case Op::i64_extend16_s: return extend(Inst::kIdMovsx, Scalar::i64, &low_16), true;
    default: return false;
  }
}

}  // namespace

bool Masm::numeric(Compiler<Masm>& c, Op op) {
  return Selector(c, *this, op).select() || select_float(c, *this, op) || select_simd(c, *this, op);
}

// --- Comparisons -----------------------------------------------------------------------------------------------------

namespace {

// How a comparison is done. `swap`: with the operands exchanged.
struct Comparison {
  bool is_float = false, wide = false, swap = false;
  Masm::Test test;
};

Comparison comparison(Op op) {
  using Parity = Masm::Test::Parity;
  const auto ints = [](bool wide, CondCode condition) { return Comparison{false, wide, false, {condition}}; };
  const auto floats = [](bool wide, CondCode condition, bool swap, Parity parity = Parity::ignored) {
    return Comparison{true, wide, swap, {condition, parity}};
  };
  switch (op) {
#define COMPARISON(name, condition)                             \
  case Op::i32_##name: return ints(false, CondCode::condition); \
  case Op::i64_##name: return ints(true, CondCode::condition);
    COMPARISON(eq, kE)
    COMPARISON(ne, kNE)
    COMPARISON(lt_s, kL)
    COMPARISON(lt_u, kB)
    COMPARISON(gt_s, kG)
    COMPARISON(gt_u, kA)
    COMPARISON(le_s, kLE)
    COMPARISON(le_u, kBE)
    COMPARISON(ge_s, kGE)
    COMPARISON(ge_u, kAE)
#undef COMPARISON
    // ucomiss sets the flags for NaN like those for "below". So "above" is false for NaN, as it should be, but "below"
    // is true. Therefore a < b is computed as b > a.
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

Masm::Test Masm::compare(Op op, Reg l, Operand r) {
  const Comparison how = comparison(op);
  if (!how.is_float) {
    const Scalar type = int_type(how.wide);
    if (r.kind == Operand::Kind::imm && r.imm == 0) {
      const bool zero = how.test.condition == CondCode::kE || how.test.condition == CondCode::kNE;
      if (zero && flags_are_of(type, l)) return how.test;
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
  if (r.kind != Operand::Kind::reg) {
    right = kFloatScratch;
    a.emit(how.wide ? Inst::kIdMovsd : Inst::kIdMovss, vec(right), operand_of(type, r));
  }
  a.emit(id, vec(right), vec(l));
  return how.test;
}

asmjit::Operand Masm::operand_of(Scalar type, const Operand& o) const {
  const uint32_t size = type == Scalar::i32 || type == Scalar::f32 ? 4 : 8;
  switch (o.kind) {
    case Operand::Kind::imm: return asmjit::Imm(o.imm);
    case Operand::Kind::slot: return slot_at(o.slot, size);
    case Operand::Kind::memory:
      if (!o.reg.valid()) return x86::Mem(gp64(kMemory), imm_of(o), size);
      return x86::Mem(gp64(kMemory), gp64(o.reg), 0, imm_of(o), size);
    case Operand::Kind::pool: return x86::Mem(asmjit::Label(static_cast<uint32_t>(o.imm)), 0, size);
    case Operand::Kind::scaled:
    case Operand::Kind::reg: break;
  }
  if (o.reg.is_float()) return vec(o.reg);
  return gp(type, o.reg);
}

namespace {

// By opcode: the load that can be its right operand (Op::nop: none). A comparison may read memory only if its result is
// used at once: it would be emitted later, when other instructions may have written the memory.
struct Reader {
  Op load = Op::nop;
  bool compares = false;
};

constexpr auto kReaders = [] {
  std::array<Reader, kOpCount + 2> readers{};  // `peek` may also return Op::invalid and Op::prefix
  const auto add = [&](Op load, std::initializer_list<Op> ops, bool compares = false) {
    for (Op op : ops) readers[static_cast<size_t>(op)] = {load, compares};
  };
  add(Op::i32_load, {Op::i32_add, Op::i32_sub, Op::i32_mul, Op::i32_and, Op::i32_or, Op::i32_xor});
  add(Op::i64_load, {Op::i64_add, Op::i64_sub, Op::i64_mul, Op::i64_and, Op::i64_or, Op::i64_xor});
  add(Op::f32_load, {Op::f32_add, Op::f32_sub, Op::f32_mul, Op::f32_div});
  add(Op::f64_load, {Op::f64_add, Op::f64_sub, Op::f64_mul, Op::f64_div});
  add(Op::i32_load,
      {Op::i32_eq, Op::i32_ne, Op::i32_lt_s, Op::i32_lt_u, Op::i32_gt_s, Op::i32_gt_u, Op::i32_le_s, Op::i32_le_u,
       Op::i32_ge_s, Op::i32_ge_u},
      true);
  add(Op::i64_load,
      {Op::i64_eq, Op::i64_ne, Op::i64_lt_s, Op::i64_lt_u, Op::i64_gt_s, Op::i64_gt_u, Op::i64_le_s, Op::i64_le_u,
       Op::i64_ge_s, Op::i64_ge_u},
      true);
  return readers;
}();

}  // namespace

bool Masm::takes_memory(Op load, Op next, Op after) {
  const Reader& reader = kReaders[static_cast<size_t>(next)];
  if (reader.load != load) return false;
  return !reader.compares || after == Op::br_if || after == Op::if_ || after == Op::select;
}

Masm::Test Masm::test(Operand o) {
  if (o.kind == Operand::Kind::slot) {
    a.cmp(slot_at(o.slot, 4), 0);
  } else if (!flags_are_of(Scalar::i32, o.reg)) {
    a.test(gp32(o.reg), gp32(o.reg));
  }
  return {CondCode::kNE};
}

// movzx comes last, because clearing the register first would change the flags.
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

void Masm::select(Test test, Scalar type, Reg to, Reg then, Reg otherwise) {
  if (to == otherwise) return replace_if(test, type, to, then);
  move(type, to, then);
  replace_if(!test, type, to, otherwise);
}

// cmov copies an integer register. For other types a branch leads over the move.
void Masm::replace_if(Test test, Scalar type, Reg to, Reg from) {
  if (is_int(type) && test.parity == Test::Parity::ignored) {
    return void(a.cmov(test.condition, gp64(to), gp64(from)));
  }
  const Label keep = a.new_label();
  jump_if(test, false, keep);
  move(type, to, from);
  a.bind(keep);
}

}  // namespace mini_wasm::jit::x64
