// The one place where the embedder's code is called from ours.
#pragma once

#include "runtime/func_inst.h"

namespace mini_wasm::runtime {

// Runs a host function. A C++ exception that it lets out becomes Error::host: it must not unwind through guest frames,
// and nobody above could catch it either.
Result<void> run_host_func(const HostFunc& func, Caller& caller, uint64_t* slots);

}  // namespace mini_wasm::runtime
