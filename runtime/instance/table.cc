#include "runtime/instance/table.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/limits.h"
#include "runtime/instance/pieces.h"

namespace mini_wasm::runtime {
namespace {

// More than any machine has memory for, and few enough that the size in bytes cannot overflow.
constexpr uint64_t kMaxElements = limits::kMaxTableElements;

}  // namespace

TableInst::~TableInst() { std::free(elements); }

Result<void> TableInst::allocate(const Store* store, const TableType& table_type, Slot init, uint64_t element_limit,
                                 TableStorage storage) {
  type = table_type;
  max_size = std::min({type.limits.max.value_or(kMaxElements), element_limit, kMaxElements});
  if (!type.is_64) max_size = std::min(max_size, uint64_t{0xffff'ffff});
  if (storage.capacity != 0 && storage.capacity == type.limits.min && type.limits.min <= max_size) {
    elements = storage.elements.release();
    size = capacity_ = storage.capacity;
    if (storage.filled) return {};
    const TrapCode filled = fill_in_pieces(store, elements, init, size);
    if (filled != TrapCode::none) return Error::trap(filled);
    return {};
  }
  // Null elements come from calloc, which does not touch the pages, so that a large table costs only what is used of
  // it.
  if (init == 0 && type.limits.min != 0 && type.limits.min <= max_size) {
    elements = static_cast<Slot*>(std::calloc(type.limits.min, sizeof(Slot)));
    if (elements != nullptr) size = capacity_ = type.limits.min;
  }
  int64_t old_size = kGrowFailed;
  if (type.limits.min <= max_size) {
    const TrapCode grown = grow(store, type.limits.min - size, init, old_size);
    if (grown != TrapCode::none) return Error::trap(grown);
  }
  if (old_size == kGrowFailed) {
    return Error::make(ErrorKind::limit, "cannot allocate a table of " + std::to_string(type.limits.min) +
                                             " elements: the limit is " + std::to_string(element_limit));
  }
  return {};
}

TableStorage TableInst::take_storage() {
  if (capacity_ != type.limits.min) return {};
  size = 0;
  TableStorage storage;
  storage.elements.reset(std::exchange(elements, nullptr));
  storage.capacity = std::exchange(capacity_, 0);
  return storage;
}

// Makes room for `wanted` elements. `done` is set to whether there was memory for it.
TrapCode TableInst::reserve(const Store* store, uint64_t wanted, bool& done) {
  done = wanted <= capacity_;
  if (done) return TrapCode::none;
  // Growing by half keeps a loop of `table.grow 1` linear; the first allocation is exact.
  const uint64_t capacity = capacity_ == 0 ? wanted : std::max(wanted, std::min(max_size, capacity_ + capacity_ / 2));
  // A large table is copied in pieces, because realloc would copy all of it at once and could not be interrupted.
  const bool large = capacity_ * sizeof(Slot) > kPieceBytes;
  void* const moved = large ? std::malloc(capacity * sizeof(Slot)) : std::realloc(elements, capacity * sizeof(Slot));
  if (moved == nullptr) return TrapCode::none;
  if (large) {
    const TrapCode copied = copy_in_pieces(store, moved, elements, size * sizeof(Slot));
    std::free(copied == TrapCode::none ? elements : moved);
    if (copied != TrapCode::none) return copied;
  }
  elements = static_cast<Slot*>(moved);
  capacity_ = capacity;
  done = true;
  return TrapCode::none;
}

TrapCode TableInst::grow(const Store* store, uint64_t delta, Slot init, int64_t& old_size) {
  old_size = kGrowFailed;
  bool reserved = false;
  if (delta > max_size - size) return TrapCode::none;
  if (const TrapCode trap = reserve(store, size + delta, reserved); trap != TrapCode::none) return trap;
  if (!reserved) return TrapCode::none;
  if (const TrapCode trap = fill_in_pieces(store, elements + size, init, delta); trap != TrapCode::none) return trap;
  old_size = static_cast<int64_t>(size);
  size += delta;
  return TrapCode::none;
}

}  // namespace mini_wasm::runtime
