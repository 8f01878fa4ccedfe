#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/utf8.h"
#include "runtime/system/own_descriptor.h"
#include "runtime/system/read_file.h"

namespace mini_wasm::runtime {

Stream open_stream(const char* path) {
  const int fd = open_own_descriptor([&] { return open(path, O_RDONLY | O_CLOEXEC); });
  Stream stream(fd < 0 ? nullptr : fdopen(fd, "rb"));
  if (stream == nullptr && fd >= 0) close(fd);
  return stream;
}

Result<std::vector<uint8_t>> read_file(const std::string& path, const BeginCheck& check) {
  const std::string name = escape_for_terminal(path);
  const Stream stream = open_stream(path.c_str());
  if (stream == nullptr) return Error::make(ErrorKind::io, name + ": " + std::strerror(errno));
  return read_stream(stream.get(), name, check);
}

}  // namespace mini_wasm::runtime
