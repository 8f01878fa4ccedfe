// Budget: how many bytes of StoreLimits::total_bytes a store has used, and the embedder's function that is asked before
// more are used. Thread rule: that of the store.
#pragma once

#include <mini_wasm/store.h>

namespace mini_wasm::runtime {

class Budget {
 public:
  explicit Budget(const StoreLimits& limits)
      : total_(limits.total_bytes), may_grow_(limits.may_grow), data_(limits.may_grow_data) {}

  // Takes `bytes` out of the budget. Returns false when the limit or the embedder does not allow it.
  bool take(Growth::Kind kind, uint64_t bytes) {
    if (bytes == 0) return true;
    if (bytes > total_ - used_) return false;
    if (may_grow_ != nullptr && !may_grow_(data_, {kind, bytes, used_})) return false;
    used_ += bytes;
    return true;
  }
  void give_back(uint64_t bytes) { used_ -= bytes; }
  uint64_t used() const { return used_; }

 private:
  const uint64_t total_;
  bool (*const may_grow_)(void* data, const Growth& growth);
  void* const data_;
  uint64_t used_ = 0;
};

}  // namespace mini_wasm::runtime
