#include "runtime/memory/memory_pool.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/guarded.h"
#include "runtime/memory/memory.h"
#include "runtime/system/virtual_memory.h"

namespace mini_wasm::runtime {
namespace {

// Bytes that can be zeroed in the time in which the system says which pages have been written.
constexpr uint64_t kAsking = uint64_t{128} << 10;
// This many bytes of a stack are cleaned without asking the system ...
constexpr uint64_t kShallow = uint64_t{16} << 10;
// ... but when a store has used more (the stack was deepened), the stack stays deep for this many further stores:
// deepening takes as long as asking the system a dozen times.
constexpr uint32_t kDeepFor = 64;
// If more bytes of a stack than this were written, they are given back to the system.
constexpr uint64_t kMostOfStack = uint64_t{256} << 10;

using Runs = std::array<PageRun, 128>;

bool may_compile([[maybe_unused]] const Config& config) {
#if MINI_WASM_JIT
  return config.tier != Tier::interpreter;
#else
  return false;
#endif
}

// Zeroes in pieces of 1 KiB: for longer pieces, the C library may use an instruction that is slower when the bytes are
// in a cache.
void clear(uint8_t* begin, uint8_t* end) {
  constexpr ptrdiff_t kPiece = 1024;
  for (; end - begin > kPiece; begin += kPiece) std::memset(begin, 0, kPiece);
  std::memset(begin, 0, static_cast<size_t>(end - begin));
}

// Restores the initial content of [begin, end) of a slot, byte by byte.
void refill(const MemorySlot& slot, uint8_t* begin, uint8_t* end) {
  if (slot.content != nullptr) {
    const uint64_t from = static_cast<uint64_t>(begin - slot.base);
    if (from < slot.content->bytes()) {
      const uint64_t length = std::min<uint64_t>(slot.content->bytes() - from, static_cast<uint64_t>(end - begin));
      std::memcpy(begin, slot.content->data() + from, length);
      begin += length;
    }
  }
  clear(begin, end);
}

// Restores the initial content by giving the pages back to the system.
bool drop(const MemorySlot& slot) {
  const uint64_t mapped = slot.content == nullptr ? 0 : slot.content->bytes();
  if (mapped != 0 && !slot.content->map_at(slot.base)) return false;
  if (slot.accessible > mapped) discard_pages(slot.base + mapped, slot.accessible - mapped);
  return true;
}

// Gives a clean slot another initial content.
bool set_content(MemorySlot& slot, const std::shared_ptr<PageTemplate>& content) {
  if (slot.content != nullptr) {
    if (!reserve_again(slot.base, slot.accessible)) return false;
    slot.accessible = 0;
  }
  slot.content = content;
  if (content == nullptr) return true;
  if (!content->map_at(slot.base)) return false;
  slot.accessible = std::max(slot.accessible, content->bytes());
  return true;
}

bool set_accessible(MemorySlot& slot, uint64_t bytes) {
  const uint64_t now = std::exchange(slot.accessible, bytes);
  if (bytes >= now) return commit_pages(slot.base + now, bytes - now);
  discard_pages(slot.base + bytes, now - bytes);
  return hide_pages(slot.base + bytes, now - bytes);
}

void release(const MemorySlot& slot) { release_guarded(slot.base); }

std::atomic<uint64_t> guarded_reservations{0};

}  // namespace

uint8_t* reserve_guarded() {
  uint8_t* base = nullptr;
  if (guarded_reservations.fetch_add(1, std::memory_order_relaxed) < kMostGuardedReservations)
    base = reserve_pages(round_to_os_pages(kGuardedReservation));
  if (base == nullptr) guarded_reservations.fetch_sub(1, std::memory_order_relaxed);
  return base;
}

void release_guarded(uint8_t* base) {
  if (base == nullptr) return;
  release_pages(base, round_to_os_pages(kGuardedReservation));
  guarded_reservations.fetch_sub(1, std::memory_order_relaxed);
}

MemoryPool::MemoryPool(const Config& config)
    : most_(config.pool_size),
      most_bytes_(config.pool_bytes),
      serves_memories_(config.guard_pages && most_ != 0),
      stack_bytes_(round_to_os_pages(std::max(config.stack_size, uint64_t{1}))),
      shallow_bytes_(config.guard_pages ? std::min(round_to_os_pages(kShallow), deep_stack_bytes())
                                        : deep_stack_bytes()),
      machine_bytes_(may_compile(config) ? stack_bytes_ + kMachineReserve : 0) {}

MemoryPool::~MemoryPool() {
  for (const MemorySlot& slot : slots_) release(slot);
  for (const ValueStack& stack : stacks_) release_stack(stack);
}

size_t MemoryPool::free_slots() const {
  const std::lock_guard lock(mutex_);
  return slots_.size();
}

size_t MemoryPool::free_stacks() const {
  const std::lock_guard lock(mutex_);
  return stacks_.size();
}

// --- Memories ------------------------------------------------------------------------------------------------------

bool MemoryPool::serves(uint64_t reservation) const { return serves_memories_ && reservation <= kGuardedReservation; }

// Takes the best free slot: one that needs no change, else one with the same content. Others are left for stores that
// want their content, unless `any` is true or the pool is full. Returns a slot without a base when there is none.
MemorySlot MemoryPool::take_free(uint64_t bytes, const std::shared_ptr<PageTemplate>& content, bool any) {
  const std::lock_guard lock(mutex_);
  const auto fit = [&](const MemorySlot& slot) { return slot.content != content ? 0 : 1 + (slot.accessible == bytes); };
  if (slots_.empty()) return {};
  size_t best = slots_.size() - 1;
  for (size_t i = slots_.size(); i-- > 0 && fit(slots_[best]) < 2;) {
    if (fit(slots_[i]) > fit(slots_[best])) best = i;
  }
  if (fit(slots_[best]) == 0) {
    if (!any && slots_.size() < most_) return {};
    best = 0;  // the slot that was given back longest ago
  }
  MemorySlot slot = std::move(slots_[best]);
  slots_.erase(slots_.begin() + static_cast<ptrdiff_t>(best));
  resident_ -= slot.resident;
  return slot;
}

std::optional<MemorySlot> MemoryPool::take(uint64_t bytes, const std::shared_ptr<PageTemplate>& content) {
  MemorySlot slot = take_free(bytes, content, false);
  if (slot.base == nullptr) slot.base = reserve_guarded();
  if (slot.base == nullptr) slot = take_free(bytes, content, true);
  if (slot.base == nullptr) return std::nullopt;
  if ((slot.content != content && !set_content(slot, content)) || !set_accessible(slot, bytes)) {
    release(slot);
    return std::nullopt;
  }
  return slot;
}

void MemoryPool::give_back(MemorySlot slot) {
  guarded([&] { keep(slot); }, [&] { release(slot); });
}

// Whatever can fail or takes long is done before the mutex is taken.
void MemoryPool::keep(MemorySlot& slot) {
  bool usable = clean(slot);
  if (usable && slot.resident > most_bytes_ - std::min(most_bytes_, resident_.load(std::memory_order_relaxed))) {
    usable = drop(slot);
    slot.resident = 0;
  }
  std::optional<MemorySlot> unwanted;
  {
    const std::lock_guard lock(mutex_);
    if (!usable || (slot.content != nullptr && slot.content->retired)) {
      unwanted = std::move(slot);
    } else {
      if (slots_.size() == most_) {
        unwanted = std::move(slots_.front());
        slots_.erase(slots_.begin());
        resident_ -= unwanted->resident;
      }
      const uint64_t resident = slot.resident;
      slots_.push_back(std::move(slot));
      resident_ += resident;
    }
  }
  if (unwanted) release(*unwanted);
}

// Restores the initial content of the slot. Returns false when that is not possible.
bool MemoryPool::clean(MemorySlot& slot) const {
  if (slot.accessible == 0) return true;
  const uint64_t known = std::min(std::exchange(slot.resident, 0), slot.accessible);
  Runs runs;
  runs[0] = {slot.base, slot.base + slot.accessible};
  size_t count = 1;
  // The first time (known == 0) the system is asked, because zeroing everything would make pages resident that may
  // never be used.
  if (known == 0 || slot.content != nullptr || slot.accessible - known > kAsking) {
    const auto written = find_written_pages(slot.base, slot.accessible, slot.content != nullptr, most_bytes_, runs);
    if (!written && slot.accessible > kAsking) return drop(slot);
    if (written) count = *written;
  }
  for (size_t i = 0; i < count; ++i) {
    refill(slot, runs[i].begin, runs[i].end);
    slot.resident += static_cast<uint64_t>(runs[i].end - runs[i].begin);
  }
  return true;
}

void MemoryPool::retire(PageTemplate& content) {
  const std::lock_guard lock(mutex_);
  content.retired = true;
  std::erase_if(slots_, [&](const MemorySlot& slot) {
    if (slot.content.get() != &content) return false;
    resident_ -= slot.resident;
    release(slot);
    return true;
  });
}

// --- Stacks --------------------------------------------------------------------------------------------------------

uint64_t MemoryPool::deep_stack_bytes() const { return stack_bytes_ + os_page_size(); }

ValueStack MemoryPool::take_stack() {
  {
    const std::lock_guard lock(mutex_);
    if (!stacks_.empty()) {
      const ValueStack stack = stacks_.back();
      stacks_.pop_back();
      return stack;
    }
  }
  return stack_bytes_ == 0 ? ValueStack() : make_stack();
}

// A stack lies between two pages that cannot be accessed.
ValueStack MemoryPool::make_stack() const {
  uint8_t* const reserved = reserve_pages(os_page_size() + machine_bytes_ + deep_stack_bytes() + os_page_size());
  if (reserved == nullptr) return {};
  ValueStack stack;
  stack.base = reserved + os_page_size() + machine_bytes_;
  // First everything is made accessible, then the deep part is hidden again. If the system has not enough memory for a
  // deep stack, this fails now and not in the fault handler.
  if (commit_pages(stack.base - machine_bytes_, machine_bytes_) && commit_pages(stack.base, deep_stack_bytes()) &&
      hide_pages(stack.base + shallow_bytes_, deep_stack_bytes() - shallow_bytes_)) {
    return stack;
  }
  release_stack(stack);
  return {};
}

void MemoryPool::release_stack(const ValueStack& stack) const {
  uint8_t* const reserved = stack.base - machine_bytes_ - os_page_size();
  release_pages(reserved, os_page_size() + machine_bytes_ + deep_stack_bytes() + os_page_size());
}

bool MemoryPool::deepen(ValueStack& stack) const {
  stack.deep_for = kDeepFor;
  return commit_pages(stack.base + shallow_bytes_, deep_stack_bytes() - shallow_bytes_);
}

void MemoryPool::give_back_stack(ValueStack stack, bool used) {
  // Cleaned here and not when it is taken: nothing of a guest is kept longer than the guest.
  if (most_ != 0 && (!used || clean_stack(stack))) {
    const std::lock_guard lock(mutex_);
    const auto keep = [&] { return stacks_.push_back(stack), true; };
    if (stacks_.size() < most_ && guarded(keep, [] { return false; })) return;
  }
  release_stack(stack);
}

// Zeroes the value stack. Returns false when that is not possible. The machine stack is not zeroed: no code reads a
// word of it before it has written that word. Its pages are given back together with those of a deep value stack: if
// the machine stack was deep, the value stack was deep too.
bool MemoryPool::clean_stack(ValueStack& stack) const {
  if (stack.deep_for == 0 && shallow_bytes_ <= round_to_os_pages(kShallow)) {
    clear(stack.base, stack.base + shallow_bytes_);
    return true;
  }
  Runs runs;
  const std::optional<size_t> count = find_written_pages(stack.base, deep_stack_bytes(), false, kMostOfStack, runs);
  if (!count) discard_pages(stack.base - machine_bytes_, machine_bytes_ + deep_stack_bytes());
  for (size_t i = 0; i < count.value_or(0); ++i) clear(runs[i].begin, runs[i].end);
  if (stack.deep_for == 0 || --stack.deep_for != 0) return true;
  discard_pages(stack.base - machine_bytes_, machine_bytes_);
  discard_pages(stack.base + shallow_bytes_, deep_stack_bytes() - shallow_bytes_);
  return hide_pages(stack.base + shallow_bytes_, deep_stack_bytes() - shallow_bytes_);
}

}  // namespace mini_wasm::runtime
