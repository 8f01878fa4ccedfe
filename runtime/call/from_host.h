// Execution::from_host and what else the files of Execution share.
#pragma once

#include "runtime/call/continuation.h"
#include "runtime/store.h"
#include "runtime/system/native_stack.h"

namespace mini_wasm::runtime {

// Counts a nested call while it exists.
class DepthScope {
 public:
  explicit DepthScope(uint32_t& depth) : depth_(depth) { ++depth_; }
  ~DepthScope() { --depth_; }
  DepthScope(const DepthScope&) = delete;
  DepthScope& operator=(const DepthScope&) = delete;

 private:
  uint32_t& depth_;
};

// Calls work(the native stack that this runs on), unless calls nest too deeply.
template <class Work>
Result<void> Execution::from_host(Work work) {
  const uintptr_t here = stack_address();
  StackBounds other;
  const StackBounds* const stack = native_stack(here, other);
  if (stack == &other) [[unlikely]]
    note_other_stack(here, other);
  // Both limits protect the native stack: calls that nest through the host use it.
  if (host_depth_ >= engine_.config().max_host_depth || here < stack->lowest_entry) {
    return trap(TrapCode::call_stack_exhausted);
  }
  DepthScope depth(host_depth_);
  const UsingThread::Scope inside(user_, /*inside=*/true);
  return work(stack);
}

template <class Visit>
void Execution::for_each_continuation(Visit visit) const {
  for (const Continuation* c = continuations_; c != nullptr; c = c->next_) visit(*c);
}

}  // namespace mini_wasm::runtime
