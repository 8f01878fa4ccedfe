// Calls of the embedder's functions. This is the only place from which the library calls them.
#pragma once

#include "runtime/instance/func_inst.h"

namespace mini_wasm::runtime {

// Sets the type of the function, and what follows from it. `type` must live as long as the function.
void set_type(HostFunc& func, const FuncType& type);

// Runs a host function. If its only result is an i32, clears the upper half of that slot. A C++ exception that leaves
// the function becomes Error::host: it must not unwind through guest frames, and no code above could catch it. Error:
// usage, when the function has returned a reference that does not match its result type or belongs to another store.
// This must be checked because guests follow references without checks.
Result<void> run_host_func(const HostFunc& func, Caller& caller, uint64_t* slots);

// What run_host_func does to results that are in slots, without the check.
void prepare_results(const HostFunc& func, uint64_t* slots);

}  // namespace mini_wasm::runtime
