// InstanceContext: the part of an instance that running code reads, the most used fields first. Interpreter handlers
// use the fields, compiled code their offsets (offsetof). No other code may depend on the layout.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "runtime/call/frame.h"

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
  uint8_t* memory_base = nullptr;  // of memory 0; null if there is none. MemInst::grow keeps it up to date
  // A frame must end at or before this address. Null while the store is interrupted, so that calls need not check
  // `interrupt` as well.
  std::atomic<Slot*> stack_limit{nullptr};
  // Not 0: there is something to do at the next iteration of a loop.
  // * kStop: stop, also at the next call (Store::set_interrupt);
  // * kYield: if the call can yield, suspend it (Store::set_yielding).
  std::atomic<uint32_t> interrupt{0};
  static constexpr uint32_t kStop = 1, kYield = 2;
  bool must_stop() const { return (interrupt.load(std::memory_order_relaxed) & kStop) != 0; }
  Slot** globals = nullptr;      // address of each global's value, by GlobalIdx
  FuncInst** funcs = nullptr;    // by FuncIdx
  TableInst** tables = nullptr;  // by TableIdx
  MemInst** memories = nullptr;  // by MemIdx
  Store* store = nullptr;
  ModuleInst* instance = nullptr;
  gc::Run* heap_runs = nullptr;  // by space of the GC heap: where the next cells are
  uint64_t zero = 0;             // always 0; read by Masm::clamp
};
static_assert(std::is_standard_layout_v<InstanceContext>);

}  // namespace mini_wasm::runtime
