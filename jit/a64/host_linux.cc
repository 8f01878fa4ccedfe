// The host is an AArch64 CPU with Linux.
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>

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

// Writes the code back to where instructions are read from, and removes what the instruction caches of all cores have of
// these addresses. A core may also have fetched instructions from there ahead of time, which only an instruction barrier
// on that core removes: membarrier makes each core that runs this process execute one. A system without membarrier (or
// without this command, before Linux 4.16) has none; then code that comes where other code was relies on the branch that
// leads to it, whose target was loaded after the code was published.
void publish_code(const uint8_t* code, size_t bytes) {
  auto* const begin = reinterpret_cast<char*>(const_cast<uint8_t*>(code));
  __builtin___clear_cache(begin, begin + bytes);
  const auto barrier = [](int command) { return syscall(SYS_membarrier, command, 0, 0); };
  if (barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) == 0 || errno != EPERM) return;
  // A process has to say once that it wants this.
  if (barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) == 0)
    barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE);
}

Host host() { return {&a64::backend(), &redirect_fault}; }

}  // namespace mini_wasm::jit
