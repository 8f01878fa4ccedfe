#include "core/read_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mini_wasm {
namespace {

constexpr size_t kMaxSize = size_t{1} << 30;

// A guess: a pipe has no size, and a file may grow.
size_t size_of(std::FILE* stream) {
  if (std::fseek(stream, 0, SEEK_END) != 0) return 0;
  const long size = std::ftell(stream);
  std::rewind(stream);
  return size < 0 ? 0 : std::min(static_cast<size_t>(size), kMaxSize);
}

}  // namespace

Result<std::vector<uint8_t>> read_stream(std::FILE* stream, const std::string& name) {
  std::vector<uint8_t> bytes(size_of(stream) + 1);  // one more, so that the end is seen without more room
  size_t size = 0;
  while (size <= kMaxSize) {
    if (bytes.size() == size) bytes.resize(std::max<size_t>(size * 2, 65536));
    errno = 0;
    const size_t got = std::fread(bytes.data() + size, 1, bytes.size() - size, stream);
    if (got == 0) break;
    size += got;
  }
  if (std::ferror(stream)) return Error::make(ErrorKind::io, name + ": " + std::strerror(errno));
  if (size > kMaxSize) return Error::make(ErrorKind::limit, name + ": larger than 1 GiB");
  bytes.resize(size);
  return bytes;
}

}  // namespace mini_wasm
