// Interruption: whether a store is interrupted or asked to yield, and how its thread learns of it: from the contexts of
// running code, from a descriptor that it waits for, or from a function that wakes it.
// Thread rule: any thread.
#pragma once

#include <mini_wasm/store.h>

#include <atomic>
#include <mutex>

#include "runtime/system/event_descriptor.h"

namespace mini_wasm::runtime {

class Interruption {
 public:
  bool on() const { return on_.load(std::memory_order_relaxed); }
  // Whether calls that can yield are asked to do that.
  bool yields() const { return yields_.load(std::memory_order_relaxed); }

  // There is an interruption while the embedder asks for it, and while there are deadlines that have passed. These
  // change one of the two, or what `yields` gives, and call `tell()`, which tells running code. No `exclusively` runs
  // meanwhile.
  template <class Tell>
  void set(bool on, Tell tell) {
    const std::lock_guard lock(mutex_);
    asked_ = on;
    update(tell);
  }
  template <class Tell>
  void note_deadlines(int change, Tell tell) {
    const std::lock_guard lock(mutex_);
    passed_ += change;
    update(tell);
  }
  template <class Tell>
  void set_yielding(bool on, Tell tell) {
    const std::lock_guard lock(mutex_);
    yields_ = on;
    tell();
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

  // While a HostBlock exists, the store's thread may wait. For its constructor and destructor.
  void add(HostBlock& block);
  void remove(HostBlock& block);

 private:
  template <class Tell>
  void update(Tell tell) {
    const bool on = asked_ || passed_ != 0;
    on_ = on;
    tell();
    event_.set(on);
    for (const HostBlock* block = blocked_; block != nullptr; block = block->outer_) {
      if (block->wake_) block->wake_();
    }
  }

  std::atomic<bool> on_{false}, yields_{false};
  std::mutex mutex_;  // guards what follows, and what `exclusively` is used for
  bool asked_ = false;
  int passed_ = 0;
  EventDescriptor event_;
  HostBlock* blocked_ = nullptr;  // the innermost one
};

}  // namespace mini_wasm::runtime
