#include "cli/input.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/read_stream.h"

namespace mini_wasm::cli {

Result<std::vector<uint8_t>> read_input(const std::string& file) {
  if (file == "-") return read_stream(stdin, "standard input");
  std::FILE* stream = std::fopen(file.c_str(), "rb");
  if (stream == nullptr) return Error::make(ErrorKind::io, file + ": " + std::strerror(errno));
  Result<std::vector<uint8_t>> bytes = read_stream(stream, file);
  std::fclose(stream);
  return bytes;
}

}  // namespace mini_wasm::cli
