#include "runtime/gc/heap.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "runtime/gc/marker.h"
#include "runtime/gc/roots.h"
#include "runtime/store.h"

namespace mini_wasm::runtime::gc {
namespace {

// A run is zeroed in one go, so it should stay in the first-level cache until it is used up.
constexpr uint32_t kRunBytes = 4096;
// With up to this many bytes of live data, the heap may double between two collections; with more, it may grow by half.
constexpr uint64_t kDoublingLive = uint64_t{64} << 20;
// In stress mode, dead objects are filled with this byte, up to this many bytes of each.
constexpr int kPoison = 0xdb;
constexpr uint32_t kPoisonBytes = 64;

// The runs of a heap without cells.
constexpr auto kNoRuns = [] {
  std::array<Run, kSpaces - 2> runs{};
  for (uint8_t space = 0; space < runs.size(); ++space) runs[space].cell = cell_bytes(size_class_of_space(space));
  return runs;
}();

}  // namespace

Heap::Heap(const Store& store, Budget& budget, uint64_t limit, bool stress)
    : store_(store), stress_(stress), runs_(kNoRuns), arena_(limit, &budget) {
  partial_.fill(kNoBlock);
}

Heap::~Heap() {
  for (HostObject* list : {dying_, finalizable_}) {
    for (HostObject* object = list; object != nullptr; object = object->next) object->finalize(object->data);
  }
}

HeapStats Heap::stats() const { return {collections_, live_, allocated_, arena_.used_bytes()}; }

// --- Allocation ----------------------------------------------------------------------------------------------------

uint8_t* Heap::take_slow(uint8_t space) {
  const bool collected = collect_if_due(0);
  if (!next_run(space)) {
    if (collected) return nullptr;
    collect();
    if (!next_run(space)) return nullptr;
  }
  Run& run = runs_[space];
  return std::exchange(run.next, run.next + run.cell);
}

uint8_t* Heap::take_large(uint64_t bytes, bool refs) {
  const uint64_t blocks = (bytes + kBlockBytes - 1) >> kBlockLog2;
  const bool collected = collect_if_due(blocks << kBlockLog2);
  const uint8_t space = space_of(kLargeClass, refs);
  const auto stop = [this] { return interrupted(); };
  uint32_t first = arena_.take_blocks(blocks, BlockUse::large, space, stop);
  if (first == kNoBlock && !collected) {
    collect();
    first = arena_.take_blocks(blocks, BlockUse::large, space, stop);
  }
  if (first == kNoBlock) return nullptr;
  for (uint32_t i = 0; i < blocks; ++i) {
    if (stop()) {
      arena_.free_blocks(first);
      cut_short_ = true;
      return nullptr;
    }
    if (!arena_.block(first + i).clean) std::memset(arena_.start_of(first + i), 0, kBlockBytes);
  }
  allocated_ += blocks << kBlockLog2;
  return arena_.start_of(first);
}

bool Heap::collect_if_due(uint64_t more) {
  // `more`: bytes that are about to be allocated in addition.
  if (!stress_ && allocated_ + more < budget_) return false;
  collect();
  return true;
}

bool Heap::next_run(uint8_t space) {
  Run& run = runs_[space];
  if (run.block != kNoBlock && next_run_in_block(run)) return true;
  while (partial_[space] != kNoBlock) {
    run.block = partial_[space];
    partial_[space] = arena_.block(run.block).next;
    if (next_run_in_block(run)) return true;
  }
  run.block = arena_.take_blocks(1, BlockUse::small, space, [] { return false; });
  return run.block != kNoBlock && next_run_in_block(run);
}

// Makes the next dead cells of the run's block the new run, and zeroes them. Returns false when the block has none.
bool Heap::next_run_in_block(Run& run) {
  Block& block = arena_.block(run.block);
  const uint64_t base = uint64_t{run.block} << kBlockLog2;
  uint32_t begin = block.swept;
  while (begin + run.cell <= kBlockBytes && arena_.is_live(base + begin)) begin += run.cell;
  uint32_t end = begin;
  const uint32_t most = stress_ ? 1 : kRunBytes;
  while (end - begin < most && end + run.cell <= kBlockBytes && !arena_.is_live(base + end)) end += run.cell;
  block.swept = end;
  uint8_t* start = arena_.start_of(run.block);
  run.next = start + begin;
  run.end = start + end;
  if (begin == end) {
    run.block = kNoBlock;
    return false;
  }
  if (!block.clean) std::memset(run.next, 0, end - begin);
  allocated_ += end - begin;
  return true;
}

HostObject* Heap::new_host(void* data, void (*finalize)(void*), const void* type) {
  auto* object = static_cast<HostObject*>(new_sized(LayoutCache::host(), false, sizeof(HostObject), 0));
  if (object == nullptr) return nullptr;
  object->data = data;
  object->finalize = finalize;
  object->type = type;
  if (finalize != nullptr) object->next = std::exchange(finalizable_, object);
  return object;
}

ExceptionObject* Heap::new_exception(const TagInst* tag, const Slot* args, uint32_t slots) {
  const uint64_t bytes = sizeof(ExceptionObject) + uint64_t{slots} * sizeof(Slot);
  auto* object = static_cast<ExceptionObject*>(new_sized(LayoutCache::exception(), true, bytes, slots));
  if (object == nullptr) return nullptr;
  object->tag = tag;
  std::copy_n(args, slots, object->args());
  return object;
}

// --- Collection ----------------------------------------------------------------------------------------------------

bool Heap::interrupted() const { return store_.interrupted(); }

// Marks everything that is alive, and changes nothing else. Returns the size of the roots in bytes; empty when it was
// interrupted.
std::optional<uint64_t> Heap::mark() {
  if (!arena_.begin_marking([this] { return interrupted(); })) return std::nullopt;
  Marker marker(store_, arena_, mark_stack_limit_);
  const uint64_t root_bytes = visit_roots(store_, marker) * sizeof(Slot);
  roots_.for_each_cell([&](Slot ref) { marker.visit_word(ref, false); });  // may be a reference to a function
  roots_.for_each_slots([&](const Slot* slots, size_t count) { marker.visit_slots(slots, count); });
  for (HostObject* object = dying_; object != nullptr; object = object->next) marker.mark(object);
  marker.drain();
  if (marker.cut_short()) return std::nullopt;
  return root_bytes;
}

void Heap::collect() {
  const std::optional<uint64_t> root_bytes = mark();
  cut_short_ = !root_bytes;
  if (cut_short_) return;
  ++collections_;
  for (Run& run : runs_) run = {nullptr, nullptr, run.cell, kNoBlock};
  find_dying();
  arena_.end_marking();
  sweep();
  allocated_ = 0;
  // Large roots cost time in each collection, just as live objects do.
  const uint64_t kept = live_ + *root_bytes;
  budget_ = std::max(kMinBudget, kept <= kDoublingLive ? kept : kDoublingLive / 2 + kept / 2);
  // As many free bytes as will be allocated until the next collection are kept.
  arena_.trim(budget_, [this] { return interrupted(); });
  run_finalizers();
}

// A host object that nothing refers to is kept for one more collection, so that its finalizer runs when the heap is
// consistent again.
void Heap::find_dying() {
  for (HostObject** link = &finalizable_; *link != nullptr;) {
    HostObject* object = *link;
    if (!arena_.mark(object)) {
      link = &object->next;
      continue;
    }
    *link = object->next;
    object->next = std::exchange(dying_, object);
  }
}

void Heap::run_finalizers() {
  if (finalizing_) return;  // called from a finalizer that allocates: the outer loop runs the others
  finalizing_ = true;
  while (HostObject* object = dying_) {
    dying_ = object->next;
    object->finalize(object->data);
  }
  finalizing_ = false;
}

// Frees the blocks without live objects, and makes lists of the others that have free cells, in ascending order.
void Heap::sweep() {
  live_ = 0;
  for (uint32_t& list : partial_) list = kNoBlock;
  for (uint32_t i = arena_.block_count(); i-- > 0;) {
    if (arena_.block(i).use == BlockUse::tail) i -= arena_.block(i).span;
    switch (arena_.block(i).use) {
      case BlockUse::small: sweep_small(i); break;
      case BlockUse::large:
        if (arena_.is_live(uint64_t{i} << kBlockLog2)) {
          live_ += uint64_t{arena_.block(i).span} << kBlockLog2;
        } else {
          arena_.free_blocks(i);
        }
        break;
      default: break;
    }
  }
}

void Heap::sweep_small(uint32_t index) {
  Block& block = arena_.block(index);
  const uint32_t cell = cell_bytes(size_class_of_space(block.space));
  const uint64_t* words = arena_.live_words(index);
  uint32_t count = 0;
  for (uint32_t i = 0; i < Arena::kWordsPerBlock; ++i) count += static_cast<uint32_t>(std::popcount(words[i]));
  if (stress_) poison_dead(index, cell);
  live_ += uint64_t{count} * cell;
  if (count == 0) return arena_.free_blocks(index);
  block.clean = false;
  block.swept = 0;
  if (count < kBlockBytes / cell) block.next = std::exchange(partial_[block.space], index);
}

// Makes the use of an object that was collected by mistake visible at once.
void Heap::poison_dead(uint32_t index, uint32_t cell) {
  uint8_t* start = arena_.start_of(index);
  for (uint32_t at = 0; at + cell <= kBlockBytes; at += cell) {
    if (!arena_.is_live((uint64_t{index} << kBlockLog2) + at))
      std::memset(start + at, kPoison, std::min(cell, kPoisonBytes));
  }
}

}  // namespace mini_wasm::runtime::gc
