// One stretch of WebAssembly execution between an entry from the host and the next host frame. The chain of a store's
// activations is what the stack walker follows: traps, backtraces (and, later, exceptions and GC roots).
// Thread rule: lives on the stack of the thread that runs the store.
#pragma once

#include <mini_wasm/trap.h>

#include <csetjmp>
#include <cstdint>
#include <vector>

#include "core/indices.h"
#include "runtime/frame.h"
#include "runtime/native_stack.h"

namespace mini_wasm::runtime {

class Store;
class CompiledModule;
struct FuncInst;
struct InstanceContext;
class ExecutionTier;

// One frame of running code, for backtraces.
struct FrameRef {
  const CompiledModule* module = nullptr;
  FuncIdx func{};
  uint64_t offset = 0;  // byte offset of the instruction in the module
};

// How a stretch of execution ended.
enum class Exit : uint8_t {
  returned,
  trapped,     // Activation::trap says why
  host_error,  // Store::pending_error holds what a host function reported
  exception,   // Store::pending_exception found no handler here
};

struct Activation {
  Store* store = nullptr;
  ExecutionTier* tier = nullptr;       // whose code it runs; set by the tier
  Activation* previous = nullptr;      // of the same store
  Slot* base = nullptr;                // first slot of the entry frame
  uintptr_t native_entry = 0;          // the entry's frame on its native stack,
  const StackBounds* stack = nullptr;  // which is this one
  bool out_of_order = false;           // it or one below has not ended in the order of the chain
  uint8_t unblocked_signals = 0;       // by enter_guest: bits by index of the fault handler's signals
  // Where the code stands while it is outside of itself (in a host function, trapped); pc is null while it runs.
  Slot* fp = nullptr;
  const void* pc = nullptr;
  Slot* top = nullptr;  // end of the innermost frame: where the next activation may begin
  TrapCode trap = TrapCode::none;
  const FuncInst* host_func = nullptr;  // the host function that it is in, set by Store
  // For tiers whose return addresses are on the machine stack: where the innermost is, the C++ stack to leave by, and
  // the frames of code that has been left.
  const void* const* native_sp = nullptr;
  void* entry_sp = nullptr;
  std::vector<FrameRef> frames;
  // Where such code goes on that has caught an exception.
  struct Resume {
    const void* pc;
    const void* const* sp;
    Slot* fp;
    InstanceContext* ctx;
  } resume;
  // Frames that an exception has left on its way here (Store::run_compiled), until it is caught.
  std::vector<FrameRef> left_by_exception;
  // What to do about a fault, when that is not to return to `fault_return`: it may change the system's `context` and
  // let the code go on there. False: the fault was not the code's.
  bool (*on_fault)(Activation& activation, void* context) = nullptr;
  // Return point for faults; armed by the tier that relies on guard pages.
  sigjmp_buf fault_return;
};

}  // namespace mini_wasm::runtime
