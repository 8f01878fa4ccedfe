// Turns a hardware fault in guest code into a trap. Installed once per process when the first guarded memory is made;
// chains to the handlers that were there before for every fault that is not ours: a fault is ours when this thread runs
// guest code (Activation::pc is null) and the address lies in the reservation of a guarded memory of that store. And
// makes the rest of a value stack accessible when it is used for the first time (MemoryPool::deepen_stack). All that is
// particular to an OS stands in fault_handler_<os>.cc.
//
// A fault that is ours sets Activation::trap (and fp, pc where kFaultRegistersKnown) and resumes at
// Activation::fault_return with the value 1. That point has to be set without saving the signal mask: the handler
// leaves the mask as it was.
#pragma once

#include <cstdint>

#include "runtime/activation.h"

namespace mini_wasm::runtime {

void install_fault_handler();

// Marks `activation` as this thread's and its store's running one for its lifetime. activation.store is set before.
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
