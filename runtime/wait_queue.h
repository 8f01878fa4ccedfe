// Threads that wait for a notification at an address of a shared memory (threads proposal, "Wait and notify
// operators"): one queue per shared memory. memory.atomic.wait compares and begins to wait under the queue's lock, and
// notify takes it, so that no notification is lost between the two.
//
// Thread rule: any thread. Lock order: a store's mutex before a queue's.
#pragma once

#include <mini_wasm/trap.h>

#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>

namespace mini_wasm::runtime {

struct MemInst;
class Store;

class WaitQueue {
 public:
  // The first three are what the instruction gives.
  enum class Woken : uint32_t { notified = 0, not_equal = 1, timed_out = 2, interrupted };

  // Waits until notified, for `timeout` nanoseconds at most (negative: for ever), or until the store is interrupted;
  // but not at all when the `bytes` bytes at `cell` (4 or 8, aligned) are not `expected`.
  Woken wait(Store& store, const uint8_t* cell, uint32_t bytes, uint64_t expected, int64_t timeout);
  // Wakes `count` of those that wait at `cell`, the longest waiting first; how many there were.
  uint32_t notify(const uint8_t* cell, uint32_t count);
  // Lets every waiting thread see whether its store has been interrupted.
  void look_around();

 private:
  struct Waiter {
    explicit Waiter(const uint8_t* at) : cell(at) {}
    const uint8_t* cell;
    bool notified = false;
    std::condition_variable wake;
  };
  std::mutex mutex_;
  std::list<Waiter> waiters_;  // in the order of their coming
};

// memory.atomic.wait32 and wait64 (`bytes` 4 and 8) at an effective address; `result` as the instruction gives it.
// Traps: unaligned atomic, expected shared memory, out of bounds memory access, interrupted.
TrapCode memory_atomic_wait(Store& store, MemInst& memory, uint64_t at, uint32_t bytes, uint64_t expected,
                            int64_t timeout, uint32_t& result);
// Traps: unaligned atomic, out of bounds memory access. Nobody waits at an unshared memory.
TrapCode memory_atomic_notify(MemInst& memory, uint64_t at, uint32_t count, uint32_t& woken);

}  // namespace mini_wasm::runtime
