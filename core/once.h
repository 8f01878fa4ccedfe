// Once: work that is done once, by the first thread that needs it. Like std::call_once, except that the work may throw
// when there is no memory: std::call_once goes through the C library, which ends the process in that case.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <mutex>

namespace mini_wasm {

class Once {
 public:
  // Calls `work`, unless an earlier call has returned; waits while another thread calls it. If `work` throws, the next
  // caller tries again.
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
