#include "runtime/gc/arena.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "runtime/system/virtual_memory.h"

namespace mini_wasm::runtime::gc {
namespace {

constexpr uint64_t kBitBytesPerBlock = Arena::kWordsPerBlock * sizeof(uint64_t);
// Pages are made accessible in steps of this many blocks: one system call for each MiB of heap.
constexpr uint64_t kStepBlocks = 16;
// The number of blocks (16 MiB of heap) that are given back to the system, or prepared for marking, between two checks
// for an interrupt.
constexpr uint32_t kPieceBlocks = 256;
// The smallest reservation that is tried.
constexpr uint64_t kMinBlocks = 16;
// The reservation is larger than the limit, so that there is room for objects of many blocks between others, which do
// not move. Addresses are cheaper than memory.
constexpr uint64_t kSpareFactor = 4;
constexpr uint64_t kMostSpareBlocks = (uint64_t{64} << 30) >> kBlockLog2;
constexpr uint64_t kMostBlocks = uint64_t{1} << 30;  // 64 TiB

}  // namespace

bool GrowingPages::reserve(uint64_t bytes) {
  bytes = round_to_os_pages(bytes);
  base = bytes == 0 ? nullptr : reserve_pages(bytes);
  reserved = base == nullptr ? 0 : bytes;
  return base != nullptr;
}

bool GrowingPages::commit_to(uint64_t bytes) {
  bytes = std::min(round_to_os_pages(bytes), reserved);
  if (bytes <= committed) return true;
  if (!commit_pages(base + committed, bytes - committed)) return false;
  committed = bytes;
  return true;
}

void GrowingPages::release() {
  release_pages(base, reserved);
  *this = {};
}

Arena::Arena(uint64_t limit, Budget* budget)
    : limit_blocks_(std::min(limit >> kBlockLog2, kMostBlocks)), budget_(budget) {}

Arena::~Arena() { release(); }

void Arena::release() {
  for (GrowingPages* pages : {&heap_, &table_, &bits_[0], &bits_[1]}) pages->release();
}

// --- Blocks --------------------------------------------------------------------------------------------------------

bool Arena::reserve() {
  uint64_t blocks = std::max({limit_blocks_ + 1, std::min(limit_blocks_ * kSpareFactor, kMostSpareBlocks), kMinBlocks});
  for (; blocks >= kMinBlocks; blocks /= 2) {
    if (heap_.reserve(blocks << kBlockLog2) && table_.reserve(blocks * sizeof(Block)) &&
        bits_[0].reserve(blocks * kBitBytesPerBlock) && bits_[1].reserve(blocks * kBitBytesPerBlock)) {
      marks_ = reinterpret_cast<uint64_t*>(bits_[0].base);
      live_ = reinterpret_cast<uint64_t*>(bits_[1].base);
      return true;
    }
    release();  // the system does not have that many addresses
  }
  return false;
}

// Makes the first `count` blocks accessible.
bool Arena::extend_to(uint64_t count) {
  if (count <= block_count_) return true;
  if (count > heap_.reserved >> kBlockLog2) return false;
  const uint64_t steps = (count + kStepBlocks - 1) / kStepBlocks * kStepBlocks;
  if (!table_.commit_to(steps * sizeof(Block)) || !bits_[0].commit_to(steps * kBitBytesPerBlock) ||
      !bits_[1].commit_to(steps * kBitBytesPerBlock) || !heap_.commit_to(steps << kBlockLog2)) {
    return false;
  }
  for (uint64_t i = block_count_; i < count; ++i) {
    Block& added = block(static_cast<uint32_t>(i));
    added = Block();
    added.clean = true;
  }
  block(0).use = BlockUse::never;
  block_count_ = static_cast<uint32_t>(count);
  return true;
}

// The index of the first of `count` consecutive free blocks. The last of them may lie beyond block_count_.
uint64_t Arena::find_free(uint64_t count) {
  if (count == 1) {
    while (first_free_ < block_count_ && block(first_free_).use != BlockUse::free) ++first_free_;
    return first_free_;
  }
  uint64_t run = 0;
  for (uint32_t seen = 0, i = span_cursor_; seen < block_count_; ++seen, ++i) {
    if (i >= block_count_) i = 0, run = 0;
    run = block(i).use == BlockUse::free ? run + 1 : 0;
    if (run == count) return span_cursor_ = i + 1, i + 1 - count;
  }
  uint32_t first = block_count_;
  while (first > 0 && block(first - 1).use == BlockUse::free) --first;
  return first;
}

uint32_t Arena::take_blocks(uint64_t count, BlockUse use, uint8_t space) {
  if (count > limit_blocks_ || used_blocks_ > limit_blocks_ - count) return kNoBlock;
  if (block_count_ == 0 && ((heap_.base == nullptr && !reserve()) || !extend_to(1))) return kNoBlock;
  const uint64_t found = find_free(count);
  if (!extend_to(found + count)) return kNoBlock;
  if (budget_ != nullptr && !budget_->take(Growth::Kind::gc_heap, count << kBlockLog2)) return kNoBlock;
  const uint32_t first = static_cast<uint32_t>(found);
  for (uint32_t i = 0; i < count; ++i) {
    Block& taken = block(first + i);
    if (!taken.clean) --dirty_blocks_;
    taken = Block{i == 0 ? use : BlockUse::tail, space, taken.clean, 0, kNoBlock, i};
  }
  block(first).span = static_cast<uint32_t>(count);
  std::fill_n(live_ + uint64_t{first} * kWordsPerBlock, kWordsPerBlock, 0);
  used_blocks_ += count;
  return first;
}

void Arena::free_blocks(uint32_t first) {
  const uint32_t count = block(first).span;
  for (uint32_t i = 0; i < count; ++i) block(first + i) = Block();
  used_blocks_ -= count;
  if (budget_ != nullptr) budget_->give_back(uint64_t{count} << kBlockLog2);
  dirty_blocks_ += count;
  first_free_ = std::min(first_free_, first);
}

// Gives the last dirty blocks before `end` back to the system, at most one piece of them, until at most `keep` bytes
// are left. Returns where to continue. It starts at the end because single blocks are taken from the beginning.
uint32_t Arena::trim_piece(uint64_t keep, uint32_t end) {
  while (end > 0 && !is_dirty(block(end - 1))) --end;
  uint32_t first = end;
  while (first > 0 && end - first < kPieceBlocks && dirty_bytes() > keep && is_dirty(block(first - 1))) {
    block(--first).clean = true;
    --dirty_blocks_;
  }
  if (first != end) discard_pages(start_of(first), uint64_t{end - first} << kBlockLog2);
  return first;
}

// --- Bits and objects ----------------------------------------------------------------------------------------------

uint32_t Arena::unmark_piece(uint32_t first) {
  uint32_t i = first;
  for (; i < block_count_ && i - first < kPieceBlocks; i += block(i).span) {
    if (is_used(i)) std::fill_n(marks_ + uint64_t{i} * kWordsPerBlock, kWordsPerBlock, 0);
  }
  return i;
}

void Arena::end_marking() { std::swap(marks_, live_); }

Object* Arena::find(uintptr_t word, bool interior) const {
  const uint64_t offset = word - reinterpret_cast<uintptr_t>(heap_.base);
  if (offset >= uint64_t{block_count_} << kBlockLog2) return nullptr;
  uint32_t index = static_cast<uint32_t>(offset >> kBlockLog2);
  const Block* found = &block(index);
  uint64_t start = 0;  // of the object
  switch (found->use) {
    case BlockUse::free:
    case BlockUse::never: return nullptr;
    case BlockUse::small: {
      const uint32_t cell = cell_bytes(size_class_of_space(found->space));
      const uint32_t in_block = static_cast<uint32_t>(offset) & (kBlockBytes - 1);
      const uint32_t in_cells = in_block / cell * cell;
      if (in_cells + cell > kBlockBytes) return nullptr;  // the unused rest at the end of the block
      start = (uint64_t{index} << kBlockLog2) + in_cells;
      if (in_cells >= found->swept && !is_live(start)) return nullptr;
      break;
    }
    case BlockUse::tail: index -= found->span; [[fallthrough]];
    case BlockUse::large: start = uint64_t{index} << kBlockLog2; break;
  }
  if (!interior && offset != start) return nullptr;
  Object* object = reinterpret_cast<Object*>(heap_.base + start);
  return object->layout == nullptr ? nullptr : object;
}

}  // namespace mini_wasm::runtime::gc
