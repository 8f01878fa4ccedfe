// Chooses the locals that a compiler keeps in registers, for each loop of a function anew.
//
// The walk reports uses of locals, calls and loops as it meets them. A use inside an inner loop counts for that loop
// alone; for the loops around it the local counts as often as moving it at the inner loop's edges would cost. So the
// innermost loops get what they use, and the code between them what it uses itself. Constants in loops are like locals
// that nobody writes.
// Thread rule: one thread; keeps its buffers from function to function.
#pragma once

#include <mini_wasm/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/function_facts.h"
#include "validator/locals.h"

namespace mini_wasm::validator {

class PinChooser {
 public:
  explicit PinChooser(const RegisterBudget& budget) : budget_(budget) {}

  void begin(size_t locals);
  void use(uint32_t local, bool writes) {
    if (local < PinSet::kNoLocal) log_.push_back({static_cast<uint16_t>(local), writes, 1});
  }
  // A floating-point constant, which is loaded each time where it has no register; zero is made from nothing.
  void use_constant(ValType type, uint64_t bits);
  void call() {
    ++regions_[open_].calls;
    regions_[open_].has_calls = true;
  }
  void enter_loop();
  void leave_loop();
  // Fills in pins and loop_pins.
  void finish(const Locals& locals, FunctionFacts& facts);

 private:
  // A local in a region, and what a register for it saves there.
  struct Use {
    uint16_t local;
    bool writes;
    uint32_t weight;
  };
  // The body, or a loop. Loops that lie deeper than kDeepest belong to the one around them.
  static constexpr uint32_t kDeepest = 12;
  struct Region {
    uint32_t parent = 0, depth = 0;
    uint32_t log_begin = 0;         // its uses, while it is open
    uint32_t begin = 0, count = 0;  // and then, in uses_
    uint32_t calls = 0;             // outside of inner loops
    bool has_calls = false;
    uint32_t pins = 0;
  };
  class BankChoice;

  void close(Region& region);
  void choose(const Region& region, bool floats, const PinSet& outer, PinSet& set) const;
  std::span<const Use> uses(const Region& region) const { return {uses_.data() + region.begin, region.count}; }

  bool is_constant(uint32_t local) const { return local >= local_count_; }
  ValType type_of(uint32_t local) const;

  const RegisterBudget budget_;
  uint32_t local_count_ = 0;
  std::vector<FunctionFacts::Constant> constants_;  // of loops; their numbers go on behind those of the locals
  std::vector<Region> regions_;
  uint32_t open_ = 0;            // innermost open region
  uint32_t too_deep_ = 0;        // open loops without a region
  std::vector<uint32_t> loops_;  // by loop: its region
  std::vector<Use> log_, uses_;
  // By local: its place in uses_ while a region is closed, counted from 1; else 0, from function to function.
  std::vector<uint32_t> place_;
  const Locals* locals_ = nullptr;
};

}  // namespace mini_wasm::validator
