// Values and locals. Part of compiler.h.
#pragma once

#include "jit/arguments.h"
#include "jit/compiler_class.h"
#include "jit/parallel_move.h"

namespace mini_wasm::jit {

// Loops get entrances if an interpreter is the engine's tier and hands its frames over to this compiler.
template <class Masm>
Compiler<Masm>::Compiler(const runtime::CompiledModule& module, runtime::Bounds bounds, const CodeSettings& settings,
                         Masm& masm)
    : compiled_(module),
      module_(module.module()),
      masm_(masm),
      decoder_storage_(module_, module.engine().features(), *this),
      enters_loops_(&module.engine().tier() != module.engine().tier().compiler()),
      metered_(settings.fuel),
      fuel_(metered_ ? RegSet(Masm::kPins.back()) : RegSet()),
      temps_((settings.few_registers ? Masm::kFewTemps : Masm::kTemps) - fuel_) {
  for (const decoder::Memory& memory : module_.memories) {
    guarded_.push_back(runtime::is_guarded(memory.type, bounds));
  }
}

template <class Masm>
Result<void> Compiler<Masm>::compile(FuncIdx index, NativeCode& code) {
  // Validates the body if that was not done before. From here on the compiler relies on that ("believes" the body).
  Result<const FunctionFacts*> valid = compiled_.facts(index);
  if (!valid) return std::move(valid).error();
  facts_ = *valid;
  plan_ = facts_->tier ? static_cast<const PinPlan*>(facts_->tier.get()) : &nothing_pinned_;
  const FunctionFacts& facts = *facts_;
  index_ = index;
  const runtime::SlotCounts counts = compiled_.slot_counts(index);
  // Results replace the parameters in the first slots of the frame, so the link slots come behind both.
  link_ = static_cast<uint16_t>(std::max(facts.local_slots, counts.results));
  operand_base_ = static_cast<uint16_t>(link_ + compiled_.engine().link_slots());
  frame_slots_ = operand_base_ + facts.max_operand_slots;
  stack_.clear();
  settled_ = constants_end_ = 0;
  exceptions_ = {};
  pads_.clear();
#ifndef NDEBUG
  guarded_offsets_.clear();
  throwing_.clear();
#endif
  detours_.clear();
  loop_entrances_.clear();
  next_loop_ = 0;
  pins_ = 0;
  out_of_registers_ = false;
  masm_.begin(code);
  if (Result<void> r = decoder_storage_.run(index); !r) return r;
  masm_.end();
  if (masm_.failed()) return Error::make(ErrorKind::limit, "no memory for machine code");
  if (out_of_registers_) return Error::make(ErrorKind::limit, "an instruction needs more registers than there are");
  return {};
}

template <class Masm>
void Compiler<Masm>::finish(NativeCode& code) {
  for (const LoopEntrance& loop : loop_entrances_) {
    code.loop_entries.push_back({loop.index, masm_.offset_of(loop.entry)});
  }
  for (size_t i = 0; i < pads_.size(); ++i) exceptions_.catches[i].target = masm_.offset_of(pads_[i].entry);
  exceptions_.index();
  code.exceptions = std::move(exceptions_);
}

// --- Locals ----------------------------------------------------------------------------------------------------------

template <class Masm>
void Compiler<Masm>::begin(Decoder& decoder) {
  decoder_ = &decoder;
  const validator::Locals& locals = decoder.locals();
  const size_t with_constants = locals.size() + plan_->constants.size();
  if (newest_.size() < locals.size()) newest_.resize(locals.size());
  if (copies_.size() < locals.size()) copies_.resize(locals.size(), kNoReg);
  if (pinned_.size() < with_constants) pinned_.resize(with_constants, kNoReg);
  std::fill_n(newest_.begin(), locals.ready(), kNothing);
  decoder.meter().add(locals.ready());
  regs_.reset({});
  set_pins(0);
  // Unwinding to a handler in this function loses the values that registers had for the caller, unless this function
  // has saved them. So a function with handlers saves all of these registers; others save only those that they use.
  const FunctionFacts& facts = *facts_;
  saved_ = facts.has_try ? Masm::kSurvivesCalls : RegSet();
  for (uint32_t i = 0; !facts.has_try && i < plan_->sets.size(); ++i) {
    for_each_pin(plan_->sets[i], [&](uint32_t, Reg reg, bool) {
      if (Masm::kSurvivesCalls.has(reg)) saved_.add(reg);
    });
  }
  load_arguments();
  masm_.begin_register_entry();
  masm_.enter();
  if (facts.has_calls || frame_slots_ > runtime::kSmallFrame) check_stack();
  masm_.save(saved_, link_);
  place_params();
  clear_locals();
}

// For a small frame only its beginning is compared with the limit (runtime::kSmallFrame).
template <class Masm>
void Compiler<Masm>::check_stack() {
  masm_.check_stack(frame_slots_ <= runtime::kSmallFrame ? 0 : frame_slots_, site());
}

// The code between the two entry points: callers that use Entry::slots pass all arguments in slots.
template <class Masm>
void Compiler<Masm>::load_arguments() {
  ArgumentRegisters<Masm> arguments;
  const uint32_t end = end_of_registers(decoder_->func_type());
  for (uint32_t i = 0; i < end; ++i) {
    const Reg reg = arguments.next(local_type(i));
    if (reg.valid()) masm_.load_slot(local_type(i), reg, local_slot(i));
  }
}

// The locals in [begin, end) that are in registers, in ascending order.
template <class Masm>
std::span<const uint32_t> Compiler<Masm>::pinned_between(uint32_t begin, uint32_t end) {
  pins_in_order_.clear();
  for (uint32_t local : pinned_locals_) {
    if (local >= begin && local < end) pins_in_order_.push_back(local);
  }
  std::sort(pins_in_order_.begin(), pins_in_order_.end());
  return pins_in_order_;
}

// Moves parameters from their argument registers to where the body expects them: to the registers of pinned locals, or
// to slots.
template <class Masm>
void Compiler<Masm>::place_params() {
  const uint32_t params = decoder_->locals().params();
  ParallelMove moves;
  ArgumentRegisters<Masm> in_registers;
  const uint32_t rest = end_of_registers(decoder_->func_type());
  for (uint32_t i = 0; i < rest; ++i) {
    const Reg reg = in_registers.next(local_type(i));
    if (!reg.valid()) continue;
    if (pinned_[i].valid()) {
      moves.add(local_type(i), pinned_[i], reg);
    } else {
      masm_.store_slot(local_type(i), local_slot(i), reg);
      note_copy(reg, i);
    }
  }
  moves.emit(masm_);
  ArgumentRegisters<Masm> in_slots;
  for (uint32_t i = 0; i < rest; ++i) {
    if (in_slots.next(local_type(i)).valid() || !pinned_[i].valid()) continue;
    masm_.load_slot(local_type(i), pinned_[i], local_slot(i));
  }
  for (uint32_t i : pinned_between(rest, params)) masm_.load_slot(local_type(i), pinned_[i], local_slot(i));
}

// Declared locals begin with the value 0, unless nothing can see it. The slots between two pinned locals are cleared
// together.
template <class Masm>
void Compiler<Masm>::clear_locals() {
  uint32_t next = decoder_->locals().params();
  const uint32_t end = decoder_->locals().size();
  for (uint32_t i : pinned_between(next, end)) {
    clear_slots(next, i);
    if (!is_written_first(i)) masm_.constant(local_type(i), pinned_[i], 0);
    next = i + 1;
  }
  clear_slots(next, end);
}

template <class Masm>
bool Compiler<Masm>::is_written_first(uint32_t pinned) const {
  const PinSet& body = plan_->sets[0];
  const auto find = [&](const PinSet::Bank& bank, uint32_t written) {
    return (written >> (std::find(bank.begin(), bank.end(), pinned) - bank.begin()) & 1) != 0;
  };
  if (is_int(local_type(pinned))) return find(body.ints, plan_->written_first_ints);
  return find(body.floats, plan_->written_first_floats);
}

template <class Masm>
void Compiler<Masm>::clear_slots(uint32_t begin, uint32_t end) {
  if (begin == end) return;
  const uint32_t first = local_slot(begin);
  const uint32_t behind = end < decoder_->locals().size() ? local_slot(end) : facts_->local_slots;
  masm_.zero_slots(static_cast<uint16_t>(first), static_cast<uint16_t>(behind - first));
}

// To be called before local i is written: values of the stack that are equal to the local get a copy of their own, in a
// free register or in their home.
template <class Masm>
void Compiler<Masm>::keep_local(uint32_t i) {
  for (uint32_t at = newest_[i]; at != kNothing; at = stack_[at].older()) {
    decoder_->meter().add(1);
    Value& value = stack_[at];
    if (value.kind != Value::Kind::local) continue;
    const Reg reg = regs_.find(bank(value.type));
    if (!reg.valid()) {
      bring_home(at);
      continue;
    }
    load_value(value, reg);
    value.kind = Value::Kind::reg;
    value.reg = reg;
    regs_.take(reg, at);
    settled_ = std::min(settled_, at);
  }
  newest_[i] = kNothing;
}

// Emits nothing. The value becomes the newest one in the list of those that are equal to the local, so that a later
// write of the local finds it (keep_local).
template <class Masm>
void Compiler<Masm>::local_get(uint32_t i) {
  push(Value::Kind::local, local_type(i), kNoReg, i | uint64_t{newest_[i]} << 32, true);
  newest_[i] = static_cast<uint32_t>(stack_.size() - 1);
}

// Emits local.set of a value that was popped.
template <class Masm>
void Compiler<Masm>::write_local(uint32_t i, Value& value) {
  const Reg pin = pinned_[i];
  if (value.kind == Value::Kind::local && value.local() == i) return;
  if (pin.valid() && value.kind == Value::Kind::reg && value.reg == pin) return;  // the result was put there (`target`)
  keep_local(i);
  if (pin.valid()) {
    load_value(value, pin);
    release(value);
    return;
  }
  forget_copy(i);
  if (value.kind == Value::Kind::constant && masm_.store_constant(value.type, local_slot(i), value.bits)) return;
  const Reg reg = use(value);
  masm_.store_slot(value.type, local_slot(i), reg);
  note_copy(reg, i);
  release(value);
}

template <class Masm>
void Compiler<Masm>::local_set(uint32_t i) {
  if (stack_.back().kind == Value::Kind::compare) materialize_compare(i);
  Value value = pop();
  write_local(i, value);
}

template <class Masm>
void Compiler<Masm>::local_tee(uint32_t i) {
  if (stack_.back().kind == Value::Kind::compare) materialize_compare(i);
  Value value = pop();
  if (value.kind == Value::Kind::constant) {
    write_local(i, value);
    return push_constant(value.type, value.bits);
  }
  if (!pinned_[i].valid()) {
    // The value stays in its register, because reading that is faster than reading the slot of the local.
    keep_local(i);
    forget_copy(i);
    const Reg reg = use(value);
    masm_.store_slot(value.type, local_slot(i), reg);
    note_copy(reg, i);
    if (value.kind == Value::Kind::reg && regs_.is_temp(reg)) return push_reg(value.type, reg);
    return local_get(i);
  }
  write_local(i, value);
  local_get(i);
}

// --- The stack -------------------------------------------------------------------------------------------------------

template <class Masm>
uint16_t Compiler<Masm>::next_home() const {
  if (stack_.empty()) return operand_base_;
  return static_cast<uint16_t>(stack_.back().home + slots_of(stack_.back().type));
}

// Only the newest value can be of kind `compare`, so an older one is emitted now.
template <class Masm>
inline void Compiler<Masm>::push(Value::Kind kind, Scalar type, Reg reg, uint64_t bits, bool is_local) {
  if (!stack_.empty() && stack_.back().kind == Value::Kind::compare) materialize_compare();
  stack_.push_back(Value::make(kind, type, reg, next_home(), bits, is_local));
}

template <class Masm>
void Compiler<Masm>::push_constant(Scalar type, uint64_t bits) {
  push(Value::Kind::constant, type, kNoReg, bits);
}

template <class Masm>
void Compiler<Masm>::push_home(Scalar type) {
  push(Value::Kind::home, type);
}

template <class Masm>
void Compiler<Masm>::push_reg(Scalar type, Reg reg) {
  push(Value::Kind::reg, type, reg);
  regs_.take(reg, static_cast<uint32_t>(stack_.size() - 1));
}

template <class Masm>
void Compiler<Masm>::push_pending(Scalar type, Operand operand) {
  push(Value::Kind::pending, type);
  pending_ = operand;
  pending_site_ = site();
}

// Loads a pending operand into a register, for an instruction that cannot read it in the form that it has.
template <class Masm>
Reg Compiler<Masm>::use_pending(Value& value) {
  const Reg reg = take(value.type);
  masm_.load_operand(value.type, reg, pending_);
  release_pending();
  value.kind = Value::Kind::reg;
  value.reg = reg;
  return reg;
}

// A load that waits for the instruction that reads it is emitted before the charge: if it traps, the charge is lost, as
// in the interpreter.
template <class Masm>
void Compiler<Masm>::charge(int32_t units, bool checks) {
  const auto load_now = [&](Value& value) {
    if (value.kind == Value::Kind::pending && pending_.kind == Operand::Kind::memory) use_pending(value);
  };
  if (!stack_.empty()) {
    load_now(stack_.back());
    if (stack_.back().kind == Value::Kind::compare) {
      load_now(compare_.a);
      load_now(compare_.b);
    }
  }
  masm_.charge(units, checks, site());
}

// The instruction that was emitted last has read the pending operand. If that was in memory, this instruction is where
// the load may trap, so it gets a site with the load's offset.
template <class Masm>
void Compiler<Masm>::release_pending() {
  if (pending_.kind == Operand::Kind::memory) masm_.note_site(pending_site_);
  if (pending_.reg.valid()) regs_.release(pending_.reg);
}

// Removes a value that has just left the stack from the list of its local.
template <class Masm>
void Compiler<Masm>::forget_alias(const Value& value) {
  if (value.was_local && newest_[value.local()] == stack_.size()) newest_[value.local()] = value.older();
}

template <class Masm>
Value Compiler<Masm>::pop() {
  if (stack_.back().kind == Value::Kind::compare) materialize_compare();
  Value value = stack_.pop().read();
  settled_ = std::min(settled_, static_cast<uint32_t>(stack_.size()));
  forget_alias(value);
  if (value.kind == Value::Kind::reg) regs_.take(value.reg, RegisterFile::kHeld);
  return value;
}

template <class Masm>
void Compiler<Masm>::truncate(uint32_t height) {
  const uint32_t settled = std::max(height, settled_);
  if (stack_.size() > settled) decoder_->meter().add(stack_.size() - settled);
  while (stack_.size() > settled) {
    const Value value = stack_.pop().read();
    forget_alias(value);
    if (value.kind == Value::Kind::reg) regs_.release(value.reg);
    if (value.kind == Value::Kind::compare) {
      release(compare_.a);
      release(compare_.b);
    }
  }
  // Values that have settled own no register and are in no list, so they are removed all at once.
  if (stack_.size() > height) stack_.resize(height);
  settled_ = std::min(settled_, height);
}

template <class Masm>
void Compiler<Masm>::push_types(const validator::TypeList& types) {
  if (types.size() > kMany) return push_many(types);
  for (uint32_t i = 0; i < types.size(); ++i) push_home(scalar(types[i]));
}

// push_types in one loop without function calls; types may have thousands of elements. If everything below has settled,
// the new values, which are at home, have settled, too.
template <class Masm>
void Compiler<Masm>::push_many(const validator::TypeList& types) {
  if (!stack_.empty() && stack_.back().kind == Value::Kind::compare) materialize_compare();
  const bool settled = settled_ == stack_.size();
  decoder_->meter().add(types.size() / 2);
  uint16_t home = next_home();
  const ValType* const list = types.data();
  Value* const to = stack_.extend(types.size());
  for (uint32_t i = 0; i < types.size(); ++i) {
    const Scalar type = scalar(list[i]);
    to[i] = Value::make(Value::Kind::home, type, kNoReg, home, 0, false);
    home = static_cast<uint16_t>(home + slots_of(type));
  }
  if (settled) settled_ = static_cast<uint32_t>(stack_.size());
}

template <class Masm>
void Compiler<Masm>::drop(ValType) {
  truncate(static_cast<uint32_t>(stack_.size()) - 1);
}

// --- Instructions on values ------------------------------------------------------------------------------------------

template <class Masm>
void Compiler<Masm>::numeric(Op op) {
  const OpInfo& info = op_info(op);
  if (is_comparison(op)) {
    // The comparison is emitted by the instruction that uses it: branches and select need the flags, not a 0 or 1.
    if (stack_.back().kind == Value::Kind::compare) {
      if (op == Op::i32_eqz) return void(compare_.negated = !compare_.negated);
      materialize_compare();
    }
    compare_.kind = Condition::Kind::compare;
    compare_.op = op;
    // eqz is a comparison with the constant 0.
    if (op == Op::i32_eqz || op == Op::i64_eqz) {
      compare_.op = op == Op::i32_eqz ? Op::i32_eq : Op::i64_eq;
      compare_.b = Value{};
      compare_.b.type = scalar(info.params[0]);
    } else {
      compare_.b = pop();
    }
    compare_.a = pop();
    return push_compare();
  }
  if (masm_.numeric(*this, op)) return;
  slot_op(op, 0, 0);
}

template <class Masm>
void Compiler<Masm>::push_compare() {
  compare_.keeps = compare_.negated = false;
  use(compare_.a);
  push(Value::Kind::compare, Scalar::i32);
}

// Emits the comparison that the newest value stands for, and puts the result, 0 or 1, into a register.
template <class Masm>
void Compiler<Masm>::materialize_compare(uint32_t local) {
  const uint32_t index = static_cast<uint32_t>(stack_.size() - 1);
  // Until the result has a register, the value counts as a constant: that has no register, and nothing else emits it.
  stack_[index].kind = Value::Kind::constant;
  const auto test = emit_test(compare_);
  Reg reg = local == kNothing ? kNoReg : pinned_[local];
  if (reg.valid()) {
    keep_local(local);
  } else {
    reg = take(Scalar::i32);
  }
  masm_.set(test, reg);
  stack_[index].kind = Value::Kind::reg;
  stack_[index].reg = reg;
  regs_.take(reg, index);
}

template <class Masm>
void Compiler<Masm>::v128_const(const uint8_t* bytes) {
  const Reg reg = target(Scalar::v128, Value{});
  masm_.v128_constant(reg, bytes);
  push_reg(Scalar::v128, reg);
}

template <class Masm>
void Compiler<Masm>::select(ValType) {
  Condition condition = take_condition();
  Value b = pop(), a = pop();
  const Scalar t = b.type;
  const Reg rb = use(b), ra = use(a);
  Reg to = pinned_target(t);
  if (!to.valid()) to = is_own(t, a) ? ra : take(t);
  forget(to);
  const auto test = emit_test(condition);
  masm_.select(test, t, to, ra, rb);
  release(b);
  if (to != ra) release(a);
  push_reg(t, to);
}

template <class Masm>
void Compiler<Masm>::ref_is_null() {
  numeric(Op::i64_eqz);
}

template <class Masm>
void Compiler<Masm>::global_get(uint32_t i) {
  const Scalar type = scalar(module_.globals[i].type.value);
  const Reg reg = target(type, Value{});
  masm_.load_global(type, reg, i);
  push_reg(type, reg);
}

template <class Masm>
void Compiler<Masm>::global_set(uint32_t i) {
  Value value = pop();
  const Reg reg = use(value);
  masm_.store_global(value.type, i, reg);
  release(value);
}

template <class Masm>
void Compiler<Masm>::ref_func(FuncIdx f) {
  const Reg reg = take(Scalar::i64);
  masm_.load_func(reg, raw(f));
  push_reg(Scalar::i64, reg);
}

}  // namespace mini_wasm::jit
