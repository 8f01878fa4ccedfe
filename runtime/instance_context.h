// What running code reads of its instance; hot fields first. Interpreter handlers use the fields, compiled code their
// offsetof: nothing else may know the layout.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "runtime/frame.h"

namespace mini_wasm::runtime {

struct FuncInst;
struct TableInst;
struct MemInst;
struct ModuleInst;
class Store;
namespace gc {
struct Run;
}

struct InstanceContext {
  uint8_t* memory_base = nullptr;  // memory 0; null without one. Kept up to date by MemInst::grow
  // A frame must end at or before it. Null while interrupted, so that calls need not look at `interrupt` as well.
  std::atomic<Slot*> stack_limit{nullptr};
  std::atomic<uint32_t> interrupt{0};  // not 0: stop at the next loop iteration or call; Store::set_interrupt
  Slot** globals = nullptr;            // address of each global's value, by GlobalIdx
  FuncInst** funcs = nullptr;          // by FuncIdx
  TableInst** tables = nullptr;        // by TableIdx
  MemInst** memories = nullptr;        // by MemIdx
  Store* store = nullptr;
  ModuleInst* instance = nullptr;
  gc::Run* heap_runs = nullptr;  // by space: where the next cells of the heap are
  uint64_t zero = 0;             // always; what Masm::clamp reads
};
static_assert(std::is_standard_layout_v<InstanceContext>);

}  // namespace mini_wasm::runtime
