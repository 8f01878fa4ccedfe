// mini-wasm dump: what is in a module, as text.
#pragma once

#include <string>

#include "cli/options.h"

namespace mini_wasm::cli {

// Decodes the file, which need not be valid, and prints it. Returns the exit code.
int dump_command(const std::string& file);

}  // namespace mini_wasm::cli
