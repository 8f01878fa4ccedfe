// Offsets of the fields of memories, tables and layouts that machine code reads. The classes have private members, so
// offsetof is only conditionally supported; every compiler that builds the project supports it.
#pragma once

#include <cstddef>

#include "runtime/gc/layout.h"
#include "runtime/instance/table.h"
#include "runtime/memory/memory.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
inline constexpr size_t kMemoryBase = offsetof(MemInst, base);
inline constexpr size_t kMemorySize = offsetof(MemInst, size);
inline constexpr size_t kTableElements = offsetof(TableInst, elements);
inline constexpr size_t kTableSize = offsetof(TableInst, size);
struct StoreLayout {
  static constexpr size_t kMachineSp = offsetof(Store, execution_) + offsetof(Execution, machine_sp);
  static constexpr size_t kHostSp = offsetof(Store, execution_) + offsetof(Execution, host_sp);
  static constexpr size_t kFuel = offsetof(Store, execution_) + offsetof(Execution, fuel);
};
inline constexpr size_t kLayoutKind = offsetof(gc::TypeLayout, kind);
inline constexpr size_t kLayoutType = offsetof(gc::TypeLayout, type);
inline constexpr size_t kLayoutDepth = offsetof(gc::TypeLayout, depth);
inline constexpr size_t kLayoutSupers = offsetof(gc::TypeLayout, supers);
#pragma GCC diagnostic pop

}  // namespace mini_wasm::runtime
