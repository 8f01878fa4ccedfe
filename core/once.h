// What is done once, by whoever needs it first. As std::call_once, but what is done may throw when memory is out: the C
// library, through which std::call_once goes, cannot do without memory then, and ends the process.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <mutex>

namespace mini_wasm {

class Once {
 public:
  // Calls `work` unless a call of it has returned before; others wait meanwhile. When it throws, the next one tries.
  template <class Work>
  void call(Work work) {
    if (done_.load(std::memory_order_acquire)) return;
    const std::lock_guard lock(mutex_);
    if (done_.load(std::memory_order_relaxed)) return;
    work();
    done_.store(true, std::memory_order_release);
  }

 private:
  std::atomic<bool> done_{false};
  std::mutex mutex_;
};

}  // namespace mini_wasm
