// Turns a hardware fault in guest code into a trap. Installed while there are engines that have made a store with guard
// pages; chains to the handlers that were there before for every fault that is not ours: a fault is ours when this
// thread runs guest code (Activation::pc is null) and the address lies in the reservation of a guarded memory of that
// store. And makes the rest of a value stack accessible when it is used for the first time (MemoryPool::deepen_stack).
// All that is particular to an OS stands in fault_handler_<os>.cc.
//
// A fault that is ours sets Activation::trap (and fp, pc where kFaultRegistersKnown) and resumes at
// Activation::fault_return with the value 1. That point has to be set without saving the signal mask: the handler
// leaves the mask as it was.
#pragma once

#include <cstdint>

#include "core/once.h"
#include "runtime/activation.h"

namespace mini_wasm::runtime {

// For an engine that relies on it, from now until it is gone. With the last one the host's handlers come back, if
// nobody has put his own on top of ours. A shared library that this is part of stays loaded from the first time on: who
// chains to our handler, or is in it on another thread, cannot be known.
class FaultHandlerUse {
 public:
  ~FaultHandlerUse();
  void begin();  // any thread, any number of times

 private:
  Once once_;
  bool used_ = false;
};

// This thread runs that activation's code from now on, or the host's again. Nothing that belongs to a thread is kept
// across the host's code: that may be a coroutine's, which others run in between of, and which goes on on another
// thread. Signals that the handler needs and the host has blocked are unblocked in between; a thread's mask is looked
// at when a store runs on it for the first time, or comes back to it from another thread.
void enter_guest(Activation& activation);
// Whose guest this thread runs. Initial-exec: reading it in a signal handler must not allocate.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local Activation* running;
void block_signals_again(Activation& activation);
inline void leave_guest(Activation& activation) {
  running = nullptr;
  if (activation.unblocked_signals != 0) [[unlikely]]
    block_signals_again(activation);
}

// Makes `activation` its store's innermost one for its lifetime, and this thread's running one. activation.store is set
// before. Activations may end in another order than the reverse of that in which they began, as those of coroutines do,
// but only the innermost one may run code (Store::call_host sees to that).
class ActivationScope {
 public:
  explicit ActivationScope(Activation& activation);
  ~ActivationScope();
  ActivationScope(const ActivationScope&) = delete;
  ActivationScope& operator=(const ActivationScope&) = delete;

 private:
  Activation& activation_;
};

// The interpreter keeps pc and fp in fixed registers at every access to guest memory (see interp/dispatch.h); the
// handler stores them in Activation::pc/fp before it returns to Activation::fault_return. False where that is not known
// to hold: then the tier keeps them in `activation` itself.
#if defined(__x86_64__)
inline constexpr bool kFaultRegistersKnown = true;
#else
inline constexpr bool kFaultRegistersKnown = false;
#endif

}  // namespace mini_wasm::runtime
