#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <utility>

#include "runtime/call/fault_handler.h"
#include "runtime/call/fault_registers.h"
#include "runtime/store.h"
#include "runtime/system/fork_handlers.h"
#include "runtime/system/image.h"

namespace mini_wasm::runtime {

[[gnu::tls_model("initial-exec")]] constinit thread_local Activation* running = nullptr;

namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS};
struct sigaction previous_actions[2];

bool in_guarded_memory(const Store& store, const void* address) {
  const auto at = reinterpret_cast<uintptr_t>(address);
  const auto covers = [&](const MemInst& memory) {
    return memory.guarded && at - reinterpret_cast<uintptr_t>(memory.base) < memory.reserved;
  };
  for (const MemInst& memory : store.objects().memories()) {
    if (covers(memory)) return true;
  }
  for (const auto& memory : store.objects().shared_memories()) {
    if (covers(*memory)) return true;
  }
  return false;
}

void save_registers(Activation& activation, const void* context) {
  if constexpr (!kFaultRegistersKnown) return;
  const FaultRegisters registers = fault_registers(context);
  activation.pc = registers.pc;
  activation.fp = registers.fp;
  activation.ctx = nullptr;
}

// Does what the kernel would have done if our handler were not installed.
void chain(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = previous_actions[signal == SIGSEGV ? 0 : 1];
  const bool from_kernel = info->si_code > 0;
  const bool plain = (previous.sa_flags & SA_SIGINFO) == 0;
  if (plain && previous.sa_handler == SIG_IGN && !from_kernel) return;
  if (plain && (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN)) {
    // If the signal comes from a fault, the instruction faults again when we return, and the core dump shows the right
    // place. A signal that was sent by a process does not repeat by itself, so it is raised again.
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

// Only async-signal-safe operations are allowed here. The store can be read safely: it does not change while its guest
// code runs.
void handle(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  Activation* activation = running;
  // This may also happen in code of the runtime that reads or writes the value stack.
  if (activation != nullptr && info->si_code > 0 && activation->store->execution().deepen_stack(info->si_addr)) {
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
    // We may have been called by another handler, with signals blocked. The mask is set to what it was when the fault
    // happened.
    pthread_sigmask(SIG_SETMASK, &static_cast<const ucontext_t*>(context)->uc_sigmask, nullptr);
    siglongjmp(activation->fault_return, 1);
  }
  chain(signal, info, context);
  errno = saved_errno;
}

}  // namespace

// --- Installing ----------------------------------------------------------------------------------------------------

namespace {

// Guarded by ProcessMutex::fault_handler.
size_t users = 0;
bool installed[2] = {};

void install() {
  struct sigaction action = {};
  action.sa_sigaction = handle;
  // NODEFER, because the handler is left by a jump that does not restore the signal mask. ONSTACK, because threads of
  // Go and Java programs have small stacks and bring an alternate one; where there is none, it means nothing.
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    if (installed[i]) continue;  // our handler is still there, below another one
    struct sigaction previous;
    if (sigaction(kSignals[i], nullptr, &previous) != 0) continue;
    previous_actions[i] = previous;  // set before our handler can be called and chain to it
    installed[i] = sigaction(kSignals[i], &action, nullptr) == 0;
  }
}

void uninstall() {
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    struct sigaction current;
    if (!installed[i] || sigaction(kSignals[i], nullptr, &current) != 0) continue;
    // Somebody who came after us may chain to our handler, so it is removed only while it is the topmost one.
    if ((current.sa_flags & SA_SIGINFO) == 0 || current.sa_sigaction != handle) continue;
    installed[i] = sigaction(kSignals[i], &previous_actions[i], nullptr) != 0;
  }
}

}  // namespace

void FaultHandlerUse::begin() {
  once_.call([&] {
    used_ = true;
    const std::lock_guard lock(ProcessMutex::fault_handler);
    if (users++ == 0) {
      Image::stay_loaded();
      install();
    }
  });
}

FaultHandlerUse::~FaultHandlerUse() {
  if (!used_) return;
  const std::lock_guard lock(ProcessMutex::fault_handler);
  if (--users == 0) uninstall();
}

// --- The thread that runs guest code

namespace {

void change_mask(int how, uint8_t signals) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    if ((signals >> i & 1) != 0) sigaddset(&set, kSignals[i]);
  }
  pthread_sigmask(how, &set, nullptr);
}

// A fault whose signal is blocked would end the process, so these signals must not be blocked while a guest runs.
void unblock_signals(Activation& activation) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    if (sigismember(&mask, kSignals[i]) == 1) activation.unblocked_signals |= static_cast<uint8_t>(1 << i);
  }
  if (activation.unblocked_signals != 0) change_mask(SIG_UNBLOCK, activation.unblocked_signals);
}

// Identifies a thread on which the last look at the signal mask found nothing blocked. 0: look at the mask again.
[[gnu::tls_model("initial-exec")]] constinit thread_local uint64_t thread_serial = 0;
std::atomic<uint64_t> last_thread_serial{0};

}  // namespace

[[gnu::noinline]] void look_at_mask(Activation& activation) {
  Store& store = *activation.store;
  if (!store.engine().config().guard_pages) return;
  unblock_signals(activation);
  // A host that blocks these signals may change that at any time, so the mask is read at each entry.
  if (activation.unblocked_signals != 0) return void(thread_serial = 0);
  if (thread_serial == 0) thread_serial = ++last_thread_serial;
  store.execution().signal_thread = thread_serial;
}

namespace {

[[gnu::always_inline]] inline void enter(Activation& activation) {
  running = &activation;
  if (activation.store->execution().signal_thread != thread_serial) [[unlikely]]
    look_at_mask(activation);
}

}  // namespace

// Not inlined, so that the compiler does not keep the address of a thread_local variable while a coroutine moves from
// one thread to another.
[[gnu::noinline]] void enter_guest(Activation& activation) { enter(activation); }

[[gnu::noinline]] void block_signals_again(Activation& activation) {
  change_mask(SIG_BLOCK, std::exchange(activation.unblocked_signals, uint8_t{0}));
}

ActivationScope::ActivationScope(Activation& activation) : activation_(activation) {
  Execution& execution = activation.store->execution();
  activation.previous = execution.activation_;
  execution.activation_ = &activation;
  enter(activation);
}

ActivationScope::~ActivationScope() {
  leave_guest(activation_);
  Execution& execution = activation_.store->execution();
  if (execution.activation_ == &activation_ && !activation_.out_of_order) [[likely]] {
    execution.activation_ = activation_.previous;
  } else {
    execution.unlink(activation_);
  }
}

}  // namespace mini_wasm::runtime
