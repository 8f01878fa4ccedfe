// The one place where the embedder's code is called from ours.
#pragma once

#include "runtime/func_inst.h"

namespace mini_wasm::runtime {

// Says of which type the function is; `type` is there as long as the function.
void set_type(HostFunc& func, const FuncType& type);

// Runs a host function. What it leaves above an only result that is an i32 is cleared. A C++ exception that it lets out
// becomes Error::host: it must not unwind through guest frames, and nobody above could catch it either. Error: usage,
// when it has left a reference that is not of its result's type and its store: guests follow references without a look.
Result<void> run_host_func(const HostFunc& func, Caller& caller, uint64_t* slots);

}  // namespace mini_wasm::runtime
