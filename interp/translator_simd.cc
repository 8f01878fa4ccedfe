// Vector instructions with immediates or with three operands. All others are treated like scalar ones.
#include "interp/translator.h"

namespace mini_wasm::interp {

void Translator::v128_const(const uint8_t* bytes) {
  std::memcpy(vectors_.emplace_back().data(), bytes, 16);
  push_constant(Scalar::v128, vectors_.size() - 1);
}

Translator::Producer Translator::vector_result(Op op, Place a, Place b) {
  return {.handlers = numeric_handlers(op, a, b), .op = op, .type = Scalar::v128, .is_numeric = false, .a = a, .b = b};
}

// Only the last operand may be in the accumulator: it is most often the one that was just computed (a sum, a mask).
void Translator::ternary(Op op) {
  const Operand last = pop();
  Operand second = pop();
  Operand first = pop();
  const uint16_t a = slot_of(first), b = slot_of(second);
  const At c = value(last);
  emit_result(vector_result(op, Place::slot, c.place), a, Operands::pair(b, c.field));
}

void Translator::simd_lane(Op op, uint8_t lane) {
  const OpInfo& info = op_info(op);
  if (info.param_count == 1) {
    const At a = value(pop());
    Producer producer = vector_result(op, a.place, Place::slot);
    producer.type = scalar(info.results[0]);
    return emit_result(producer, static_cast<uint16_t>(a.field), lane);
  }
  const Operand replacement = pop();
  const Operand vector = pop();
  const At a = value(vector);
  const At b = value(replacement);
  emit_result(vector_result(op, a.place, b.place), static_cast<uint16_t>(a.field), Operands::pair(b.field, lane));
}

void Translator::shuffle(const uint8_t* lanes) {
  v128_const(lanes);
  const Operand indices = pop();
  const Operand right = pop();
  const Operand left = pop();
  const At a = value(left);
  const At b = value(right);
  emit_result(vector_result(Op::i8x16_shuffle, a.place, b.place), static_cast<uint16_t>(a.field), b.field, &indices);
}

void Translator::load_lane(Op op, const MemArg& memarg, uint8_t lane) {
  Operand vector = pop();
  Operand address = pop();
  const Word vector_lane = Word{slot_of(vector)} | Word{lane} << 16;
  const uint16_t a = slot_of(address);
  if (guarded(memarg.memory)) {
    emit_result({.handlers = load_lane_handlers(op), .op = op, .type = Scalar::v128, .is_numeric = false}, a,
                static_cast<uint32_t>(memarg.offset));
    return code_.push_back(vector_lane);
  }
  emit(checked_lane_handler(op, checked_form(memarg.memory)), {address.home, a, memarg.memory});
  code_.push_back(memarg.offset);
  code_.push_back(vector_lane);
  push_temp(Scalar::v128);
}

void Translator::store_lane(Op op, const MemArg& memarg, uint8_t lane) {
  Operand vector = pop();
  Operand address = pop();
  const Word vector_lane = Word{slot_of(vector)} | Word{lane} << 16;
  const uint16_t a = slot_of(address);
  if (guarded(memarg.memory)) {
    emit(store_lane_handler(op), {0, a, static_cast<uint32_t>(memarg.offset)});
  } else {
    emit(checked_lane_handler(op, checked_form(memarg.memory)), {0, a, memarg.memory});
    code_.push_back(memarg.offset);
  }
  code_.push_back(vector_lane);
}

}  // namespace mini_wasm::interp
