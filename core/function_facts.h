// What the validating walk over a function body notes for the tiers, so that they need no analysis of their own.
#pragma once

#include <cstdint>

namespace mini_wasm {

struct FunctionFacts {
  static constexpr uint16_t kNoLocal = 0xffff;
  // Locals and operands together: the tiers address frames with 16 bits and need a few slots for themselves.
  static constexpr uint32_t kMaxSlots = 0xff00;

  uint32_t local_slots = 0;        // parameters and declared locals
  uint32_t max_operand_slots = 0;  // greatest height of the operand stack, or more where there are vectors
  uint16_t hot_local = kNoLocal;   // slot of the integer local that gains most from a register
  bool has_calls = false;
  bool has_loops = false;
  bool has_try = false;
};

}  // namespace mini_wasm
