// WorkMeter: counts steps of validation, translation and compilation. A few bytes of a module can declare thousands of
// locals, or make thousands of operands; each step that is repeated for each of them is counted. Instructions are not
// counted, because there are at most as many as bytes. A test checks that the sum is proportional to the size of the
// module (spec-tests/hostile). Thread rule: any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace mini_wasm {

inline std::atomic<uint64_t> metered_work{0};

// The meter of one function. `add` costs almost nothing; `hand_over` must be called at the end.
class WorkMeter {
 public:
  void add(uint64_t units) { units_ += units; }
  void hand_over() {
    if (units_ >= kWorthSaying) metered_work.fetch_add(units_, std::memory_order_relaxed);
    units_ = 0;
  }

 private:
  static constexpr uint64_t kWorthSaying = 64;

  uint64_t units_ = 0;
};

}  // namespace mini_wasm
