// A function instance (spec 4.2.7): what a funcref points to. Host functions look the same.
#pragma once

#include <mini_wasm/extern.h>
#include <mini_wasm/types.h>

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/indices.h"
#include "core/type_registry.h"
#include "runtime/instance_context.h"

namespace mini_wasm::runtime {

// The host's side of a host function.
struct HostFunc {
  Result<void> (*call)(void* data, Caller& caller, uint64_t* slots) = nullptr;
  void* data = nullptr;
  const FuncType* type = nullptr;  // there as long as the store
  uint32_t slots = 0;              // the larger of parameter and result slots
  // What run_host_func does to the slots of the results: nothing; clears the upper half of the only one, an i32; or the
  // same after it has written rubbish above each (runtime/test_settings.h).
  enum class ResultSlots : uint8_t { stay, narrow, poisoned } result_slots = ResultSlots::stay;
  bool gives_refs = false;  // among its results: they are looked at when it returns
  Store* store = nullptr;
  std::string_view module, name;  // for backtraces; empty until a linker names it (Store::keep_name)
};

struct FuncInst {
  TypeId type = kNoType;
  FuncIdx index{};                     // in its module's index space
  InstanceContext* context = nullptr;  // home instance; null for a host function
  void* code = nullptr;                // the interpreter's
  void* machine_code = nullptr;        // the compiler's
  HostFunc* host = nullptr;            // null for a WebAssembly function

  const Store* store() const { return host != nullptr ? host->store : context->store; }
  // kNoType stands for a type that only the host function knows: of another engine, or one too many.
  const FuncType& func_type(const TypeRegistry& types) const {
    return host != nullptr ? *host->type : types.func(type);
  }
};
static_assert(std::is_standard_layout_v<FuncInst>);

// A host function whole, at a stable address: each refers to the other.
struct HostFuncInst {
  HostFunc host;
  FuncInst func;
};

}  // namespace mini_wasm::runtime
