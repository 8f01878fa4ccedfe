#include "runtime/memory/wait_queue.h"

#include <chrono>
#include <optional>

#include "core/guarded.h"
#include "runtime/memory/memory.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

uint64_t load(const uint8_t* cell, uint32_t bytes) {
  if (bytes == 8) return __atomic_load_n(reinterpret_cast<const uint64_t*>(cell), __ATOMIC_SEQ_CST);
  return __atomic_load_n(reinterpret_cast<const uint32_t*>(cell), __ATOMIC_SEQ_CST);
}

// The deadline for `timeout` nanoseconds. Empty: no deadline, for a negative timeout or one that the clock cannot
// represent.
std::optional<Clock::time_point> deadline_after(int64_t timeout) {
  const Clock::time_point now = Clock::now();
  if (timeout < 0 || nanoseconds(timeout) > Clock::time_point::max() - now) return std::nullopt;
  return now + nanoseconds(timeout);
}

}  // namespace

WaitQueue::Woken WaitQueue::wait(Store& store, const uint8_t* cell, uint32_t bytes, uint64_t expected,
                                 int64_t timeout) {
  // Registered with the store before `interrupted` is read for the first time. So an interrupt is either seen by that
  // read, or it wakes us up.
  const HostBlock blocked(store.interruption(), [this] { look_around(); });
  std::unique_lock lock(mutex_);
  if (load(cell, bytes) != expected) return Woken::not_equal;
  const auto self = waiters_.emplace(waiters_.end(), cell);
  const auto done = [&] { return self->notified || store.interrupted(); };
  if (const auto deadline = deadline_after(timeout)) {
    self->wake.wait_until(lock, *deadline, done);
  } else {
    self->wake.wait(lock, done);
  }
  const bool notified = self->notified;
  waiters_.erase(self);
  if (notified) return Woken::notified;
  return store.interrupted() ? Woken::interrupted : Woken::timed_out;
}

uint32_t WaitQueue::notify(const uint8_t* cell, uint32_t count) {
  const std::lock_guard lock(mutex_);
  uint32_t woken = 0;
  for (Waiter& waiter : waiters_) {
    if (woken == count) break;
    if (waiter.cell != cell || waiter.notified) continue;
    waiter.notified = true;
    waiter.wake.notify_one();
    ++woken;
  }
  return woken;
}

void WaitQueue::look_around() {
  const std::lock_guard lock(mutex_);
  for (Waiter& waiter : waiters_) waiter.wake.notify_one();
}

TrapCode memory_atomic_wait(Store& store, MemInst& memory, uint64_t at, uint32_t bytes, uint64_t expected,
                            int64_t timeout, uint32_t& result) {
  if (at % bytes != 0) return TrapCode::unaligned_atomic;
  if (!memory.type.shared) return TrapCode::expected_shared_memory;
  if (!memory.contains(at, bytes)) return TrapCode::out_of_bounds_memory_access;
  const auto wait = [&] {
    const WaitQueue::Woken woken = memory.waiters->wait(store, memory.base + at, bytes, expected, timeout);
    if (woken == WaitQueue::Woken::interrupted) return TrapCode::interrupted;
    result = static_cast<uint32_t>(woken);
    return TrapCode::none;
  };
  return guarded(wait, [] { return TrapCode::out_of_memory; });  // machine code calls this: no exception may leave it
}

TrapCode memory_atomic_notify(MemInst& memory, uint64_t at, uint32_t count, uint32_t& woken) {
  if (at % 4 != 0) return TrapCode::unaligned_atomic;
  if (!memory.contains(at, 4)) return TrapCode::out_of_bounds_memory_access;
  woken = memory.type.shared ? memory.waiters->notify(memory.base + at, count) : 0;
  return TrapCode::none;
}

}  // namespace mini_wasm::runtime
