// Bounds that hold for the CPU's guesses, too (Spectre v1: Kocher et al., "Spectre Attacks", 2019). Behind a check of
// an index the CPU may go on for a while as if the check had passed, and what it reads then can be measured. So the
// index itself is made harmless, without a branch to guess. Machine code does the same (jit/x64/masm.cc).
#pragma once

#include <cstdint>

namespace mini_wasm {

// Of an index that has been checked: itself below the bound; else 0, which nobody sees but the CPU. Where that costs
// too much to be done always, `wanted` says whether it is (Config::speculation_guards).
template <bool wanted = true>
[[gnu::always_inline]] inline uint64_t clamped(uint64_t index, uint64_t bound) {
  if constexpr (wanted) {
    __asm__("" : "+r"(index));  // or the compiler remembers that it has been checked
    return index & -static_cast<uint64_t>(index < bound);
  } else {
    return index;
  }
}

}  // namespace mini_wasm
