// The fault handler turns a hardware fault in guest code into a trap. It is installed while there are engines that have
// made a store with guard pages. A fault is ours when this thread runs guest code (Activation::pc is null) and the
// address lies in the reservation of a guarded memory of that store. All other faults go to the handler that was
// installed before. The handler also makes more of a value stack accessible when it is used for the first time
// (Execution::deepen_stack). Everything that depends on the OS is in fault_handler_<os>.cc.
//
// What the handler does with a fault that is ours depends on the tier:
// * Machine code has set Activation::on_fault. The handler calls that, and returns; the code continues in the stub of
//   the trap.
// * Otherwise the handler sets Activation::trap (and fp and pc, where kFaultRegistersKnown), and execution continues at
//   Activation::fault_return with the value 1. That point has to be set without saving the signal mask: the handler
//   restores the mask itself.
#pragma once

#include <cstdint>

#include "core/once.h"
#include "runtime/call/activation.h"

namespace mini_wasm::runtime {

// The use of the fault handler by one engine, from `begin` to the end of this object. When the last use ends, the
// host's handlers are installed again, unless somebody has installed another handler on top of ours. If this code is
// part of a shared library, the library stays loaded after the first use: it is not possible to know whether somebody
// chains to our handler, or is inside it on another thread.
class FaultHandlerUse {
 public:
  ~FaultHandlerUse();
  void begin();  // any thread; may be called repeatedly

 private:
  Once once_;
  bool used_ = false;
};

// enter_guest: from now on this thread runs the code of `activation`; leave_guest: it runs the host's code again.
// Nothing that belongs to a thread is kept across the host's code, because that may switch coroutines: others run in
// between, and this one may continue on another thread.
//
// If the host has blocked signals that the handler needs, they are unblocked while the guest runs. A thread's signal
// mask is read only when a store runs on that thread for the first time, or comes back to it from another thread.
void enter_guest(Activation& activation);
// The activation whose guest code this thread runs; null in host code. Initial-exec: reading the variable in a signal
// handler must not allocate memory.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local Activation* running;
void block_signals_again(Activation& activation);
inline void leave_guest(Activation& activation) {
  running = nullptr;
  if (activation.unblocked_signals != 0) [[unlikely]]
    block_signals_again(activation);
}

// For its lifetime, makes `activation` the innermost one of its store, and the running one of this thread.
// activation.store must be set before. Activations usually end in the reverse order of their beginning. With coroutines
// they may end in another order, but only the innermost one may run code (Execution::call_host checks that).
class ActivationScope {
 public:
  explicit ActivationScope(Activation& activation);
  ~ActivationScope();
  ActivationScope(const ActivationScope&) = delete;
  ActivationScope& operator=(const ActivationScope&) = delete;

 private:
  Activation& activation_;
};

}  // namespace mini_wasm::runtime
