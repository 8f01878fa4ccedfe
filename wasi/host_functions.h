// Every WASI function as a module imports it: its names, its type, and how to call it on value slots. There are two
// lists: functions() get the guest's memory as an argument; host_functions() find it in the instance that calls.
#pragma once

#include <mini_wasm/linker.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "wasi/context.h"
#include "wasi/guest_ptr.h"
#include "wasi/trace.h"

namespace mini_wasm::wasi {

struct Function {
  std::string_view module;  // wasi_snapshot_preview1 or wasi_unstable
  std::string_view name;
  const FuncType& (*type)();
  // The arguments are in `slots`; the errno is stored in slots[0]. The only possible error is Error::exit.
  Result<void> (*call)(Context& context, GuestMemory memory, uint64_t* slots);
  TraceShape (*trace_shape)();
};

// All functions of both modules, from functions.def, sorted by module and name.
std::span<const Function> functions();
// The same as a table for linkers; its data is a Context.
std::span<const HostFunction> host_functions();

}  // namespace mini_wasm::wasi
