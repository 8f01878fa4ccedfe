// Reads a whole file into memory.
#pragma once

#include <cstdio>
#include <memory>

#include "core/read_stream.h"

namespace mini_wasm::runtime {

struct CloseStream {
  void operator()(std::FILE* stream) const { std::fclose(stream); }
};
using Stream = std::unique_ptr<std::FILE, CloseStream>;

// Opens a file for reading; null with errno when that fails.
Stream open_stream(const char* path);

// Like read_stream, for the file at `path`. In messages the name is escaped for a terminal.
Result<std::vector<uint8_t>> read_file(const std::string& path, const BeginCheck& check = {});

}  // namespace mini_wasm::runtime
