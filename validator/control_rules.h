// The rules of the instructions whose types are not fixed: control, calls, variables, memories, tables, references
// (spec 3.4.2 and others). Part of function_decoder.h.
#pragma once

#include <utility>

#include "validator/function_decoder_class.h"

namespace mini_wasm::validator {

// --- Operands ------------------------------------------------------------------------------------------------------

template <class Sink>
[[gnu::noinline]] ValType FunctionDecoder<Sink>::pop_from_empty(ValType want) {
  if (!controls_.empty() && controls_.back().unreachable) return ValType::bottom;
  fail([&] {
    return "type mismatch: " + std::string(op_info(op_).text) + " expected " +
           (want.is_bottom() ? "a value" : to_string(want)) + ", found nothing";
  });
  return ValType::bottom;
}

template <class Sink>
void FunctionDecoder<Sink>::expect(const TypeList& want, const TypeList& found) {
  if (kBelieves || want.equals(found.data())) return;
  meter_.add(want.size());
  for (uint32_t i = 0; i < want.size(); ++i) expect(want[i], found[i]);
}

template <class Sink>
void FunctionDecoder<Sink>::check_top(const TypeList& types) {
  if (kBelieves || has_on_top(types)) return;
  pop(types);
  push(types);
}

// --- Control -------------------------------------------------------------------------------------------------------

template <class Sink>
[[gnu::always_inline]] inline void FunctionDecoder<Sink>::enter(Op op, TypeList params, TypeList results) {
  const bool entered = controls_.empty() || live_;
  Control& c = controls_.emplace_back();
  c.op = op;
  c.entered = entered;
  c.height = height() - std::min(height(), params.size());
  c.set_locals = static_cast<uint32_t>(set_locals_.size());
  c.params = params;
  c.results = results;
  meter_block(c);
  refresh();
}

template <class Sink>
typename FunctionDecoder<Sink>::Control* FunctionDecoder<Sink>::label(uint32_t depth) {
  if (depth < controls_.size()) [[likely]]
    return &control(depth);
  unknown("label", depth);
  return nullptr;
}

template <class Sink>
[[gnu::always_inline]] inline void FunctionDecoder<Sink>::control_rule(Op op) {
  switch (op) {
    case Op::unreachable:
      if (live_) sink_.unreachable();
      return set_unreachable();
    case Op::nop: return charge_nothing();
    case Op::block:
    case Op::loop:
    case Op::if_: {
      TypeList params, results;
      if (!block_types(params, results)) return;
      if (op == Op::if_) pop(ValType::i32);
      pop(params);
      const bool was_live = live_;
      push(params);
      if (op != Op::if_) charge_nothing();
      enter(op, params, results);
      if (!was_live) return;
      if (op == Op::block) return sink_.block(controls_.back());
      if (op == Op::loop) return sink_.loop(controls_.back());
      return sink_.if_(controls_.back());
    }
    case Op::else_: return else_rule();
    case Op::end: return end_rule();
    case Op::br: {
      const uint32_t depth = reader_.u32();
      Control* target = label(depth);
      if (target == nullptr) return;
      pop(target->branch_types());
      charge_branch(*target);
      if (live_ && reader_.ok()) sink_.br(depth);
      return set_unreachable();
    }
    case Op::br_if: {
      const uint32_t depth = reader_.u32();
      Control* target = label(depth);
      if (target == nullptr) return;
      pop(ValType::i32);
      check_top(target->branch_types());
      charge_branch(*target);
      if (live_ && reader_.ok()) sink_.br_if(depth);
      return;
    }
    case Op::br_table: return br_table_rule();
    case Op::return_:
      pop(TypeList(func_type_->results));
      charge();
      if (live_ && reader_.ok()) sink_.return_();
      return set_unreachable();
    case Op::call: return call_rule(false);
    case Op::call_indirect: return call_indirect_rule(false);
    case Op::call_ref: return call_ref_rule(false);
    case Op::return_call: return call_rule(true);
    case Op::return_call_indirect: return call_indirect_rule(true);
    case Op::return_call_ref: return call_ref_rule(true);
    case Op::br_on_null: return br_on_null_rule();
    case Op::br_on_non_null: return br_on_non_null_rule();
    case Op::drop: {
      const ValType type = pop();
      if (live_ && reader_.ok()) sink_.drop(type);
      return;
    }
    case Op::select: return select_rule();
    case Op::select_t: return select_t_rule();
    default: return unsupported(op);
  }
}

template <class Sink>
void FunctionDecoder<Sink>::else_rule() {
  Control& c = controls_.back();
  if (c.op != Op::if_ || c.in_else) return fail("else without if", ErrorKind::malformed);
  pop(c.results);
  if (top_ != base_) return fail("type mismatch: values remain at the end of the first arm of if");
  meter_else(c);
  if (c.entered && reader_.ok()) sink_.else_(c, !c.unreachable);
  forget_set_locals(controls_.back().set_locals);
  c.in_else = true;
  c.unreachable = false;
  refresh();
  push(c.params);
}

// Checks that the stack has exactly the results of the innermost block.
template <class Sink>
bool FunctionDecoder<Sink>::check_end() {
  pop(controls_.back().results);
  if (top_ != base_) fail("type mismatch: values remain on the stack at the end of a block");
  return reader_.ok();
}

template <class Sink>
void FunctionDecoder<Sink>::end_rule() {
  Control& c = controls_.back();
  if (!check_end()) return;
  if (c.op == Op::if_ && !c.in_else) {
    // Without an else, the parameters are the results of the missing branch.
    if (c.params.size() != c.results.size()) return fail("type mismatch: if without else changes the operand stack");
    expect(c.results, c.params);
  }
  if (!reader_.ok()) return;
  meter_end(c);
  if (c.entered) sink_.end(c, !c.unreachable);
  leave_block();
}

template <class Sink>
void FunctionDecoder<Sink>::leave_block() {
  const TypeList results = controls_.back().results;
  forget_set_locals(controls_.back().set_locals);
  controls_.pop_back();
  if (controls_.empty()) return stop();
  refresh();
  push(results);
}

template <class Sink>
void FunctionDecoder<Sink>::br_table_rule() {
  const uint32_t n = decoder::read_label_count(reader_);
  const uint32_t br_table = ++br_tables_;
  pop(ValType::i32);
  depths_.clear();
  uint32_t arity = 0;
  for (uint32_t i = 0; i <= n && reader_.ok(); ++i) {
    const uint32_t depth = reader_.u32();
    Control* target = label(depth);
    if (target == nullptr) return;
    const TypeList& types = target->branch_types();
    if (i == 0) arity = types.size();
    if (types.size() != arity) return fail("type mismatch: br_table targets take different numbers of values");
    // A label that occurs several times in a br_table is checked only once.
    if (arity != 0 && std::exchange(target->checked_by, br_table) != br_table && !check_br_table_target(types)) return;
    depths_.push_back(depth);
  }
  if (!reader_.ok()) return;
  charge_branches();
  if (live_) sink_.br_table(std::span<const uint32_t>(depths_));
  set_unreachable();
}

// Each target is checked with the current operands; in dead code these may have any type.
template <class Sink>
bool FunctionDecoder<Sink>::check_br_table_target(const TypeList& types) {
  if (kBelieves || has_on_top(types)) return true;
  const auto there = static_cast<uint32_t>(std::min<size_t>(types.size(), static_cast<size_t>(top_ - base_)));
  meter_.add(there);
  for (uint32_t i = 1; i <= there; ++i) expect(types[types.size() - i], *(top_ - i));
  if (there < types.size()) pop_from_empty(types[types.size() - there - 1]);
  return reader_.ok();
}

// The results of a tail call must be those of this function.
template <class Sink>
void FunctionDecoder<Sink>::call_types(const FuncType& type, bool tail) {
  charge(true);
  pop(TypeList(type.params));
  if (!tail) return push(TypeList(type.results));
  const std::vector<ValType>& wanted = func_type_->results;
  if (type.results.size() != wanted.size()) return fail("type mismatch: a tail call gives other results");
  expect(TypeList(wanted), TypeList(type.results));
}

template <class Sink>
void FunctionDecoder<Sink>::call_rule(bool tail) {
  const uint32_t f = reader_.u32();
  if (f >= module_.funcs.size()) return void(unknown("function", f));
  call_types(module_.func_type(FuncIdx{f}), tail);
  if (live_ && reader_.ok()) tail ? sink_.return_call(FuncIdx{f}) : sink_.call(FuncIdx{f});
  if (tail) set_unreachable();
}

template <class Sink>
void FunctionDecoder<Sink>::call_indirect_rule(bool tail) {
  const uint32_t t = reader_.u32();
  const uint32_t i = decoder::read_table_index(reader_, features_);
  if (!reader_.ok()) return;
  const decoder::Table* callees = table(i);
  if (callees == nullptr) return;
  if (t >= module_.types.size()) return void(unknown("type", t));
  if (module_.registry->get(module_.type_id(TypeIdx{t})).kind != CompositeKind::func)
    return void(unknown("function type", t));
  if (!module_.registry->is_subtype(callees->type.element, ValType::funcref)) {
    return fail([&] {
      return "type mismatch: call_indirect needs a table of functions, found " + to_string(callees->type.element);
    });
  }
  pop(address_type(callees->type.is_64));
  call_types(module_.func_type(TypeIdx{t}), tail);
  if (live_ && reader_.ok()) {
    tail ? sink_.return_call_indirect(TypeIdx{t}, TableIdx{i}) : sink_.call_indirect(TypeIdx{t}, TableIdx{i});
  }
  if (tail) set_unreachable();
}

template <class Sink>
void FunctionDecoder<Sink>::call_ref_rule(bool tail) {
  const uint32_t t = reader_.u32();
  if (t >= module_.types.size()) return void(unknown("type", t));
  if (module_.registry->get(module_.type_id(TypeIdx{t})).kind != CompositeKind::func)
    return void(unknown("function type", t));
  pop(ValType::ref(module_.type_id(TypeIdx{t}), true));
  call_types(module_.func_type(TypeIdx{t}), tail);
  if (live_ && reader_.ok()) tail ? sink_.return_call_ref(TypeIdx{t}) : sink_.call_ref(TypeIdx{t});
  if (tail) set_unreachable();
}

// Pops a reference of any type; bottom in dead code.
template <class Sink>
ValType FunctionDecoder<Sink>::pop_ref() {
  const ValType type = pop();
  if (!type.is_ref() && !type.is_bottom()) {
    fail([&] {
      return "type mismatch: " + std::string(op_info(op_).text) + " expected a reference, found " + to_string(type);
    });
  }
  return type;
}

template <class Sink>
void FunctionDecoder<Sink>::br_on_null_rule() {
  const uint32_t depth = reader_.u32();
  Control* target = label(depth);
  if (target == nullptr) return;
  const ValType type = pop_ref();
  check_top(target->branch_types());
  push(type.is_bottom() ? type : type.with_nullable(false));
  charge_branch(*target);
  if (live_ && reader_.ok()) sink_.br_on_null(depth);
}

template <class Sink>
void FunctionDecoder<Sink>::br_on_non_null_rule() {
  const uint32_t depth = reader_.u32();
  Control* target = label(depth);
  if (target == nullptr) return;
  const TypeList& types = target->branch_types();
  if (types.size() == 0) return fail("type mismatch: br_on_non_null to a label that takes no reference");
  const ValType type = pop_ref();
  push(type.is_bottom() ? type : type.with_nullable(false));
  check_top(types);
  charge_branch(*target);
  if (live_ && reader_.ok()) sink_.br_on_non_null(depth);
  pop();
}

template <class Sink>
void FunctionDecoder<Sink>::select_rule() {
  pop(ValType::i32);
  const ValType b = pop();
  const ValType a = pop();
  if (a.is_ref() || b.is_ref()) return fail("type mismatch: select without a type takes numbers or vectors only");
  if (a != b && !a.is_bottom() && !b.is_bottom()) {
    return fail([&] { return "type mismatch: select of " + to_string(a) + " and " + to_string(b); });
  }
  const ValType type = a.is_bottom() ? b : a;
  push(type);
  if (live_ && reader_.ok()) sink_.select(type);
}

template <class Sink>
void FunctionDecoder<Sink>::select_t_rule() {
  const uint32_t n = decoder::read_select_count(reader_);
  if (n != 1) return fail([&] { return "invalid result arity: select takes one type, found " + std::to_string(n); });
  const ValType type = decoder::read_val_type(reader_, scope_);
  pop(ValType::i32);
  pop(type);
  pop(type);
  push(type);
  if (live_ && reader_.ok()) sink_.select(type);
}

// --- Variables -----------------------------------------------------------------------------------------------------

template <class Sink>
void FunctionDecoder<Sink>::variable_rule(Op op) {
  const uint32_t i = reader_.u32();
  if (i >= module_.globals.size()) return void(unknown("global", i));
  const GlobalType& type = module_.globals[i].type;
  if (op == Op::global_get) {
    push(type.value);
    if (live_ && reader_.ok()) sink_.global_get(i);
    return;
  }
  if (!type.mutable_) return fail([&] { return "immutable global " + std::to_string(i) + " cannot be set"; });
  pop(type.value);
  if (live_ && reader_.ok()) sink_.global_set(i);
}

// --- Memories and tables -------------------------------------------------------------------------------------------

template <class Sink>
void FunctionDecoder<Sink>::memory_rule(Op op) {
  uint32_t a = 0, b = 0;
  if (op == Op::data_drop || op == Op::memory_init) {
    a = reader_.u32();
    if (op == Op::memory_init) b = decoder::read_memory_index(reader_, features_);
    if (!reader_.ok() || (op == Op::memory_init && memory(b) == nullptr)) return;
    if (!check_data_segment(a)) return;
  } else {
    a = decoder::read_memory_index(reader_, features_);
    if (op == Op::memory_copy) b = decoder::read_memory_index(reader_, features_);
  }
  if (!reader_.ok()) return;
  const auto address = [&](uint32_t m) {
    const decoder::Memory* memory_ = memory(m);
    return memory_ == nullptr ? ValType::bottom : address_type(memory_->type.is_64);
  };
  switch (op) {
    case Op::memory_size: push(address(a)); break;
    case Op::memory_grow:
      pop(address(a));
      push(address(a));
      break;
    case Op::memory_fill:
      pop(address(a));
      pop(ValType::i32);
      pop(address(a));
      break;
    case Op::memory_copy: {
      const ValType to = address(a), from = address(b);
      pop(to == ValType::i64 && from == ValType::i64 ? ValType::i64 : ValType::i32);
      pop(from);
      pop(to);
      break;
    }
    case Op::memory_init:
      pop(ValType::i32);
      pop(ValType::i32);
      pop(address(b));
      break;
    default: break;  // data.drop
  }
  if (live_ && reader_.ok()) sink_.memory_op(op, a, b);
}

template <class Sink>
void FunctionDecoder<Sink>::table_rule(Op op) {
  const uint32_t a = reader_.u32();
  const uint32_t b = op == Op::table_copy || op == Op::table_init ? reader_.u32() : 0;
  if (!reader_.ok()) return;
  const decoder::Table* t = op == Op::elem_drop ? nullptr : table(op == Op::table_init ? b : a);
  if (!reader_.ok()) return;
  if ((op == Op::elem_drop || op == Op::table_init) && a >= module_.elems.size()) {
    return void(unknown("elem segment", a));
  }
  if (op == Op::elem_drop) {
    if (live_) sink_.table_op(op, a, b);
    return;
  }
  const ValType address = address_type(t->type.is_64);
  switch (op) {
    case Op::table_get:
      pop(address);
      push(t->type.element);
      break;
    case Op::table_set:
      pop(t->type.element);
      pop(address);
      break;
    case Op::table_size: push(address); break;
    case Op::table_grow:
      pop(address);
      pop(t->type.element);
      push(address);
      break;
    case Op::table_fill:
      pop(address);
      pop(t->type.element);
      pop(address);
      break;
    case Op::table_copy: {
      const decoder::Table* from = table(b);
      if (from == nullptr) return;
      expect(t->type.element, from->type.element);
      pop(t->type.is_64 && from->type.is_64 ? ValType::i64 : ValType::i32);
      pop(address_type(from->type.is_64));
      pop(address);
      break;
    }
    case Op::table_init:
      expect(t->type.element, module_.elems[a].type);
      pop(ValType::i32);
      pop(ValType::i32);
      pop(address);
      break;
    default: break;
  }
  if (live_ && reader_.ok()) sink_.table_op(op, a, b);
}

// --- References ----------------------------------------------------------------------------------------------------

template <class Sink>
void FunctionDecoder<Sink>::ref_rule(Op op) {
  switch (op) {
    case Op::ref_null: {
      const ValType type = decoder::read_heap_type(reader_, scope_, true);
      push(type);
      if (live_ && reader_.ok()) sink_.ref_null(type);
      return;
    }
    case Op::ref_as_non_null: {
      const ValType type = pop_ref();
      push(type.is_bottom() ? type : type.with_nullable(false));
      if (live_ && reader_.ok()) sink_.ref_as_non_null();
      return;
    }
    case Op::ref_is_null: {
      pop_ref();
      push(ValType::i32);
      if (live_ && reader_.ok()) sink_.ref_is_null();
      return;
    }
    case Op::ref_func: {
      const uint32_t f = reader_.u32();
      if (f >= module_.funcs.size()) return void(unknown("function", f));
      if (!module_.declared_funcs[f]) return fail([&] { return "undeclared function reference " + std::to_string(f); });
      const bool typed = features_.has(Feature::function_refs);
      push(typed ? ValType::ref(module_.type_id(module_.funcs[f].type), false) : ValType::funcref);
      if (live_ && reader_.ok()) sink_.ref_func(FuncIdx{f});
      return;
    }
    default: return unsupported(op);
  }
}

}  // namespace mini_wasm::validator
