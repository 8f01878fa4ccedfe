// Labels, conditions and branches. Part of compiler.h.
#pragma once

#include "jit/compiler_class.h"

namespace mini_wasm::jit {

template <class Masm>
void Compiler<Masm>::link(Label& label) {
  if (!label.linked) label.link = masm_.new_label();
  label.linked = true;
}

template <class Masm>
uint32_t Compiler<Masm>::slots_of_types(const validator::TypeList& types) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < types.size(); ++i) n += types[i].slots();
  return n;
}

// --- Conditions ------------------------------------------------------------------------------------------------------

// If the newest value is a comparison that was not emitted yet, its operands are already popped: they are in compare_.
template <class Masm>
typename Compiler<Masm>::Condition Compiler<Masm>::take_condition() {
  if (stack_.back().kind == Value::Kind::compare) {
    stack_.pop();
    settled_ = std::min(settled_, static_cast<uint32_t>(stack_.size()));
    return compare_;
  }
  Condition condition;
  condition.a = pop();
  return condition;
}

template <class Masm>
typename Masm::Test Compiler<Masm>::emit_test(Condition& condition) {
  using Kind = typename Condition::Kind;
  const bool held = condition.keeps && condition.a.kind == Value::Kind::reg;
  const Operand a = condition.kind == Kind::nonzero ? operand(Op::i32_eqz, condition.a) : Operand::of(use(condition.a));
  typename Masm::Test test;
  if (condition.kind == Kind::compare) {
    test = masm_.compare(condition.op, a.reg, operand(condition.op, condition.b));
    release(condition.b);
  } else if (condition.kind == Kind::cast) {
    test = masm_.test_cast(a.reg, condition.target, condition.exact);
  } else {
    test = masm_.test(a.kind == Operand::Kind::imm ? Operand::of(use(condition.a)) : a);
  }
  if (!held) release(condition.a);
  return condition.negated ? !test : test;
}

// --- Blocks ----------------------------------------------------------------------------------------------------------

// All values settle, because at the label they must be in the same places on all paths. The parameters go home even if
// they are constants. Branches to the label bring the values that they take along to the slots from label.base on.
template <class Masm>
void Compiler<Masm>::block(Control& c) {
  settle();
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  c.label.pins = c.label.outer_pins = pins_;
  c.label.height = height - c.params.size();
  c.label.base =
      static_cast<uint16_t>((c.params.size() == 0 ? next_home() : stack_[c.label.height].home) - operand_base_);
  bring_home(c.label.height, height);
}

template <class Masm>
void Compiler<Masm>::loop(Control& c) {
  block(c);
  const uint32_t index = next_loop_++;
  if (!facts_->has_try && !plan_->loops.empty()) {
    c.label.pins = plan_->loops[index];
    move_pins(pins_, c.label.pins);
    set_pins(c.label.pins);
  }
  link(c.label);
  bind(c.label.link);
  // The interpreter can hand over a frame only where no operands are on the stack (ExecutionTier::entry).
  if (enters_loops_ && stack_.empty()) {
    loop_entrances_.push_back({masm_.new_label(), c.label.link, index, pins_});
  }
  masm_.check_interrupt(site());
  note_frame(/*at_loop=*/true);
}

template <class Masm>
void Compiler<Masm>::if_(Control& c) {
  Condition condition = take_condition();
  block(c);
  c.label.has_else = true;
  c.label.else_link = masm_.new_label();
  const auto test = emit_test(condition);
  masm_.jump_if(test, false, c.label.else_link);
}

template <class Masm>
void Compiler<Masm>::else_(Control& c, bool falls_through) {
  if (falls_through) {
    carry(c);
    link(c.label);
    c.label.branched = true;
    masm_.jump(c.label.link);
  }
  bind(c.label.else_link);
  c.label.has_else = false;
  truncate(c.label.height);
  push_types(c.params);
}

template <class Masm>
void Compiler<Masm>::end(Control& c, bool falls_through) {
  if (decoder_->control_depth() == 1) {
    if (falls_through) carry(c);
    if (c.label.branched) bind(c.label.link);
    if (falls_through || c.label.branched) epilogue();
    landing_pads();
    detours();
    loop_entrances();
    check_guards();
    return;
  }
  // Whether code comes here only from the end of the block, and from no branch. Then the results can stay where they
  // are. Not so with legacy catch clauses, where the exception is on the stack below the results.
  const bool only_falls = (c.op == Op::loop || !c.label.branched) && !c.label.has_else && c.label.try_end == kNothing;
  if (c.op == Op::try_table) {
    end_guarded(c.label);  // the rest of the code for this `end` only moves values; it cannot throw
    guard(c, c.label.catches, c.label.catch_count);
  }
  if (c.op == Op::loop) leave_pins(c.label.outer_pins, falls_through);
  if (only_falls) {
    if (falls_through) return;  // the results are on the stack, wherever they are
    truncate(c.label.height);
    return push_types(c.results);
  }
  if (falls_through) carry(c);
  if (c.label.has_else) {
    // An `if` without `else`: when the condition is 0, the results are the parameters, which are at home.
    if (c.results.size() != 0 && falls_through) {
      link(c.label);
      c.label.branched = true;
      masm_.jump(c.label.link);
    }
    bind(c.label.else_link);
    truncate(c.label.height);
    push_types(c.params);
    carry(c);
  }
  if (c.label.branched) bind(c.label.link);
  truncate(c.label.height);
  if (!in_register(c)) return push_types(c.results);
  const Scalar type = scalar(c.results[0]);
  push_reg(type, Masm::result(type));
}

// --- Results ---------------------------------------------------------------------------------------------------------

// Moves `count` values, from the one with index `first` on, to the slots from `slot` on. Copying the lowest slot first
// is always right: the homes of the values are in ascending order and never below the slots that they are moved to, so
// a copy never overwrites a value that is still needed.
template <class Masm>
void Compiler<Masm>::move_to_slots(uint32_t first, uint32_t count, uint16_t slot) {
  if (count == 0) return;
  settle_many(count);
  bring_home(first, first + count);
  masm_.copy_slots(slot, stack_[first].home, static_cast<uint16_t>(next_home() - stack_[first].home));
  known_ = {};  // it may destroy temporaries, and code may go on behind it
}

// Moves the values that a branch to `c` takes along ("carries") to where the code at its label expects them: to the
// result register, or to slots. Values below them may be overwritten, because the branch removes them from the stack.
template <class Masm>
void Compiler<Masm>::carry(const Control& c) {
  const uint32_t arity = c.branch_types().size();
  if (arity == 0) return;
  const uint32_t first = static_cast<uint32_t>(stack_.size()) - arity;
  if (!in_register(c)) {
    const bool body = &c == &decoder_->control(decoder_->control_depth() - 1);
    return move_to_slots(first, arity, body ? 0 : home_of(c));
  }
  if (stack_.back().kind == Value::Kind::compare) materialize_compare();
  const Reg result = Masm::result(stack_.back().type);
  if (stack_.back().kind != Value::Kind::reg || stack_.back().reg != result) load_value(stack_.back(), result);
}

template <class Masm>
void Compiler<Masm>::epilogue() {
  masm_.restore(saved_, link_);
  masm_.leave();
  masm_.ret();
}

template <class Masm>
void Compiler<Masm>::return_() {
  carry(decoder_->control(decoder_->control_depth() - 1));
  epilogue();
}

// --- Branches --------------------------------------------------------------------------------------------------------

template <class Masm>
void Compiler<Masm>::br(uint32_t depth) {
  if (is_body(depth)) return return_();
  Control& c = decoder_->control(depth);
  carry(c);
  link(c.label);
  c.label.branched = true;
  move_pins(pins_, c.label.pins);
  masm_.jump(c.label.link);
}

template <class Masm>
void Compiler<Masm>::br_if(uint32_t depth) {
  Condition condition = take_condition();
  branch_to(condition, true, depth);
}

// A branch to `depth` that is taken if the condition has the result `sense`.
template <class Masm>
void Compiler<Masm>::branch_to(Condition& condition, bool sense, uint32_t depth) {
  Control& c = decoder_->control(depth);
  const uint32_t arity = c.branch_types().size();
  link(c.label);
  c.label.branched = true;
  if (arity == 0) {
    const auto test = emit_test(condition);
    return jump_if(test, sense, depth);
  }
  if (in_register(c)) {
    const auto test = emit_test(condition);
    const Value& value = stack_.back();
    const Reg result = Masm::result(value.type);
    if (value.kind != Value::Kind::reg || value.reg != result) {
      evict(result);
      load_value(value, result);  // leaves flags alone
    }
    return jump_if(test, sense, depth);
  }
  // The values must be moved only when the branch is taken; otherwise a jump leads over the moves. Both paths must
  // leave the stack in the same state, so the values go home before they divide.
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  settle_many(arity);
  bring_home(height - arity, height);
  auto skip = masm_.new_label();
  const auto test = emit_test(condition);
  masm_.jump_if(test, !sense, skip);
  carry(c);
  if (!is_body(depth)) move_pins(pins_, c.label.pins);
  masm_.jump(c.label.link);
  bind(skip);
}

// A label that needs moves (of values or of pinned locals) is reached through a piece of code behind the jump, called a
// stub here. Each label has at most one, however often it occurs in the list.
template <class Masm>
void Compiler<Masm>::br_table(std::span<const uint32_t> depths) {
  Value index = pop();
  const uint32_t arity = decoder_->control(depths.back()).branch_types().size();
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  settle_many(arity);
  bring_home(height - arity, height);
  const Reg reg = use(index);
  std::vector<MasmLabel> targets;
  std::vector<std::pair<uint32_t, MasmLabel>> stubs;  // depth, entry
  for (uint32_t depth : depths) {
    Control& c = decoder_->control(depth);
    link(c.label);
    c.label.branched = true;
    if (arity == 0 && (is_body(depth) || c.label.pins == pins_) && decoder_->units_on_way(depth) == 0) {
      targets.push_back(c.label.link);
      continue;
    }
    if (c.label.stub == kNothing) {
      c.label.stub = static_cast<uint32_t>(stubs.size());
      stubs.emplace_back(depth, masm_.new_label());
    }
    targets.push_back(stubs[c.label.stub].second);
  }
  masm_.br_table(reg, targets);
  release(index);
  for (const auto& [depth, entry] : stubs) {
    bind(entry);
    Control& c = decoder_->control(depth);
    c.label.stub = kNothing;
    if (const int32_t units = decoder_->units_on_way(depth); units != 0) masm_.charge(units, false, site());
    carry(c);
    if (!is_body(depth)) move_pins(pins_, c.label.pins);
    masm_.jump(c.label.link);
  }
}

// The operand is also the result: the value stays on the stack, and a copy of it is tested.
template <class Masm>
void Compiler<Masm>::ref_as_non_null() {
  Value& value = stack_.back();
  if (value.kind == Value::Kind::constant) bring_home(static_cast<uint32_t>(stack_.size() - 1));
  Value copy = value;
  const bool held = copy.kind == Value::Kind::reg;
  const Operand o = operand(Op::ref_is_null, copy);
  masm_.trap_if_null(o, TrapCode::null_reference, site());
  if (!held && copy.kind == Value::Kind::reg) release(copy);
}

// A null reference is 0, so the test is a comparison with 0.
template <class Masm>
void Compiler<Masm>::br_on_null(uint32_t depth) {
  const uint32_t top = static_cast<uint32_t>(stack_.size() - 1);
  const bool alone = decoder_->control(depth).branch_types().size() == 0;
  if (!alone) bring_home(top);  // moving the values that the branch takes along may need any register
  Condition condition;
  condition.kind = Condition::Kind::compare;
  condition.op = Op::i64_eq;
  condition.a = pop();
  condition.b.type = Scalar::i64;
  if (alone) use(condition.a);
  condition.keeps = alone;
  const Value reference = condition.a;
  branch_to(condition, true, depth);
  if (reference.kind == Value::Kind::reg) return push_reg(reference.type, reference.reg);
  if (reference.kind == Value::Kind::local) return local_get(reference.local());
  assert(!alone);
  push_home(reference.type);
}

template <class Masm>
void Compiler<Masm>::br_on_non_null(uint32_t depth) {
  Condition condition;
  condition.kind = Condition::Kind::compare;
  condition.op = Op::i64_ne;
  condition.a = stack_.back();
  condition.b.type = Scalar::i64;
  condition.keeps = true;
  branch_to(condition, true, depth);
  truncate(static_cast<uint32_t>(stack_.size() - 1));
}

// --- Exceptions ------------------------------------------------------------------------------------------------------

// `begin_guarded` and `end_guarded` note the code that the handlers of a block guard: where it begins and ends.
template <class Masm>
void Compiler<Masm>::begin_guarded(Label& label) {
  label.try_begin = masm_.here();
  label.try_offset = site();
}

template <class Masm>
void Compiler<Masm>::end_guarded(Label& label) {
  label.try_end = masm_.here();
  label.try_end_offset = site();
}

// Adds a handler for the guarded code of `c`, which is the innermost block: `catch_count` clauses, from the one with
// number `catches` on. `outer`: see runtime::HandlerRange.
template <class Masm>
void Compiler<Masm>::guard(const Control& c, uint32_t catches, uint32_t catch_count, uint32_t outer) {
  exceptions_.handlers.push_back({c.label.try_begin, c.label.try_end, catches, catch_count, blocks_around(), outer});
#ifndef NDEBUG
  guarded_offsets_.push_back({c.label.try_offset, c.label.try_end_offset});
#endif
}

// Notes for check_guards that the machine instruction that ends here may throw.
template <class Masm>
void Compiler<Masm>::note_throwing() {
#ifndef NDEBUG
  throwing_.push_back({masm_.here() - 1, site()});
#endif
}

// Asserts that each instruction that may throw is in the guarded code of a handler exactly if it is in the guarded part
// of the module.
template <class Masm>
void Compiler<Masm>::check_guards() const {
#ifndef NDEBUG
  constexpr size_t kMost = size_t{1} << 20;
  if (throwing_.size() * guarded_offsets_.size() > kMost) return;
  for (const Throwing& at : throwing_) {
    for (size_t i = 0; i < guarded_offsets_.size(); ++i) {
      const runtime::HandlerRange& range = exceptions_.handlers[i];
      const Offsets& wanted = guarded_offsets_[i];
      assert((at.native >= range.begin && at.native < range.end) ==
             (at.offset >= wanted.begin && at.offset < wanted.end));
    }
  }
#endif
}

template <class Masm>
void Compiler<Masm>::try_table(Control& c, std::span<const CatchClause> catches) {
  block(c);
  begin_guarded(c.label);
  c.label.catches = static_cast<uint32_t>(exceptions_.catches.size());
  c.label.catch_count = static_cast<uint32_t>(catches.size());
  for (const CatchClause& clause : catches) {
    const uint32_t depth = clause.label + 1;
    Control& to = decoder_->control(depth);
    link(to.label);
    to.label.branched = true;
    exceptions_.catches.push_back({clause.kind, /*keeps_exception=*/false, clause.tag, 0, home_of(to)});
    LandingPad pad;
    pad.entry = masm_.new_label();
    pad.to = to.label.link;
    pad.slot = home_of(to);
    pad.slots = static_cast<uint16_t>(slots_of_types(to.branch_types()));
    pad.in_register = in_register(to);
    pad.to_body = is_body(depth);
    if (pad.in_register) pad.type = scalar(to.results[0]);
    pads_.push_back(pad);
  }
}

// --- Legacy exceptions

template <class Masm>
void Compiler<Masm>::try_(Control& c) {
  block(c);
  begin_guarded(c.label);
}

// Each clause becomes a handler of its own. One handler for all clauses of a try is not possible: their elements of
// exceptions_.catches need not be neighbours, because clauses of inner blocks may be between them.
template <class Masm>
void Compiler<Masm>::catch_(Control& c, CatchKind kind, TagIdx tag, bool falls_through) {
  if (c.label.try_end == kNothing) end_guarded(c.label);
  if (falls_through) {
    carry(c);
    link(c.label);
    c.label.branched = true;
    masm_.jump(c.label.link);
  }
  guard(c, static_cast<uint32_t>(exceptions_.catches.size()), 1);
  exceptions_.catches.push_back({kind, /*keeps_exception=*/true, raw(tag), 0, home_of(c)});
  LandingPad pad;
  pad.entry = masm_.new_label();
  pad.in_place = true;
  pads_.push_back(pad);
  bind(pad.entry);
  truncate(c.label.height);
  push_home(Scalar::i64);  // the exception
  if (kind == CatchKind::catch_) push_types(validator::TypeList(module_.func_type(module_.tags[raw(tag)].type).params));
}

template <class Masm>
void Compiler<Masm>::delegate(Control& c, uint32_t depth, bool falls_through) {
  end_guarded(c.label);
  guard(c, 0, 0, blocks_around() - 1 - depth);
  c.label.try_end = kNothing;  // there is no clause
  end(c, falls_through);
}

template <class Masm>
void Compiler<Masm>::rethrow(uint32_t depth) {
  runtime_call(&call_throw_ref, home_of(decoder_->control(depth)), 0, 0);
}

// --- Landing pads and throwing

// The code where handlers are entered (LandingPad), behind the end of the function.
template <class Masm>
void Compiler<Masm>::landing_pads() {
  for (const LandingPad& pad : pads_) {
    if (pad.in_place) continue;
    bind(pad.entry);
    if (pad.in_register) {
      masm_.load_slot(pad.type, Masm::result(pad.type), pad.slot);
    } else if (pad.to_body && pad.slots != 0) {
      masm_.copy_slots(0, pad.slot, pad.slots);
    }
    masm_.jump(pad.to);
  }
}

template <class Masm>
void Compiler<Masm>::throw_(TagIdx tag) {
  const FuncType& type = module_.func_type(module_.tags[raw(tag)].type);
  const uint16_t arguments = take_arguments(type);
  runtime_call(&call_throw, arguments, raw(tag), runtime::slot_count(type.params));
}

template <class Masm>
void Compiler<Masm>::throw_ref() {
  const uint32_t top = static_cast<uint32_t>(stack_.size() - 1);
  bring_home(top);
  const uint16_t home = stack_[top].home;
  truncate(top);
  runtime_call(&call_throw_ref, home, 0, 0);
}

}  // namespace mini_wasm::jit
