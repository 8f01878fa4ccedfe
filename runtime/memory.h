// A memory instance (spec 4.2.10).
//
// With guard pages (the default) a 32-bit memory reserves all the addresses that a 32-bit index plus a 32-bit static
// offset can reach, so that code needs no bounds check: pages beyond the current size fault and the fault handler makes
// a trap of it. Other memories (64-bit, small pages, guard pages off) reserve what their maximum and the store's limit
// allow and are accessed through checked paths only. So are those for which the system has not that many addresses;
// instances that use one get code with checks (Bounds). The base of no memory ever moves.
//
// Thread rule: that of the store, but a shared memory (threads proposal) may be in several stores, and everything but
// `allocate` may then be called from all their threads.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/types.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/bounds.h"
#include "runtime/instance_context.h"
#include "runtime/memory_pool.h"
#include "runtime/wait_queue.h"

namespace mini_wasm::runtime {

static_assert(std::endian::native == std::endian::little, "guest memory is accessed as host memory");

// Index (4 GiB) plus static offset (4 GiB) plus the widest access.
inline constexpr uint64_t kGuardedReservation = (uint64_t{8} << 30) + 65536;
// The most that a memory without guard pages reserves when neither its maximum nor a limit says less.
inline constexpr uint64_t kCheckedReservation = uint64_t{64} << 30;
inline constexpr int64_t kGrowFailed = -1;

// What the validator requires of a declared memory (spec 3.2.16; shared: threads proposal).
bool is_valid(const MemoryType& type);

class Budget;

struct MemInst {
  uint8_t* base = nullptr;
  std::atomic<uint64_t> size{0};  // bytes; never less than before
  uint64_t reserved = 0;
  uint64_t max_size = 0;                // bytes: the smallest of declared maximum, store limit and reservation
  MemoryType type;                      // limits.min is the declared minimum
  bool guarded = false;                 // has guard pages
  const Budget* counted_in = nullptr;   // of the store that it was made for
  std::vector<InstanceContext*> users;  // instances whose memory 0 this is; of an unshared memory
  std::unique_ptr<WaitQueue> waiters;   // of a shared memory
  std::mutex growing;                   // held by `grow` of a shared memory

  MemInst() = default;
  MemInst(const MemInst&) = delete;
  MemInst& operator=(const MemInst&) = delete;
  ~MemInst();

  // Zeroed memory of type.limits.min pages. Error: limit. The addresses come from the pool, which lives longer, when
  // that serves memories of this kind; then it begins with `content`, if that is not null (has_content).
  Result<void> allocate(const MemoryType& type, uint64_t byte_limit, Bounds bounds, MemoryPool* pool = nullptr,
                        const std::shared_ptr<PageTemplate>& content = nullptr);
  // Whether it would have guard pages if there had been addresses enough.
  bool lacks_guard(Bounds bounds) const { return !guarded && is_guarded(type, bounds); }
  bool has_content() const { return slot_.content != nullptr; }
  uint64_t size_pages() const { return size.load(std::memory_order_relaxed) >> type.page_size_log2; }
  // spec 4.6.9 memory.grow: the old size in pages, or kGrowFailed.
  int64_t grow(uint64_t delta_pages);
  // Whether [offset, offset + length) lies inside; never wraps.
  bool contains(uint64_t offset, uint64_t length) const {
    const uint64_t now = size.load(std::memory_order_relaxed);
    return length <= now && offset <= now - length;
  }
  // Makes this the memory 0 of an instance, which from now on learns when the base changes.
  void add_user(InstanceContext& context);

 private:
  bool take_from(MemoryPool& pool, uint64_t bytes, const std::shared_ptr<PageTemplate>& content);
  bool reserve_some(uint64_t min);
  bool reserve_with_guard();
  bool reserve(uint64_t wanted);
  bool reserve_fairly(uint64_t wanted);
  bool commit_to(uint64_t new_size);

  MemoryPool* pool_ = nullptr;  // where the slot came from; null when the addresses are this memory's own
  MemorySlot slot_;
  bool grown_in_part_ = false;
};

}  // namespace mini_wasm::runtime
