// FrameMap: where the values of a frame are while its function stands at a call, or at the beginning of a loop. For calls
// that are saved (runtime/call/saved_frame.h). Compiling the function once more finds it out, so code need not keep it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "jit/registers.h"

namespace mini_wasm::jit {

struct FrameMap {
  struct Place {
    enum class Kind : uint8_t { slot, reg, constant } kind = Kind::slot;
    Reg reg;
    uint16_t slot = 0;
    uint64_t bits = 0;  // of a constant
  };

  bool found = false;
  std::vector<Place> locals, operands;
  RegSet saved;       // the caller's values of these registers are in slots, in the order of the set,
  uint16_t link = 0;  // from this one on
};

// Of one function, by the offset in the module of the instruction. They are looked for together, because each search
// compiles the function once more.
using FrameMaps = std::map<uint32_t, FrameMap>;

// What registers contain; of an integer, the second word is not used.
using SavedRegisters = std::array<std::array<uint64_t, 2>, Reg::kCount>;

}  // namespace mini_wasm::jit
