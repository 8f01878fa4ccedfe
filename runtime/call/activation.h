// Activation: one run of guest code in one tier, from a call by the host, or by the interpreter (Execution::run_compiled),
// until that call returns. Calls inside of the guest, also into other instances, stay in the activation. When a host
// function calls the guest again, that is another activation, so the activations of a store form a chain. Backtraces,
// exceptions and the collector follow it.
// Thread rule: an activation lives on the stack of the thread that runs the store.
#pragma once

#include <mini_wasm/trap.h>

#include <array>
#include <csetjmp>
#include <cstdint>
#include <vector>

#include "core/indices.h"
#include "runtime/call/frame.h"
#include "runtime/system/native_stack.h"

namespace mini_wasm::runtime {

class Store;
class CompiledModule;
struct FuncInst;
struct InstanceContext;
struct ModuleInst;
class ExecutionTier;

// One frame of running code, for backtraces.
struct FrameRef {
  const CompiledModule* module = nullptr;
  FuncIdx func{};
  uint64_t offset = 0;  // byte offset of the instruction in the module
  ModuleInst* instance = nullptr;
};

// How an activation ended.
enum class Exit : uint8_t {
  returned,
  trapped,     // Activation::trap says why
  host_error,  // Execution::pending_error holds what a host function reported
  exception,   // Execution::pending_exception found no handler here
  suspended,   // a host function waits (continuation.h); the frames stay
};

struct Activation {
  Store* store = nullptr;
  ExecutionTier* tier = nullptr;       // whose code runs; set by the tier
  Activation* previous = nullptr;      // the next older activation of the same store
  Slot* base = nullptr;                // first slot of the entry frame
  uintptr_t native_entry = 0;          // address of the entry's frame on its native stack
  const StackBounds* stack = nullptr;  // that native stack
  // True when this activation, or an older one, has not ended in the order of the chain (a host that switches stacks
  // can cause that).
  bool out_of_order = false;
  // Set by enter_guest: the signals that it unblocked, one bit per signal, by the index in the fault handler's list.
  uint8_t unblocked_signals = 0;
  // The position of the code while it does not run itself (it has called a host function, or has trapped). `pc` is null
  // while the code runs: only then a fault is one of the guest (fault_handler.h).
  Slot* fp = nullptr;
  const void* pc = nullptr;
  InstanceContext* ctx = nullptr;  // of the innermost frame; null when it is not known (after a fault)
  Slot* top = nullptr;             // end of the innermost frame: where the next activation may begin
  TrapCode trap = TrapCode::none;
  const FuncInst* host_func = nullptr;  // the host function that is being called; set by Execution
  // For tiers that keep return addresses on the machine stack:
  // * native_sp: where the innermost return address is,
  // * entry_sp: the C++ stack pointer to return to when a trap or an exception leaves the code,
  // * frames: the frames of code that has been left in this way.
  const void* const* native_sp = nullptr;
  void* entry_sp = nullptr;
  std::vector<FrameRef> frames;
  // Where such code continues after it has caught an exception.
  struct Resume {
    const void* pc;
    const void* const* sp;
    Slot* fp;
    InstanceContext* ctx;
  } resume;
  // While the activation is suspended, for tiers that use the machine stack: the lowest word in use, and how the outermost
  // frame was entered.
  const void* suspended_sp = nullptr;
  const FuncType* entry_type = nullptr;
  // Whether it is suspended because it has yielded (Execution::begin_yielding), and not in a host function; and where.
  enum class Yielded : uint8_t { no, out_of_fuel, at_loop } yielded = Yielded::no;
  std::array<uint64_t, 6> registers;  // of the interpreter, if it has yielded
  bool in_tail_call = false;          // for the interpreter: the host function was called by a tail call
  // The frames that an exception has left before it came here (Execution::run_compiled). Cleared when the exception is
  // caught.
  std::vector<FrameRef> left_by_exception;
  // What to do about a fault, when that is something else than a return to `fault_return`. The function may change
  // `context` (the system's ucontext) so that the code continues elsewhere. Returns false when the code did not cause
  // the fault.
  bool (*on_fault)(Activation& activation, void* context) = nullptr;
  // Where execution continues after a fault; set by a tier that relies on guard pages.
  sigjmp_buf fault_return;
};

}  // namespace mini_wasm::runtime
