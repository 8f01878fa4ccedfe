// Writes the names of compiled functions to /tmp/perf-PID.map, where `perf report` looks for them.
#pragma once

#include "jit/native_code.h"

namespace mini_wasm::jit {

// Makes the file. All code that this process makes afterwards is listed there. Returns false when the file cannot be
// made.
bool start_perf_map();

// Does nothing before `start_perf_map`. Thread rule: one thread at a time.
void add_to_perf_map(const NativeCode& code);

}  // namespace mini_wasm::jit
