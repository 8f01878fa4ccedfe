// WriteAllowance: how many bytes a guest may still write, to all files and streams together. What a write may need is
// taken before it begins, because several threads of the guest may write at once.
// Thread rule: any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace mini_wasm::wasi {

class WriteAllowance {
 public:
  explicit WriteAllowance(uint64_t most) : left_(most) {}

  // A part of it that is taken; what is not used goes back.
  class Part {
   public:
    Part(WriteAllowance& whole, uint64_t wanted) : left_(whole.left_) {
      uint64_t left = left_.load(std::memory_order_relaxed);
      do granted_ = std::min(left, wanted);
      while (!left_.compare_exchange_weak(left, left - granted_, std::memory_order_relaxed));
      unused_ = granted_;
    }
    ~Part() { left_.fetch_add(unused_, std::memory_order_relaxed); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    uint64_t granted() const { return granted_; }
    void use(uint64_t bytes) { unused_ -= bytes; }

   private:
    std::atomic<uint64_t>& left_;
    uint64_t granted_ = 0, unused_ = 0;
  };

 private:
  std::atomic<uint64_t> left_;
};

}  // namespace mini_wasm::wasi
