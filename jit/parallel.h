// Work for all processors.
#pragma once

#include <cstdint>

namespace mini_wasm::jit {

// Calls `work(data)` on up to `threads` threads at once, this one among them, and comes back when all are done. Fewer
// than asked for when the system gives no more, which is why std::thread is not used: it would throw.
void run_on_threads(uint32_t threads, void (*work)(void* data), void* data);

}  // namespace mini_wasm::jit
