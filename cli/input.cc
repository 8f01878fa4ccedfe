#include "cli/input.h"

#include <cstdio>

#include "runtime/system/read_file.h"

namespace mini_wasm::cli {

Result<std::vector<uint8_t>> read_input(const std::string& file, const BeginCheck& check) {
  return file == "-" ? read_stream(stdin, "standard input", check) : runtime::read_file(file, check);
}

}  // namespace mini_wasm::cli
