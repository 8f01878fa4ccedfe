#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/utf8.h"
#include "runtime/own_descriptor.h"
#include "runtime/read_file.h"

namespace mini_wasm::runtime {

std::FILE* open_stream(const char* path) {
  const int fd = open_own_descriptor([&] { return open(path, O_RDONLY | O_CLOEXEC); });
  std::FILE* const file = fd < 0 ? nullptr : fdopen(fd, "rb");
  if (file == nullptr && fd >= 0) close(fd);
  return file;
}

Result<std::vector<uint8_t>> read_file(const std::string& path, const BeginCheck& check) {
  const std::string name = escape_for_terminal(path);
  std::FILE* const file = open_stream(path.c_str());
  if (file == nullptr) return Error::make(ErrorKind::io, name + ": " + std::strerror(errno));
  Result<std::vector<uint8_t>> bytes = read_stream(file, name, check);
  std::fclose(file);
  return bytes;
}

}  // namespace mini_wasm::runtime
