#include "core/read_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mini_wasm {
namespace {

constexpr size_t kMaxSize = size_t{1} << 30;
constexpr size_t kFirstBlock = 16384;

// The number of bytes from the stream's position to its end; 0 if it is unknown (a pipe, a device). Must only be called
// after a successful read: for a directory, the answer would be the largest possible number.
uint64_t size_of_rest(std::FILE* stream) {
  const long here = std::ftell(stream);
  if (here < 0 || std::fseek(stream, 0, SEEK_END) != 0) return 0;
  const long end = std::ftell(stream);
  if (std::fseek(stream, here, SEEK_SET) != 0 || end <= here) return 0;
  return static_cast<uint64_t>(end - here);
}

Error too_large(const std::string& name) { return Error::make(ErrorKind::limit, name + ": larger than 1 GiB"); }

}  // namespace

Result<std::vector<uint8_t>> read_stream(std::FILE* stream, const std::string& name, const BeginCheck& check) {
  std::vector<uint8_t> bytes(kFirstBlock);
  errno = 0;
  size_t size = std::fread(bytes.data(), 1, bytes.size(), stream);
  if (check && !std::ferror(stream)) {
    if (Result<void> good = check(std::span(bytes).first(size)); !good) return std::move(good).error();
  }
  if (size == bytes.size()) {
    const uint64_t rest = size_of_rest(stream);
    if (rest > kMaxSize - size) return too_large(name);
    // One byte more, so that the end is found without growing again.
    bytes.resize(size + static_cast<size_t>(rest) + 1);
  }
  while (size <= kMaxSize && !std::feof(stream) && !std::ferror(stream)) {
    if (bytes.size() == size) bytes.resize(size * 2);
    errno = 0;
    size += std::fread(bytes.data() + size, 1, bytes.size() - size, stream);
  }
  if (std::ferror(stream)) return Error::make(ErrorKind::io, name + ": " + std::strerror(errno));
  if (size > kMaxSize) return too_large(name);
  bytes.resize(size);
  return bytes;
}

}  // namespace mini_wasm
