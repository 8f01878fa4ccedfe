// Every WASI function as a module imports it: under which names, of which type, and how to call it on value slots.
// What stands between this list and a linker is only the caller's memory (wasi.cc).
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/types.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "wasi/context.h"
#include "wasi/guest_ptr.h"

namespace mini_wasm::wasi {

struct HostFunction {
  std::string_view module;  // wasi_snapshot_preview1 or wasi_unstable
  std::string_view name;
  const FuncType& (*type)();
  // Arguments from slots, the errno to slots[0]. The one error is Error::exit.
  Result<void> (*call)(Context& context, GuestMemory memory, uint64_t* slots);
};

// All functions of both modules, from functions.def.
std::span<const HostFunction> host_functions();
// One of them; null when there is none of that name.
const HostFunction* find_host_function(std::string_view module, std::string_view name);

}  // namespace mini_wasm::wasi
