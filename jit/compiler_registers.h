// The compiler's use of registers: where a value comes from, where a result goes, and what goes home to its slot when
// registers are needed. Part of compiler.h.
#pragma once

#include "jit/compiler_class.h"

namespace mini_wasm::jit {

template <class Masm>
Reg Compiler<Masm>::take(Scalar type, RegSet avoid) {
  Reg reg = regs_.find(bank(type), avoid);
  if (!reg.valid()) {
    reg = regs_.oldest(bank(type), avoid);
    if (!reg.valid()) {  // an error in the instruction selection: `compile` will fail instead of using this code
      assert(false);
      out_of_registers_ = true;
      return Masm::scratch(type);
    }
    bring_home(regs_.owner(reg));
  }
  regs_.take(reg, RegisterFile::kHeld);
  forget(reg);
  return reg;
}

template <class Masm>
Reg Compiler<Masm>::own(Value& value, RegSet avoid) {
  const Reg reg = use(value);
  if (value.kind == Value::Kind::reg && regs_.is_temp(reg) && !avoid.has(reg)) {
    forget(reg);
    return reg;
  }
  const Reg copy = take(value.type, avoid);
  masm_.move(value.type, copy, reg);
  release(value);
  value.kind = Value::Kind::reg;
  value.reg = copy;
  return copy;
}

// Emits code that puts a value into a given register. Keeps the flags.
template <class Masm>
void Compiler<Masm>::load_value(const Value& value, Reg reg) {
  const Reg copy = value.kind == Value::Kind::local ? copy_of(value.local()) : kNoReg;
  forget(reg);
  switch (value.kind) {
    case Value::Kind::constant:
      if (const Reg pinned = pinned_constant(value.type, value.bits); pinned.valid()) {
        return masm_.move(value.type, reg, pinned);
      }
      return masm_.constant(value.type, reg, value.bits);
    case Value::Kind::reg: return masm_.move(value.type, reg, value.reg);
    case Value::Kind::home: return masm_.load_slot(value.type, reg, value.home);
    case Value::Kind::local:
      if (pinned_[value.local()].valid()) return masm_.move(value.type, reg, pinned_[value.local()]);
      if (copy.valid()) {
        masm_.move(value.type, reg, copy);
      } else {
        masm_.load_slot(value.type, reg, local_slot(value.local()));
      }
      return note_copy(reg, value.local());
    case Value::Kind::compare:
    case Value::Kind::pending: assert(false);
  }
}

// `use`, for values that are not in a register of their own or of a pinned local.
template <class Masm>
Reg Compiler<Masm>::load_to_use(Value& value) {
  if (value.kind == Value::Kind::pending) return use_pending(value);
  if (value.kind == Value::Kind::constant) {
    if (const Reg reg = pinned_constant(value.type, value.bits); reg.valid()) return reg;
  }
  Reg reg = value.kind == Value::Kind::local ? copy_of(value.local()) : kNoReg;
  if (reg.valid() && regs_.is_free(reg)) {
    regs_.take(reg, RegisterFile::kHeld);
  } else {
    reg = take(value.type);
    load_value(value, reg);
  }
  value.kind = Value::Kind::reg;
  value.reg = reg;
  return reg;
}

template <class Masm>
Operand Compiler<Masm>::operand(Op op, Value& value) {
  if (value.kind == Value::Kind::constant && is_int(value.type)) {
    const int64_t bits =
        value.type == Scalar::i32 ? static_cast<int32_t>(value.bits) : static_cast<int64_t>(value.bits);
    if (Masm::fits(op, bits)) return Operand::of_imm(bits);
  }
  if (value.kind == Value::Kind::constant && !is_int(value.type) && value.bits != 0) {
    if (const Reg reg = pinned_constant(value.type, value.bits); reg.valid()) return Operand::of(reg);
    if constexpr (Masm::kPoolsFloats) return masm_.pooled(value.type, value.bits);
  }
  if (value.kind == Value::Kind::pending) return pending_;
  if constexpr (Masm::kReadsSlots) {
    if (value.kind == Value::Kind::home) return Operand::of_slot(value.home);
    // A register that contains a copy of the local is better than the slot, but only a free one can be held.
    if (value.kind == Value::Kind::local && !pinned_[value.local()].valid()) {
      const Reg copy = copy_of(value.local());
      if (!copy.valid() || !regs_.is_free(copy)) return Operand::of_slot(local_slot(value.local()));
    }
  }
  return Operand::of(use(value));
}

// The register of the pinned local that the next instruction writes a result of this type to; kNoReg: there is none.
template <class Masm>
Reg Compiler<Masm>::pinned_target(Scalar type) {
  // The comparison may read the local that the result is going to be written to, so it must be emitted before.
  if (!stack_.empty() && stack_.back().kind == Value::Kind::compare) materialize_compare();
  uint32_t local;
  if (!decoder_->next_local_write(local) || !pinned_[local].valid() || local_type(local) != type) return kNoReg;
  keep_local(local);
  return pinned_[local];
}

// Whether a value that was popped is in a register of its own, in the bank of this type.
template <class Masm>
bool Compiler<Masm>::is_own(Scalar type, const Value& value) const {
  return value.kind == Value::Kind::reg && regs_.is_temp(value.reg) && value.reg.is_float() == !is_int(type);
}

template <class Masm>
Reg Compiler<Masm>::target(Scalar type, const Value& a) {
  if (const Reg pinned = pinned_target(type); pinned.valid()) {
    release(a);
    return pinned;
  }
  if (is_own(type, a)) {
    forget(a.reg);
    return a.reg;
  }
  const Reg reg = take(type);
  release(a);
  return reg;
}

// The move that this emits runs on the current path only. So it must not be used between a branch and its target: the
// compiler would believe that the value was moved on the other path, too.
template <class Masm>
void Compiler<Masm>::evict(Reg reg) {
  if (!regs_.is_temp(reg) || regs_.is_free(reg) || is_held(reg)) return;
  const uint32_t owner = regs_.owner(reg);
  Value& value = stack_[owner];
  const Reg other = regs_.find(bank(value.type));
  if (!other.valid()) return bring_home(owner);
  forget(other);
  masm_.move(value.type, other, reg);
  regs_.release(reg);
  value.reg = other;
  regs_.take(other, owner);
}

template <class Masm>
void Compiler<Masm>::bring_home(uint32_t index) {
  if (stack_[index].kind == Value::Kind::compare) materialize_compare();
  Value& value = stack_[index];
  switch (value.kind) {
    case Value::Kind::home:
    case Value::Kind::compare:
    case Value::Kind::pending: return;
    case Value::Kind::reg:
      masm_.store_slot(value.type, value.home, value.reg);
      regs_.release(value.reg);
      break;
    case Value::Kind::constant:
      // With the scratch register, because taking another one could spill values while this one is being spilled.
      if (masm_.store_constant(value.type, value.home, value.bits)) break;
      if (const Reg pinned = pinned_constant(value.type, value.bits); pinned.valid()) {
        masm_.store_slot(value.type, value.home, pinned);
        break;
      }
      masm_.constant(value.type, Masm::scratch(value.type), value.bits);
      masm_.store_slot(value.type, value.home, Masm::scratch(value.type));
      break;
    case Value::Kind::local: {
      Reg reg = register_of(value);
      if (!reg.valid()) {
        reg = Masm::scratch(value.type);
        masm_.load_slot(value.type, reg, local_slot(value.local()));
      }
      masm_.store_slot(value.type, value.home, reg);
      break;
    }
  }
  value.kind = Value::Kind::home;
}

// Used where paths divide or join: all paths must find the values of the stack in the same places. Constants are no
// problem, because they need no code. Settled values are also removed from the lists of locals, so that writing a local
// (keep_local) does not look at them any more.
template <class Masm>
void Compiler<Masm>::settle() {
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  decoder_->meter().add(height - settled_);
  for (; settled_ < height; ++settled_) {
    if (stack_[settled_].kind == Value::Kind::constant) {
      constants_end_ = settled_ + 1;
      continue;
    }
    bring_home(settled_);
    Value& value = stack_[settled_];
    if (std::exchange(value.was_local, false)) newest_[value.local()] = kNothing;
  }
}

// Looks through the registers for the values to spill, and not through the stack, which may have thousands of values.
template <class Masm>
void Compiler<Masm>::spill(RegSet registers, uint32_t end) {
  std::array<uint32_t, Reg::kCount> values;
  uint32_t count = 0;
  for (Reg reg : regs_.used() & registers) {
    if (const uint32_t owner = regs_.owner(reg); owner < end) values[count++] = owner;
  }
  std::sort(values.begin(), values.begin() + count);
  for (uint32_t i = 0; i < count; ++i) bring_home(values[i]);
}

template <class Masm>
void Compiler<Masm>::spill_registers() {
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  spill(RegSet::all(), height);
  if (height != 0 && stack_.back().kind == Value::Kind::compare) bring_home(height - 1);
}

#ifndef NDEBUG
template <class Masm>
void Compiler<Masm>::check() const {
  constexpr uint32_t kMost = 1024;  // values; checking a high stack after every instruction would take too long
  const auto height = static_cast<uint32_t>(stack_.size());
  if (height - settled_ > kMost) return;
  RegSet owned;
  const auto add = [&](Reg reg, uint32_t owner) {
    if (!reg.valid() || !regs_.is_temp(reg)) return;
    assert(!owned.has(reg) && regs_.owner(reg) == owner);
    owned.add(reg);
  };
  const auto add_held = [&](const Value& value) {
    if (value.kind == Value::Kind::reg) add(value.reg, RegisterFile::kHeld);
    if (value.kind == Value::Kind::pending) add(pending_.reg, RegisterFile::kHeld);
  };
  for (uint32_t i = settled_; i < height; ++i) {
    if (stack_[i].kind == Value::Kind::reg) add(stack_[i].reg, i);
  }
  if (height > settled_) {
    if (stack_.back().kind == Value::Kind::pending) add_held(stack_.back());
    if (stack_.back().kind == Value::Kind::compare) add_held(compare_.a), add_held(compare_.b);
  }
  assert(regs_.used() == owned);
}
#endif

}  // namespace mini_wasm::jit
