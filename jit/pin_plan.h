// PinPlan: which locals and constants of a function are kept ("pinned") in registers. PinChooser makes it while the
// function is validated, and the compiler follows it.
#pragma once

#include <mini_wasm/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/function_facts.h"
#include "core/opcode.h"

namespace mini_wasm::jit {

// The number of registers that a compiler has for locals, in each bank. Those that survive calls come first; they keep 8
// bytes, so only values of one slot survive in them.
struct RegisterBudget {
  struct Bank {
    uint8_t surviving = 0, all = 0;
  };
  Bank ints, floats;
  // How many instructions a register that contains a constant saves where the constant is used. `next`: the opcode behind
  // the constant (BodyObserver::use_constant); the constant is the last operand of it, if it has operands. Null: integers
  // are not worth a register, floating-point numbers save one instruction.
  using ConstantWeight = uint8_t (*)(ValType type, uint64_t bits, Op next);
  ConstantWeight constant_weight = nullptr;
  uint32_t surviving() const { return uint32_t{ints.surviving} + floats.surviving; }
  // The budget if the last register for integers contains the fuel (CodeSettings::fuel).
  RegisterBudget without_fuel(bool metered) const {
    RegisterBudget budget = *this;
    if (metered) --budget.ints.all;
    return budget;
  }
};

// The locals that are kept in registers ("pinned") in one part of a function: in its body, or in a loop with everything
// inside it. Local ints[i] is in register number i of the RegisterBudget for integers and references. Numbers above
// those of the locals stand for PinPlan::constants.
struct PinSet {
  static constexpr uint16_t kNoLocal = 0xffff;
  static constexpr size_t kMost = 16;  // in each bank
  using Bank = std::array<uint16_t, kMost>;

  static constexpr Bank none() {
    Bank bank{};
    for (uint16_t& local : bank) local = kNoLocal;
    return bank;
  }
  Bank ints = none(), floats = none();
  // By register: whether its value may differ from the one in the slot of the local.
  uint16_t dirty_ints = 0, dirty_floats = 0;
  static_assert(kMost <= 16);
  friend bool operator==(const PinSet&, const PinSet&) = default;
};

// The tier facts (FunctionFacts::tier) of a compiler.
struct PinPlan final : TierFacts {
  struct Constant {
    ValType type;
    uint64_t bits = 0;
    friend bool operator==(const Constant&, const Constant&) = default;
  };
  std::vector<PinSet> sets;  // sets[0] is that of the body
  // By register of sets[0]: whether its local is a number that is written before it is read, so that it needs no value
  // when the function begins.
  uint32_t written_first_ints = 0, written_first_floats = 0;
  std::vector<uint32_t> loops;  // for each loop, in the order in which the loops begin: the index of its set
  // Of loops; none of them is 0. So none is null, which has the same bits: code that tests a reference and hands it on
  // relies on Compiler::use, which leaves it in a register of its own or in a local.
  std::vector<Constant> constants;
};

}  // namespace mini_wasm::jit
