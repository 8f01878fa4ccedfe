#include "runtime/call/execution.h"

#include <algorithm>
#include <cassert>
#include <memory>

#include "core/guarded.h"
#include "runtime/call/continuation.h"
#include "runtime/call/fault_handler.h"
#include "runtime/call/from_host.h"
#include "runtime/call/host_call.h"
#include "runtime/call/thrown.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {
namespace {

FrameInfo describe_host(const FuncInst& func) {
  FrameInfo frame;
  frame.module_name = func.host->module;
  frame.function_name = func.host->name;
  frame.host = true;
  return frame;
}

}  // namespace

Execution::Execution(Store& store, Engine& engine) : store_(store), engine_(engine), metered_(engine.config().fuel) {
  // One page beyond the limit is for small frames; the page after it cannot be accessed (ValueStack). The last small frame
  // that begins before the limit may call a function that does not check it.
  static_assert(kMachineHead + 2 * kSmallFrame * sizeof(Slot) <= 4096);
  MemoryPool& pool = engine_.memory_pool();
  stack_ = pool.take_stack();
  if (stack_.base == nullptr) return;
  machine_sp = stack_base();
  stack_limit_ = stack_base() + pool.stack_bytes() / sizeof(Slot);
  if (engine_.config().guard_pages) engine_.fault_handler().begin();
}

Execution::~Execution() {
  assert(activation_ == nullptr);
  if (stack_.base != nullptr) engine_.memory_pool().give_back_stack(stack_, stack_used_);
}

Result<void> Execution::call(FuncInst& func, Slot* slots) {
  assert(func.store() == &store_);
  return from_host([&](const StackBounds* stack) -> Result<void> {
    if (func.host != nullptr) return call_host_directly(func, slots, stack);
    Activation activation;
    return call_wasm(activation, func, slots, stack);
  });
}

Result<void> Execution::call_wasm(Activation& activation, FuncInst& func, Slot* slots, const StackBounds* stack) {
  if (store_.interrupted()) return trap(TrapCode::interrupted);
  if (metered_ && fuel <= 0) return trap(TrapCode::out_of_fuel);
  if (stack_.base == nullptr) return Error::make(ErrorKind::limit, "no memory for the value stack");
  const SlotCounts counts = func.context->instance->module->slot_counts(func.index);
  activation.store = &store_;
  // Behind the innermost frame, if a guest that runs further out has called the host.
  activation.base = activation_ != nullptr ? activation_->top : stack_base();
  if (activation.base > stack_limit_ ||
      static_cast<size_t>(stack_limit_ - activation.base) < std::max(counts.params, counts.results)) {
    return trap(TrapCode::call_stack_exhausted);
  }
  activation.top = activation.base;
  activation.native_entry = stack_address();
  activation.stack = stack;
  activation.pc = &activation;  // not null: no guest code runs yet
  stack_used_ = true;
  ActivationScope scope(activation);  // before the first write, which may deepen the stack
  std::copy_n(slots, counts.params, activation.base);
  return finish(engine_.tier().invoke(func, activation), activation, func, slots);
}

// The end of a call of a guest, whose results are at activation.base.
Result<void> Execution::finish(Exit exit, Activation& activation, const FuncInst& func, Slot* slots) {
  switch (exit) {
    case Exit::returned:
      std::copy_n(activation.base, func.context->instance->module->slot_counts(func.index).results, slots);
      return {};
    case Exit::trapped: return trap(activation.trap);
    case Exit::exception: return located(thrown_error(store_, std::exchange(pending_exception, gc::kNull)));
    case Exit::suspended:
      save(*current_);
      current_->state_ = current_->has_yielded() ? Continuation::State::can_resume : Continuation::State::waiting;
      return {};
    case Exit::host_error: break;
  }
  return std::move(*std::exchange(pending_error, nullptr));
}

// Calls a host function from the host. There are no guest frames. The activation is needed for backtraces, and so that
// a fault inside the function is not taken for one of a guest whose call is further out.
Result<void> Execution::call_host_directly(FuncInst& func, Slot* slots, const StackBounds* stack) {
  Activation activation;
  activation.store = &store_;
  activation.base = activation.top = activation_ != nullptr ? activation_->top : stack_base();
  activation.native_entry = stack_address();
  activation.stack = stack;
  activation.pc = &activation;
  activation.host_func = &func;
  const gc::SpanRoots roots(store_.heap().roots(), {slots, func.host->slots});
  ActivationScope scope(activation);
  leave_guest(activation);
  Caller caller(&store_, nullptr);
  Result<void> result = run_host(*func.host, caller, slots);
  if (!result) return located(std::move(result).error());
  return result;
}

// Runs a host function, during which coroutines of the host may use the store.
Result<void> Execution::run_host(const HostFunc& func, Caller& caller, Slot* slots) {
  const UsingThread::Scope outside(user_, /*inside=*/false);
  return run_host_func(func, caller, slots);
}

Exit Execution::call_host(FuncInst& func, ModuleInst* caller_instance, Slot* args) {
  Activation& activation = *activation_;
  if (static_cast<size_t>(stack_limit_ - args) < func.host->slots) {
    pending_error = make_error(trap(TrapCode::call_stack_exhausted));
    return Exit::host_error;
  }
  activation.top = std::max(activation.top, args + func.host->slots);
  activation.host_func = &func;
  // Touches the last result slot. It may lie beyond the part of the stack that has been used so far, and a fault in the
  // host's code would not deepen the stack.
  if (func.host->slots != 0) static_cast<void>(static_cast<volatile Slot*>(args)[func.host->slots - 1]);
  leave_guest(activation);
  Caller caller(&store_, caller_instance);
  Result<void> result = run_host(*func.host, caller, args);
  enter_guest(activation);
  if (activation_ != &activation) [[unlikely]]
    result = end_out_of_order(activation);
  activation.host_func = nullptr;
  if (!result) {
    if (std::exchange(suspending_, false) && result.error().kind == ErrorKind::waiting) {
      return begin_waiting(func, args);
    }
    // The host function throws, perhaps what a nested call of it has given.
    pending_exception = thrown_by(result.error(), store_);
    if (pending_exception != gc::kNull) return Exit::exception;
    activation.host_func = &func;
    pending_error = make_error(located(std::move(result).error()));
    activation.host_func = nullptr;
    return Exit::host_error;
  }
  suspending_ = false;
  activation.pc = nullptr;
  std::atomic_signal_fence(std::memory_order_seq_cst);  // from here on, a fault is the guest's
  return Exit::returned;
}

// There is no host frame between the two activations, and no values are copied: the frame of the inner one already lies
// in the outer one's part of the stack. If the call can wait, the inner one must stay while it does.
Exit Execution::run_compiled(const void* entry, const FuncType& type, InstanceContext& context, Slot* frame) {
  Activation& outer = *activation_;
  Activation own;
  const bool may_wait = current_ != nullptr && &outer == &current_->outer_;
  Activation& activation = may_wait ? current_->inner_ : own;
  if (may_wait) {
    std::destroy_at(&activation);
    std::construct_at(&activation);
  }
  activation.store = &store_;
  activation.base = activation.top = frame;
  leave_guest(outer);
  activation.native_entry = stack_address();
  activation.stack = outer.stack;
  if (may_wait) current_->nested_ = true;
  Exit exit;
  {
    ActivationScope scope(activation);
    exit = after_compiled(engine_.tier().compiler()->run_at(entry, type, context, activation), activation);
  }
  enter_guest(outer);
  if (exit == Exit::suspended) return exit;
  if (may_wait) current_->nested_ = false;
  leave_compiled(exit, outer, activation);
  return exit;
}

Exit Execution::after_compiled(Exit exit, Activation& activation) {
  if (exit != Exit::trapped) return exit;
  pending_error = make_error(trap(activation.trap));
  return Exit::host_error;
}

void Execution::leave_compiled(Exit exit, Activation& outer, Activation& inner) {
  if (exit == Exit::returned) outer.pc = nullptr;
  if (exit == Exit::exception) outer.left_by_exception = std::move(inner.frames);
  inner.frames.clear();
  std::atomic_signal_fence(std::memory_order_seq_cst);  // from here on, a fault belongs to the outer one
}

TrapCode Execution::invalid_function(const CompiledModule& module, FuncIdx func, Error why) {
  // Validation happens during a call here (lazily), so the error becomes a trap. Its text and position are kept in
  // invalid_function_ until `trap` builds the error.
  Error error = Error::trap(TrapCode::invalid_function);
  error.message += ": " + why.message;
  error.offset = why.offset;
  error.backtrace.push_back(module.describe({&module, func, why.offset == Error::kNoOffset ? 0 : why.offset}));
  invalid_function_ = make_error(std::move(error));
  return TrapCode::invalid_function;
}

// A trap can occur because memory is exhausted. If there is no memory for the error, or for its backtrace, it does
// without.
Error Execution::trap(TrapCode code) {
  if (code != TrapCode::invalid_function || invalid_function_ == nullptr) {
    return located(guarded([&] { return Error::trap(code); }, out_of_memory));
  }
  Error error = std::move(*std::exchange(invalid_function_, nullptr));
  const auto add_frames = [&] {
    for (FrameInfo& frame : backtrace()) error.backtrace.push_back(std::move(frame));
  };
  guarded(add_frames, [] {});
  return error;
}

Error Execution::located(Error error) const {
  if (error.backtrace.empty()) guarded([&] { error.backtrace = backtrace(); }, [] {});
  return error;
}

std::vector<FrameInfo> Execution::backtrace() const {
  std::vector<FrameInfo> result;
  std::vector<FrameRef> frames;
  for (const Activation* a = activation_; a != nullptr && result.size() < kMaxBacktrace; a = a->previous) {
    if (a->host_func != nullptr) result.push_back(describe_host(*a->host_func));
    if (a->fp == nullptr) continue;  // no guest code in it
    for (const FrameRef& frame : a->left_by_exception) result.push_back(frame.module->describe(frame));
    frames.clear();
    a->tier->walk(*a, kMaxBacktrace - result.size(), frames);
    for (const FrameRef& frame : frames) result.push_back(frame.module->describe(frame));
  }
  return result;
}

}  // namespace mini_wasm::runtime
