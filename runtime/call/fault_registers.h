// For the fault handler: the registers in which the interpreter has its pc and its fp whenever it accesses guest memory
// (fault_point in interp/dispatch.h). There is one header for each CPU for which they are known.
#pragma once

#include "runtime/call/frame.h"

namespace mini_wasm::runtime {

struct FaultRegisters {
  const void* pc = nullptr;
  Slot* fp = nullptr;
};

}  // namespace mini_wasm::runtime

#if defined(__x86_64__)
#include "runtime/call/fault_registers_x64.h"
#elif defined(__aarch64__)
#include "runtime/call/fault_registers_a64.h"
#else
namespace mini_wasm::runtime {

// The tier keeps both in its Activation.
inline constexpr bool kFaultRegistersKnown = false;
inline FaultRegisters fault_registers(const void*) { return {}; }

}  // namespace mini_wasm::runtime
#endif
