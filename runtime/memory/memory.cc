#include "runtime/memory/memory.h"

#include <algorithm>
#include <utility>

#include "runtime/call/fault_handler.h"
#include "runtime/system/virtual_memory.h"
#include "runtime/test_settings.h"
#include "validator/module_validator.h"

namespace mini_wasm::runtime {
namespace {

// Pages in bytes; the largest uint64_t on overflow. A 64-bit memory may declare 2^48 pages of 64 KiB.
uint64_t page_bytes(uint64_t pages, const MemoryType& type) {
  return pages > (~uint64_t{0} >> type.page_size_log2) ? ~uint64_t{0} : pages << type.page_size_log2;
}

uint64_t checked_reservation(uint64_t min, uint64_t max_size) {
  return std::max(min, std::min(max_size, kCheckedReservation));
}

bool is_refused_a_guard() { return test_settings.few_addresses && test_settings.guards_wanted++ % 2 == 1; }

Error too_big(const MemoryType& type, const std::string& why) {
  return Error::make(ErrorKind::limit,
                     "cannot allocate a memory of " + std::to_string(type.limits.min) + " pages: " + why);
}

}  // namespace

bool is_valid(const MemoryType& type) {
  const bool page_size = type.page_size_log2 == 0 || type.page_size_log2 == 16;
  if (!page_size) return false;
  const uint64_t most = validator::max_pages(type);
  const bool max = type.limits.max ? *type.limits.max <= most && *type.limits.max >= type.limits.min : !type.shared;
  return type.limits.min <= most && max;
}

MemInst::~MemInst() {
  // After a failed `grow` it is not known which pages can be accessed, so such a slot does not go back to the pool.
  if (pool_ != nullptr && !grown_in_part_) {
    slot_.accessible = round_to_os_pages(size);
    pool_->give_back(std::move(slot_));
  } else if (guarded || pool_ != nullptr) {
    release_guarded(base);
  } else {
    release_pages(base, reserved);
  }
}

Result<void> MemInst::allocate(const MemoryType& memory_type, uint64_t byte_limit, Bounds bounds, MemoryPool* pool,
                               const std::shared_ptr<PageTemplate>& content) {
  type = memory_type;
  guarded = is_guarded(type, bounds);
  if (type.shared) waiters = std::make_unique<WaitQueue>();
  const uint64_t min = page_bytes(type.limits.min, type);
  max_size = page_bytes(type.limits.max.value_or(validator::max_pages(type)), type);
  max_size = std::min(max_size, byte_limit);
  max_size -= max_size & ((uint64_t{1} << type.page_size_log2) - 1);
  if (min > max_size) return too_big(type, "the limit is " + std::to_string(byte_limit) + " bytes");
  const uint64_t wanted = guarded ? kGuardedReservation : checked_reservation(min, max_size);
  if (pool != nullptr && !type.shared && !test_settings.few_addresses && pool->serves(wanted) &&
      take_from(*pool, min, content))
    return {};
  if (guarded) guarded = !is_refused_a_guard() && reserve_with_guard();
  if (!guarded && !reserve_some(min)) return too_big(type, "out of address space");
  if (!commit_to(min)) return too_big(type, "out of memory");
  return {};
}

bool MemInst::take_from(MemoryPool& pool, uint64_t bytes, const std::shared_ptr<PageTemplate>& content) {
  std::optional<MemorySlot> slot = pool.take(round_to_os_pages(bytes), content);
  if (!slot) return false;
  pool_ = &pool;
  slot_ = std::move(*slot);
  base = slot_.base;
  reserved = kGuardedReservation;
  size = bytes;
  return true;
}

// Reserves as much as possible, at least `min` bytes. Half a reservation is useful too, if the memory never grows that
// far.
bool MemInst::reserve_some(uint64_t min) {
  uint64_t wanted = checked_reservation(min, max_size);
  bool made = reserve(wanted);
  while (!made && wanted > min) {
    wanted = std::max(min, wanted / 2);
    made = wanted > min ? reserve_fairly(wanted) : reserve(wanted);
  }
  if (!made) return false;
  max_size = std::min(max_size, reserved >> type.page_size_log2 << type.page_size_log2);
  return true;
}

bool MemInst::reserve(uint64_t wanted) {
  const uint64_t bytes = round_to_os_pages(std::max(wanted, uint64_t{1}));
  base = bytes == 0 ? nullptr : reserve_pages(bytes);
  reserved = base == nullptr ? 0 : bytes;
  return base != nullptr;
}

bool MemInst::reserve_with_guard() {
  base = reserve_guarded();
  reserved = base == nullptr ? 0 : round_to_os_pages(kGuardedReservation);
  return base != nullptr;
}

// Reserves `wanted` bytes only if the same amount is left afterwards: where addresses are few, other memories need some
// too.
bool MemInst::reserve_fairly(uint64_t wanted) {
  if (!reserve(wanted)) return false;
  uint8_t* const left = reserve_pages(reserved);
  release_pages(left, reserved);
  if (left != nullptr) return true;
  release_pages(std::exchange(base, nullptr), std::exchange(reserved, 0));
  return false;
}

bool MemInst::commit_to(uint64_t new_size) {
  const uint64_t committed = round_to_os_pages(size);
  if (!commit_pages(base + committed, round_to_os_pages(new_size) - committed)) {
    grown_in_part_ = true;  // possibly: it is not known which of the pages can be accessed now
    return false;
  }
  size = new_size;
  return true;
}

int64_t MemInst::grow(uint64_t delta_pages) {
  std::unique_lock lock(growing, std::defer_lock);
  if (type.shared) lock.lock();
  const uint64_t old_pages = size_pages();
  if (delta_pages > (max_size - size) >> type.page_size_log2) return kGrowFailed;
  if (!commit_to(size + (delta_pages << type.page_size_log2))) return kGrowFailed;
  for (InstanceContext* user : users) user->memory_base = base;
  return static_cast<int64_t>(old_pages);
}

void MemInst::add_user(InstanceContext& context) {
  context.memory_base = base;
  // The contexts of a shared memory are not listed: other threads would change the list at the same time, and the base
  // never changes.
  if (!type.shared) users.push_back(&context);
}

}  // namespace mini_wasm::runtime
