#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#include <cerrno>
#include <mutex>

#include "runtime/fault_handler.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {
namespace {

// Initial-exec: reading it in a signal handler must not allocate.
[[gnu::tls_model("initial-exec")]] constinit thread_local Activation* running = nullptr;

constexpr int kSignals[] = {SIGSEGV, SIGBUS};
struct sigaction previous_actions[2];

bool in_guarded_memory(const Store& store, const void* address) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  const auto covers = [&](const MemInst& memory) {
    return memory.guarded && at - reinterpret_cast<uintptr_t>(memory.base) < memory.reserved;
  };
  for (const MemInst& memory : store.memories()) {
    if (covers(memory)) return true;
  }
  for (const auto& memory : store.shared_memories()) {
    if (covers(*memory)) return true;
  }
  return false;
}

// Also when the host's code runs in between: the runtime reads and writes stacks, too.
bool in_unused_stack(const void* address) {
  for (const Activation* a = running; a != nullptr; a = a->thread_previous) {
    if (a->store->deepen_stack(address)) return true;
  }
  return false;
}

void save_registers([[maybe_unused]] Activation& activation, [[maybe_unused]] const void* context) {
#if defined(__x86_64__)
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
  activation.pc = reinterpret_cast<const void*>(machine.gregs[REG_R12]);
  activation.fp = reinterpret_cast<Slot*>(machine.gregs[REG_R13]);
#endif
}

// What the kernel would have done had we not been there.
void chain(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = previous_actions[signal == SIGSEGV ? 0 : 1];
  const bool from_kernel = info->si_code > 0;
  const bool plain = (previous.sa_flags & SA_SIGINFO) == 0;
  if (plain && previous.sa_handler == SIG_IGN && !from_kernel) return;
  if (plain && (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN)) {
    // A fault happens again when we return, with all that a core dump wants to know; a signal that was sent does not.
    struct sigaction fatal = {};
    fatal.sa_handler = SIG_DFL;
    sigaction(signal, &fatal, nullptr);
    if (!from_kernel) raise(signal);
    return;
  }
  sigset_t blocked = previous.sa_mask, saved;
  if ((previous.sa_flags & SA_NODEFER) == 0) sigaddset(&blocked, signal);
  pthread_sigmask(SIG_BLOCK, &blocked, &saved);
  if (plain) {
    previous.sa_handler(signal);
  } else {
    previous.sa_sigaction(signal, info, context);
  }
  pthread_sigmask(SIG_SETMASK, &saved, nullptr);
}

// Only what is async-signal-safe; and nothing of the store changes while its guest code runs.
void handle(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  Activation* activation = running;
  if (info->si_code > 0 && in_unused_stack(info->si_addr)) {
    errno = saved_errno;
    return;
  }
  if (activation != nullptr && activation->pc == nullptr && info->si_code > 0 &&
      in_guarded_memory(*activation->store, info->si_addr)) {
    if (activation->on_fault != nullptr) {
      const bool goes_on = activation->on_fault(*activation, context);
      if (!goes_on) chain(signal, info, context);
      errno = saved_errno;
      return;
    }
    save_registers(*activation, context);
    activation->trap = TrapCode::out_of_bounds_memory_access;
    errno = saved_errno;
    siglongjmp(activation->fault_return, 1);
  }
  chain(signal, info, context);
  errno = saved_errno;
}

}  // namespace

void install_fault_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_sigaction = handle;
    // NODEFER, because the handler is left by a jump that does not restore the signal mask. ONSTACK, because threads of
    // Go and Java programs have small stacks and bring an alternate one; where there is none, it means nothing.
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < 2; ++i) sigaction(kSignals[i], &action, &previous_actions[i]);
  });
}

ActivationScope::ActivationScope(Activation& activation) : activation_(activation) {
  activation.previous = activation.store->activation_;
  activation.thread_previous = running;
  activation.store->activation_ = &activation;
  running = &activation;
}

ActivationScope::~ActivationScope() {
  running = activation_.thread_previous;
  activation_.store->activation_ = activation_.previous;
}

}  // namespace mini_wasm::runtime
