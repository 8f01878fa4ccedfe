// Measures the peak of allocated memory, by counting in this program's own operator new. Mapped memory (linear
// memories, stacks) does not count.
#pragma once

#include <cstddef>
#include <optional>

namespace mini_wasm::hostile {

class MemoryMeter {
 public:
  MemoryMeter();  // starts counting; only one meter may exist at a time
  // The largest number of bytes that were allocated at the same time, without those allocated before the start. Empty
  // under a sanitizer, which has its own allocator.
  std::optional<size_t> peak() const;

 private:
  size_t start_ = 0;
};

}  // namespace mini_wasm::hostile
