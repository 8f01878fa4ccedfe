// mini-wasm validate: whether files are valid modules.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace mini_wasm::cli {

// "FILE: ok" on standard output, "FILE: what is wrong" on standard error, for each. Returns the exit code.
int validate_command(const FeatureOptions& features, const std::vector<std::string>& files);

}  // namespace mini_wasm::cli
