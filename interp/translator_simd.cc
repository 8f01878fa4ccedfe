// Vector instructions that have immediates or three operands; the others are like the scalar ones.
#include "interp/translator.h"

namespace mini_wasm::interp {

void Translator::v128_const(const uint8_t* bytes) {
  std::memcpy(vectors_.emplace_back().data(), bytes, 16);
  push_constant(Scalar::v128, vectors_.size() - 1);
}

// Most often the last operand is what has just been computed: a sum to add to, a mask.
void Translator::ternary(Op op) {
  const Operand last = pop();
  Operand second = pop();
  Operand first = pop();
  const uint16_t a = slot_of(first), b = slot_of(second);
  const At c = value(last);
  emit_result({Producer::Form::numeric, op, Scalar::v128, Place::slot, c.place}, {0, a, Operands::pair(b, c.field)});
}

void Translator::simd_lane(Op op, uint8_t lane) {
  const OpInfo& info = op_info(op);
  Producer producer{Producer::Form::numeric, op, scalar_of(info.results[0]), Place::slot, Place::slot};
  if (info.param_count == 1) {
    const At a = value(pop());
    producer.a = a.place;
    return emit_result(producer, {0, static_cast<uint16_t>(a.field), lane});
  }
  const Operand replacement = pop();
  const Operand vector = pop();
  const At a = value(vector);
  const At b = value(replacement);
  producer.a = a.place;
  producer.b = b.place;
  emit_result(producer, {0, static_cast<uint16_t>(a.field), Operands::pair(b.field, lane)});
}

void Translator::shuffle(const uint8_t* lanes) {
  v128_const(lanes);
  const Operand indices = pop();
  const Operand right = pop();
  const Operand left = pop();
  const At a = value(left);
  const At b = value(right);
  emit_result({Producer::Form::numeric, Op::i8x16_shuffle, Scalar::v128, a.place, b.place},
              {0, static_cast<uint16_t>(a.field), b.field}, &indices);
}

void Translator::load_lane(Op op, const MemArg& memarg, uint8_t lane) {
  Operand vector = pop();
  Operand address = pop();
  const Word vector_lane = Word{slot_of(vector)} | Word{lane} << 16;
  const uint16_t a = slot_of(address);
  if (guarded(memarg.memory)) {
    emit_result({Producer::Form::load_lane, op, Scalar::v128, Place::slot, Place::slot},
                {0, a, static_cast<uint32_t>(memarg.offset)});
    return code_.push_back(vector_lane);
  }
  emit(checked_lane_handler(op, module_.memories[memarg.memory].type.is_64), {address.home, a, memarg.memory});
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
    emit(checked_lane_handler(op, module_.memories[memarg.memory].type.is_64), {0, a, memarg.memory});
    code_.push_back(memarg.offset);
  }
  code_.push_back(vector_lane);
}

}  // namespace mini_wasm::interp
