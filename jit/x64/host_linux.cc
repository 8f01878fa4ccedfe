// The host is an x86-64 CPU with Linux.
#include <ucontext.h>

#include "jit/jit.h"
#include "jit/x64/backend.h"

namespace mini_wasm::jit {
namespace {

// Continues after the fault as if the instruction that faulted had been a call of the trap's stub.
bool redirect_fault(runtime::Activation& activation, void* context) {
  Jit& jit = static_cast<Jit&>(*activation.tier);
  mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
  const auto pc = static_cast<uint64_t>(machine.gregs[REG_RIP]);
  if (!jit.memory().contains(reinterpret_cast<const void*>(pc))) return false;
  auto* sp = reinterpret_cast<uint64_t*>(machine.gregs[REG_RSP]);
  // The "return address". The end of the instruction is not known, but any address inside of it leads to its site,
  // because that is the first one whose end is not below the address (FrameWalker::next).
  *--sp = pc + 1;
  machine.gregs[REG_RSP] = reinterpret_cast<greg_t>(sp);
  machine.gregs[REG_RIP] =
      reinterpret_cast<greg_t>(jit.stubs().traps[static_cast<size_t>(TrapCode::out_of_bounds_memory_access)]);
  return true;
}

}  // namespace

// Stores to code are seen by all cores, in order.
void publish_code(const uint8_t*, size_t) {}

Host host() { return {&x64::backend(), &redirect_fault}; }

}  // namespace mini_wasm::jit
