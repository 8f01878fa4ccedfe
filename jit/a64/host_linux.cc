// The host is an AArch64 CPU with Linux.
#include <ucontext.h>

#include "jit/a64/backend.h"
#include "jit/jit.h"

namespace mini_wasm::jit {
namespace {

// Continues after the fault as if the instruction that faulted had been a call of the trap's stub. The function that it
// belongs to has been entered, so its return address is on the machine stack, and x30 is free.
bool redirect_fault(runtime::Activation& activation, void* context) {
  Jit& jit = static_cast<Jit&>(*activation.tier);
  mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
  if (!jit.memory().contains(reinterpret_cast<const void*>(machine.pc))) return false;
  machine.regs[30] = machine.pc + 4;
  machine.pc =
      reinterpret_cast<uint64_t>(jit.stubs().traps[static_cast<size_t>(TrapCode::out_of_bounds_memory_access)]);
  return true;
}

}  // namespace

Host host() { return {&a64::backend(), &redirect_fault}; }

}  // namespace mini_wasm::jit
