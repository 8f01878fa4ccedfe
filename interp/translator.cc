// Operands, emission, and the instructions that compute or access memory. Control flow is in translator_control.cc.
#include "interp/translator.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "runtime/call/frame.h"
#include "runtime/engine.h"
#include "runtime/memory/memory.h"

namespace mini_wasm::interp {

namespace {

// By opcode; Op::invalid where there is none.
using OpTable = std::array<Op, kOpCount>;
constexpr OpTable no_ops() {
  OpTable table{};
  table.fill(Op::invalid);
  return table;
}
constexpr OpTable kCommuted = [] {
  OpTable table = no_ops();
#define COMMUTES(op, swapped) table[static_cast<size_t>(Op::op)] = Op::swapped;
#include "interp/fused.def"
  return table;
}();
constexpr OpTable kInverse = [] {
  OpTable table = no_ops();
#define INVERSE(op, inverse) table[static_cast<size_t>(Op::op)] = Op::inverse;
#include "interp/fused.def"
  return table;
}();
Op commuted(Op op) { return kCommuted[static_cast<size_t>(op)]; }

bool fits_i32(uint64_t bits) { return static_cast<int64_t>(bits) == static_cast<int32_t>(bits); }
// A constant as 64 bits; that of an i32 is sign-extended.
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
      guarded_(!module_.memories.empty() && runtime::is_guarded(module_.memories[0].type, code.bounds())),
      clamps_(code.module().engine().config().speculation_guards),
      metered_(code.module().engine().config().fuel) {}

Result<void> Translator::translate(FuncCode& function) {
  index_ = function.index;
  // `facts` validates the body if that has not been done. From here on the body is trusted.
  const Result<const FunctionFacts*> valid = module_code_.module().facts(function.index);
  if (!valid) return valid.error();
  const FunctionFacts& facts = **valid;
  has_handlers_ = facts.has_try;
  link_ = function.link;
  operand_base_ = static_cast<uint16_t>(link_ + module_code_.module().engine().link_slots());
  pinned_ = static_cast<uint16_t>(function.pinned.load(std::memory_order_relaxed));
  pinned_slot_ = facts.hot_local == FunctionFacts::kNoLocal ? kNothing : pinned_;
  code_.clear();
  stack_.clear();
  next_home_ = operand_base_;
  settled_ = constants_end_ = 0;
  stack_.reserve(facts.max_operand_slots + 1);
  fixups_.clear();
  tables_.clear();
  exceptions_ = {};
  vectors_.clear();
  std::fill_n(owners_, kBanks, kNothing);
  forget_cached();
  last_ = kNothing;
  copy_ = {};
  if (positions_ != nullptr) positions_->clear();
  if (Result<void> r = decoder_storage_.run(function.index); !r) return r;
  finish_tables();
  return {};
}

void Translator::begin(Decoder& decoder) {
  decoder_ = &decoder;
  const validator::Locals& locals = decoder.locals();
  if (locals_.size() < locals.size()) locals_.resize(locals.size());
  if (newest_.size() < locals.slots()) newest_.resize(locals.slots());
  decoder.meter().add(locals.ready());
  for (uint32_t i = 0; i < locals.ready(); ++i) far_local(i);
  next_loop_ = 0;
  counts_ = module_code_.counts();
  if (counts_) emit_count(Special::count_call);
}

void Translator::far_local(uint32_t i) {
  const auto [type, slot] = decoder_->locals()[i];
  locals_[i] = {static_cast<uint16_t>(slot), scalar(type)};
  newest_[slot] = kNothing;
}

// --- Operands ------------------------------------------------------------------------------------------------------

void Translator::push_types(const validator::TypeList& types) {
  if (types.size() > kMany) return push_many(types);
  for (uint32_t i = 0; i < types.size(); ++i) push_temp(scalar(types[i]));
}

void Translator::push_many(const validator::TypeList& types) {
  const bool settled = settled_ == stack_.size();
  decoder_->meter().add(types.size() / 2);
  const uint16_t first = next_home_;
  const ValType* const list = types.data();
  Operand* const to = stack_.extend(types.size());
  uint16_t home = first;
  for (uint32_t i = 0; i < types.size(); ++i) {
    const Scalar type = scalar(list[i]);
    to[i] = {Operand::Kind::temp, type, home, home, kNoSlot, 0};
    home = static_cast<uint16_t>(home + slots_of(type));
  }
  next_home_ = home;
  for (uint16_t& cached : cached_) cached = cached >= first && cached < next_home_ ? kNoSlot : cached;
  if (settled) settled_ = static_cast<uint32_t>(stack_.size());
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

void Translator::send_home(Operand& operand) {
  if (operand.kind == Operand::Kind::acc) {
    redirect(producer(operand), Place::slot, operand.home);
    owners_[bank(operand.type)] = kNothing;
  } else {
    emit_copy(operand, operand.home);
  }
  operand.kind = Operand::Kind::temp;
  operand.slot = operand.home;
}

void Translator::bring_home(uint32_t first, uint32_t last) {
  const uint32_t begin = at_home_from(first);
  if (begin < last) decoder_->meter().add(last - begin);
  for (uint32_t i = begin; i < last; ++i) bring_home(stack_[i]);
  if (last >= constants_end_) constants_end_ = std::min(constants_end_, first);
}

// A constant below stays a constant, because nothing can change it. Everything else must be in the same place on all
// paths. After this, no settled (spilled) operand refers to a local, so that writes to locals need not look at settled
// operands.
void Translator::settle() {
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  decoder_->meter().add(height - settled_);
  for (; settled_ < height; ++settled_) {
    Operand& operand = stack_[settled_];
    if (operand.kind == Operand::Kind::constant) {
      constants_end_ = settled_ + 1;
      continue;
    }
    bring_home(operand);
    if (operand.local != kNoSlot) newest_[std::exchange(operand.local, kNoSlot)] = kNothing;
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
  for (uint32_t i = newest_[slot]; i != kNothing; i = stack_[i].older()) {
    decoder_->meter().add(1);
    if (stack_[i].kind == Operand::Kind::local) bring_home(stack_[i]);
  }
  newest_[slot] = kNothing;
}

// --- Emission ------------------------------------------------------------------------------------------------------

void Translator::note_position(uint32_t at) { positions_->emplace_back(at, decoder_->op_offset()); }

void Translator::emit_count(Special s) {
  emit_special(s, std::bit_cast<Operands>(&module_code_.function(index_)));
  last_ = kNothing;
}

void Translator::emit_wide(Scalar type, uint64_t bits) {
  if (type != Scalar::v128) return code_.push_back(bits);
  for (uint64_t half : vectors_[bits]) code_.push_back(half);
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
  const bool constant = from.kind == Operand::Kind::constant;
  if (!constant && from.kind != Operand::Kind::acc && from.slot == slot) return;
  if (join_copy(from, slot)) return;
  emit_copy(from.type, constant ? right(from) : at(from), from.bits, {Place::slot, slot});
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

Op Translator::inverse(Op op) { return kInverse[static_cast<size_t>(op)]; }

// --- Numeric -------------------------------------------------------------------------------------------------------

// The low half of an i64 is in the same place as the i64, so this emits no code.
void Translator::wrap(Operand& operand) {
  operand.type = Scalar::i32;
  if (operand.kind == Operand::Kind::constant) operand.bits = static_cast<uint32_t>(operand.bits);
}

void Translator::unary(Op op) {
  const Operand& operand = pop();
  // eqz of a comparison is the inverse comparison, so the last instruction is changed.
  if (op == Op::i32_eqz && can_redirect(operand)) {
    Producer& compare = producers_[bank(operand.type)];
    if (compare.is_numeric && inverse(compare.op) != Op::invalid) {
      compare.op = inverse(compare.op);
      compare.handlers = numeric_handlers(compare.op, compare.a, compare.b);
      code_[compare.at] = to_word((*compare.handlers)[index_of(Place::acc)]);
      owners_[0] = static_cast<uint32_t>(stack_.size());
      return push_again(Operand(operand));
    }
  }
  const At a = value(operand);
  emit_result({.handlers = numeric_handlers(op, a.place, Place::slot),
               .op = op,
               .type = scalar(op_info(op).results[0]),
               .a = a.place},
              static_cast<uint16_t>(a.field), 0);
}

template <Scalar type>
void Translator::binary(Op op) {
  const Operand* right_operand = &pop();
  const Operand* left = &pop();
  // Constants go to the right, and values in accumulators to the left, where most handlers expect them.
  const bool swaps = left->kind == Operand::Kind::constant ? right_operand->kind != Operand::Kind::constant
                                                           : can_redirect(*right_operand);
  Op swapped = commuted(op);
  if (swaps && swapped != Op::invalid) {
    std::swap(op, swapped);
    std::swap(left, right_operand);
  }
  // Only the last instruction can become part of this one.
  if ((can_redirect(*left) || can_redirect(*right_operand)) &&
      (fold_sum(op, *left, *right_operand) || fuse(op, *left, *right_operand))) {
    return;
  }
  Producer producer{.op = op, .type = type};
  const bool left_constant = left->kind == Operand::Kind::constant && left->type != Scalar::v128;
  if (left_constant && right_operand->kind != Operand::Kind::constant && swapped == Op::invalid) {
    const At a = right(*left), b = at(*right_operand);
    producer.handlers = numeric_handlers(op, a.place, b.place);
    producer.a = a.place;
    producer.b = b.place;
    if (is_possible(*producer.handlers))
      return emit_result(producer, static_cast<uint16_t>(b.field), a.field, a.place == Place::wide ? left : nullptr);
  }
  At a = value(*left);
  At b = right(*right_operand);
  // Both mirror the same local.
  if (is_int(left->type) && a.place == Place::acc && b.place == Place::acc) b = {Place::slot, right_operand->slot};
  // There are no handlers for both orders of a slot and a register, so the register goes to the left.
  if (a.place == Place::slot && (b.place == Place::acc || b.place == Place::pinned) && swapped != Op::invalid) {
    std::swap(a, b);
    producer.op = swapped;
  }
  producer.handlers = numeric_handlers(producer.op, a.place, b.place);
  if (b.place == Place::wide && !is_possible(*producer.handlers)) {
    b = value(*right_operand);  // a rare instruction has no constant in it
    producer.handlers = numeric_handlers(producer.op, a.place, b.place);
  }
  producer.a = a.place;
  producer.b = b.place;
  emit_result(producer, static_cast<uint16_t>(a.field), b.field, b.place == Place::wide ? right_operand : nullptr);
}

template void Translator::binary<Scalar::i32>(Op);
template void Translator::binary<Scalar::i64>(Op);
template void Translator::binary<Scalar::f32>(Op);
template void Translator::binary<Scalar::f64>(Op);
template void Translator::binary<Scalar::v128>(Op);

// The operands of a numeric instruction for an instruction that absorbs it; the second one must be in a slot or an
// immediate. A pinned local, and a value that an accumulator mirrors, are in their slots as well.
std::optional<Translator::Absorbed> Translator::absorb(const Producer& producer) const {
  const Operands o = operands_at(&code_[producer.at + 1]);
  if (!producer.is_numeric || producer.type == Scalar::v128) return {};
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
  if (!first.is_numeric || first.op != op || first.b != Place::imm) return false;
  const Operands o = operands_at(&code_[first.at + 1]);
  const uint64_t sum = static_cast<uint64_t>(int64_t{o.distance()}) + right.bits;
  if (op == Op::i64_add && !fits_i32(sum)) return false;
  rewind(first);
  emit_result({.handlers = first.handlers, .op = op, .type = first.type, .a = first.a, .b = Place::imm}, o.a,
              static_cast<uint32_t>(sum));
  return true;
}

// The last instruction, which made one of the operands, becomes part of this one.
bool Translator::fuse(Op op, const Operand& left, const Operand& right) {
  const bool reversed = !can_redirect(left);
  const Operand& made = reversed ? right : left;
  const Operand& other = reversed ? left : right;
  if (!can_redirect(made)) return false;
  const Producer first = producer(made);
  const FusedHandlers* handlers = fused_handlers(first.op, op, reversed);
  if (handlers == nullptr) return false;
  const std::optional<Absorbed> operands = absorb(first);
  if (!operands || (operands->b == Place::imm && !fits_i16(extend(Scalar::i32, operands->b_field)))) return false;
  const bool constant = other.kind == Operand::Kind::constant;
  if (constant && (!is_int(other.type) || !fits_i16(extend(other.type, other.bits)))) return false;
  const auto* const places = (*handlers)[index_of(operands->a)].data();
  if (!is_possible(places[fused_places(operands->b, constant ? Place::imm : Place::slot)])) return false;
  rewind(first);
  At c = this->right(other);
  if (c.place == Place::pinned) c.place = Place::slot;
  emit_result(
      {.handlers = &places[fused_places(operands->b, c.place)], .op = op, .type = first.type, .is_numeric = false},
      operands->a_field, Operands::pair(operands->b_field, c.field));
  return true;
}

void Translator::select(ValType) {
  const Operand condition = pop();
  Operand b = pop();
  Operand a = pop();
  // Both values are read from slots. A handler for every place of all three operands would not pay.
  const uint16_t a_slot = slot_of(a), b_slot = slot_of(b);
  const At c = value(condition);
  const Scalar result = a.type;
  emit_result({.handlers = select_handlers(result, c.place), .op = Op::select, .type = result, .is_numeric = false},
              a_slot, Operands::pair(b_slot, c.field));
}

// --- Variables -----------------------------------------------------------------------------------------------------

void Translator::write_local(uint16_t slot, const Operand& value) {
  // If the value was made by the last instruction, that instruction is changed so that it writes the local directly.
  const bool redirects = can_redirect(value);
  const uint32_t before = here();
  if (newest_[slot] != kNothing) keep_local(slot);
  const At to{slot == pinned_slot_ ? Place::pinned : Place::slot, slot};
  // Rare instructions cannot write to the pinned local.
  if (redirects && here() == before && (*producer(value).handlers)[index_of(to.place)] != nullptr) {
    const Producer& from = producer(value);
    redirect(from, to.place, slot);
    if (from.is_numeric) return note_step(from, to.place, slot);
    step_.at = kNothing;
    return;
  }
  if (value.kind == Operand::Kind::local && value.local == slot) return;
  if (to.place == Place::slot) return emit_copy(value, slot);
  emit_copy(value.type, right(value), value.bits, to);
}

void Translator::local_set(uint32_t i) { write_local(locals_[i].slot, pop()); }

void Translator::local_tee(uint32_t i) {
  const Operand value = pop();
  write_local(locals_[i].slot, value);
  // A constant stays a constant for the next instruction; otherwise the operand is now the local.
  if (value.kind == Operand::Kind::constant) return push_again(value);
  local_get(i);
}

void Translator::global_get(uint32_t i) {
  const Scalar type = scalar(module_.globals[i].type.value);
  emit_result({.handlers = global_get_handlers(type), .op = Op::global_get, .type = type, .is_numeric = false}, 0, i);
}

void Translator::global_set(uint32_t i) {
  const Operand operand = pop();
  const At a = value(operand);
  emit(global_set_handler(operand.type, a.place), {0, static_cast<uint16_t>(a.field), i});
}

void Translator::ref_func(FuncIdx f) {
  emit_special(Special::ref_func, {next_home_, 0, raw(f)});
  push_temp(Scalar::i64);
}

// --- Memory --------------------------------------------------------------------------------------------------------

template <Scalar type>
void Translator::load(Op op, uint32_t offset) {
  const Operand& address = pop();
  Producer made{.op = op, .type = type, .is_numeric = false, .a = Place::imm};
  uint16_t a = 0;
  uint32_t x = offset;
  // A sum of more than 32 bits does not fit into the instruction. It is out of bounds, which the usual form finds out.
  if (address.kind == Operand::Kind::constant && address.bits + offset <= UINT32_MAX) {
    made.handlers = load_handlers(op, Place::imm);
    x += static_cast<uint32_t>(address.bits);
  } else if (const std::optional<Absorbed> sum = can_redirect(address) ? absorb_sum(address, offset) : std::nullopt) {
    made.handlers = load_sum_handlers(op, sum->a, sum->b);
    a = sum->a_field;
    x = sum->b == Place::imm ? sum->b_field : Operands::pair(sum->b_field, offset);
  } else {
    const At at = value(address);
    made.handlers = load_handlers(op, at.place);
    made.a = at.place;
    a = static_cast<uint16_t>(at.field);
  }
  emit_result(made, a, x);
  if (type == Scalar::i32 && made.a != Place::imm) load_ = {last_, op, made.a, made.handlers};
}

template void Translator::load<Scalar::i32>(Op, uint32_t);
template void Translator::load<Scalar::i64>(Op, uint32_t);
template void Translator::load<Scalar::f32>(Op, uint32_t);
template void Translator::load<Scalar::f64>(Op, uint32_t);
template void Translator::load<Scalar::v128>(Op, uint32_t);

// If the last instruction has made the address of a load by an addition, and the load has room for the offset besides the
// addition: removes the addition and returns its operands.
std::optional<Translator::Absorbed> Translator::absorb_sum(const Operand& address, uint32_t offset) {
  if (producer(address).op != Op::i32_add) return {};
  const std::optional<Absorbed> sum = absorb(producer(address));
  if (!sum || offset > (sum->b == Place::imm ? 0u : 0xffffu)) return {};
  rewind(producer(address));
  return sum;
}

void Translator::load_checked(Op op, MemArg memarg) {
  // Checked accesses are slower anyway, so there are handlers only for operands in slots.
  Operand address = pop();
  bring_home(address);
  emit(checked_load_handler(op, checked_form(memarg.memory)), {address.home, address.home, memarg.memory});
  code_.push_back(memarg.offset);
  push_temp(scalar(op_info(op).results[0]));
}

void Translator::store(Op op, uint32_t offset) {
  const Operand& stored = pop();
  const Operand& address = pop();
  At a{Place::imm, 0};
  uint32_t x = offset;
  if (address.kind == Operand::Kind::constant && address.bits + offset <= UINT32_MAX) {
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

void Translator::store_checked(Op op, MemArg memarg) {
  Operand stored = pop();
  Operand address = pop();
  bring_home(stored);
  bring_home(address);
  emit(checked_store_handler(op, checked_form(memarg.memory)), {stored.home, address.home, memarg.memory});
  code_.push_back(memarg.offset);
}

}  // namespace mini_wasm::interp
