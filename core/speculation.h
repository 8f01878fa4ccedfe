// Bounds that also hold during speculative execution (Spectre v1: Kocher et al., "Spectre Attacks", 2019). After the
// check of an index, the CPU may continue for a while as if the check had passed, and what it reads then can be
// observed. So the index itself is made harmless, without a branch that could be predicted wrongly. Machine code does
// the same (`clamp` in the Masm of each CPU).
#pragma once

#include <cstdint>

namespace mini_wasm {

// For an index that has been checked: the index itself if it is below the bound, otherwise 0, which only a speculating
// CPU uses. Where this is too expensive to be done always, `wanted` tells whether it is done
// (Config::speculation_guards).
template <bool wanted = true>
[[gnu::always_inline]] inline uint64_t clamped(uint64_t index, uint64_t bound) {
  if constexpr (wanted) {
    __asm__("" : "+r"(index));  // otherwise the compiler uses its knowledge of the check
    return index & -static_cast<uint64_t>(index < bound);
  } else {
    return index;
  }
}

}  // namespace mini_wasm
