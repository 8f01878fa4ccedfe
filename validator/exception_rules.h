// The rules of exceptions: throw, throw_ref, try_table (spec 3.4.2), and of the older exception proposal, which is not
// in the 3.0 specification: try, catch, catch_all, delegate, rethrow. Part of function_decoder.h.
#pragma once

#include "validator/function_decoder_class.h"

namespace mini_wasm::validator {

template <class Sink>
void FunctionDecoder<Sink>::throw_rule() {
  const uint32_t t = reader_.u32();
  const FuncType* type = tag_type(t);
  if (type == nullptr) return;
  pop(TypeList(type->params));
  charge();
  if (live_ && reader_.ok()) sink_.throw_(TagIdx{t});
  set_unreachable();
}

// The values that a catch clause passes to its label: the parameters of the tag, then possibly the exception itself.
template <class Sink>
bool FunctionDecoder<Sink>::check_catch(const CatchClause& clause) {
  const Control* target = label(clause.label);
  if (target == nullptr) return false;
  const FuncType* tag = nullptr;
  if (has_tag(clause.kind) && (tag = tag_type(clause.tag)) == nullptr) return false;
  const uint32_t params = tag == nullptr ? 0 : static_cast<uint32_t>(tag->params.size());
  const TypeList& wanted = target->branch_types();
  if (wanted.size() != params + (pushes_exnref(clause.kind) ? 1 : 0)) {
    fail("type mismatch: a catch clause gives other values than its label takes");
    return false;
  }
  if (!std::equal(wanted.data(), wanted.data() + params, params == 0 ? wanted.data() : tag->params.data())) {
    for (uint32_t i = 0; i < params; ++i) expect(wanted[i], tag->params[i]);
  }
  if (pushes_exnref(clause.kind)) expect(wanted[params], ValType::ref(HeapKind::exn, false));
  return reader_.ok();
}

template <class Sink>
void FunctionDecoder<Sink>::try_table_rule() {
  TypeList params, results;
  if (!block_types(params, results)) return;
  const uint32_t n = decoder::read_catch_count(reader_);
  catches_.clear();
  for (uint32_t i = 0; i < n && reader_.ok(); ++i) {
    catches_.push_back(decoder::read_catch(reader_));
    if (reader_.ok() && !check_catch(catches_.back())) return;
  }
  pop(params);
  const bool was_live = live_;
  push(params);
  charge_nothing();
  enter(Op::try_table, params, results);
  // The labels of the clauses are counted from outside the block.
  if (was_live && reader_.ok()) sink_.try_table(controls_.back(), std::span<const CatchClause>(catches_));
}

// --- Legacy exceptions ---------------------------------------------------------------------------------------------

template <class Sink>
void FunctionDecoder<Sink>::try_rule() {
  TypeList params, results;
  if (!block_types(params, results)) return;
  pop(params);
  const bool was_live = live_;
  push(params);
  charge_nothing();
  enter(Op::try_, params, results);
  if (was_live) sink_.try_(controls_.back());
}

// Ends the part before it, like `else`. Its own part begins with the values of the tag.
template <class Sink>
void FunctionDecoder<Sink>::catch_rule(Op op) {
  Control& c = controls_.back();
  if (c.op != Op::try_ && c.op != Op::catch_) {
    return fail([&] { return std::string(op_info(op).text) + " without try"; }, ErrorKind::malformed);
  }
  const CatchKind kind = op == Op::catch_ ? CatchKind::catch_ : CatchKind::catch_all;
  const uint32_t t = op == Op::catch_ ? reader_.u32() : 0;
  const FuncType* type = nullptr;
  if (op == Op::catch_ && (type = tag_type(t)) == nullptr) return;
  if (!check_end()) return;
  meter_end(c);
  if (c.entered) sink_.catch_(c, kind, TagIdx{t}, !c.unreachable);
  forget_set_locals(controls_.back().set_locals);
  c.op = op;
  c.unreachable = false;
  refresh();
  if (type != nullptr) push(TypeList(type->params));
}

// Ends a try. Exceptions in it are thrown again in the block of the label, or out of the function.
template <class Sink>
void FunctionDecoder<Sink>::delegate_rule() {
  Control& c = controls_.back();
  const uint32_t depth = reader_.u32();
  if (c.op != Op::try_) return fail("delegate without try", ErrorKind::malformed);
  if (depth >= controls_.size() - 1) return void(unknown("label", depth));
  if (!check_end()) return;
  meter_end(c);
  if (c.entered) sink_.delegate(c, depth, !c.unreachable);
  leave_block();
}

template <class Sink>
void FunctionDecoder<Sink>::rethrow_rule() {
  const uint32_t depth = reader_.u32();
  const Control* target = label(depth);
  if (target == nullptr) return;
  if (target->op != Op::catch_ && target->op != Op::catch_all) {
    return fail([&] { return "invalid rethrow label " + std::to_string(depth) + ": not of a catch block"; });
  }
  charge();
  if (live_ && reader_.ok()) sink_.rethrow(depth);
  set_unreachable();
}

template <class Sink>
void FunctionDecoder<Sink>::exception_rule(Op op) {
  switch (op) {
    case Op::throw_: return throw_rule();
    case Op::throw_ref:
      pop(ValType::ref(HeapKind::exn, true));
      charge();
      if (live_ && reader_.ok()) sink_.throw_ref();
      return set_unreachable();
    case Op::try_table: return try_table_rule();
    case Op::try_: return try_rule();
    case Op::catch_:
    case Op::catch_all: return catch_rule(op);
    case Op::delegate: return delegate_rule();
    case Op::rethrow: return rethrow_rule();
    default: return unsupported(op);
  }
}

}  // namespace mini_wasm::validator
