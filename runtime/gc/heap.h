// The garbage-collected heap of a store: precise, non-moving, mark and sweep, stop the world.
//
//   arena      one reservation of address space in blocks of 64 KiB (arena.h)
//   space      blocks whose cells have one size and either may or cannot hold references (size_class.h)
//   run        consecutive free cells of a space, zeroed: an allocation takes the next one
//   marking    bits beside the heap, an explicit stack (marker.h), roots from roots.h
//   sweeping   lazy: when a space needs cells, its next block's unmarked cells become runs
//
// Allocation may collect, which is why it says so wherever it is called. Thread rule: that of the store.
#pragma once

#include <mini_wasm/trap.h>

#include <array>
#include <optional>

#include "runtime/gc/arena.h"
#include "runtime/gc/layout.h"
#include "runtime/gc/root_cell.h"

namespace mini_wasm::runtime {
class Store;
}  // namespace mini_wasm::runtime

namespace mini_wasm::runtime::gc {

struct HeapStats {
  uint64_t collections = 0;
  uint64_t live_bytes = 0;       // cells that the last collection found alive
  uint64_t allocated_bytes = 0;  // handed out since the last collection, to the next run
  uint64_t used_bytes = 0;       // of blocks in use: what the limit is about
};

// Free cells of a space, zeroed: [next, end), `cell` bytes each. Compiled code takes the next one itself.
struct Run {
  uint8_t* next = nullptr;
  uint8_t* end = nullptr;
  uint32_t cell = 0;
  uint32_t block = kNoBlock;  // that the run is in
};

class Heap {
 public:
  // At most `limit` bytes, and what the budget gives; `stress`: collect before every allocation, and fill what died
  // with garbage.
  Heap(const Store& store, Budget& budget, uint64_t limit, bool stress);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // Objects with zeroed payload. Null when the limit is reached even after a collection.
  Object* new_struct(const TypeLayout& layout) {
    uint8_t* cell = layout.space < kFirstLargeSpace ? take(layout.space) : take_large(layout.bytes, layout.has_refs);
    if (cell == nullptr) [[unlikely]]
      return nullptr;
    Object* object = reinterpret_cast<Object*>(cell);
    object->layout = &layout;
    return object;
  }
  Object* new_array(const TypeLayout& layout, uint32_t length) {
    const uint64_t bytes = layout.array_bytes(length);
    return new_sized(layout, layout.has_refs, bytes, length);
  }
  HostObject* new_host(void* data, void (*finalize)(void*));
  ExceptionObject* new_exception(const TagInst* tag, const Slot* args, uint32_t slots);

  // Does nothing when the store is interrupted meanwhile: what is asked for then gets more memory, within the limit.
  void collect();
  // Why the last allocation gave nothing: out_of_memory, or interrupted when an interrupt cut it short.
  TrapCode why_nothing() const { return cut_short_ ? TrapCode::interrupted : TrapCode::out_of_memory; }
  void note_cut_short() { cut_short_ = true; }
  // Whether a word is the address of an object of this heap that may be alive.
  bool is_object(const void* at) const { return arena_.find(reinterpret_cast<uintptr_t>(at), false) != nullptr; }
  HeapStats stats() const;
  RootList& roots() { return roots_; }
  Run* runs() { return runs_.data(); }  // by space; empty ones when `Heap::collect` has run
  // For tests: the mark stack holds no more than this many entries and falls back to walking the heap.
  void set_mark_stack_limit(size_t entries) { mark_stack_limit_ = entries; }

 private:
  static constexpr uint8_t kFirstLargeSpace = space_of(kLargeClass, false);
  static constexpr uint64_t kMinBudget = uint64_t{1} << 20;

  uint8_t* take(uint8_t space) {
    Run& run = runs_[space];
    uint8_t* cell = run.next;
    if (cell == run.end) [[unlikely]]
      return take_slow(space);
    run.next = cell + run.cell;
    return cell;
  }
  Object* new_sized(const TypeLayout& layout, bool refs, uint64_t bytes, uint32_t length) {
    uint8_t* cell = bytes <= kMaxCell ? take(space_of(size_class_of(bytes), refs)) : take_large(bytes, refs);
    if (cell == nullptr) [[unlikely]]
      return nullptr;
    Object* object = reinterpret_cast<Object*>(cell);
    object->layout = &layout;
    object->length = length;
    return object;
  }
  uint8_t* take_slow(uint8_t space);
  uint8_t* take_large(uint64_t bytes, bool refs);
  bool collect_if_due(uint64_t more);
  bool interrupted() const;
  std::optional<uint64_t> mark();
  bool next_run(uint8_t space);
  bool next_run_in_block(Run& run);
  void find_dying();
  void run_finalizers();
  void sweep();
  void sweep_small(uint32_t block);
  void poison_dead(uint32_t block, uint32_t cell);

  const Store& store_;
  const bool stress_;
  std::array<Run, kFirstLargeSpace> runs_;
  std::array<uint32_t, kFirstLargeSpace>
      partial_;  // blocks with free cells that are yet to be swept, linked by Block::next
  Arena arena_;
  uint64_t allocated_ = 0;  // since the last collection
  uint64_t budget_ = kMinBudget;
  uint64_t live_ = 0;
  uint64_t collections_ = 0;
  size_t mark_stack_limit_ = ~size_t{0};
  RootList roots_;
  HostObject* finalizable_ = nullptr;
  HostObject* dying_ = nullptr;  // found dead; their finalizers are to be run
  bool finalizing_ = false;
  bool cut_short_ = false;  // the last collection, or the last allocation
};

}  // namespace mini_wasm::runtime::gc
