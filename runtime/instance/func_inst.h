// FuncInst: a function instance (spec 4.2.7), which is what a funcref points to. Host functions have the same form. Its
// address does not change while the store lives. It belongs to the instance whose module defines it
// (ModuleInst::own_funcs); a host function belongs to the store, or to the instance that it was made for
// (ModuleInst::host_funcs).
#pragma once

#include <mini_wasm/extern.h>
#include <mini_wasm/types.h>

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/indices.h"
#include "core/type_registry.h"
#include "runtime/instance/instance_context.h"

namespace mini_wasm::runtime {

// The additional data of a host function.
struct HostFunc {
  Result<void> (*call)(void* data, Caller& caller, uint64_t* slots) = nullptr;
  void* data = nullptr;
  const FuncType* type = nullptr;  // lives as long as the store
  uint32_t slots = 0;              // the larger of the numbers of parameter slots and result slots
  // What run_host_func does to the result slots after the call:
  // * stay: nothing,
  // * narrow: clears the upper half of the only result, an i32,
  // * poisoned: writes arbitrary bits into every half slot that is undefined, then does the same as `narrow` (for
  //   tests, runtime/test_settings.h).
  enum class ResultSlots : uint8_t { stay, narrow, poisoned } result_slots = ResultSlots::stay;
  bool gives_refs = false;  // there are references among the results, which are checked after the call
  Store* store = nullptr;
  std::string_view module, name;  // for backtraces; empty until a linker names it (StoreObjects::keep_name)
};

struct FuncInst {
  TypeId type = kNoType;
  FuncIdx index{};                     // in its module's index space
  InstanceContext* context = nullptr;  // the instance that it belongs to; null for a host function
  void* code = nullptr;                // of the interpreter: interp::FuncCode (interp/code.h)
  void* machine_code = nullptr;        // of the compiler: the function's two entry points (jit/entries.h)
  HostFunc* host = nullptr;            // null for a WebAssembly function

  const Store* store() const { return host != nullptr ? host->store : context->store; }
  // `type` is kNoType when only the host function itself knows the type: it belongs to another engine, or the registry
  // was full.
  const FuncType& func_type(const TypeRegistry& types) const {
    return host != nullptr ? *host->type : types.func(type);
  }
};
static_assert(std::is_standard_layout_v<FuncInst>);

// A complete host function at a stable address: its two parts point to each other.
struct HostFuncInst {
  HostFunc host;
  FuncInst func;
};

}  // namespace mini_wasm::runtime
