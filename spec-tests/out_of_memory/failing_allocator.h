// Replaces malloc and operator new of this program by versions that can be told to fail. They apply to all threads.
#pragma once

#include <cstddef>

namespace mini_wasm::testing {

enum class Failing {
  once,        // only that allocation
  from_there,  // that allocation and all later ones
};

// The `nth` allocation from now on fails (0: the next one).
void fail_allocation(size_t nth, Failing how);
// From now on, allocations succeed again. Returns how many allocations there were.
size_t stop_failing();

}  // namespace mini_wasm::testing
