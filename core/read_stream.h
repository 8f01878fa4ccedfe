// A whole file or pipe as bytes.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace mini_wasm {

// Reads to the end; at most 1 GiB, which is also the most that a module may have. `name` is for messages.
// Errors: io, limit.
Result<std::vector<uint8_t>> read_stream(std::FILE* stream, const std::string& name);

}  // namespace mini_wasm
