// The CPU that code is made for: the one place where the portable part names one.
#pragma once

#if defined(__x86_64__)
#include "jit/x64/regs.h"
#include "jit/x64/stubs.h"
namespace mini_wasm::jit {
namespace target = x64;
}
#else
#error "no compiler for this CPU: build with -DMINI_WASM_JIT=OFF"
#endif
