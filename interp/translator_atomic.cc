// Instructions whose operands and results are all in slots: atomic accesses, 128-bit arithmetic and its like.
#include "interp/translator.h"

namespace mini_wasm::interp {

void Translator::atomic(Op op, const MemArg& memarg) {
  const OpInfo& info = op_info(op);
  uint16_t slots[3] = {0, 0, 0};
  for (uint32_t i = info.param_count; i-- > 0;) {
    Operand operand = pop();
    slots[i] = slot_of(operand);
  }
  emit(guarded(memarg.memory) ? atomic_handler(op) : checked_atomic_handler(op, checked_form(memarg.memory)),
       {next_home_, slots[0], Operands::pair(slots[1], slots[2])});
  code_.push_back(memarg.offset);
  code_.push_back(memarg.memory);
  if (info.result_count != 0) push_temp(scalar(info.results[0]));
}

void Translator::atomic_fence() { emit_special(Special::atomic_fence, {}); }

void Translator::in_slots(Op op) {
  const OpInfo& info = op_info(op);
  uint16_t slots[4] = {0, 0, 0, 0};
  for (uint32_t i = info.param_count; i-- > 0;) {
    Operand operand = pop();
    slots[i] = slot_of(operand);
  }
  emit(slots_handler(op), {next_home_, slots[0], Operands::pair(slots[1], slots[2])});
  code_.push_back(slots[3]);
  for (uint32_t i = 0; i < info.result_count; ++i) push_temp(scalar(info.results[i]));
}

}  // namespace mini_wasm::interp
