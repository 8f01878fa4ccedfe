// FunctionFacts: what the validating walk over a function body records for the tiers, so that they need no analysis of
// their own.
#pragma once

#include <mini_wasm/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/limits.h"

namespace mini_wasm {

// The number of registers that a compiler has for locals, in each bank. Those that survive calls come first.
struct RegisterBudget {
  struct Bank {
    uint8_t surviving = 0, all = 0;
  };
  Bank ints, floats;
};

// The locals that are kept in registers ("pinned") in one part of a function: in its body, or in a loop with everything
// inside it. Local ints[i] is in register number i of the RegisterBudget for integers and references. Numbers above
// those of the locals stand for FunctionFacts::constants.
struct PinSet {
  static constexpr uint16_t kNoLocal = 0xffff;
  static constexpr size_t kMost = 12;  // in each bank
  using Bank = std::array<uint16_t, kMost>;

  static constexpr Bank none() {
    Bank bank{};
    for (uint16_t& local : bank) local = kNoLocal;
    return bank;
  }
  Bank ints = none(), floats = none();
  // By register: whether its value may differ from the one in the slot of the local.
  uint16_t dirty_ints = 0, dirty_floats = 0;
  friend bool operator==(const PinSet&, const PinSet&) = default;
};

struct FunctionFacts {
  static constexpr uint16_t kNoLocal = 0xffff;
  // The limit for locals and operands together: the tiers address slots with 16 bits, and need a few slots for
  // themselves.
  static constexpr uint32_t kMaxSlots = limits::kMaxFrameSlots;
  static_assert(kMaxSlots <= 0xff00);

  uint32_t local_slots = 0;        // parameters and declared locals
  uint32_t max_operand_slots = 0;  // the greatest height of the operand stack; an upper bound if there are vectors
  uint16_t hot_local = kNoLocal;   // slot of the integer local that gains most from a register
  bool has_calls = false;
  bool has_loops = false;
  bool has_try = false;
  // Only for a compiler: pins[0] is for the body, pins[loop_pins[i]] for loop number i, in the order of their
  // beginnings.
  std::vector<PinSet> pins;
  std::vector<uint32_t> loop_pins;
  struct Constant {
    ValType type;
    uint64_t bits = 0;
    friend bool operator==(const Constant&, const Constant&) = default;
  };
  std::vector<Constant> constants;  // floating-point constants in loops
};

}  // namespace mini_wasm
