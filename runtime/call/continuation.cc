#include "runtime/call/continuation.h"

#include <algorithm>
#include <utility>

#include "core/guarded.h"
#include "runtime/call/fault_handler.h"
#include "runtime/call/from_host.h"
#include "runtime/call/host_call.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

Continuation::Continuation(Execution& execution, FuncInst& func, std::vector<Slot> slots)
    : execution_(&execution), func_(func), slots_(std::move(slots)) {
  next_ = execution.continuations_;
  if (next_ != nullptr) next_->previous_ = this;
  execution.continuations_ = this;
}

Continuation::~Continuation() {
  assert(state_ != State::running);
  if (execution_ == nullptr) return;
  (previous_ != nullptr ? previous_->next_ : execution_->continuations_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
}

void Continuation::drop(Continuation* continuation) {
  if (continuation == nullptr) return;
  if (continuation->state_ != State::running) {
    delete continuation;
  } else {
    continuation->dropped_ = true;
  }
}

void Continuation::complete(ErrorPtr error) {
  error_ = std::move(error);
  complete();
}

void Execution::forget_continuations() {
  for (Continuation* c = continuations_; c != nullptr; c = c->next_) c->execution_ = nullptr;
  continuations_ = nullptr;
}

// --- Suspending

bool Execution::can_suspend() const {
  return current_ != nullptr && activation_ == &std::as_const(*current_).innermost() &&
         activation_->host_func != nullptr;
}

// A host function waits. When it returns Exit::suspended, all native frames return until `resume` gets the control.
Exit Execution::begin_waiting(const FuncInst& func, Slot* args) {
  Continuation& c = *current_;
  if (!make_room(c)) {
    pending_error = make_error(located(out_of_memory()));
    return Exit::host_error;
  }
  c.outer_.host_func = &func;
  c.results_at_ = static_cast<size_t>(args - stack_base());
  return Exit::suspended;
}

bool Execution::begin_yielding(Activation::Yielded where, Slot* frame_end) {
  if (current_ == nullptr || !current_->yields_ || activation_ != &current_->innermost()) return false;
  activation_->top = frame_end;
  if (!make_room(*current_)) return false;
  activation_->yielded = where;
  if (where == Activation::Yielded::at_loop) store_.set_yielding(false);
  return true;
}

// For what will be saved. False: there is no memory.
bool Execution::make_room(Continuation& c) const {
  c.value_slots_ = static_cast<size_t>(activation_->top - stack_base());
  // Besides what is on the machine stack now, registers will be there.
  const size_t machine = static_cast<size_t>(stack_base() - static_cast<const Slot*>(machine_sp)) + kMostSavedRegisters;
  const size_t wanted = machine + c.value_slots_;
  if (c.capacity_ < wanted) {
    c.saved_.reset(new (std::nothrow) Slot[wanted]);
    c.capacity_ = c.saved_ == nullptr ? 0 : wanted;
  }
  return c.saved_ != nullptr;
}

// All frames that the guest has now are below `top` of the innermost activation.
void Execution::save(Continuation& c) const {
  const Slot* const machine = static_cast<const Slot*>(c.innermost().suspended_sp);
  c.machine_words_ = machine == nullptr ? 0 : static_cast<size_t>(stack_base() - machine);
  assert(c.machine_words_ + c.value_slots_ <= c.capacity_);
  if (c.machine_words_ != 0) std::copy_n(machine, c.machine_words_, c.saved_.get());
  std::copy_n(stack_base(), c.value_slots_, c.values());
}

// The activations are linked, so that the fault handler makes more of the stack accessible if that is necessary.
void Execution::restore(Continuation& c) {
  std::copy_n(c.saved_.get(), c.machine_words_, stack_base() - c.machine_words_);
  std::copy_n(c.values(), c.value_slots_, stack_base());
}

// --- Running

namespace {

// Why a call with this state cannot be resumed; null: it can.
const char* why_not(Continuation::State state) {
  switch (state) {
    case Continuation::State::running: return "the call is running";
    case Continuation::State::waiting: return "the call waits for the results of a host function";
    case Continuation::State::ended: return "the call has ended";
    default: return nullptr;
  }
}

}  // namespace

Result<Continuation::State> Execution::resume(Continuation& c) {
  if (const char* const reason = why_not(c.state_)) return Error::make(ErrorKind::usage, reason);
  if (activation_ != nullptr) {
    return Error::make(ErrorKind::usage, "a call that can wait runs only while no other call of its store does");
  }
  Result<void> result = from_host([&](const StackBounds* stack) { return run(c, stack); });
  const Continuation::State state = c.state_;
  if (c.dropped_) delete &c;
  if (!result) return std::move(result).error();
  return state;
}

Result<void> Execution::run(Continuation& c, const StackBounds* stack) {
  const bool begins = c.state_ == Continuation::State::ready;
  c.state_ = Continuation::State::running;
  current_ = &c;
  Result<void> result;
  if (c.func_.host != nullptr) {
    result = call_host_directly(c.func_, c.slots_.data(), stack);
  } else if (begins) {
    result = call_wasm(c.outer_, c.func_, c.slots_.data(), stack);
  } else {
    c.outer_.native_entry = c.inner_.native_entry = stack_address();
    c.outer_.stack = c.inner_.stack = stack;
    const ActivationScope scope(c.outer_);
    const Exit exit = c.nested_ ? go_on_in_both(c) : go_on(c);
    result = finish(exit, c.outer_, c.func_, c.slots_.data());
  }
  current_ = nullptr;
  if (c.state_ != Continuation::State::running) return result;
  c.state_ = Continuation::State::ended;
  c.has_returned_ = result.has_value();
  c.saved_.reset();
  return result;
}

// The innermost activation continues where the host function returns.
Exit Execution::go_on(Continuation& c) {
  Activation& activation = c.innermost();
  restore(c);
  Exit how = Exit::returned;
  if (const ErrorPtr error = std::exchange(c.error_, nullptr); error != nullptr) {
    pending_exception = thrown_by(*error, store_);
    how = pending_exception != gc::kNull ? Exit::exception : Exit::host_error;
    if (how == Exit::host_error) {
      activation.host_func = c.outer_.host_func;
      pending_error = make_error(located(std::move(*error)));
    }
  }
  c.outer_.host_func = c.inner_.host_func = nullptr;
  return activation.tier->resume(activation, how);
}

Exit Execution::go_on_in_both(Continuation& c) {
  leave_guest(c.outer_);
  Exit exit;
  {
    const ActivationScope scope(c.inner_);
    exit = after_compiled(go_on(c), c.inner_);
  }
  enter_guest(c.outer_);
  if (exit == Exit::suspended) return exit;
  c.nested_ = false;
  const void* const pc = c.outer_.pc;
  leave_compiled(exit, c.outer_, c.inner_);
  c.outer_.pc = pc;  // the tier wants to know it
  return c.outer_.tier->resume_behind(c.outer_, c.inner_, exit);
}

}  // namespace mini_wasm::runtime
