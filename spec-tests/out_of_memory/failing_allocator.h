// This program's malloc and operator new, which can be told to fail. For all threads.
#pragma once

#include <cstddef>

namespace mini_wasm::testing {

enum class Failing {
  once,        // that allocation alone
  from_there,  // it and all that follow
};

// From now on the `nth` allocation (0: the next one) fails.
void fail_allocation(size_t nth, Failing how);
// Allocations succeed again. How many there have been.
size_t stop_failing();

}  // namespace mini_wasm::testing
