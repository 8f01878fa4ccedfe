// A whole file as bytes.
#pragma once

#include <cstdio>

#include "core/read_stream.h"

namespace mini_wasm::runtime {

// For reading; null with errno when it cannot be opened.
std::FILE* open_stream(const char* path);

// As read_stream, for the file of that name; in messages the name is escaped for a terminal.
Result<std::vector<uint8_t>> read_file(const std::string& path, const BeginCheck& check = {});

}  // namespace mini_wasm::runtime
