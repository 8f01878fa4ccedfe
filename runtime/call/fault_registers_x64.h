// See fault_registers.h: the registers in which preserve_none passes its first two arguments on this CPU.
#pragma once

#include <ucontext.h>

#include "runtime/call/frame.h"

#define MINI_WASM_PC_REGISTER "r12"
#define MINI_WASM_FP_REGISTER "r13"

namespace mini_wasm::runtime {

inline constexpr bool kFaultRegistersKnown = true;

inline FaultRegisters fault_registers(const void* context) {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  return {reinterpret_cast<const void*>(machine.gregs[REG_R12]), reinterpret_cast<Slot*>(machine.gregs[REG_R13])};
}

}  // namespace mini_wasm::runtime
