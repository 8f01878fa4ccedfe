// MemoryPool: reservations for memories, and value stacks, that earlier stores no longer need. Later stores use them
// without a system call. What the pool hands out looks the same as what the system would give: it contains zeros, or
// the requested template, and exactly the requested number of bytes can be accessed. It is restored to that state when
// it comes back, so that no data of a guest is kept longer than the guest.
//
// How memory is restored:
// * The system says which pages have been written (find_written_pages). These are filled again and stay resident, up to
//   Config::pool_bytes in total; all others are given back to the system.
// * A slot that is used again, and is resident except for a small part, is zeroed completely: that is faster than to
//   ask the system.
// * Of a value stack only the beginning can be accessed at first. So it is known whether more has been used.
//
// Thread rule: any thread.
#pragma once

#include <mini_wasm/config.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "runtime/memory/page_template.h"

namespace mini_wasm::runtime {

// A reservation of kGuardedReservation bytes. Exactly the first `accessible` bytes can be accessed (a multiple of the
// OS page size).
struct MemorySlot {
  uint8_t* base = nullptr;
  uint64_t accessible = 0;
  std::shared_ptr<PageTemplate> content;  // mapped at the beginning; may be null
  uint64_t resident = 0;                  // bytes that were filled when the slot came back, and so are resident
};

// A value stack: Config::stack_size bytes (rounded up), one more page for small frames, then a page that cannot be
// accessed. At first only the beginning of it can be accessed, until the stack is deepened. It stays deep for the next
// stores as well, so that a program which always needs a deep stack does not pay each time.
//
// Where there is a compiler, the machine stack, on which compiled code runs, lies below the value stack. It grows
// downwards from kMachineHead bytes above `base`, so that a store that does little needs only one page for both. A
// frame has at least kMinLinkSlots words in the value stack, and a call needs at most that many words of the machine
// stack. So the machine stack never needs more bytes than the value stack; kMachineReserve more bytes are for signal
// handlers of the host.
inline constexpr uint64_t kMachineHead = 512;
inline constexpr uint64_t kMachineReserve = uint64_t{128} << 10;
struct ValueStack {
  uint8_t* base = nullptr;
  uint32_t deep_for = 0;  // the number of stores for which it stays deep; 0: not deep
};

// Reserves kGuardedReservation bytes of addresses; null when that is not possible. A process never has more than
// kMostGuardedReservations of them at once, which leaves a quarter of its addresses to others, such as memories without
// guard pages. Thread rule: any thread.
inline constexpr uint64_t kMostGuardedReservations = 12 << 10;  // 47 bits have room for 2^14
uint8_t* reserve_guarded();
void release_guarded(uint8_t* base);

class MemoryPool {
 public:
  explicit MemoryPool(const Config& config);
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  // Whether memories that need a reservation of this size come from the pool.
  bool serves(uint64_t reservation) const;
  // Returns a slot of which `bytes` can be accessed. It begins with `content`, which must not be longer, and is zero
  // after that. Empty when the system has no room.
  std::optional<MemorySlot> take(uint64_t bytes, const std::shared_ptr<PageTemplate>& content);
  // Takes a slot back, whatever its content and size have become.
  void give_back(MemorySlot slot);  // called in destructors: must not need memory
  // Releases all slots with this content, because no store will ask for it again.
  void retire(PageTemplate& content);

  // Returns a zeroed stack; one without a base when there is no room.
  ValueStack take_stack();
  // Makes all of the stack accessible. The fault handler calls this when code goes beyond the accessible beginning, so
  // it is async-signal-safe.
  bool deepen(ValueStack& stack) const;
  // `used`: whether anything was written to the stack.
  void give_back_stack(ValueStack stack, bool used);
  uint64_t stack_bytes() const { return stack_bytes_; }
  uint64_t shallow_stack_bytes() const { return shallow_bytes_; }
  uint64_t deep_stack_bytes() const;

  size_t free_slots() const;
  size_t free_stacks() const;

 private:
  void keep(MemorySlot& slot);
  MemorySlot take_free(uint64_t bytes, const std::shared_ptr<PageTemplate>& content, bool any);
  bool clean(MemorySlot& slot) const;
  ValueStack make_stack() const;
  void release_stack(const ValueStack& stack) const;
  bool clean_stack(ValueStack& stack) const;

  const size_t most_;  // the most slots, and the most stacks, that are kept
  const uint64_t most_bytes_;
  const bool serves_memories_;
  const uint64_t stack_bytes_;
  const uint64_t shallow_bytes_;
  const uint64_t machine_bytes_;  // size of the machine stack below a stack's base; 0 without a compiler
  mutable std::mutex mutex_;
  std::vector<MemorySlot> slots_;  // in the order in which they came back
  std::vector<ValueStack> stacks_;
  std::atomic<uint64_t> resident_{0};  // sum over slots_; changed only under the mutex
};

}  // namespace mini_wasm::runtime
