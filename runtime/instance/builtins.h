// The operations on instances that all tiers share: bulk memory, tables, segments (spec 4.6). Each one checks its
// bounds first, and returns TrapCode::none on success. When the bounds check traps, nothing has been changed. An
// operation on many bytes can trap with "interrupted" in the middle; what it has written by then stays written
// (pieces.h).
#pragma once

#include <mini_wasm/trap.h>

#include "runtime/instance/module_inst.h"

namespace mini_wasm::runtime {

TrapCode memory_fill(const Store& store, MemInst& memory, uint64_t at, uint8_t value, uint64_t length);
TrapCode memory_copy(const Store& store, MemInst& to, MemInst& from, uint64_t to_at, uint64_t from_at, uint64_t length);
TrapCode memory_init(ModuleInst& instance, MemInst& memory, DataIdx data, uint64_t at, uint32_t from_at,
                     uint32_t length);
void data_drop(ModuleInst& instance, DataIdx data);

TrapCode table_get(const TableInst& table, uint64_t index, Slot& out);
TrapCode table_set(TableInst& table, uint64_t index, Slot value);
TrapCode table_fill(const Store& store, TableInst& table, uint64_t at, Slot value, uint64_t length);
TrapCode table_copy(const Store& store, TableInst& to, const TableInst& from, uint64_t to_at, uint64_t from_at,
                    uint64_t length);
TrapCode table_init(ModuleInst& instance, TableInst& table, ElemIdx elem, uint64_t at, uint32_t from_at,
                    uint32_t length);
void elem_drop(ModuleInst& instance, ElemIdx elem);

}  // namespace mini_wasm::runtime
