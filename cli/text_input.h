// Reads modules for the commands, in binary or text form.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mini_wasm::cli {

// Converts a module in text form to binary form.
using Assemble = std::function<Result<std::vector<uint8_t>>(std::string_view source)>;

// The binary form of the module in a file, or on standard input for "-". A text is assembled. In both forms, a first
// line that begins with "#!" is allowed. Errors: those of read_input; malformed, when the file is of another kind;
// exit, when the text has an error, which has been printed with its position.
Result<std::vector<uint8_t>> read_module(const std::string& file, const Assemble& assemble = {});

}  // namespace mini_wasm::cli
