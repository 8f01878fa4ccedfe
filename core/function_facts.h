// What the validating walk over a function body notes for the tiers, so that they need no analysis of their own.
#pragma once

#include <array>
#include <cstdint>

namespace mini_wasm {

struct FunctionFacts {
  static constexpr uint16_t kNoLocal = 0xffff;
  // Locals and operands together: the tiers address frames with 16 bits and need a few slots for themselves.
  static constexpr uint32_t kMaxSlots = 0xff00;

  uint32_t local_slots = 0;        // parameters and declared locals
  uint32_t max_operand_slots = 0;  // greatest height of the operand stack, or more where there are vectors
  uint16_t hot_local = kNoLocal;   // slot of the integer local that gains most from a register
  // Locals (by index) that gain most from a register, best first, kNoLocal behind the last: uses count more the deeper
  // the loop. The first `worth_saving_...` are used more often than calls are made, so that saving them around calls
  // pays.
  std::array<uint16_t, 6> hot_ints = {kNoLocal, kNoLocal, kNoLocal, kNoLocal, kNoLocal, kNoLocal};
  std::array<uint16_t, 8> hot_floats = {kNoLocal, kNoLocal, kNoLocal, kNoLocal, kNoLocal, kNoLocal, kNoLocal, kNoLocal};
  uint8_t worth_saving_ints = 0, worth_saving_floats = 0;
  bool has_calls = false;
  bool has_loops = false;
  bool has_try = false;
};

}  // namespace mini_wasm
