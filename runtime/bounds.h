// How code keeps to the memories that it accesses. One per piece of code: with `guarded`, a memory that is_guarded is
// accessed without a look at its size, and must have guard pages; with `checked` there is a look at each access, and
// it does not matter what is behind the memory.
#pragma once

#include <mini_wasm/types.h>

#include <cstdint>

namespace mini_wasm::runtime {

enum class Bounds : uint8_t { guarded, checked };

// Whether code accesses memories of this type without a check.
inline bool is_guarded(const MemoryType& type, Bounds bounds) {
  return bounds == Bounds::guarded && !type.is_64 && type.page_size_log2 == 16;
}

}  // namespace mini_wasm::runtime
