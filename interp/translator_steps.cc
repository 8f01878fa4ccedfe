// Steps of counters and pointers (local += amount), which most loops consist of. Two steps in a row become one
// instruction. A step followed by a backward branch on a comparison of the same local becomes one instruction too. A
// sum is recognised as a step when it is redirected to a local.
#include "interp/translator.h"

namespace mini_wasm::interp {

namespace {

bool fits_i16(uint32_t bits) { return static_cast<int32_t>(bits) == static_cast<int16_t>(bits); }

}  // namespace

// Called when `sum` has been redirected to a local at `place`: records it as a step if it is one.
void Translator::note_step(const Producer& sum, Place place, uint16_t slot) {
  const Step before = std::exchange(step_, Step{});
  if (sum.op != Op::i32_add && sum.op != Op::i64_add) return;
  const Operands o = operands_at(&code_[sum.at + 1]);
  const bool by_slot = sum.b == Place::slot || sum.b == Place::pinned;
  if (o.a != slot || (sum.a != Place::slot && sum.a != Place::pinned) || (!by_slot && sum.b != Place::imm)) return;
  step_ = {sum.at, sum.op, place, slot, by_slot ? Place::slot : Place::imm, by_slot ? o.b() : o.x};
  if (joins(before) && joins(step_) && before.at + 2 == step_.at) join(before);
}

bool Translator::joins(const Step& step) const {
  return step.at != kNothing && step.op == Op::i32_add && step.by == Place::imm && fits_i16(step.amount);
}

// Combines the last step with `first`, which is the instruction before it.
void Translator::join(const Step& first) {
  const Step second = std::exchange(step_, Step{});
  code_[first.at] = to_word(two_steps_handler(first.place, second.place));
  code_[first.at + 1] =
      std::bit_cast<Word>(Operands{first.slot, second.slot, Operands::pair(first.amount, second.amount)});
  take_back(second.at);
}

// Two copies in a row, which are frequent before calls, become one instruction. It copies from slots, where the values
// of pinned locals are as well. Returns true if this copy has been combined with the one before; otherwise records it
// for the next copy.
bool Translator::join_copy(const Operand& from, uint16_t to) {
  const Copy before = std::exchange(copy_, Copy{});
  const bool constant = from.kind == Operand::Kind::constant;
  if (from.kind == Operand::Kind::acc || from.type == Scalar::v128) return false;
  const bool is_64 = from.type == Scalar::i64 || from.type == Scalar::f64;
  const int64_t value = is_64 ? static_cast<int64_t>(from.bits) : static_cast<int32_t>(from.bits);
  if (constant && value != static_cast<int16_t>(value)) return false;
  const Copied kind = constant ? Copied::small : is_64 ? Copied::slot_64 : Copied::slot_32;
  const Copy copy{here(), kind, to, constant ? static_cast<uint16_t>(value) : from.slot};
  if (before.at == kNothing || before.at != last_) {
    copy_ = copy;
    return false;
  }
  take_back(before.at);
  emit(copy_pair_handler(before.kind, copy.kind), {before.to, before.from, Operands::pair(copy.to, copy.from)});
  wrote(to);
  return true;
}

// A copy at the end of a loop iteration, combined with the backward branch. Returns false if there is no such copy.
bool Translator::branch_after_copy(const Condition& c, bool wanted, uint32_t target) {
  const Copy copy = std::exchange(copy_, Copy{});
  if (copy.at == kNothing || copy.at != last_) return false;
  code_[copy.at] = to_word(copy_and_branch_handler(copy.kind, c.a.place, wanted));
  code_.resize(copy.at + 1);
  code_.push_back(std::bit_cast<Word>(Operands{copy.to, copy.from, c.a.field}));
  code_.push_back(std::bit_cast<Word>(Operands{0, 0, target - copy.at}));
  last_ = kNothing;
  return true;
}

// A backward branch on a comparison of the local that has just made a step. Returns false if there is no such step.
bool Translator::branch_on_step(const Condition& c, Op compare, uint32_t target) {
  const Step step = step_;
  if (step.at == kNothing || step.at + 2 != here() || op_info(compare).params[0] != op_info(step.op).params[0]) {
    return false;
  }
  // If the accumulator is compared, it holds the result of the step.
  const bool compares_it = c.a.place == Place::acc ? step.place == Place::slot : c.a.field == step.slot;
  const bool in_place = c.b.place == Place::slot || c.b.place == Place::pinned || c.b.place == Place::imm;
  if (!compares_it || !in_place) return false;
  const Place b = c.b.place == Place::imm ? Place::imm : Place::slot;
  const Handler handler = step_and_branch_handler(compare, step.place, step.by, b);
  if (handler == nullptr) return false;
  take_back(step.at);
  emit(handler, {step.slot, static_cast<uint16_t>(c.b.field), target - here()});
  const int64_t amount = step.by == Place::slot ? int64_t{step.amount} : int64_t{static_cast<int32_t>(step.amount)};
  code_.push_back(static_cast<Word>(amount));
  return true;
}

}  // namespace mini_wasm::interp
