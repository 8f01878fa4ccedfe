// This CPU as the host.
#include <ucontext.h>

#include "jit/jit.h"
#include "jit/x64/backend.h"

namespace mini_wasm::jit {
namespace {

// Makes a fault of machine code a call of the trap's stub, as if the instruction had been one.
bool redirect_fault(runtime::Activation& activation, void* context) {
  Jit& jit = static_cast<Jit&>(*activation.tier);
  mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
  const auto pc = static_cast<uint64_t>(machine.gregs[REG_RIP]);
  if (!jit.memory().contains(reinterpret_cast<const void*>(pc))) return false;
  auto* sp = reinterpret_cast<uint64_t*>(machine.gregs[REG_RSP]);
  *--sp = pc + 1;  // inside of the instruction: sites are found by their ends
  machine.gregs[REG_RSP] = reinterpret_cast<greg_t>(sp);
  machine.gregs[REG_RIP] =
      reinterpret_cast<greg_t>(jit.stubs().traps[static_cast<size_t>(TrapCode::out_of_bounds_memory_access)]);
  return true;
}

}  // namespace

Host host() { return {backend(Architecture::x64), &redirect_fault}; }

}  // namespace mini_wasm::jit
