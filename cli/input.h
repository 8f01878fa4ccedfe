// Reads the input file of a command.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/read_stream.h"

namespace mini_wasm::cli {

// All of a file or pipe; of standard input for "-". Errors: io, limit, those of `check`.
Result<std::vector<uint8_t>> read_input(const std::string& file, const BeginCheck& check = {});

}  // namespace mini_wasm::cli
