// What the validating walk over a function body notes for the tiers, so that they need no analysis of their own.
#pragma once

#include <mini_wasm/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/limits.h"

namespace mini_wasm {

// How many registers a compiler has for locals, of each bank: first those that survive calls.
struct RegisterBudget {
  struct Bank {
    uint8_t surviving = 0, all = 0;
  };
  Bank ints, floats;
};

// Which locals are in registers in one part of a function: its body, or a loop with what it encloses. Local ints[i] is
// in the i-th register of the RegisterBudget for integers and references. Numbers behind those of the locals are
// FunctionFacts::constants.
struct PinSet {
  static constexpr uint16_t kNoLocal = 0xffff;
  static constexpr size_t kMost = 12;  // of a bank
  using Bank = std::array<uint16_t, kMost>;

  static constexpr Bank none() {
    Bank bank{};
    for (uint16_t& local : bank) local = kNoLocal;
    return bank;
  }
  Bank ints = none(), floats = none();
  // By register: whether the local may have another value than the one in its slot.
  uint16_t dirty_ints = 0, dirty_floats = 0;
  friend bool operator==(const PinSet&, const PinSet&) = default;
};

struct FunctionFacts {
  static constexpr uint16_t kNoLocal = 0xffff;
  // Locals and operands together: the tiers address frames with 16 bits and need a few slots for themselves.
  static constexpr uint32_t kMaxSlots = limits::kMaxFrameSlots;
  static_assert(kMaxSlots <= 0xff00);

  uint32_t local_slots = 0;        // parameters and declared locals
  uint32_t max_operand_slots = 0;  // greatest height of the operand stack, or more where there are vectors
  uint16_t hot_local = kNoLocal;   // slot of the integer local that gains most from a register
  bool has_calls = false;
  bool has_loops = false;
  bool has_try = false;
  // For a compiler only: pins[0] is the body's, pins[loop_pins[i]] the i-th loop's, in the order of their beginnings.
  std::vector<PinSet> pins;
  std::vector<uint32_t> loop_pins;
  struct Constant {
    ValType type;
    uint64_t bits = 0;
    friend bool operator==(const Constant&, const Constant&) = default;
  };
  std::vector<Constant> constants;  // floating-point ones of loops
};

}  // namespace mini_wasm
