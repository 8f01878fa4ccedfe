// Blocks, loops and branches (spec 3.4.1, 3.4.2).
#include <algorithm>
#include <utility>

#include "spec-tests/generate/body.h"

namespace mini_wasm::generate {

void BodyWriter::block_type(const Signature& type) {
  constexpr unsigned kEmpty = 0x40;
  const bool has_short_form = type.params.empty() && type.results.size() <= 1;
  if (!has_short_form || src_.chance(10))
    out_.sleb(plan_.type_index(type));
  else if (type.results.empty())
    out_.u8(kEmpty);
  else
    out_.type(type.results[0]);
}

void BodyWriter::condition(int depth) { value(Kind::i32, depth - 1); }

bool BodyWriter::block(const Types& results, int depth) {
  Signature type{{}, results};
  if (src_.chance(30)) {
    for (uint32_t n = 1 + src_.below(3); n != 0; --n) type.params.push_back(plan_.value_type(false));
  }
  values(type.params, depth - 1);
  const uint32_t kind = src_.weighted({3, 3, 4});
  if (kind == 1) {
    loop(type, depth);
    return true;
  }
  if (kind == 2) condition(depth);
  Block block(*this, kind == 2 ? Op::if_ : Op::block, type);
  for (size_t i = type.params.size(); i-- != 0;) consume(type.params[i]);
  sequence(results, depth - 1);
  if (kind != 2 || (results.empty() && type.params.empty() && src_.chance(40))) return true;
  block.else_();
  for (size_t i = type.params.size(); i-- != 0;) consume(type.params[i]);
  sequence(results, depth - 1);
  return true;
}

// A loop with a branch back to its start, which is usually taken a few times.
void BodyWriter::loop(const Signature& type, int depth) {
  const bool counted = src_.chance(70);
  // A new local, because inner loops have their own counters.
  const auto counter = static_cast<uint32_t>(locals_.size());
  if (counted) locals_.push_back({Kind::i32, true, src_.chance(50)});
  if (counted) out_.i32_const(static_cast<int32_t>(src_.below(9))).op(Op::local_set, counter);
  Block block(*this, Op::loop, type);
  fuel_check();
  for (size_t i = type.params.size(); i-- != 0;) consume(type.params[i]);
  for (uint32_t n = src_.below(4); n != 0; --n) statement(depth - 1);
  values(type.params, depth - 2);
  if (counted)
    out_.op(Op::local_get, counter).i32_const(1).op(Op::i32_sub).op(Op::local_tee, counter);
  else
    condition(depth - 1);
  out_.op(Op::br_if, 0);
  for (size_t i = type.params.size(); i-- != 0;) consume(type.params[i]);
  values(type.results, depth - 1);
}

bool BodyWriter::block_value(Type type, int depth) {
  Types results{type};
  size_t index = 0;
  if (src_.chance(25)) {
    for (uint32_t n = 1 + src_.below(3); n != 0; --n) results.push_back(plan_.value_type(false));
    index = src_.below(results.size());
    std::swap(results[0], results[index]);
  }
  if (plan_.theme(Theme::exceptions) == 0 || !src_.chance(20) || !try_table(results, depth)) block(results, depth);
  keep(results, index);
  return true;
}

bool BodyWriter::block_statement(int depth) { return block({}, depth); }

bool BodyWriter::branching_value(Type type, int depth) {
  Places fitting;
  for (uint32_t i = 0; i < labels_.size(); ++i) {
    if (place_of(labels_[i], type)) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  const uint32_t label = src_.one_of(fitting);
  const Types types = labels_[label];
  values(types, depth - 1);
  condition(depth);
  out_.op(Op::br_if, labels_.size() - 1 - label);
  keep(types, *place_of(types, type));
  return true;
}

bool BodyWriter::select_value(Type type, int depth) {
  value(type, depth - 1);
  value(type, depth - 1);
  condition(depth);
  if (type.is_ref() || (plan_.has(Feature::ref_types) && src_.chance(20)))
    out_.op(Op::select_t).uleb(1).type(type);
  else
    out_.op(Op::select);
  return true;
}

bool BodyWriter::branch_statement(int depth) {
  if (src_.chance(50)) {
    const uint32_t label = src_.below(labels_.size());
    const Types types = labels_[label];
    values(types, depth - 1);
    condition(depth);
    out_.op(Op::br_if, labels_.size() - 1 - label);
    for (size_t i = types.size(); i-- != 0;) consume(types[i]);
    return true;
  }
  condition(depth);
  Block block(*this, Op::if_, {});
  leave(depth - 1);
  return true;
}

std::vector<uint32_t> BodyWriter::labels_like(const Types& types) const {
  Places found;
  for (uint32_t i = 0; i < labels_.size(); ++i) {
    if (labels_[i] == types) found.push_back(static_cast<uint32_t>(labels_.size() - 1 - i));
  }
  return found;
}

bool BodyWriter::br_table(int depth) {
  const Types types = src_.one_of(labels_);
  const Places fitting = labels_like(types);
  values(types, depth - 1);
  const uint32_t count = src_.chance(10) ? src_.below(80) : src_.below(6);
  if (src_.chance(50)) {
    index_value(false, count + 2, depth - 1);
  } else {
    value(Kind::i32, depth - 1);
  }
  out_.op(Op::br_table, count);
  for (uint32_t i = 0; i <= count; ++i) out_.uleb(src_.one_of(fitting));
  return true;
}

void BodyWriter::leave(int depth) {
  bool done = false;
  const bool may_throw = plan_.theme(Theme::exceptions) != 0 && (daring_ || catching_ != 0);
  switch (src_.weighted({static_cast<uint8_t>(daring_), 4, 4, 3, static_cast<uint8_t>(may_throw ? 4 : 0),
                         static_cast<uint8_t>(plan_.theme(Theme::calls) != 0 ? 4 : 0)})) {
    case 1: {
      const uint32_t label = src_.below(labels_.size());
      values(Types(labels_[label]), depth - 1);
      out_.op(Op::br, labels_.size() - 1 - label);
      return;
    }
    case 2: done = br_table(depth); break;
    case 3: break;
    case 4: done = throw_exception(depth); break;
    case 5: done = tail_call(depth); break;
    default:
      if (!daring_) break;
      out_.op(Op::unreachable);
      return;
  }
  if (done) return;
  values(func_.signature.results, depth - 1);
  out_.op(Op::return_);
}

// In unreachable code, instructions may use operands that do not exist (spec appendix, "Validation Algorithm").
void BodyWriter::dead_code(int depth) {
  if (src_.chance(50)) return statement(depth);
  const Kind kind = static_cast<Kind>(src_.below(plan_.has(Feature::simd) ? kNumericKinds : kNumericKinds - 1));
  const std::vector<Op>& ops = plan_.ops.computing[static_cast<size_t>(kind)];
  if (ops.empty()) return;
  const Op op = src_.one_of(ops);
  if (src_.chance(30) && op_info(op).param_count > 1) {
    // Only the last operand exists.
    const Kind last = kind_of(op_info(op).params[op_info(op).param_count - 1]);
    value(last, depth - 1);
  }
  out_.op(op);
  op_immediates(op, 0);
  out_.op(Op::drop);
}

}  // namespace mini_wasm::generate
