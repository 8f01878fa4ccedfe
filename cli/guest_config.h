// What a WASI program can see of the host, from the options of the command line.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/wasi.h>

#include <string>
#include <vector>

#include "cli/run_command.h"

namespace mini_wasm::cli {

// `words`: the file, and the guest's arguments. Opens files of variables and sockets. Errors: usage, io.
Result<WasiConfig> guest_config(const RunOptions& options, const std::vector<std::string>& words);

}  // namespace mini_wasm::cli
