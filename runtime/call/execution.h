// Execution: what a store needs to run code: the value stack, the chain of activations, the native stacks that it was
// used on, and the errors and exceptions that are on their way out.
// Thread rule: that of the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/limits.h"
#include "runtime/call/activation.h"
#include "runtime/call/continuation.h"
#include "runtime/call/saved_frame.h"
#include "runtime/call/use_check.h"
#include "runtime/memory/memory_pool.h"

namespace mini_wasm {
class Caller;
}

namespace mini_wasm::runtime {

class Engine;
struct HostFunc;
struct ModuleInst;

class Execution {
 public:
  // `engine` must outlive it.
  Execution(Store& store, Engine& engine);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // --- Calls

  // Calls a function of any kind. `slots` holds its arguments and receives its results. Errors: trap, exit, host,
  // limit, and any other that a host function returns.
  Result<void> call(FuncInst& func, Slot* slots);
  // Calls a host function from running code, with arguments and results at `args`. The tier must have set
  // activation.pc, fp and top. Returns Exit::returned (pc is null again), Exit::host_error, Exit::exception
  // or Exit::suspended.
  Exit call_host(FuncInst& func, ModuleInst* caller, Slot* args);
  // For a tier that hands a function over to the compiler: runs machine code on the frame `frame`
  // (ExecutionTier::run_at), as a call from the position of the innermost activation. Exits are those of `call_host`.
  Exit run_compiled(const void* entry, const FuncType& type, InstanceContext& context, Slot* frame);
  // --- Calls that can wait (continuation.h)

  // Runs it until it ends, waits or yields. Errors: usage (not at this time); and those of `call`, when it has ended.
  Result<Continuation::State> resume(Continuation& continuation);
  // Whether the host function that is running may make its guest wait.
  bool can_suspend() const;
  // Called by that host function, before it returns with an error of kind waiting.
  void suspend() { suspending_ = true; }
  // For a tier whose code has no fuel left, or is asked to yield at a loop: whether it shall be suspended
  // (Exit::suspended) there. `frame_end`: of the innermost frame.
  bool begin_yielding(Activation::Yielded where, Slot* frame_end);
  // The frames of a call that waits or has yielded, outermost first. Errors: usage, limit.
  Result<void> save_frames(Continuation& continuation, std::vector<SavedFrame>& frames);
  // Lets the call, which is ready, continue with these frames. `waits_for`: the host function that the last one has
  // called; null: it stands at a loop. Errors: those of ExecutionTier::load_frames.
  Result<void> load_frames(Continuation& continuation, std::span<const SavedFrame> frames, FuncInst* waits_for,
                           bool in_tail_call);
  Continuation* current() const { return current_; }  // the one that is running
  template <class Visit>
  void for_each_continuation(Visit visit) const;
  // The store is about to go.
  void forget_continuations();

  // --- Others

  // For a tier, when a function that is called turns out to be invalid: returns the trap to end with. The error of that
  // trap will contain `why`.
  TrapCode invalid_function(const CompiledModule& module, FuncIdx func, Error why);

  Store& store() { return store_; }
  Activation* activation() const { return activation_; }
  // The frames of all activations, innermost first; at most kMaxBacktrace. Backtraces are for people; the spec does not
  // define them.
  static constexpr size_t kMaxBacktrace = limits::kMaxBacktrace;
  std::vector<FrameInfo> backtrace() const;

  // --- The value stack

  const Slot* stack() const { return stack_base(); }
  Slot* stack_begin() const { return stack_base(); }
  // [machine_sp, machine_stack_end()) is the part of the machine stack that is in use.
  const void* machine_stack_end() const { return stack_base(); }
  // The end of the part of the value stack that can be accessed without the fault handler.
  const Slot* accessible_stack_end() const;
  // For the fault handler: if the access failed only because that part of the value stack was not used before, makes
  // all of the stack accessible and returns true. Then the access can be repeated.
  bool deepen_stack(const void* address);
  Slot* stack_limit() const { return stack_limit_; }
  // The trap for a frame that did not fit below a context's stack limit. An interrupt sets that limit to null. By now
  // the interrupt may have been cleared, so the frame is compared with the store's own limit.
  TrapCode why_no_room(const Slot* frame_end) const {
    return frame_end <= stack_limit_ ? TrapCode::interrupted : TrapCode::call_stack_exhausted;
  }

  // --- Native stacks

  // Called when references may be on the caller's native stack from now on. Collections scan that stack, also while the
  // coroutine that runs on it is suspended.
  void note_stack();
  // Two addresses on unknown stacks count as one stack if they are nearer than this many bytes, with only readable
  // memory between.
  static constexpr uintptr_t kOneUnknownStack = uintptr_t{64} << 10;
  // Calls `visit(address that was in use, StackBounds)` for each.
  template <class Visit>
  void for_each_used_stack(Visit visit) const {
    for (const UsedStack& used : used_stacks_) {
      if (used.stack.kind == StackBounds::Kind::unknown || is_announced(used.stack)) visit(used.at, used.stack);
    }
  }

  // For tiers whose code uses the machine stack (ValueStack): the innermost address of that stack in use while C++ code
  // runs; and the native stack pointer with which C++ functions run that compiled code calls. Null when there is none.
  const void* machine_sp = nullptr;
  void* host_sp = nullptr;
  // Config::fuel: what the guest may still execute; below 0, it has executed more. While machine code runs, it is in a
  // register instead (jit/stubs.h).
  int64_t fuel = 0;
  // Takes the fuel for an instruction that has read or written this many bytes, besides its one unit.
  void charge_bytes(uint64_t bytes) {
    if (metered_) fuel -= static_cast<int64_t>(bytes / kBytesPerUnit);
  }
  static constexpr uint64_t kBytesPerUnit = 64;
  uint64_t signal_thread = ~uint64_t{0};  // the thread whose signal mask was read last (fault_handler.h)
  ErrorPtr pending_error;                 // what a host function reported (Exit::host_error)
  Slot pending_exception = 0;             // an exnref that is on its way to a handler

 private:
  friend class ActivationScope;
  friend class Continuation;
  Slot* stack_base() const {
    return stack_.base == nullptr ? nullptr : reinterpret_cast<Slot*>(stack_.base + kMachineHead);
  }
  Result<void> call_host_directly(FuncInst& func, Slot* slots, const StackBounds* stack);
  template <class Work>
  Result<void> from_host(Work work);
  Result<void> run_host(const HostFunc& func, Caller& caller, Slot* slots);
  Result<void> call_wasm(Activation& activation, FuncInst& func, Slot* slots, const StackBounds* stack);
  Result<void> finish(Exit exit, Activation& activation, const FuncInst& func, Slot* slots);
  Exit after_compiled(Exit exit, Activation& activation);
  void leave_compiled(Exit exit, Activation& outer, Activation& inner);
  Exit begin_waiting(const FuncInst& func, Slot* args);
  bool make_room(Continuation& continuation) const;
  void save(Continuation& continuation) const;
  void restore(Continuation& continuation);
  Result<void> run(Continuation& continuation, const StackBounds* stack);
  Exit go_on(Continuation& continuation);
  Exit go_on_in_both(Continuation& continuation);
  Error trap(TrapCode code);
  // Adds the backtrace to an error that a host function reports, unless a nested call has added one.
  Error located(Error error) const;
  void unlink(Activation& activation);
  Error end_out_of_order(Activation& activation);
  const StackBounds* native_stack(uintptr_t here, StackBounds& other) const;
  void note_other_stack(uintptr_t here, const StackBounds& stack);

  Store& store_;
  Engine& engine_;
  UsingThread user_;
  const bool metered_;         // Config::fuel
  ErrorPtr invalid_function_;  // the error of the trap that is about to be reported
  ValueStack stack_;           // from the engine's pool; no base when there was no memory
  bool stack_used_ = false;
  Slot* stack_limit_ = nullptr;
  Activation* activation_ = nullptr;
  uint32_t host_depth_ = 0;
  bool suspending_ = false;
  Continuation* current_ = nullptr;
  Continuation* continuations_ = nullptr;  // all of the store
  // The most words that a tier puts on the machine stack when it is suspended.
  static constexpr size_t kMostSavedRegisters = 96;
  // Stacks that were in use and are not a thread's own: all announced ones, and the last kMostUnknownStacks unknown
  // ones.
  static constexpr ptrdiff_t kMostUnknownStacks = 8;
  struct UsedStack {
    uintptr_t at;  // an address that was in use
    StackBounds stack;
  };
  std::vector<UsedStack> used_stacks_;
};

}  // namespace mini_wasm::runtime
