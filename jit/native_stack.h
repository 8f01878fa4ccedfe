// How far this thread's native stack reaches.
#pragma once

#include <cstddef>

namespace mini_wasm::jit {

// What machine code leaves for the functions of the runtime and of the host that it calls.
inline constexpr size_t kNativeReserve = size_t{128} << 10;

// The lowest address of this thread's stack.
const char* native_stack_low();

}  // namespace mini_wasm::jit
