// WaitQueue: threads that wait for a notification at an address of a shared memory (threads proposal, "Wait and notify
// operators"). There is one queue for each shared memory. memory.atomic.wait compares the value and starts to wait
// while it holds the queue's lock, and notify takes that lock, so that no notification is lost in between.
//
// Thread rule: any thread. Lock order: the mutex of a store's Interruption before that of a queue.
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
  // The first three are the results of the instruction.
  enum class Woken : uint32_t { notified = 0, not_equal = 1, timed_out = 2, interrupted };

  // Waits until notified, at most `timeout` nanoseconds (negative: without limit), or until the store is interrupted.
  // Does not wait when the `bytes` bytes at `cell` (4 or 8, aligned) are not equal to `expected`.
  Woken wait(Store& store, const uint8_t* cell, uint32_t bytes, uint64_t expected, int64_t timeout);
  // Wakes at most `count` threads that wait at `cell`, those that have waited longest first. Returns how many.
  uint32_t notify(const uint8_t* cell, uint32_t count);
  // Makes every waiting thread check whether its store has been interrupted.
  void look_around();

 private:
  struct Waiter {
    explicit Waiter(const uint8_t* at) : cell(at) {}
    const uint8_t* cell;
    bool notified = false;
    std::condition_variable wake;
  };
  std::mutex mutex_;
  std::list<Waiter> waiters_;  // in the order in which they started to wait
};

// memory.atomic.wait32 and wait64 (`bytes` is 4 or 8) at an effective address. `result` is the result of the
// instruction. Traps: unaligned atomic, expected shared memory, out of bounds memory access, interrupted.
TrapCode memory_atomic_wait(Store& store, MemInst& memory, uint64_t at, uint32_t bytes, uint64_t expected,
                            int64_t timeout, uint32_t& result);
// memory.atomic.notify. In an unshared memory there are no waiting threads. Traps: unaligned atomic, out of bounds
// memory access.
TrapCode memory_atomic_notify(MemInst& memory, uint64_t at, uint32_t count, uint32_t& woken);

}  // namespace mini_wasm::runtime
