// Which registers are free, and which value is in each of the others.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "jit/registers.h"

namespace mini_wasm::jit {

class RegisterFile {
 public:
  // A register's owner is the index of a value on the compiler's stack, or one of these:
  static constexpr uint32_t kFree = ~0u;
  static constexpr uint32_t kHeld = ~0u - 1;  // in use as an operand of the instruction that is being compiled

  // `temps`: the registers that values may use. All of them become free.
  void reset(RegSet temps) {
    temps_ = free_ = temps;
    owners_.fill(kFree);
  }
  // Changes the registers that values may use. Values that are in registers keep them, so `temps` must contain all
  // registers that are in use.
  void set_temps(RegSet temps) {
    const RegSet in_use = used();
    for (Reg fresh : temps - in_use) owners_[fresh.id] = kFree;
    temps_ = temps;
    free_ = temps - in_use;
  }
  bool is_temp(Reg reg) const { return temps_.has(reg); }
  bool is_free(Reg reg) const { return free_.has(reg); }
  uint32_t owner(Reg reg) const { return owners_[reg.id]; }
  RegSet used() const { return temps_ - free_; }

  // A free register of `bank` that is not in `avoid`; kNoReg when there is none.
  Reg find(Bank bank, RegSet avoid = {}) const { return ((free_ & RegSet::all(bank)) - avoid).first(); }
  // The register of `bank`, not in `avoid`, whose value is deepest in the stack: that value will be needed last. kNoReg
  // when there is none.
  Reg oldest(Bank bank, RegSet avoid = {}) const {
    Reg best = kNoReg;
    for (Reg reg : (used() & RegSet::all(bank)) - avoid) {
      if (owner(reg) != kHeld && (!best.valid() || owner(reg) < owner(best))) best = reg;
    }
    return best;
  }
  void take(Reg reg, uint32_t owner) {
    if (!is_temp(reg)) return;  // the register of a pinned local: it never changes its owner here
    free_.remove(reg);
    owners_[reg.id] = owner;
  }
  void release(Reg reg) {
    if (!is_temp(reg)) return;
    free_.add(reg);
    owners_[reg.id] = kFree;
  }

 private:
  RegSet temps_, free_;
  std::array<uint32_t, Reg::kCount> owners_;
};

}  // namespace mini_wasm::jit
