// Arena: the address space of a heap. One reservation is divided into blocks of 64 KiB; a table says what each block is
// used for. Two sets of bits have one bit for every 16 bytes of the heap: one for the objects that are marked in this
// collection, one for those that the last collection found alive.
//
// Nothing is reserved until the first block is needed.
#pragma once

#include <cstdint>

#include "runtime/budget.h"
#include "runtime/gc/object.h"
#include "runtime/gc/size_class.h"

namespace mini_wasm::runtime::gc {

inline constexpr uint32_t kNoBlock = ~uint32_t{0};

enum class BlockUse : uint8_t {
  free,
  small,  // cells of one space
  large,  // the first block of an object that takes whole blocks ...
  tail,   // ... and the others
  never,  // block 0: the collector's own pointers to the arena must not look like references
};

struct Block {
  BlockUse use = BlockUse::free;
  uint8_t space = 0;   // small, large
  bool clean = false;  // free, small: every byte where no object has been is zero
  // small: the dead cells in the first `swept` bytes have been zeroed; after that, the live bits tell which cells are
  // alive.
  uint32_t swept = 0;
  uint32_t next = kNoBlock;  // small: the next block in a list
  uint32_t span = 1;         // large: number of blocks of the object; tail: distance to its first block
};
static_assert(sizeof(Block) == 16);

// Pages of a reservation that are made accessible from the beginning on.
struct GrowingPages {
  uint8_t* base = nullptr;
  uint64_t reserved = 0, committed = 0;

  bool reserve(uint64_t bytes);
  bool commit_to(uint64_t bytes);
  void release();
};

class Arena {
 public:
  // At most `limit` bytes of blocks are used, and no more than the budget allows.
  explicit Arena(uint64_t limit, Budget* budget = nullptr);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Takes `count` consecutive blocks for small cells (count is 1) or a large object; kNoBlock when that is not
  // possible. Their bits are clear. This may have to trim; `stop` is as in `trim`. If `stop` has returned true, the
  // caller must give the blocks back unused.
  template <class Stop>
  uint32_t take_blocks(uint64_t count, BlockUse use, uint8_t space, Stop stop) {
    const uint32_t first = take_blocks(count, use, space);
    // The pages that free blocks still hold count as well, because the limit is for what the system has to provide.
    if (first != kNoBlock && used_blocks_ + dirty_blocks_ > limit_blocks_) {
      trim((limit_blocks_ - used_blocks_) << kBlockLog2, stop);
    }
    return first;
  }
  void free_blocks(uint32_t first);
  // Gives the pages of free blocks back to the system, until at most `keep` bytes of them are left or `stop()` returns
  // true. `stop` is called between pieces.
  template <class Stop>
  void trim(uint64_t keep, Stop stop) {
    for (uint32_t end = block_count_; dirty_bytes() > keep && end > 0 && !stop();) end = trim_piece(keep, end);
  }

  Block& block(uint32_t index) { return blocks()[index]; }
  const Block& block(uint32_t index) const { return blocks()[index]; }
  bool is_used(uint32_t index) const {  // a small one or the first of a large object
    return block(index).use == BlockUse::small || block(index).use == BlockUse::large;
  }
  uint32_t block_count() const { return block_count_; }  // blocks that have been used at any time
  uint8_t* start_of(uint32_t index) const { return heap_.base + (uint64_t{index} << kBlockLog2); }
  uint64_t used_bytes() const { return used_blocks_ << kBlockLog2; }

  // The object that starts at `word` or, with `interior`, the one that contains it. Null when no object there may be
  // alive.
  Object* find(uintptr_t word, bool interior) const;
  uint32_t block_of(const void* at) const { return static_cast<uint32_t>(offset_of(at) >> kBlockLog2); }

  // --- Bits of a collection
  // Clears all marks. Returns false when `stop()`, which is called between pieces, has returned true; then some marks
  // remain.
  template <class Stop>
  bool begin_marking(Stop stop) {
    for (uint32_t i = 0; i < block_count_;) {
      if (stop()) return false;
      i = unmark_piece(i);
    }
    return true;
  }
  void end_marking();  // the marked objects are the live ones from now on
  // Marks the object. Returns true when it was not marked before.
  bool mark(const Object* object) {
    const uint64_t bit = offset_of(object) >> kGranuleLog2;
    uint64_t& word = marks_[bit / 64];
    const uint64_t mask = uint64_t{1} << bit % 64;
    if ((word & mask) != 0) return false;
    word |= mask;
    return true;
  }
  bool is_marked(const Object* object) const { return test(marks_, offset_of(object)); }
  bool is_live(uint64_t offset) const { return test(live_, offset); }
  // Live bits of a block: kWordsPerBlock words.
  static constexpr uint32_t kWordsPerBlock = kBlockBytes / kGranule / 64;
  const uint64_t* live_words(uint32_t index) const { return live_ + uint64_t{index} * kWordsPerBlock; }

 private:
  uint32_t take_blocks(uint64_t count, BlockUse use, uint8_t space);
  uint32_t trim_piece(uint64_t keep, uint32_t end);
  uint32_t unmark_piece(uint32_t first);
  uint64_t dirty_bytes() const { return dirty_blocks_ << kBlockLog2; }
  Block* blocks() const { return reinterpret_cast<Block*>(table_.base); }
  uint64_t offset_of(const void* at) const {
    return static_cast<uint64_t>(static_cast<const uint8_t*>(at) - heap_.base);
  }
  static bool test(const uint64_t* bits, uint64_t offset) {
    const uint64_t bit = offset >> kGranuleLog2;
    return (bits[bit / 64] >> bit % 64 & 1) != 0;
  }
  bool reserve();
  void release();
  bool extend_to(uint64_t count);
  uint64_t find_free(uint64_t count);
  static bool is_dirty(const Block& block) { return block.use == BlockUse::free && !block.clean; }

  const uint64_t limit_blocks_;
  Budget* const budget_;
  GrowingPages heap_, table_, bits_[2];
  uint64_t* marks_ = nullptr;
  uint64_t* live_ = nullptr;
  uint32_t block_count_ = 0;
  uint64_t used_blocks_ = 0;
  uint64_t dirty_blocks_ = 0;  // number of free blocks that are not clean
  uint32_t first_free_ = 0;    // no block before this one is free
  uint32_t span_cursor_ = 0;   // where the next search for several blocks starts
};

}  // namespace mini_wasm::runtime::gc
