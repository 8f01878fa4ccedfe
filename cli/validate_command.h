// mini-wasm validate: checks whether files are valid modules.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace mini_wasm::cli {

// For each file, prints "FILE: ok" to standard output, or "FILE: ERROR" to standard error. Returns the exit code.
int validate_command(const FeatureOptions& features, const std::vector<std::string>& files);

}  // namespace mini_wasm::cli
