// Names of compiled functions for `perf`, which looks for them in /tmp/perf-PID.map.
#pragma once

#include "jit/native_code.h"

namespace mini_wasm::jit {

// From here on, all code that this process makes is listed. False when the file cannot be made.
bool start_perf_map();

// Does nothing before `start_perf_map`. One thread at a time.
void add_to_perf_map(const NativeCode& code);

}  // namespace mini_wasm::jit
