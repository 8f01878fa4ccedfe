#include "runtime/table.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/limits.h"

namespace mini_wasm::runtime {
namespace {

// More than any machine has memory for, and few enough that no size in bytes overflows.
constexpr uint64_t kMaxElements = limits::kMaxTableElements;

}  // namespace

TableInst::~TableInst() { std::free(elements); }

Result<void> TableInst::allocate(const TableType& table_type, Slot init, uint64_t element_limit, TableStorage storage) {
  type = table_type;
  max_size = std::min({type.limits.max.value_or(kMaxElements), element_limit, kMaxElements});
  if (!type.is_64) max_size = std::min(max_size, uint64_t{0xffff'ffff});
  if (storage.capacity != 0 && storage.capacity == type.limits.min && type.limits.min <= max_size) {
    elements = storage.elements.release();
    size = capacity_ = storage.capacity;
    if (!storage.filled) std::fill_n(elements, size, init);
    return {};
  }
  // Null elements come from calloc, which touches nothing: a large table costs what is used of it.
  if (init == 0 && type.limits.min != 0 && type.limits.min <= max_size) {
    elements = static_cast<Slot*>(std::calloc(type.limits.min, sizeof(Slot)));
    if (elements != nullptr) size = capacity_ = type.limits.min;
  }
  if (type.limits.min > max_size || grow(type.limits.min - size, init) == kGrowFailed) {
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

bool TableInst::reserve(uint64_t wanted) {
  if (wanted <= capacity_) return true;
  // Growing by half keeps a loop of `table.grow 1` linear; the first allocation is exact.
  const uint64_t capacity = capacity_ == 0 ? wanted : std::max(wanted, std::min(max_size, capacity_ + capacity_ / 2));
  void* moved = std::realloc(elements, capacity * sizeof(Slot));
  if (moved == nullptr) return false;
  elements = static_cast<Slot*>(moved);
  capacity_ = capacity;
  return true;
}

int64_t TableInst::grow(uint64_t delta, Slot init) {
  const uint64_t old_size = size;
  if (delta > max_size - size || !reserve(size + delta)) return kGrowFailed;
  std::fill_n(elements + old_size, delta, init);
  size += delta;
  return static_cast<int64_t>(old_size);
}

}  // namespace mini_wasm::runtime
