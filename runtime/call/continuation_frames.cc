// Frames of suspended calls that are saved, and loaded again (saved_frame.h).
#include <algorithm>
#include <utility>

#include "runtime/call/continuation.h"
#include "runtime/call/fault_handler.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

// The tiers look at the frames where they were, so these are put there for a moment.
Result<void> Execution::save_frames(Continuation& c, std::vector<SavedFrame>& frames) {
  if (activation_ != nullptr) {
    return Error::make(ErrorKind::usage, "a call can be saved only while no call of its store is running");
  }
  const Activation& innermost = std::as_const(c).innermost();
  if (innermost.yielded == Activation::Yielded::out_of_fuel) {
    return Error::make(ErrorKind::usage, "the call has no fuel left, and cannot be saved there");
  }
  const ActivationScope scope(c.outer_);
  restore(c);
  Result<void> saved;
  if (c.nested_) saved = c.inner_.tier->save_frames(c.inner_, true, frames);
  if (saved) saved = c.outer_.tier->save_frames(c.outer_, !c.nested_, frames);
  std::reverse(frames.begin(), frames.end());
  return saved;
}

Result<void> Execution::load_frames(Continuation& c, std::span<const SavedFrame> frames, FuncInst* waits_for,
                                    bool in_tail_call) {
  if (stack_base() == nullptr) return Error::make(ErrorKind::limit, "no memory for the value stack");
  Activation& activation = c.outer_;
  activation.store = &store_;
  activation.in_tail_call = in_tail_call;
  activation.host_func = waits_for;
  if (waits_for == nullptr) activation.yielded = Activation::Yielded::at_loop;
  std::vector<Slot> slots;
  Result<size_t> end = engine_.tier().load_frames(frames, *this, activation, slots);
  if (!end) return std::move(end).error();
  c.results_at_ = *end;
  if (waits_for != nullptr) slots.resize(std::max<size_t>(slots.size(), *end + waits_for->host->slots));
  if (slots.size() > static_cast<size_t>(stack_limit_ - stack_base())) return trap(TrapCode::call_stack_exhausted);
  activation.top = stack_base() + slots.size();
  c.value_slots_ = c.capacity_ = slots.size();
  c.saved_ = std::make_unique_for_overwrite<Slot[]>(slots.size());
  std::copy(slots.begin(), slots.end(), c.values());
  c.state_ = waits_for != nullptr ? Continuation::State::waiting : Continuation::State::can_resume;
  stack_used_ = true;
  return {};
}

}  // namespace mini_wasm::runtime
