// Interruption: whether a store is interrupted, and how its thread learns of it: from the contexts of running code, from
// a descriptor that it waits for, or from a function that wakes it.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "runtime/system/event_descriptor.h"

namespace mini_wasm::runtime {

class Interruption {
 public:
  bool on() const { return on_.load(std::memory_order_relaxed); }

  // Begins or ends the interruption, and calls `tell()`, which tells running code. No `exclusively` runs meanwhile.
  template <class Tell>
  void set(bool on, Tell tell) {
    const std::lock_guard lock(mutex_);
    on_ = on;
    tell();
    event_.set(on);
    if (blocked_ != nullptr) blocked_->wake_();
  }
  // Calls `work()`, which may change what `tell` reads.
  template <class Work>
  void exclusively(Work work) {
    const std::lock_guard lock(mutex_);
    work();
  }

  // A file descriptor that is readable while the store is interrupted, for code that waits in the system. Made at the
  // first call. Negative when the system gives none; then the caller must check `on` from time to time.
  int descriptor();

  // While such an object exists, the store's thread may wait. An interrupt calls `wake`, from any thread, which must
  // make the waiting thread check `on` again. There is at most one at a time.
  class BlockedScope {
   public:
    BlockedScope(Interruption& interruption, std::function<void()> wake);
    ~BlockedScope();
    BlockedScope(const BlockedScope&) = delete;
    BlockedScope& operator=(const BlockedScope&) = delete;

   private:
    friend class Interruption;
    Interruption& interruption_;
    std::function<void()> wake_;
  };

 private:
  std::atomic<bool> on_{false};
  std::mutex mutex_;  // guards what follows, and what `exclusively` is used for
  EventDescriptor event_;
  BlockedScope* blocked_ = nullptr;  // set while the store's thread waits
};

}  // namespace mini_wasm::runtime
