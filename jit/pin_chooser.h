// PinChooser: chooses the locals that a compiler keeps in registers ("pins"), separately for each loop of a function.
//
// The walk reports uses of locals, calls and loops in the order of the code. A use inside an inner loop counts only for
// that loop. For the loops around it, the local counts as much as moving it at the edges of the inner loop would cost.
// So the innermost loops get the locals that they use, and the code between them those that it uses itself. Constants
// in loops are treated like locals that are never written.
// Thread rule: one thread; keeps its buffers from function to function.
#pragma once

#include <mini_wasm/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "jit/pin_plan.h"
#include "validator/body_observer.h"

namespace mini_wasm::jit {

class PinChooser final : public validator::BodyObserver {
 public:
  explicit PinChooser(const RegisterBudget& budget) : budget_(budget) {
    wants_integers_ = budget.constant_weight != nullptr;
  }

  void begin(size_t locals) override;
  void read_first(uint32_t local) override { read_first_.push_back(local); }
  void enter_loop() override;
  void leave_loop() override;
  // Gives a PinPlan, or null if no local gets a register.
  std::unique_ptr<const TierFacts> finish(const validator::Locals& locals) override;

 private:
  // A local in a region, and how many uses a register would save there.
  struct LocalWeight {
    uint16_t local;
    bool writes;
    uint32_t weight;
  };
  // The function body, or a loop. Loops nested more deeply than kDeepest belong to the loop around them.
  static constexpr uint32_t kDeepest = 12;
  struct Region {
    uint32_t parent = 0, depth = 0;
    uint32_t uses_begin = 0;        // start of its uses in uses_, while it is open
    uint32_t begin = 0, count = 0;  // then its locals in weights_
    uint32_t calls = 0;             // without those in inner loops
    bool has_calls = false;
    uint32_t pins = 0;
  };
  class BankChoice;

  void note_constant(ValType type, uint64_t bits, uint8_t next) override;

  void take_calls();
  void close(Region& region);
  void find_written_first(PinPlan& plan);
  void choose(const Region& region, bool floats, const PinSet& outer, PinSet& set) const;
  std::span<const LocalWeight> weights(const Region& region) const {
    return {weights_.data() + region.begin, region.count};
  }

  bool is_constant(uint32_t local) const { return local >= local_count_; }
  ValType type_of(uint32_t local) const;

  const RegisterBudget budget_;
  uint32_t local_count_ = 0;
  std::vector<PinPlan::Constant> constants_;  // in loops; their numbers follow those of the locals
  std::vector<uint32_t> read_first_;
  std::vector<Region> regions_;
  uint32_t open_ = 0;            // the innermost open region
  uint32_t too_deep_ = 0;        // number of open loops without a region
  std::vector<uint32_t> loops_;  // by loop: the index of its region
  std::vector<LocalWeight> weights_;
  // By local: its index in weights_ plus 1, while a region is being closed; otherwise 0, also between functions.
  std::vector<uint32_t> place_;
  const validator::Locals* locals_ = nullptr;
};

}  // namespace mini_wasm::jit
