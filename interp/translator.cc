// Operands, emission, and the instructions that compute or access memory; control flow is in translator_control.cc.
#include "interp/translator.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "runtime/engine.h"
#include "runtime/frame.h"
#include "runtime/memory.h"

namespace mini_wasm::interp {

namespace {

Op commuted(Op op) {
  switch (op) {
#define COMMUTES(op, swapped) \
  case Op::op: return Op::swapped;
#include "interp/fused.def"
    default: return Op::invalid;
  }
}

Op inverse(Op op) {
  switch (op) {
#define INVERSE(op, inverse) \
  case Op::op: return Op::inverse;
#include "interp/fused.def"
    default: return Op::invalid;
  }
}

bool fits_i32(uint64_t bits) { return static_cast<int64_t>(bits) == static_cast<int32_t>(bits); }
bool is_int(Scalar type) { return type == Scalar::i32 || type == Scalar::i64; }
// A constant as 64 bits, those of an i32 sign-extended.
uint64_t extend(Scalar type, uint64_t bits) {
  return type == Scalar::i32 ? static_cast<uint64_t>(int64_t{static_cast<int32_t>(bits)}) : bits;
}
bool fits_i16(uint64_t bits) { return static_cast<int64_t>(bits) == static_cast<int16_t>(bits); }

}  // namespace

Translator::Translator(InterpreterCode& code, std::vector<std::pair<uint32_t, uint32_t>>* positions)
    : module_code_(code),
      module_(code.module().module()),
      positions_(positions),
      decoder_storage_(module_, code.module().engine().features(), *this),
      guard_pages_(code.module().engine().config().guard_pages) {}

Result<void> Translator::translate(FuncCode& code) {
  index_ = code.index;
  const FunctionFacts& facts = module_code_.module().facts(code.index);
  link_ = code.link;
  operand_base_ = static_cast<uint16_t>(link_ + runtime::kLinkSlots);
  has_pinned_ = facts.hot_local != FunctionFacts::kNoLocal;
  pinned_ = code.pinned;
  code_.clear();
  stack_.clear();
  settled_ = 0;
  fixups_.clear();
  exceptions_ = {};
  vectors_.clear();
  std::fill_n(owners_, kBanks, kNothing);
  forget_cached();
  last_ = kNothing;
  if (positions_ != nullptr) positions_->clear();
  if (Result<void> r = decoder_storage_.run(code.index); !r) return r;
  code.exceptions = std::move(exceptions_);
  code.size = here();
  code.words = std::make_unique_for_overwrite<Word[]>(code.size);
  std::memcpy(code.words.get(), code_.data(), code.size * sizeof(Word));
  return {};
}

void Translator::begin(Decoder& decoder) {
  decoder_ = &decoder;
  local_slots_.clear();
  uint16_t slot = 0;
  for (ValType type : decoder.locals()) {
    local_slots_.push_back(slot);
    slot = static_cast<uint16_t>(slot + type.slots());
  }
  newest_.assign(slot, kNothing);
  next_loop_ = 0;
  counts_ = module_code_.counts();
  if (counts_) emit_count(Special::count_call);
}

Scalar Translator::scalar_of(SigType type) {
  switch (type) {
    case SigType::i32: return Scalar::i32;
    case SigType::f32: return Scalar::f32;
    case SigType::f64: return Scalar::f64;
    case SigType::v128: return Scalar::v128;
    default: return Scalar::i64;
  }
}

Scalar Translator::scalar(ValType type) {
  switch (type.kind()) {
    case ValType::Kind::i32: return Scalar::i32;
    case ValType::Kind::f32: return Scalar::f32;
    case ValType::Kind::f64: return Scalar::f64;
    case ValType::Kind::v128: return Scalar::v128;
    default: return Scalar::i64;
  }
}

bool Translator::guarded(uint32_t memory) const {
  return memory == 0 && runtime::is_guarded(module_.memories[0].type, guard_pages_);
}

// --- Operands ------------------------------------------------------------------------------------------------------

bool Translator::pins(uint16_t slot, Scalar type) const { return has_pinned_ && slot == pinned_ && is_int(type); }

void Translator::push_types(const validator::TypeList& types) {
  for (uint32_t i = 0; i < types.size(); ++i) push_temp(scalar(types[i]));
}

Translator::Operand Translator::pop() {
  const Operand operand = stack_.back();
  stack_.pop_back();
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  settled_ = std::min(settled_, height);
  if (operand.kind == Operand::Kind::acc) owners_[bank(operand.type)] = kNothing;
  // It may have come home since it was pushed; then `local` is still set.
  if (operand.local < newest_.size() && newest_[operand.local] == height) newest_[operand.local] = operand.older;
  return operand;
}

void Translator::truncate(uint32_t height) {
  while (stack_.size() > height) pop();
}

uint16_t Translator::slot_in_frame(const Operand& operand) {
  return operand.kind == Operand::Kind::local ? operand.local : operand.home;
}

Translator::At Translator::at(const Operand& operand) const {
  if (operand.kind == Operand::Kind::acc) return {Place::acc, 0};
  const uint16_t slot = slot_in_frame(operand);
  if (operand.kind == Operand::Kind::local && pins(slot, operand.type)) return {Place::pinned, slot};
  return {cached_[bank(operand.type)] == slot ? Place::acc : Place::slot, slot};
}

Translator::At Translator::value(const Operand& operand) {
  if (operand.kind == Operand::Kind::constant) emit_copy(operand, operand.home);
  return at(operand);
}

Translator::At Translator::right(const Operand& operand) const {
  if (operand.kind != Operand::Kind::constant) return at(operand);
  switch (operand.type) {
    case Scalar::i32:
    case Scalar::f32: return {Place::imm, static_cast<uint32_t>(operand.bits)};
    case Scalar::i64:
      if (fits_i32(operand.bits)) return {Place::imm, static_cast<uint32_t>(operand.bits)};
      break;
    case Scalar::f64:
    case Scalar::v128: break;
  }
  return {Place::wide, 0};
}

void Translator::bring_home(Operand& operand) {
  switch (operand.kind) {
    case Operand::Kind::temp: return;
    case Operand::Kind::acc:
      redirect(producer(operand), Place::slot, operand.home);
      owners_[bank(operand.type)] = kNothing;
      break;
    case Operand::Kind::local:
    case Operand::Kind::constant: emit_copy(operand, operand.home); break;
  }
  operand.kind = Operand::Kind::temp;
}

void Translator::bring_home(uint32_t first, uint32_t last) {
  for (uint32_t i = first; i < last; ++i) bring_home(stack_[i]);
}

// Constants below stay what they are: nothing can change them. Everything else has to be the same on all paths.
void Translator::settle() {
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  for (; settled_ < height; ++settled_) {
    if (stack_[settled_].kind != Operand::Kind::constant) bring_home(stack_[settled_]);
  }
}

void Translator::free_accumulators() {
  for (uint32_t owner : owners_) {
    if (owner != kNothing) bring_home(stack_[owner]);
  }
}

uint16_t Translator::slot_of(Operand& operand) {
  if (operand.kind == Operand::Kind::local) return operand.local;
  bring_home(operand);
  return operand.home;
}

void Translator::keep_local(uint16_t slot) {
  for (uint32_t i = newest_[slot]; i != kNothing; i = stack_[i].older) {
    if (stack_[i].kind == Operand::Kind::local) bring_home(stack_[i]);
  }
  newest_[slot] = kNothing;
}

// --- Emission ------------------------------------------------------------------------------------------------------

uint32_t Translator::emit(Handler handler, Operands operands) {
  assert(handler != nullptr);
  const uint32_t at = here();
  if (positions_ != nullptr) positions_->emplace_back(at, decoder_->op_offset());
  code_.push_back(to_word(handler));
  code_.push_back(std::bit_cast<Word>(operands));
  last_ = at;
  return at;
}

void Translator::emit_count(Special s) {
  emit_special(s, std::bit_cast<Operands>(&module_code_.function(index_)));
  last_ = kNothing;
}

void Translator::emit_wide(Scalar type, uint64_t bits) {
  if (type != Scalar::v128) return code_.push_back(bits);
  code_.insert(code_.end(), vectors_[bits].begin(), vectors_[bits].end());
}

Handler Translator::handler_of(const Producer& producer, Place d) const {
  switch (producer.form) {
    case Producer::Form::numeric: return numeric_handler(producer.op, producer.a, producer.b, d);
    case Producer::Form::load: return load_handler(producer.op, producer.a, d);
    case Producer::Form::fused:
    case Producer::Form::fused_reversed: {
      const bool reversed = producer.form == Producer::Form::fused_reversed;
      return fused_handler({producer.first, producer.op, reversed, producer.b, producer.c}, producer.a, d);
    }
    case Producer::Form::load_sum: return load_sum_handler(producer.op, producer.a, producer.b, d);
    case Producer::Form::load_lane: return load_lane_handler(producer.op, d);
    case Producer::Form::select: return select_handler(producer.type, producer.a, d);
    case Producer::Form::global_get: return global_get_handler(producer.type, d);
  }
  return nullptr;
}

void Translator::emit_result(Producer producer, Operands operands, const Operand* wide) {
  const uint32_t bank_index = bank(producer.type);
  if (owners_[bank_index] != kNothing) bring_home(stack_[owners_[bank_index]]);
  operands.d = next_home();
  const uint32_t at = emit(handler_of(producer, Place::acc), operands);
  if (wide != nullptr) emit_wide(wide->type, wide->bits);
  owners_[bank_index] = static_cast<uint32_t>(stack_.size());
  Producer& kept = producers_[bank_index];
  kept = producer;
  kept.at = at;
  kept.cached = std::exchange(cached_[bank_index], kNoSlot);
  push(Operand::Kind::acc, producer.type);
}

void Translator::redirect(const Producer& producer, Place d, uint16_t slot) {
  code_[producer.at] = to_word(handler_of(producer, d));
  Operands operands = operands_at(&code_[producer.at + 1]);
  operands.d = slot;
  code_[producer.at + 1] = std::bit_cast<Word>(operands);
  wrote(slot);
  // It leaves the accumulator alone when it writes the pinned local.
  if (producer.type != Scalar::v128) cached_[bank(producer.type)] = d == Place::pinned ? producer.cached : slot;
}

bool Translator::can_redirect(const Operand& operand) const {
  return operand.kind == Operand::Kind::acc && producers_[bank(operand.type)].at == last_;
}

void Translator::rewind(const Producer& producer) {
  cached_[bank(producer.type)] = producer.cached;
  take_back(producer.at);
}

void Translator::take_back(uint32_t at) {
  code_.resize(at);
  if (positions_ != nullptr) positions_->pop_back();
  last_ = kNothing;
}

void Translator::emit_copy(const Operand& from, uint16_t slot) {
  const At to{Place::slot, slot};
  if (from.kind == Operand::Kind::constant) return emit_copy(from.type, right(from), from.bits, to);
  if (from.kind != Operand::Kind::acc && slot_in_frame(from) == slot) return;
  emit_copy(from.type, at(from), 0, to);
}

void Translator::emit_copy(Scalar type, At from, uint64_t bits, At to) {
  Operands operands{static_cast<uint16_t>(to.field), 0, 0};
  if (from.place == Place::imm) {
    operands.x = from.field;
  } else {
    operands.a = static_cast<uint16_t>(from.field);
  }
  emit(copy_handler(type, from.place, to.place), operands);
  if (from.place == Place::wide) emit_wide(type, bits);
  wrote(static_cast<uint16_t>(to.field));
}

// --- Numeric -------------------------------------------------------------------------------------------------------

// The low half of an i64 is where the i64 is.
void Translator::wrap(Operand& operand) {
  operand.type = Scalar::i32;
  if (operand.kind == Operand::Kind::constant) operand.bits = static_cast<uint32_t>(operand.bits);
}

void Translator::numeric(Op op) {
  const OpInfo& info = op_info(op);
  if (info.result_count == 2) return wide(op);
  if (op == Op::i32_wrap_i64) return wrap(stack_.back());
  if (info.param_count == 1) {
    const Operand operand = pop();
    // eqz of a comparison is the opposite comparison.
    if (op == Op::i32_eqz && can_redirect(operand)) {
      Producer& compare = producers_[bank(operand.type)];
      if (compare.form == Producer::Form::numeric && inverse(compare.op) != Op::invalid) {
        compare.op = inverse(compare.op);
        code_[compare.at] = to_word(handler_of(compare, Place::acc));
        owners_[0] = static_cast<uint32_t>(stack_.size());
        return push_again(operand);
      }
    }
    const At a = value(operand);
    const Producer producer{Producer::Form::numeric, op, scalar_of(info.results[0]), a.place, Place::slot};
    return emit_result(producer, {0, static_cast<uint16_t>(a.field), 0});
  }
  if (info.param_count == 3) return ternary(op);
  const Operand right = pop();
  const Operand left = pop();
  // Constants and accumulators to the left.
  const bool swaps = left.kind == Operand::Kind::constant ? right.kind != Operand::Kind::constant : can_redirect(right);
  if (swaps && commuted(op) != Op::invalid) {
    binary(commuted(op), right, left);
  } else {
    binary(op, left, right);
  }
}

void Translator::binary(Op op, Operand left, Operand right_operand) {
  if (fold_sum(op, left, right_operand) || fuse(op, left, right_operand)) return;
  Producer producer{Producer::Form::numeric, op, scalar_of(op_info(op).results[0]), Place::slot, Place::slot};
  const bool left_constant = left.kind == Operand::Kind::constant && left.type != Scalar::v128;
  if (left_constant && right_operand.kind != Operand::Kind::constant && commuted(op) == Op::invalid) {
    const At a = right(left), b = at(right_operand);
    producer.a = a.place;
    producer.b = b.place;
    return emit_result(producer, {0, static_cast<uint16_t>(b.field), a.field},
                       a.place == Place::wide ? &left : nullptr);
  }
  At a = value(left);
  At b = right(right_operand);
  // Of two registers-or-slots, one order is enough.
  if (a.place == Place::slot && (b.place == Place::acc || b.place == Place::pinned) && commuted(op) != Op::invalid) {
    std::swap(a, b);
    producer.op = commuted(op);
  }
  producer.a = a.place;
  producer.b = b.place;
  emit_result(producer, {0, static_cast<uint16_t>(a.field), b.field},
              b.place == Place::wide ? &right_operand : nullptr);
}

// The operands of a numeric instruction, the second in a slot or the instruction. A pinned local and what an
// accumulator mirrors are in their slots, too.
std::optional<Translator::Absorbed> Translator::absorb(const Producer& producer) const {
  const Operands o = operands_at(&code_[producer.at + 1]);
  if (producer.form != Producer::Form::numeric || producer.type == Scalar::v128) return {};
  if (producer.a == Place::imm || producer.a == Place::wide || producer.b == Place::wide) return {};
  if (producer.b == Place::imm) {
    return is_int(producer.type) ? std::optional(Absorbed{producer.a, Place::imm, o.a, o.x}) : std::nullopt;
  }
  if (producer.b != Place::acc || producer.a == Place::acc) return Absorbed{producer.a, Place::slot, o.a, o.b()};
  if (commuted(producer.op) != producer.op) return {};
  return Absorbed{Place::acc, Place::slot, 0, o.a};
}

// (x + c) + d = x + (c + d)
bool Translator::fold_sum(Op op, const Operand& left, const Operand& right) {
  if ((op != Op::i32_add && op != Op::i64_add) || right.kind != Operand::Kind::constant || !can_redirect(left)) {
    return false;
  }
  const Producer first = producer(left);
  if (first.form != Producer::Form::numeric || first.op != op || first.b != Place::imm) return false;
  const Operands o = operands_at(&code_[first.at + 1]);
  const uint64_t sum = static_cast<uint64_t>(int64_t{o.distance()}) + right.bits;
  if (op == Op::i64_add && !fits_i32(sum)) return false;
  rewind(first);
  emit_result({Producer::Form::numeric, op, first.type, first.a, Place::imm}, {0, o.a, static_cast<uint32_t>(sum)});
  return true;
}

// The last instruction, which made one of the operands, becomes part of this one.
bool Translator::fuse(Op op, const Operand& left, const Operand& right) {
  const bool reversed = !can_redirect(left);
  const Operand& made = reversed ? right : left;
  const Operand& other = reversed ? left : right;
  if (!can_redirect(made)) return false;
  const Producer first = producer(made);
  if (!fuses(first.op, op, reversed)) return false;
  const std::optional<Absorbed> operands = absorb(first);
  if (!operands || (operands->b == Place::imm && !fits_i16(extend(Scalar::i32, operands->b_field)))) return false;
  const bool constant = other.kind == Operand::Kind::constant;
  if (constant && (!is_int(other.type) || !fits_i16(extend(other.type, other.bits)))) return false;
  rewind(first);
  At c = this->right(other);
  if (c.place == Place::pinned) c.place = Place::slot;
  const Producer::Form form = reversed ? Producer::Form::fused_reversed : Producer::Form::fused;
  emit_result({form, op, first.type, operands->a, operands->b, c.place, first.op},
              {0, operands->a_field, Operands::pair(operands->b_field, c.field)});
  return true;
}

void Translator::constant(ValType type, uint64_t bits) { push_constant(scalar(type), bits); }

void Translator::select(ValType type) {
  const Operand condition = pop();
  Operand b = pop();
  Operand a = pop();
  const uint16_t a_slot = slot_of(a), b_slot = slot_of(b);
  const At c = value(condition);
  const Producer producer{Producer::Form::select, Op::select, scalar(type), c.place, Place::slot};
  emit_result(producer, {0, a_slot, Operands::pair(b_slot, c.field)});
}

// --- Variables -----------------------------------------------------------------------------------------------------

void Translator::local_get(uint32_t i) {
  const uint16_t slot = local_slots_[i];
  const uint32_t index = static_cast<uint32_t>(stack_.size());
  push(Operand::Kind::local, scalar(decoder_->locals()[i]), 0, slot, newest_[slot]);
  newest_[slot] = index;
}

void Translator::write_local(uint16_t slot, const Operand& value) {
  const bool redirects = can_redirect(value);
  const uint32_t before = here();
  keep_local(slot);
  const At to{pins(slot, value.type) ? Place::pinned : Place::slot, slot};
  if (redirects && here() == before) {
    redirect(producer(value), to.place, slot);
    return note_step(producer(value), to.place, slot);
  }
  if (value.kind == Operand::Kind::local && value.local == slot) return;
  const At from = right(value);
  emit_copy(value.type, from, value.bits, to);
}

void Translator::local_set(uint32_t i) {
  const Operand value = pop();
  write_local(local_slots_[i], value);
}

void Translator::local_tee(uint32_t i) {
  const Operand value = pop();
  write_local(local_slots_[i], value);
  if (value.kind == Operand::Kind::constant) return push_again(value);
  local_get(i);
}

void Translator::global_get(uint32_t i) {
  const Scalar type = scalar(module_.globals[i].type.value);
  emit_result({Producer::Form::global_get, Op::global_get, type, Place::slot, Place::slot}, {0, 0, i});
}

void Translator::global_set(uint32_t i) {
  const Operand operand = pop();
  const At a = value(operand);
  emit(global_set_handler(operand.type, a.place), {0, static_cast<uint16_t>(a.field), i});
}

void Translator::ref_func(FuncIdx f) {
  emit_special(Special::ref_func, {next_home(), 0, raw(f)});
  push_temp(Scalar::i64);
}

// --- Memory --------------------------------------------------------------------------------------------------------

void Translator::load(Op op, const MemArg& memarg) {
  Operand address = pop();
  const Scalar type = scalar_of(op_info(op).results[0]);
  if (!guarded(memarg.memory)) {
    bring_home(address);
    emit(checked_load_handler(op, module_.memories[memarg.memory].type.is_64),
         {address.home, address.home, memarg.memory});
    code_.push_back(memarg.offset);
    return push_temp(type);
  }
  const uint32_t offset = static_cast<uint32_t>(memarg.offset);
  Producer p{Producer::Form::load, op, type, Place::imm, Place::slot};
  if (address.kind == Operand::Kind::constant && address.bits + memarg.offset <= UINT32_MAX) {
    return emit_result(p, {0, 0, static_cast<uint32_t>(address.bits) + offset});
  }
  if (can_redirect(address)) {
    const Producer sum = producer(address);
    const std::optional<Absorbed> added = sum.op == Op::i32_add ? absorb(sum) : std::nullopt;
    if (added && offset <= (added->b == Place::imm ? 0u : 0xffffu)) {
      p.form = Producer::Form::load_sum;
      p.a = added->a;
      p.b = added->b;
      rewind(sum);
      const uint32_t x = p.b == Place::imm ? added->b_field : Operands::pair(added->b_field, offset);
      return emit_result(p, {0, added->a_field, x});
    }
  }
  const At a = value(address);
  p.a = a.place;
  emit_result(p, {0, static_cast<uint16_t>(a.field), offset});
}

void Translator::store(Op op, const MemArg& memarg) {
  Operand stored = pop();
  Operand address = pop();
  if (!guarded(memarg.memory)) {
    bring_home(stored);
    bring_home(address);
    emit(checked_store_handler(op, module_.memories[memarg.memory].type.is_64),
         {stored.home, address.home, memarg.memory});
    code_.push_back(memarg.offset);
    return;
  }
  At a{Place::imm, 0};
  uint32_t x = static_cast<uint32_t>(memarg.offset);
  if (address.kind == Operand::Kind::constant && address.bits + memarg.offset <= UINT32_MAX) {
    x += static_cast<uint32_t>(address.bits);
  } else {
    a = value(address);
  }
  At v{Place::imm, static_cast<uint32_t>(stored.bits)};
  if (stored.kind != Operand::Kind::constant || !is_int(stored.type) || !fits_i16(extend(stored.type, stored.bits))) {
    v = value(stored);
  }
  emit(store_handler(op, a.place, v.place), {static_cast<uint16_t>(v.field), static_cast<uint16_t>(a.field), x});
}

}  // namespace mini_wasm::interp
