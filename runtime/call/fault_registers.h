// The registers in which interpreted code has its pc and its frame wherever it accesses guest memory (interp/dispatch.h:
// fault_point), for the handler of a fault there. One header for each CPU that they are known of.
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
