// The stacks of an execution: its own value stack, and the native stacks that it is used on.
#include <algorithm>
#include <utility>

#include "runtime/call/fault_handler.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

// --- The value stack

bool Execution::deepen_stack(const void* address) {
  const MemoryPool& pool = engine_.memory_pool();
  const auto at = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(stack_.base);
  if (stack_.base == nullptr || stack_.deep_for != 0 || at >= pool.deep_stack_bytes()) return false;
  return pool.deepen(stack_);
}

const Slot* Execution::accessible_stack_end() const {
  const MemoryPool& pool = engine_.memory_pool();
  const uint64_t bytes = stack_.deep_for != 0 ? pool.deep_stack_bytes() : pool.shallow_stack_bytes();
  return reinterpret_cast<const Slot*>(stack_.base + bytes);
}

// --- Native stacks

namespace {

// Whether two addresses on unknown stacks lie on the same stack: they are near, and all memory between them can be
// read.
bool is_same_stack(uintptr_t a, uintptr_t b) {
  const uintptr_t low = std::min(a, b), high = std::max(a, b);
  return high - low < Execution::kOneUnknownStack && readable_below(high, low) == low;
}

}  // namespace

// The stack that the caller runs on. If it is unknown, its bounds are those from the first entry on it, which an
// activation further out has recorded.
const StackBounds* Execution::native_stack(uintptr_t here, StackBounds& other) const {
  const StackBounds* const stack = find_native_stack(here, other);
  if (stack != nullptr) [[likely]]
    return stack;
  for (const Activation* a = activation_; a != nullptr; a = a->previous) {
    const bool unknown = a->stack->kind == StackBounds::Kind::unknown;
    // Host functions may use more of the stack than the part we would use, so the distance may be twice as large.
    if (unknown && here < a->stack->high && a->stack->high - here < 2 * kUnknownRoom) {
      other = *a->stack;
      return &other;
    }
  }
  other = look_at_native_stack(here);
  return &other;
}

void Execution::note_stack() {
  const uintptr_t here = stack_address();
  StackBounds other;
  const StackBounds* const stack = native_stack(here, other);
  if (stack == &other) note_other_stack(here, other);
}

void Execution::note_other_stack(uintptr_t here, const StackBounds& stack) {
  const bool unknown = stack.kind == StackBounds::Kind::unknown;
  const auto is_known = [&](const UsedStack& used) {
    if (used.stack.kind != stack.kind) return false;
    return unknown ? is_same_stack(used.at, here) : used.stack.serial == stack.serial;
  };
  if (std::any_of(used_stacks_.rbegin(), used_stacks_.rend(), is_known)) return;
  const auto is_unknown = [](const UsedStack& used) { return used.stack.kind == StackBounds::Kind::unknown; };
  std::erase_if(used_stacks_, [&](const UsedStack& used) { return !is_unknown(used) && !is_announced(used.stack); });
  const auto unknown_ones = std::count_if(used_stacks_.begin(), used_stacks_.end(), is_unknown);
  if (unknown && unknown_ones == kMostUnknownStacks) {
    used_stacks_.erase(std::find_if(used_stacks_.begin(), used_stacks_.end(), is_unknown));
  }
  used_stacks_.push_back({here, stack});
}

// --- The chain of activations

// Called when the host has switched coroutines during a host call: another call that began later in the same store has
// not ended yet. Its frames lie where the guest would continue, so the guest must not continue.
Error Execution::end_out_of_order(Activation& activation) {
  unlink(activation);
  activation.out_of_order = true;
  pending_exception = gc::kNull;
  activation.previous = std::exchange(activation_, &activation);
  return Error::make(ErrorKind::usage, "a call that began later in the same store has not ended yet");
}

// Removes an activation from any place in the chain.
void Execution::unlink(Activation& activation) {
  Activation** link = &activation_;
  for (; *link != &activation; link = &(*link)->previous) (*link)->out_of_order = true;
  *link = activation.previous;
  // All remaining activations are in the host's code, so machine_sp is the lowest of their positions.
  machine_sp = stack_base();
  for (const Activation* a = activation_; a != nullptr; a = a->previous) {
    if (a->native_sp != nullptr && a->native_sp < machine_sp) machine_sp = a->native_sp;
  }
}

}  // namespace mini_wasm::runtime
