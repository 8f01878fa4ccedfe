// The garbage-collected heap of a store: precise, non-moving, mark and sweep, stop the world.
//
//   arena      one reservation of address space in blocks of 64 KiB (arena.h)
//   space      blocks whose cells have one size and either may or cannot hold references (size_class.h)
//   run        consecutive free cells of a space, zeroed: an allocation takes the next one
//   marking    bits beside the heap, an explicit stack (marker.h), roots from roots.h
//   sweeping   lazy: when a space needs cells, its next block's unmarked cells become runs
//
// Every allocation may start a collection: ops.h says what that means for callers. Thread rule: that of the store.
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
  uint64_t live_bytes = 0;       // bytes of the cells that the last collection found alive
  uint64_t allocated_bytes = 0;  // bytes handed out to runs since the last collection
  uint64_t used_bytes = 0;       // bytes of blocks in use; the limit is for these
};

// Zeroed free cells of a space: [next, end), `cell` bytes each. Compiled code takes the next one itself.
struct Run {
  uint8_t* next = nullptr;
  uint8_t* end = nullptr;
  uint32_t cell = 0;
  uint32_t block = kNoBlock;  // the block that contains the run
};

class Heap {
 public:
  // At most `limit` bytes, and no more than the budget allows. With `stress`, every allocation collects first, and dead
  // objects are filled with garbage.
  Heap(const Store& store, Budget& budget, uint64_t limit, bool stress);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // These make objects with a zeroed payload. Null when the limit is reached even after a collection, or the store is
  // interrupted (why_nothing).
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
  HostObject* new_host(void* data, void (*finalize)(void*), const void* type = nullptr);
  ExceptionObject* new_exception(const TagInst* tag, const Slot* args, uint32_t slots);

  // Has no effect when the store is interrupted meanwhile. The allocation that needed it then takes new memory, within
  // the limit.
  void collect();
  // Why the last allocation returned null: out_of_memory, or interrupted.
  TrapCode why_nothing() const { return cut_short_ ? TrapCode::interrupted : TrapCode::out_of_memory; }
  void note_cut_short() { cut_short_ = true; }
  // Whether a word is the address of an object of this heap that may be alive.
  bool is_object(const void* at) const { return arena_.find(reinterpret_cast<uintptr_t>(at), false) != nullptr; }
  HeapStats stats() const;
  RootList& roots() { return roots_; }
  Run* runs() { return runs_.data(); }  // by space; all are empty after Heap::collect
  // For tests: limits the mark stack to this many entries, so that marking falls back to a walk over the heap.
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
  // By space: blocks with free cells that are not swept yet, a list linked by Block::next.
  std::array<uint32_t, kFirstLargeSpace> partial_;
  Arena arena_;
  uint64_t allocated_ = 0;  // since the last collection
  uint64_t budget_ = kMinBudget;
  uint64_t live_ = 0;
  uint64_t collections_ = 0;
  size_t mark_stack_limit_ = ~size_t{0};
  RootList roots_;
  HostObject* finalizable_ = nullptr;  // with a finalizer that has not run yet
  HostObject* dying_ = nullptr;        // nothing refers to them; their finalizers are about to run
  bool finalizing_ = false;
  bool cut_short_ = false;  // whether an interrupt ended the last collection or allocation early
};

}  // namespace mini_wasm::runtime::gc
