// Runs work on several threads.
#pragma once

#include <cstdint>

namespace mini_wasm::jit {

// Calls `work(data)` on up to `threads` threads at once, including the calling one, and returns when all calls have
// returned. Uses fewer threads when the system gives no more. (std::thread would throw then, so it is not used.)
void run_on_threads(uint32_t threads, void (*work)(void* data), void* data);

}  // namespace mini_wasm::jit
