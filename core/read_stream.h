// Reads a whole stream into memory.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mini_wasm {

// Receives the beginning of the content (a few kilobytes at most) before the rest is read. If it returns an error,
// reading ends. So an endless device, or a video file of many gigabytes, is an error immediately.
using BeginCheck = std::function<Result<void>(std::span<const uint8_t> begin)>;

// Reads from the current position to the end; at most 1 GiB, which is also the largest size of a module. Uses memory
// for the bytes that exist, not for the size that the system reports. `name` is for messages.
// Errors: io, limit, those of `check`.
Result<std::vector<uint8_t>> read_stream(std::FILE* stream, const std::string& name, const BeginCheck& check = {});

}  // namespace mini_wasm
