// MemInst: a memory instance (spec 4.2.9).
//
// With guard pages (the default), a 32-bit memory reserves all addresses that a 32-bit index plus a 32-bit static
// offset can reach. Code then needs no bounds check: an access beyond the current size faults, and the fault handler
// turns the fault into a trap. All other memories are accessed with checks only, and reserve what their maximum and the
// store's limit allow. These are memories with 64-bit addresses or small pages, those of an engine without guard pages,
// and those for which the system has not enough addresses. An instance that uses one of the last kind gets code with
// checks (Bounds). The base of a memory never moves.
//
// Thread rule: that of the store. A shared memory (threads proposal) may belong to several stores; everything but
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

#include "runtime/instance/instance_context.h"
#include "runtime/memory/bounds.h"
#include "runtime/memory/memory_pool.h"
#include "runtime/memory/wait_queue.h"

namespace mini_wasm::runtime {

static_assert(std::endian::native == std::endian::little, "guest memory is accessed as host memory");

// Index (4 GiB) plus static offset (4 GiB) plus the widest access.
inline constexpr uint64_t kGuardedReservation = (uint64_t{8} << 30) + 65536;
// The largest reservation, in bytes, of a memory without guard pages, if neither its maximum nor a limit is smaller.
inline constexpr uint64_t kCheckedReservation = uint64_t{64} << 30;
inline constexpr int64_t kGrowFailed = -1;

// What the validator requires of a declared memory (spec 3.2.15; shared: threads proposal).
bool is_valid(const MemoryType& type);

class Budget;

struct MemInst {
  uint8_t* base = nullptr;
  std::atomic<uint64_t> size{0};  // in bytes; never decreases
  uint64_t reserved = 0;
  uint64_t max_size = 0;                // in bytes: the smallest of declared maximum, store limit and reservation
  MemoryType type;                      // limits.min is the declared minimum
  bool guarded = false;                 // has guard pages
  const Budget* counted_in = nullptr;   // the budget of the store that made it
  std::vector<InstanceContext*> users;  // the instances that have it as memory 0; not used for a shared memory
  std::unique_ptr<WaitQueue> waiters;   // only of a shared memory
  std::mutex growing;                   // held by `grow` of a shared memory

  MemInst() = default;
  MemInst(const MemInst&) = delete;
  MemInst& operator=(const MemInst&) = delete;
  ~MemInst();

  // Makes a zeroed memory of type.limits.min pages. Error: limit. If `pool` serves memories of this kind, the addresses
  // come from it, and the memory begins with `content` unless that is null (see has_content). The pool must live longer
  // than the memory.
  Result<void> allocate(const MemoryType& type, uint64_t byte_limit, Bounds bounds, MemoryPool* pool = nullptr,
                        const std::shared_ptr<PageTemplate>& content = nullptr);
  // Whether the memory would have guard pages if the system had had enough addresses.
  bool lacks_guard(Bounds bounds) const { return !guarded && is_guarded(type, bounds); }
  bool has_content() const { return slot_.content != nullptr; }
  uint64_t size_pages() const { return size.load(std::memory_order_relaxed) >> type.page_size_log2; }
  // spec 4.6.8 memory.grow: returns the old size in pages, or kGrowFailed.
  int64_t grow(uint64_t delta_pages);
  // Whether [offset, offset + length) lies inside the memory. The calculation never wraps.
  bool contains(uint64_t offset, uint64_t length) const {
    const uint64_t now = size.load(std::memory_order_relaxed);
    return length <= now && offset <= now - length;
  }
  // Makes this the memory 0 of an instance, and writes its base into the instance's context.
  void add_user(InstanceContext& context);

 private:
  bool take_from(MemoryPool& pool, uint64_t bytes, const std::shared_ptr<PageTemplate>& content);
  bool reserve_some(uint64_t min);
  bool reserve_with_guard();
  bool reserve(uint64_t wanted);
  bool reserve_fairly(uint64_t wanted);
  bool commit_to(uint64_t new_size);

  MemoryPool* pool_ = nullptr;  // where the slot came from; null when the memory reserved the addresses itself
  MemorySlot slot_;
  bool grown_in_part_ = false;  // a failed growth may have made some pages accessible
};

}  // namespace mini_wasm::runtime
