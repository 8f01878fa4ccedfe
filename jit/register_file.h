// Which registers are free and what lives in the others.
#pragma once

#include <bit>
#include <cstdint>

#include "jit/value.h"

namespace mini_wasm::jit {

class RegisterFile {
 public:
  static constexpr uint32_t kFree = ~0u;
  static constexpr uint32_t kHeld = ~0u - 1;  // an operand of the instruction that is being compiled
  static constexpr uint32_t kInts = 0x0000ffff, kFloats = 0xffff0000;

  // `temps`: the registers that values may take.
  void reset(uint32_t temps) {
    temps_ = free_ = temps;
    for (uint32_t& owner : owners_) owner = kFree;
  }
  // Other ones from now on; a value may keep its register only if it is one of them.
  void set_temps(uint32_t temps) {
    const uint32_t used = temps_ & ~free_;
    for (uint32_t fresh = temps & ~used; fresh != 0; fresh &= fresh - 1) owners_[std::countr_zero(fresh)] = kFree;
    temps_ = temps;
    free_ = temps & ~used;
  }
  static uint32_t bank(Scalar type) { return is_int(type) ? kInts : kFloats; }
  bool is_temp(Reg reg) const { return (temps_ & reg.bit()) != 0; }
  bool is_free(Reg reg) const { return (free_ & reg.bit()) != 0; }
  uint32_t owner(Reg reg) const { return owners_[reg.id]; }
  uint32_t used() const { return temps_ & ~free_; }

  // A free register of `bank`, none of `avoid`; kNoReg when there is none.
  Reg find(uint32_t bank, uint32_t avoid = 0) const {
    const uint32_t choice = free_ & bank & ~avoid;
    return choice == 0 ? kNoReg : Reg{static_cast<uint8_t>(std::countr_zero(choice))};
  }
  // The register whose value is deepest in the stack: the last to be needed again.
  Reg oldest(uint32_t bank, uint32_t avoid = 0) const {
    Reg best = kNoReg;
    for (uint32_t left = temps_ & bank & ~free_ & ~avoid; left != 0; left &= left - 1) {
      const Reg reg{static_cast<uint8_t>(std::countr_zero(left))};
      if (owners_[reg.id] != kHeld && (!best.valid() || owners_[reg.id] < owners_[best.id])) best = reg;
    }
    return best;
  }
  void take(Reg reg, uint32_t owner) {
    if (!is_temp(reg)) return;  // a pinned local's
    free_ &= ~reg.bit();
    owners_[reg.id] = owner;
  }
  void release(Reg reg) {
    if (!is_temp(reg)) return;
    free_ |= reg.bit();
    owners_[reg.id] = kFree;
  }

 private:
  uint32_t temps_ = 0, free_ = 0;
  uint32_t owners_[32];
};

}  // namespace mini_wasm::jit
