#include "cli/input.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace mini_wasm::cli {
namespace {

constexpr size_t kMaxSize = size_t{1} << 30;  // as decoder/limits.h has it

Result<std::vector<uint8_t>> read_all(std::FILE* stream, const std::string& name) {
  std::vector<uint8_t> bytes;
  size_t size = 0;
  while (size <= kMaxSize) {
    if (bytes.size() == size) bytes.resize(size < 65536 ? 65536 : size * 2);
    const size_t got = std::fread(bytes.data() + size, 1, bytes.size() - size, stream);
    if (got == 0) break;
    size += got;
  }
  if (std::ferror(stream)) return Error::make(ErrorKind::io, name + ": " + std::strerror(errno));
  if (size > kMaxSize) return Error::make(ErrorKind::limit, "larger than 1 GiB");
  bytes.resize(size);
  return bytes;
}

}  // namespace

Result<std::vector<uint8_t>> read_input(const std::string& file) {
  if (file == "-") return read_all(stdin, "standard input");
  std::FILE* stream = std::fopen(file.c_str(), "rb");
  if (stream == nullptr) return Error::make(ErrorKind::io, file + ": " + std::strerror(errno));
  Result<std::vector<uint8_t>> bytes = read_all(stream, file);
  std::fclose(stream);
  return bytes;
}

}  // namespace mini_wasm::cli
