// Directories in memory for --memory-dir.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/wasi.h>

#include <string>

namespace mini_wasm::cli {

// Files in memory: a copy of the files, directories and links in a directory of the host, or nothing when `host` is
// empty. Errors: io; usage, for anything else in it; limit.
Result<WasiFiles> memory_dir(const std::string& host);

}  // namespace mini_wasm::cli
