// The content of a file, for tests and their tools.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/system/read_file.h"

namespace mini_wasm::testing {

// T: std::string or std::vector<uint8_t>. Ends the program with a message when the file cannot be read, so that no test
// takes it for an empty one.
template <class T = std::vector<uint8_t>>
T file_content(const std::filesystem::path& path) {
  const Result<std::vector<uint8_t>> bytes = runtime::read_file(path.string());
  if (!bytes) {
    std::fprintf(stderr, "%s\n", bytes.error().to_string().c_str());
    std::abort();
  }
  return T(bytes->begin(), bytes->end());
}

}  // namespace mini_wasm::testing
