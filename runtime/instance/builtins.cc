#include "runtime/instance/builtins.h"

#include <algorithm>
#include <cstring>

#include "core/speculation.h"
#include "runtime/instance/pieces.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {
namespace {

// Whether the range [from, from + length) is inside a segment. Both operands have 32 bits, so the 64-bit sum cannot
// wrap.
bool inside(size_t size, uint32_t from, uint32_t length) { return uint64_t{from} + length <= size; }

}  // namespace

TrapCode memory_fill(const Store& store, MemInst& memory, uint64_t at, uint8_t value, uint64_t length) {
  if (!memory.contains(at, length)) return TrapCode::out_of_bounds_memory_access;
  return in_pieces(&store, length, 0, [to = memory.base + at, value](uint64_t first, uint64_t count) {
    std::memset(to + first, value, count);
  });
}

TrapCode memory_copy(const Store& store, MemInst& to, MemInst& from, uint64_t to_at, uint64_t from_at,
                     uint64_t length) {
  if (!to.contains(to_at, length) || !from.contains(from_at, length)) return TrapCode::out_of_bounds_memory_access;
  return copy_in_pieces(&store, to.base + to_at, from.base + from_at, length);
}

TrapCode memory_init(ModuleInst& instance, MemInst& memory, DataIdx data, uint64_t at, uint32_t from_at,
                     uint32_t length) {
  const std::span<const uint8_t> segment = instance.datas[raw(data)];
  if (!memory.contains(at, length) || !inside(segment.size(), from_at, length)) {
    return TrapCode::out_of_bounds_memory_access;
  }
  return copy_in_pieces(instance.store, memory.base + at, segment.data() + from_at, length);
}

void data_drop(ModuleInst& instance, DataIdx data) { instance.datas[raw(data)] = {}; }

TrapCode table_get(const TableInst& table, uint64_t index, Slot& out) {
  if (index >= table.size) return TrapCode::out_of_bounds_table_access;
  out = table.elements[clamped(index, table.size)];
  return TrapCode::none;
}

TrapCode table_set(TableInst& table, uint64_t index, Slot value) {
  if (index >= table.size) return TrapCode::out_of_bounds_table_access;
  table.elements[clamped(index, table.size)] = value;
  return TrapCode::none;
}

TrapCode table_fill(const Store& store, TableInst& table, uint64_t at, Slot value, uint64_t length) {
  if (!table.contains(at, length)) return TrapCode::out_of_bounds_table_access;
  return fill_in_pieces(&store, table.elements + at, value, length);
}

TrapCode table_copy(const Store& store, TableInst& to, const TableInst& from, uint64_t to_at, uint64_t from_at,
                    uint64_t length) {
  if (!to.contains(to_at, length) || !from.contains(from_at, length)) return TrapCode::out_of_bounds_table_access;
  return copy_in_pieces(&store, to.elements + to_at, from.elements + from_at, length * sizeof(Slot));
}

TrapCode table_init(ModuleInst& instance, TableInst& table, ElemIdx elem, uint64_t at, uint32_t from_at,
                    uint32_t length) {
  const std::vector<Slot>& segment = instance.elems[raw(elem)];
  if (!table.contains(at, length) || !inside(segment.size(), from_at, length)) {
    return TrapCode::out_of_bounds_table_access;
  }
  return copy_in_pieces(instance.store, table.elements + at, segment.data() + from_at, length * sizeof(Slot));
}

void elem_drop(ModuleInst& instance, ElemIdx elem) { std::vector<Slot>().swap(instance.elems[raw(elem)]); }

}  // namespace mini_wasm::runtime
