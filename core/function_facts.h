// FunctionFacts: what the validating walk over a function body records for the tiers, so that they need no analysis of
// their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/limits.h"

namespace mini_wasm {

// What a tier has found out about a function by observing its validation (validator/body_observer.h). Only the tier
// knows the type of this object.
class TierFacts {
 public:
  virtual ~TierFacts() = default;
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
  std::unique_ptr<const TierFacts> tier;  // null if the tier does not observe validation
};

}  // namespace mini_wasm
