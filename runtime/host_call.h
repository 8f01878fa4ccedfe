// The one place where the embedder's code is called from ours.
#pragma once

#include <mini_wasm/extern.h>

namespace mini_wasm::runtime {

// Runs a host function. A C++ exception that it lets out becomes Error::host: it must not unwind through guest frames,
// and nobody above could catch it either.
Result<void> run_host_callback(const HostCallback& callback, Caller& caller, uint64_t* slots);

}  // namespace mini_wasm::runtime
