// Control flow, calls, and the instructions whose operands must be at home (in their slots, see translator.h).
#include <cassert>

#include "interp/translator.h"
#include "runtime/call/frame.h"

namespace mini_wasm::interp {

// --- Labels

void Translator::add_fixup(uint32_t& chain, uint32_t byte, uint32_t from) {
  fixups_.push_back({chain, byte, from});
  chain = static_cast<uint32_t>(fixups_.size() - 1);
}

// The branches in the chain go to this position.
void Translator::bind(uint32_t& fixups) {
  if (fixups != Label::kNone) forget_cached();
  for (uint32_t i = fixups; i != Label::kNone; i = fixups_[i].next) {
    if (fixups_[i].from == kCatchFixup) {
      exceptions_.catches[fixups_[i].byte].target = here();
      continue;
    }
    const int32_t distance = static_cast<int32_t>(here() - fixups_[i].from);
    std::memcpy(reinterpret_cast<char*>(code_.data()) + fixups_[i].byte, &distance, sizeof(distance));
  }
  fixups = Label::kNone;
  last_ = kNothing;
}

// --- Conditions ----------------------------------------------------------------------------------------------------

// Pops an i32. If it was made by a comparison in the last instruction, that is removed, and the branch compares
// instead. Then emits the charge that is due.
Translator::Condition Translator::take_condition() {
  const Condition condition = find_condition();
  if (due_ != 0) [[unlikely]]
    pay();
  return condition;
}

Translator::Condition Translator::find_condition() {
  const Operand operand = pop();
  if (can_redirect(operand)) {
    const Producer compare = producer(operand);
    if (compare.is_numeric) {
      const Operands o = operands_at(&code_[compare.at + 1]);
      const At a{compare.a, o.a};
      if (compare.op == Op::i32_eqz) {
        rewind(compare);
        return {false, Op::nop, a, {}, false};
      }
      if (compare.op == Op::i64_eqz) {
        rewind(compare);
        return {true, Op::i64_eq, a, {Place::imm, 0}, true};
      }
      const bool small = compare.b != Place::imm || static_cast<int32_t>(o.x) == static_cast<int16_t>(o.x);
      const bool in_place = compare.b == Place::slot || compare.b == Place::acc || compare.b == Place::pinned ||
                            (compare.b == Place::imm && small);
      const bool fuses = branch_compare_handler(compare.op, compare.a, in_place ? compare.b : Place::slot, true, false);
      if (in_place && fuses) {
        rewind(compare);
        return {true, compare.op, a, {compare.b, compare.b == Place::slot ? o.b() : o.x}, true};
      }
    }
  }
  return {false, Op::nop, value(operand), {}, true};
}

// Branches if the condition is `sense`: to `target` if it is known, which is backward; otherwise the branch is added to
// `fixups`.
void Translator::branch(const Condition& c, bool sense, uint32_t& fixups, uint32_t target) {
  const bool backward = target != Label::kNone;
  bool wanted = c.sense == sense;
  Operands operands{0, static_cast<uint16_t>(c.a.field), 0};
  Handler handler = nullptr;
  if (c.compares) {
    Op op = c.op;
    if (!wanted && inverse(op) != Op::invalid) {
      op = inverse(op);
      wanted = true;
    }
    if (backward && wanted && branch_on_step(c, op, target)) return;
    operands.d = static_cast<uint16_t>(c.b.field);
    handler = branch_compare_handler(op, c.a.place, c.b.place, wanted, backward);
  } else {
    if (backward && branch_after_copy(c, wanted, target)) return;
    if (branch_on_load(c, wanted, fixups, target)) return;
    handler = branch_if_handler(c.a.place, wanted, backward);
  }
  if (backward) operands.x = target - here();
  const uint32_t at = emit(handler, operands);
  if (!backward) add_fixup(fixups, (at + 1) * sizeof(Word) + offsetof(Operands, x), at);
}

// If the condition was loaded by the last instruction, that load becomes a load with a branch. It stays at the same
// position, so that a trap is reported at the load. Returns false when there is no such load.
bool Translator::branch_on_load(const Condition& c, bool wanted, uint32_t& fixups, uint32_t target) {
  const Load load = std::exchange(load_, Load{});
  if (load.at == kNothing || load.at + 2 != here()) return false;
  const bool backward = target != Label::kNone;
  const uint32_t at = load.at;
  // The place where the result of the load went. A value in a slot is also in the accumulator; a pinned one is not.
  const auto is_at = [&](Place d) { return code_[at] == to_word((*load.handlers)[index_of(d)]); };
  const Place d = is_at(Place::acc) ? Place::acc : is_at(Place::slot) ? Place::slot : Place::pinned;
  if (!is_at(d) || c.a.place != (d == Place::pinned ? Place::pinned : Place::acc)) return false;
  const Handler handler = load_branch_handler(load.op, load.a, d, wanted, backward);
  if (handler == nullptr) return false;
  code_[at] = to_word(handler);
  code_.push_back(std::bit_cast<Word>(Operands{0, 0, backward ? target - at : 0}));
  if (!backward) add_fixup(fixups, (at + 2) * sizeof(Word) + offsetof(Operands, x), at);
  last_ = kNothing;
  return true;
}

// A conditional branch looks for a comparison that was emitted last, so its charge has to wait.
void Translator::charge(int32_t units, bool checks) {
  due_ = units;
  due_checks_ = checks;
  const Op op = decoder_->op();
  if (op != Op::br_if && op != Op::if_) pay();
}

void Translator::pay() {
  emit_special(due_checks_ ? Special::charge_or_trap : Special::charge,
               {0, 0, static_cast<uint32_t>(std::exchange(due_, 0))});
}

// --- Blocks --------------------------------------------------------------------------------------------------------

// The parameters of a block are brought home, including constants.
void Translator::block(Control& c) {
  settle();
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  c.label.height = height - c.params.size();
  c.label.base =
      static_cast<uint16_t>((c.params.size() == 0 ? next_home_ : stack_[c.label.height].home) - operand_base_);
  bring_home(c.label.height, height);
}

void Translator::loop(Control& c) {
  block(c);
  c.label.target = here();
  if (places_ != nullptr) [[unlikely]]
    note_place(/*at_loop=*/true);
  last_ = kNothing;
  forget_cached();
  const uint32_t loop = next_loop_++;
  // Machine code can enter a loop only when the operand stack is empty, so only such loops are counted.
  if (!counts_ || !stack_.empty()) return;
  emit_count(Special::count_loop);
  code_.push_back(loop);
}

void Translator::if_(Control& c) {
  const Condition condition = take_condition();
  block(c);
  branch(condition, false, c.label.else_fixups, Label::kNone);
  last_ = kNothing;
}

void Translator::else_(Control& c, bool falls_through) {
  if (falls_through) {
    carry(c, c.results.size());
    branch_out(c);
  }
  bind(c.label.else_fixups);
  truncate(c.label.height);
  push_types(c.params);
}

void Translator::end(Control& c, bool falls_through) {
  const bool body = decoder_->control_depth() == 1;
  if (body) {
    // Branches to the body that carry no values come here; all others are returns.
    const bool used = c.label.fixups != Label::kNone;
    if (used) bind(c.label.fixups);
    if (falls_through || used) return_();
    if (c.label.else_fixups == Label::kNone) return;
    bind(c.label.else_fixups);
    return return_results_at(home_of(c), module_.func_type(decoder_->func()));
  }
  // The label of a loop is at its start. So the values that a branch to it carries are not those that its end leaves.
  if (falls_through) carry(c, c.results.size());
  if (c.op == Op::try_table) end_try_table(c);
  if (c.op != Op::loop) bind(c.label.fixups);
  bind(c.label.else_fixups);
  truncate(c.label.height);
  push_types(c.results);
}

bool Translator::carries_in_place(const Control& c) const {
  const uint32_t arity = c.branch_types().size();
  const uint32_t first = static_cast<uint32_t>(stack_.size()) - arity;
  if (first != c.label.height) return arity == 0;
  for (uint32_t i = at_home_from(first); i < stack_.size(); ++i) {
    decoder_->meter().add(1);
    if (stack_[i].kind != Operand::Kind::temp) return false;
  }
  return true;
}

// Many operands are brought home and moved by one instruction. A branch must not emit code for each value that it
// carries: a small module could then need gigabytes.
void Translator::move_top(uint32_t count, uint16_t slot) {
  const uint32_t first = static_cast<uint32_t>(stack_.size()) - count;
  settle_many(count);
  bring_home(first, static_cast<uint32_t>(stack_.size()));
  const uint16_t from = stack_[first].home;
  if (from != slot) emit_special(Special::copy_slots, {slot, from, static_cast<uint32_t>(next_home_ - from)});
}

// The operands stay on the stack. They are moved in ascending order. A move never overwrites what a later one reads,
// because an operand's home is never below its destination.
void Translator::carry(const Control& c, uint32_t arity) {
  const uint32_t first = static_cast<uint32_t>(stack_.size()) - arity;
  if (arity > kMostSingleMoves) return move_top(arity, home_of(c));
  uint16_t slot = home_of(c);
  for (uint32_t i = 0; i < arity; ++i) {
    Operand& operand = stack_[first + i];
    if (operand.kind == Operand::Kind::acc && operand.home == slot) {
      bring_home(operand);
    } else {
      emit_copy(operand, slot);
    }
    slot = static_cast<uint16_t>(slot + slots_of(operand.type));
  }
}

// --- Branches ------------------------------------------------------------------------------------------------------

// Branches to the end of a block whose results are in place.
void Translator::branch_out(Control& c) {
  const uint32_t at = emit(special_handler(Special::br), {});
  add_fixup(c.label.fixups, (at + 1) * sizeof(Word) + offsetof(Operands, x), at);
}

void Translator::br(uint32_t depth) {
  if (is_body(depth)) return return_();
  Control& c = decoder_->control(depth);
  carry(c, c.branch_types().size());
  if (c.label.target != Label::kNone) {
    emit_special(Special::br_backward, {0, 0, c.label.target - here()});
  } else {
    branch_out(c);
  }
}

void Translator::br_if(uint32_t depth) { branch_to(take_condition(), depth); }

// A null reference is zero. The reference is brought home first, because it is needed on one of the two paths.
void Translator::br_on_null(uint32_t depth) {
  bring_home(stack_.back());
  const Operand reference = pop();
  branch_to({true, Op::i64_eq, at(reference), {Place::imm, 0}, true}, depth);
  push_again(reference);
}

void Translator::br_on_non_null(uint32_t depth) {
  bring_home(stack_.back());
  branch_to({true, Op::i64_ne, at(stack_.back()), {Place::imm, 0}, true}, depth);
  pop();
}

void Translator::branch_to(const Condition& condition, uint32_t depth) {
  Control& c = decoder_->control(depth);
  settle_many(c.branch_types().size());
  if (carries_in_place(c) && !(is_body(depth) && c.results.size() != 0)) {
    branch(condition, true, c.label.fixups, c.label.target);
    return;
  }
  // If the condition is false, the branch skips the moves. The operands that stay on the stack must be in the same
  // places on both paths.
  uint32_t skip = Label::kNone;
  bring_home(static_cast<uint32_t>(stack_.size()) - c.branch_types().size(), static_cast<uint32_t>(stack_.size()));
  branch(condition, false, skip, Label::kNone);
  br(depth);
  bind(skip);
}

void Translator::br_table(std::span<const uint32_t> depths) {
  const Operand index = pop();
  const At a = value(index);
  const uint32_t arity = decoder_->control(depths.back()).branch_types().size();
  const uint32_t first = static_cast<uint32_t>(stack_.size()) - arity;
  settle_many(arity);
  bring_home(first, static_cast<uint32_t>(stack_.size()));
  const uint32_t n = static_cast<uint32_t>(depths.size());
  const uint32_t at = emit(br_table_handler(a.place), {0, static_cast<uint16_t>(a.field), n - 1});
  tables_.push_back(at);
  const uint32_t entries = here() + n;  // the distances come after the handlers: see finish_tables
  code_.resize(entries + (n + 1) / 2);
  // A target that needs moves or is a return gets a stub after the table, one for each label.
  std::vector<std::pair<uint32_t, uint32_t>> stubs;  // pairs of depth and fixup chain
  for (uint32_t i = 0; i < n; ++i) {
    Control& c = decoder_->control(depths[i]);
    const uint32_t byte = entries * sizeof(Word) + i * sizeof(int32_t);
    if (is_body(depths[i]) || (arity != 0 && c.label.height != first) || decoder_->units_on_way(depths[i]) != 0) {
      if (c.label.stub == Label::kNone) {
        c.label.stub = static_cast<uint32_t>(stubs.size());
        stubs.emplace_back(depths[i], Label::kNone);
      }
      add_fixup(stubs[c.label.stub].second, byte, at);
    } else if (c.label.target != Label::kNone) {
      const int32_t distance = static_cast<int32_t>(c.label.target - at);
      std::memcpy(reinterpret_cast<char*>(code_.data()) + byte, &distance, sizeof(distance));
    } else {
      add_fixup(c.label.fixups, byte, at);
    }
  }
  for (auto& [depth, chain] : stubs) {
    decoder_->control(depth).label.stub = Label::kNone;
    bind(chain);
    if (const int32_t units = decoder_->units_on_way(depth); units != 0) charge(units, false);
    br(depth);
  }
}

// For each target of a br_table, its handler is stored in the table. So the handler is known as soon as the index is.
void Translator::finish_tables() {
  for (size_t i = 0; i < tables_.size(); ++i) {
    const uint32_t at = tables_[i], n = operands_at(&code_[at + 1]).x + 1;
    const char* distances = reinterpret_cast<const char*>(&code_[at + 2 + n]);
    for (uint32_t k = 0; k < n; ++k) {
      int32_t distance;
      std::memcpy(&distance, distances + k * sizeof(distance), sizeof(distance));
      code_[at + 2 + k] = code_[static_cast<uint32_t>(static_cast<int32_t>(at) + distance)];
    }
  }
}

void Translator::return_() {
  const FuncType& type = decoder_->func_type();
  const uint32_t n = static_cast<uint32_t>(type.results.size());
  if (n == 1) {
    const Operand& result = stack_.back();
    const At a = right(result);
    Operands operands{link_, 0, 0};
    if (a.place == Place::imm) {
      operands.x = a.field;
    } else {
      operands.a = static_cast<uint16_t>(a.field);
    }
    emit(return_value_handler(result.type, a.place), operands);
    if (a.place == Place::wide) emit_wide(result.type, result.bits);
    return;
  }
  // Several results are brought home first: they are returned in the slots of locals, which they may refer to.
  if (n != 0) move_top(n, 0);
  emit_special(Special::return_, {link_, 0, 0});
}

void Translator::unreachable() { emit_special(Special::unreachable, {}); }

// Several loops may begin at the same word. The innermost one, which is noted last, takes the values of the others, too.
void Translator::note_place(bool at_loop) {
  const auto wanted = places_->all.find({places_->by_word ? here() : decoder_->op_offset(), at_loop});
  if (wanted == places_->all.end()) return;
  FramePlace& place = wanted->second;
  place.found = true;
  place.word = here();
  place.offset = decoder_->op_offset();
  place.operands_end = next_home_;
  place.operands.clear();
  for (const Operand& operand : std::span<const Operand>(stack_.data(), stack_.size())) {
    FramePlace::Operand& noted = place.operands.emplace_back();
    noted.is_constant = operand.kind == Operand::Kind::constant;
    noted.slot = operand.slot;
    if (!noted.is_constant) continue;
    noted.bits[0] = operand.bits;
    if (operand.type == Scalar::v128) noted.bits = vectors_[operand.bits];
  }
}

// --- Calls ---------------------------------------------------------------------------------------------------------

// The arguments are the topmost operands. Pops them and returns the slot of the first one.
uint16_t Translator::take_arguments(const FuncType& type) {
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  const uint32_t first = height - static_cast<uint32_t>(type.params.size());
  free_accumulators();
  settle_many(height - first);
  bring_home(first, height);
  truncate(first);
  return next_home_;
}

void Translator::emit_call(Handler handler, Operands operands, Word word2) {
  if (places_ != nullptr) [[unlikely]]
    note_place(/*at_loop=*/false);
  emit(handler, operands);
  code_.push_back(word2);
  last_ = kNothing;
  forget_cached();  // the callee uses the accumulators
}

// A single result is also in its accumulator.
void Translator::push_call_results(const FuncType& type) {
  push_types(validator::TypeList(type.results));
  if (type.results.size() != 1 || stack_.back().type == Scalar::v128) return;
  cached_[bank(stack_.back().type)] = stack_.back().home;
}

void Translator::call(FuncIdx f) {
  const FuncType& type = module_.func_type(f);
  const uint16_t arguments = take_arguments(type);
  if (raw(f) < module_.imported_funcs) {
    emit_call(special_handler(Special::call_import), {pinned_, arguments, raw(f)}, 0);
  } else {
    emit_call(special_handler(Special::call), {pinned_, arguments, 0},
              reinterpret_cast<Word>(&module_code_.function(f)));
  }
  push_call_results(type);
}

void Translator::call_indirect(TypeIdx t, TableIdx table) {
  const FuncType& type = module_.func_type(t);
  const Operand index = pop();
  const At a = value(index);
  const uint16_t arguments = take_arguments(type);
  emit_call(call_indirect_handler(a.place, module_.tables[raw(table)].type.is_64), {pinned_, arguments, a.field},
            Word{static_cast<uint32_t>(module_.type_id(t))} | Word{raw(table)} << 32);
  push_call_results(type);
}

void Translator::call_ref(TypeIdx t) {
  const FuncType& type = module_.func_type(t);
  Operand callee = pop();
  bring_home(callee);
  const uint16_t arguments = take_arguments(type);
  emit_call(special_handler(Special::call_ref), {pinned_, arguments, callee.home}, 0);
  push_call_results(type);
}

void Translator::return_call(FuncIdx f) {
  const FuncType& type = module_.func_type(f);
  const uint16_t arguments = take_arguments(type);
  const Operands operands{link_, arguments, runtime::slot_count(type.params)};
  if (raw(f) < module_.imported_funcs) {
    // A host function does not replace the frame: it returns here, so its results are returned after it.
    emit_call(special_handler(Special::tail_call_import), operands, raw(f));
    return return_results_at(arguments, type);
  }
  emit_call(special_handler(Special::tail_call), operands, reinterpret_cast<Word>(&module_code_.function(f)));
}

void Translator::return_call_indirect(TypeIdx t, TableIdx table) {
  const FuncType& type = module_.func_type(t);
  Operand index = pop();
  bring_home(index);
  const uint16_t arguments = take_arguments(type);
  emit_call(tail_call_indirect_handler(module_.tables[raw(table)].type.is_64),
            {link_, arguments, Operands::pair(index.home, runtime::slot_count(type.params))},
            Word{static_cast<uint32_t>(module_.type_id(t))} | Word{raw(table)} << 32);
  return_results_at(arguments, type);
}

void Translator::return_call_ref(TypeIdx t) {
  const FuncType& type = module_.func_type(t);
  Operand callee = pop();
  bring_home(callee);
  const uint16_t arguments = take_arguments(type);
  emit_call(special_handler(Special::tail_call_ref),
            {link_, arguments, Operands::pair(callee.home, runtime::slot_count(type.params))}, 0);
  return_results_at(arguments, type);
}

// Returns results that are in consecutive slots, where a host function or a catch clause has left them.
void Translator::return_results_at(uint16_t slot, const FuncType& type) {
  const uint32_t count = runtime::slot_count(type.results);
  if (type.results.size() == 1) {
    emit(return_value_handler(scalar(type.results[0]), Place::slot), {link_, slot, 0});
    return;
  }
  if (count != 0) emit_special(Special::copy_slots, {0, slot, count});
  emit_special(Special::return_, {link_, 0, 0});
}

void Translator::ref_as_non_null() {
  bring_home(stack_.back());
  emit_special(Special::null_check, {0, stack_.back().home, static_cast<uint32_t>(TrapCode::null_reference)});
}

// --- Operands at home

void Translator::memory_op(Op op, uint32_t a, uint32_t b) {
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  const auto with_operands = [&](Special s, uint32_t n, uint32_t x) {
    bring_home(height - n, height);
    truncate(height - n);
    emit_special(s, {0, next_home_, x});
  };
  const auto address = [&](uint32_t memory) { return module_.memories[memory].type.is_64 ? Scalar::i64 : Scalar::i32; };
  switch (op) {
    case Op::memory_size: emit_special(Special::memory_size, {next_home_, 0, a}); return push_temp(address(a));
    case Op::memory_grow: with_operands(Special::memory_grow, 1, a); return push_temp(address(a));
    case Op::memory_fill: return with_operands(Special::memory_fill, 3, a);
    case Op::memory_copy: return with_operands(Special::memory_copy, 3, Operands::pair(a, b));
    case Op::memory_init:
      with_operands(Special::memory_init, 3, b);
      code_.push_back(a);
      return;
    default: return with_operands(Special::data_drop, 0, a);
  }
}

void Translator::table_op(Op op, uint32_t a, uint32_t b) {
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  const auto with_operands = [&](Special s, uint32_t n, uint32_t x) {
    bring_home(height - n, height);
    truncate(height - n);
    emit_special(s, {0, next_home_, x});
  };
  const auto address = [&](uint32_t table) { return module_.tables[table].type.is_64 ? Scalar::i64 : Scalar::i32; };
  switch (op) {
    case Op::table_get: with_operands(Special::table_get, 1, a); return push_temp(Scalar::i64);
    case Op::table_set: return with_operands(Special::table_set, 2, a);
    case Op::table_size: with_operands(Special::table_size, 0, a); return push_temp(address(a));
    case Op::table_grow: with_operands(Special::table_grow, 2, a); return push_temp(address(a));
    case Op::table_fill: return with_operands(Special::table_fill, 3, a);
    case Op::table_copy:  // 16 bits are not enough for the index of a table
      with_operands(Special::table_copy, 3, a);
      code_.push_back(b);
      return;
    case Op::table_init:
      with_operands(Special::table_init, 3, b);
      code_.push_back(a);
      return;
    default: return with_operands(Special::elem_drop, 0, a);
  }
}

}  // namespace mini_wasm::interp
