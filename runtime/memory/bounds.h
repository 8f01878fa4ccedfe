// How a piece of compiled code keeps within the bounds of the memories that it accesses:
// * guarded: accesses to a memory for which `is_guarded` is true have no bounds check. The memory must have guard
//   pages.
// * checked: every access is checked. The memory needs no guard pages.
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
