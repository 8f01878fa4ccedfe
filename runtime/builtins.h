// The operations on instances that both tiers share: bulk memory, tables, segments (spec 4.6). Each checks its own
// bounds, changes nothing when it traps, and returns TrapCode::none on success.
#pragma once

#include <mini_wasm/trap.h>

#include "runtime/module_inst.h"

namespace mini_wasm::runtime {

TrapCode memory_fill(MemInst& memory, uint64_t at, uint8_t value, uint64_t length);
TrapCode memory_copy(MemInst& to, MemInst& from, uint64_t to_at, uint64_t from_at, uint64_t length);
TrapCode memory_init(ModuleInst& instance, MemInst& memory, DataIdx data, uint64_t at, uint32_t from_at,
                     uint32_t length);
void data_drop(ModuleInst& instance, DataIdx data);

TrapCode table_get(const TableInst& table, uint64_t index, Slot& out);
TrapCode table_set(TableInst& table, uint64_t index, Slot value);
TrapCode table_fill(TableInst& table, uint64_t at, Slot value, uint64_t length);
TrapCode table_copy(TableInst& to, const TableInst& from, uint64_t to_at, uint64_t from_at, uint64_t length);
TrapCode table_init(ModuleInst& instance, TableInst& table, ElemIdx elem, uint64_t at, uint32_t from_at,
                    uint32_t length);
void elem_drop(ModuleInst& instance, ElemIdx elem);

}  // namespace mini_wasm::runtime
