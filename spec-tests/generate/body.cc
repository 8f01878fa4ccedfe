#include "spec-tests/generate/body.h"

#include <algorithm>
#include <utility>

#include "spec-tests/generate/constants.h"

namespace mini_wasm::generate {
namespace {

constexpr int kDepth = 6;
constexpr int kBudget = 220;

}  // namespace

BodyWriter::BodyWriter(ModulePlan& plan, uint32_t func)
    : plan_(plan),
      src_(plan.source),
      index_(func),
      func_(plan.funcs[func]),
      daring_(plan.source.chance(25)),
      budget_(kBudget) {
  for (const Type type : func_.signature.params) locals_.push_back({type, true});
}

Code BodyWriter::write() {
  uint32_t count = src_.below(8);
  if (src_.chance(4)) count = 40 + src_.below(200);  // more than there are registers or one-byte indices
  while (count-- != 0) {
    const Type type = plan_.value_type(false);
    locals_.push_back({type, type.defaultable()});
  }
  labels_.push_back(func_.signature.results);
  fuel_check();
  start_locals();
  const uint32_t parts = src_.below(3);
  for (uint32_t i = 0; i < parts; ++i) statement(kDepth);
  sum_locals();
  sequence(func_.signature.results, kDepth);
  out_.op(Op::end);

  Code entry;
  const size_t params = func_.signature.params.size();
  entry.uleb(locals_.size() - params);
  for (size_t i = params; i < locals_.size(); ++i) entry.uleb(1).type(locals_[i].type);
  return std::move(entry.add(out_));
}

// When the fuel is used up, calls and loops end, with any results.
void BodyWriter::fuel_check() {
  out_.op(Op::global_get, kFuelGlobal).op(Op::i32_eqz).op(Op::if_).u8(0x40);
  if (daring_ && src_.chance(30)) {
    out_.op(Op::unreachable);
  } else {
    for (const Type type : func_.signature.results) write_smallest(out_, plan_, type);
    out_.op(Op::return_);
  }
  out_.op(Op::end);
  out_.op(Op::global_get, kFuelGlobal).i32_const(1).op(Op::i32_sub).op(Op::global_set, kFuelGlobal);
}

void BodyWriter::sequence(const Types& results, int depth) {
  if (!leaf(depth)) {
    for (uint32_t count = src_.below(4); count != 0; --count) statement(depth - 1);
    if (src_.chance(7)) {
      leave(depth - 1);
      if (src_.chance(50)) return;  // missing operands have any type in unreachable code
      dead_code(depth - 1);
      if (src_.chance(50)) return;
    }
  }
  values(results, depth - 1);
}

void BodyWriter::statement(int depth) {
  --budget_;
  if (leaf(depth)) return;
  const auto weight = [&](Theme theme, unsigned factor) { return static_cast<uint8_t>(plan_.theme(theme) * factor); };
  for (int attempt = 0; attempt < 3; ++attempt) {
    bool done = false;
    switch (src_.weighted({2, static_cast<uint8_t>(4 + weight(Theme::variables, 2)), weight(Theme::memory, 2),
                           weight(Theme::control, 2), weight(Theme::control, 1), weight(Theme::calls, 2),
                           weight(Theme::tables, 1), weight(Theme::gc, 2), weight(Theme::exceptions, 1),
                           weight(Theme::bulk, 2), weight(Theme::exceptions, plan_.in_program ? 1 : 0)})) {
      case 0: done = drop_statement(depth); break;
      case 1: done = set_statement(depth); break;
      case 2: done = store_statement(depth); break;
      case 3: done = block_statement(depth); break;
      case 4: done = branch_statement(depth); break;
      case 5: done = call_statement(depth); break;
      case 6: done = table_statement(depth); break;
      case 7: done = aggregate_statement(depth); break;
      case 8: done = try_table({}, depth); break;
      case 9: done = bulk_memory_statement(depth); break;
      case 10: done = perhaps_throw(depth); break;
    }
    if (done) return;
  }
  out_.op(Op::nop);
}

// --- Locals and globals --------------------------------------------------------------------------------------------

BodyWriter::Places BodyWriter::readable_locals(Type type) const {
  Places found;
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (locals_[i].set && !locals_[i].private_ && plan_.is_subtype(locals_[i].type, type)) found.push_back(i);
  }
  return found;
}

BodyWriter::Places BodyWriter::writable_locals(Type type) const {
  Places found;
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (!locals_[i].private_ && plan_.is_subtype(type, locals_[i].type)) found.push_back(i);
  }
  return found;
}

void BodyWriter::set_local(uint32_t local) {
  out_.op(Op::local_set, local);
  locals_[local].set = true;
}

uint32_t BodyWriter::temporary(Type type, bool private_) {
  for (uint32_t i = static_cast<uint32_t>(func_.signature.params.size()); i < locals_.size(); ++i) {
    if (locals_[i].type == type && locals_[i].private_ == private_) return i;
  }
  locals_.push_back({type, type.defaultable(), private_});
  return static_cast<uint32_t>(locals_.size() - 1);
}

void BodyWriter::consume(Type type) {
  if (src_.chance(50)) {
    const Places places = writable_locals(type);
    if (!places.empty()) return set_local(src_.one_of(places));
  }
  if (type.is_ref() || !src_.chance(70)) return void(out_.op(Op::drop));
  add_to_sum(type);
}

// sum = rotl(sum, 7) ^ value. Without it, most results would have no visible effect.
void BodyWriter::add_to_sum(Type type) {
  switch (type.kind) {
    case Kind::i32: out_.op(Op::i64_extend_i32_u); break;
    case Kind::f32: out_.op(Op::i32_reinterpret_f32).op(Op::i64_extend_i32_u); break;
    case Kind::f64: out_.op(Op::i64_reinterpret_f64); break;
    case Kind::v128: out_.op(Op::i64x2_extract_lane).u8(src_.below(2)); break;
    default: break;
  }
  out_.op(Op::global_get, kSumGlobal).i64_const(7).op(Op::i64_rotl).op(Op::i64_xor).op(Op::global_set, kSumGlobal);
}

void BodyWriter::observe(Type type) {
  const uint32_t copy = temporary(type);
  out_.op(Op::local_tee, copy).op(Op::local_get, copy);
  locals_[copy].set = true;
  add_to_sum(type);
}

// Gives locals initial values, because calculations with zeros find few errors.
void BodyWriter::start_locals() {
  for (uint32_t i = static_cast<uint32_t>(func_.signature.params.size()); i < locals_.size() && !src_.empty(); ++i) {
    if (locals_[i].type.is_ref() || !src_.chance(60)) continue;
    write_constant(out_, locals_[i].type.kind, src_);
    set_local(i);
  }
}

void BodyWriter::sum_locals() {
  if (!src_.chance(60)) return;
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (locals_[i].type.is_ref() || locals_[i].private_ || !src_.chance(50)) continue;
    out_.op(Op::local_get, i);
    add_to_sum(locals_[i].type);
  }
}

void BodyWriter::keep(const Types& types, size_t index) {
  for (size_t i = types.size(); --i > index;) consume(types[i]);
  if (index == 0) return;
  const uint32_t kept = temporary(types[index]);
  set_local(kept);
  while (index-- != 0) out_.op(Op::drop);
  out_.op(Op::local_get, kept);
}

std::optional<size_t> BodyWriter::place_of(const Types& types, Type wanted) const {
  for (size_t i = 0; i < types.size(); ++i) {
    if (plan_.is_subtype(types[i], wanted)) return i;
  }
  return std::nullopt;
}

bool BodyWriter::set_statement(int depth) {
  if (src_.chance(30)) {
    Places globals;
    for (uint32_t i = 1; i < plan_.globals.size(); ++i) {
      if (plan_.globals[i].mutable_) globals.push_back(i);
    }
    if (globals.empty()) return false;
    const uint32_t global = src_.one_of(globals);
    value(plan_.globals[global].type, depth - 1);
    out_.op(Op::global_set, global);
    return true;
  }
  if (locals_.empty()) return false;
  const uint32_t local = src_.below(locals_.size());
  if (locals_[local].private_) return false;
  if (src_.chance(40)) favourite_ = local;
  value(locals_[local].type, depth - 1);
  favourite_.reset();
  set_local(local);
  return true;
}

bool BodyWriter::drop_statement(int depth) {
  const Type type = plan_.value_type(false);
  value(type, depth - 1);
  consume(type);
  return true;
}

}  // namespace mini_wasm::generate
