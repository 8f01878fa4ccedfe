// A whole stream as bytes.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mini_wasm {

// Sees how the content begins (some kilobytes at most) before the rest is read; its error ends the reading. What makes
// of an endless device or a film of many gigabytes an error at once.
using BeginCheck = std::function<Result<void>(std::span<const uint8_t> begin)>;

// Reads from where the stream stands to the end; at most 1 GiB, which is also the most that a module may have. Takes
// memory for what is there, whatever size the system reports. `name` is for messages.
// Errors: io, limit, those of `check`.
Result<std::vector<uint8_t>> read_stream(std::FILE* stream, const std::string& name, const BeginCheck& check = {});

}  // namespace mini_wasm
