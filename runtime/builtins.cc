#include "runtime/builtins.h"

#include <algorithm>
#include <cstring>

namespace mini_wasm::runtime {
namespace {

// Of a segment, where neither is wider: their sum does not wrap.
bool inside(size_t size, uint32_t from, uint32_t length) { return uint64_t{from} + length <= size; }

}  // namespace

TrapCode memory_fill(MemInst& memory, uint64_t at, uint8_t value, uint64_t length) {
  if (!memory.contains(at, length)) return TrapCode::out_of_bounds_memory_access;
  std::memset(memory.base + at, value, length);
  return TrapCode::none;
}

TrapCode memory_copy(MemInst& to, MemInst& from, uint64_t to_at, uint64_t from_at, uint64_t length) {
  if (!to.contains(to_at, length) || !from.contains(from_at, length)) return TrapCode::out_of_bounds_memory_access;
  std::memmove(to.base + to_at, from.base + from_at, length);
  return TrapCode::none;
}

TrapCode memory_init(ModuleInst& instance, MemInst& memory, DataIdx data, uint64_t at, uint32_t from_at,
                     uint32_t length) {
  const std::span<const uint8_t> segment = instance.datas[raw(data)];
  if (!memory.contains(at, length) || !inside(segment.size(), from_at, length)) {
    return TrapCode::out_of_bounds_memory_access;
  }
  if (length != 0) std::memcpy(memory.base + at, segment.data() + from_at, length);  // a dropped segment is null
  return TrapCode::none;
}

void data_drop(ModuleInst& instance, DataIdx data) { instance.datas[raw(data)] = {}; }

TrapCode table_get(const TableInst& table, uint64_t index, Slot& out) {
  if (index >= table.size) return TrapCode::out_of_bounds_table_access;
  out = table.elements[index];
  return TrapCode::none;
}

TrapCode table_set(TableInst& table, uint64_t index, Slot value) {
  if (index >= table.size) return TrapCode::out_of_bounds_table_access;
  table.elements[index] = value;
  return TrapCode::none;
}

TrapCode table_fill(TableInst& table, uint64_t at, Slot value, uint64_t length) {
  if (!table.contains(at, length)) return TrapCode::out_of_bounds_table_access;
  std::fill_n(table.elements + at, length, value);
  return TrapCode::none;
}

TrapCode table_copy(TableInst& to, const TableInst& from, uint64_t to_at, uint64_t from_at, uint64_t length) {
  if (!to.contains(to_at, length) || !from.contains(from_at, length)) return TrapCode::out_of_bounds_table_access;
  if (length != 0) std::memmove(to.elements + to_at, from.elements + from_at, length * sizeof(Slot));
  return TrapCode::none;
}

TrapCode table_init(ModuleInst& instance, TableInst& table, ElemIdx elem, uint64_t at, uint32_t from_at,
                    uint32_t length) {
  const std::vector<Slot>& segment = instance.elems[raw(elem)];
  if (!table.contains(at, length) || !inside(segment.size(), from_at, length)) {
    return TrapCode::out_of_bounds_table_access;
  }
  std::copy_n(segment.begin() + from_at, length, table.elements + at);
  return TrapCode::none;
}

void elem_drop(ModuleInst& instance, ElemIdx elem) { std::vector<Slot>().swap(instance.elems[raw(elem)]); }

}  // namespace mini_wasm::runtime
