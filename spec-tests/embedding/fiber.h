// Stacks for tests: fibers as embedders use them (ucontext), and threads on memory of the test, so that code that goes
// beyond the end of a stack is detected.
#pragma once

#include <gtest/gtest.h>
#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/system/native_stack.h"
#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm::embedding {

// Memory for a stack of `bytes` bytes. Below it there is memory with a pattern, to which nobody should write.
class StackMemory {
 public:
  explicit StackMemory(size_t bytes);
  ~StackMemory();
  StackMemory(const StackMemory&) = delete;
  StackMemory& operator=(const StackMemory&) = delete;

  void* low() const { return memory_ + kBelow; }
  size_t bytes() const { return bytes_; }
  bool was_overrun() const;

 private:
  static constexpr size_t kBelow = size_t{64} << 10;
  const size_t bytes_;
  unsigned char* const memory_;
};

// Runs `work` in parts, on any thread that calls `resume`.
class Fiber {
 public:
  Fiber(size_t bytes, bool announced, std::function<void()> work);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void resume();   // returns when `work` suspends itself or ends
  void suspend();  // called by `work`
  bool done() const { return done_; }
  const StackMemory& stack() const { return memory_; }

 private:
  static void begin(unsigned low, unsigned high);

  StackMemory memory_;
  std::unique_ptr<NativeStack> announced_;
  std::function<void()> work_;
  ucontext_t inside_, outside_;
  bool done_ = false;
};

// Runs `work` on a thread with a stack of that many bytes, at least PTHREAD_STACK_MIN; the C library uses some of them.
void run_on_thread(size_t bytes, const std::function<void()>& work);
// Calls `work` when about `left` bytes are left of the stack, which begins at `low`.
void call_with_room(uintptr_t low, size_t left, const std::function<void()>& work);

// Tests that run on every tier. Where frames are larger (sanitizers), stacks are larger too.
class OnTiers : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  static constexpr size_t kKiB = runtime::kFrameScale << 10;
};

}  // namespace mini_wasm::embedding
