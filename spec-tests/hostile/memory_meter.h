// How much memory something allocates at its peak, counted in this program's own operator new. Memory that is mapped
// rather than allocated (linear memories, stacks) does not count.
#pragma once

#include <cstddef>
#include <optional>

namespace mini_wasm::hostile {

class MemoryMeter {
 public:
  MemoryMeter();  // starts counting; at most one meter at a time
  // Bytes allocated at once, at the most, beyond what there was at the start; none under a sanitizer, whose
  // allocator stays in place.
  std::optional<size_t> peak() const;

 private:
  size_t start_ = 0;
};

}  // namespace mini_wasm::hostile
