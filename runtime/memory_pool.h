// What stores have done with and the next ones take over without a system call: reservations for memories, and value
// stacks. Whatever is handed out cannot be told from what the system would have given: it reads as zero, or as the
// template that was asked for, and exactly so many bytes can be accessed as were asked for. It is made so when it comes
// back, so that nothing of a guest is kept any longer than the guest.
//
// What has been written is found by asking the system (find_written_pages), and these pages are filled anew and stay
// in memory, up to Config::pool_bytes of them; everything else is given back to the system. A slot that is used again
// and is in memory but for a little is zeroed as a whole, which takes less time than asking. Of a value stack only the
// beginning can be accessed at first, so that nobody has to ask whether more of it has been used.
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

#include "runtime/page_template.h"

namespace mini_wasm::runtime {

// A reservation of kGuardedReservation bytes. Of these the first `accessible` can be accessed (a multiple of the OS
// page size), and no others.
struct MemorySlot {
  uint8_t* base = nullptr;
  uint64_t accessible = 0;
  std::shared_ptr<PageTemplate> content;  // mapped at the beginning; may be null
  uint64_t resident = 0;                  // bytes that were filled anew when it came back, and so are in memory
};

// Config::stack_size bytes (rounded) and a page behind that is for leaf frames, then one that nothing can access. Of
// these only the beginning can be accessed until the stack is deepened; that holds for the next stores as well, so that
// a program that always goes deep does not pay for it each time.
//
// Where there is a compiler, below lies the machine stack, on which its code runs: it grows downwards from kMachineHead
// bytes above `base`, so that a store that does little needs one page for both. A frame has at least kLinkSlots words
// in the value stack, and a call takes as many words of the machine stack at most: it is as large as the other, and
// what is left of it below is for what a signal handler of the host may need.
inline constexpr uint64_t kMachineHead = 512;
inline constexpr uint64_t kMachineReserve = uint64_t{128} << 10;
struct ValueStack {
  uint8_t* base = nullptr;
  uint32_t deep_for = 0;  // so many stores
};

// kGuardedReservation bytes of addresses; null when there are none. A process never has more of these at once than
// leave a quarter of its addresses to others, memories without guard pages among them. Any thread.
inline constexpr uint64_t kMostGuardedReservations = 12 << 10;  // of 2^14 that 47 bits have room for
uint8_t* reserve_guarded();
void release_guarded(uint8_t* base);

class MemoryPool {
 public:
  explicit MemoryPool(const Config& config);
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  // Whether memories of that reservation come from here.
  bool serves(uint64_t reservation) const;
  // With `bytes` accessible, which begin with `content` (no longer than that) and are zero behind it. Nothing when the
  // system has no room.
  std::optional<MemorySlot> take(uint64_t bytes, const std::shared_ptr<PageTemplate>& content);
  // With whatever content and size it has got.
  void give_back(MemorySlot slot);  // in destructors: needs no memory
  // Nobody will ask for this content again: lets go of it.
  void retire(PageTemplate& content);

  // Zeroed; without a base when there is no room.
  ValueStack take_stack();
  // What the fault handler does when somebody goes behind the beginning: it does no more than is allowed there.
  bool deepen(ValueStack& stack) const;
  // `used`: whether anything has been written to it.
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

  const size_t most_;  // of each kind
  const uint64_t most_bytes_;
  const bool serves_memories_;
  const uint64_t stack_bytes_;
  const uint64_t shallow_bytes_;
  const uint64_t machine_bytes_;  // below a stack's base
  mutable std::mutex mutex_;
  std::vector<MemorySlot> slots_;  // the one that came back last is the last
  std::vector<ValueStack> stacks_;
  std::atomic<uint64_t> resident_{0};  // of slots_; changes under the mutex
};

}  // namespace mini_wasm::runtime
