// See fault_registers.h: the registers in which preserve_none passes its first two arguments on this CPU.
#pragma once

#include <ucontext.h>

#include "runtime/call/frame.h"

#define MINI_WASM_PC_REGISTER "x20"
#define MINI_WASM_FP_REGISTER "x21"

namespace mini_wasm::runtime {

inline constexpr bool kFaultRegistersKnown = true;

inline FaultRegisters fault_registers(const void* context) {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  return {reinterpret_cast<const void*>(machine.regs[20]), reinterpret_cast<Slot*>(machine.regs[21])};
}

}  // namespace mini_wasm::runtime
