// Modules as the commands take them: in binary or in text form.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mini_wasm::cli {

// The binary form of the module in a file, or, for "-", on standard input; a text is assembled. Errors: those of
// read_input; exit, when the text is wrong: what is wrong with it, and where, has been printed then.
Result<std::vector<uint8_t>> read_module(const std::string& file);

}  // namespace mini_wasm::cli
