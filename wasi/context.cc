// Makes a guest's view of the host from its configuration.
#include "wasi/context.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "runtime/system/own_descriptor.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

namespace {

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

Error io_error(const std::string& what, int host_errno) {
  return Error::make(ErrorKind::io, what + ": " + std::strerror(host_errno));
}

// Checks strings that the guest will receive as C strings, with sizes of 32 bits.
Result<void> check_strings(const char* what, const std::vector<std::string>& strings) {
  uint64_t size = 0;
  for (const std::string& s : strings) {
    if (has_nul(s)) return Error::make(ErrorKind::usage, std::string(what) + " with a NUL character");
    size += s.size() + 1 + sizeof(uint32_t);
  }
  if (size > std::numeric_limits<Size>::max()) {
    return Error::make(ErrorKind::usage, std::string(what) + "s are too large");
  }
  return {};
}

// The rights that a standard stream needs. A terminal must not have the rights to seek and tell, because wasi-libc's
// isatty recognises a terminal by that.
Rights stdio_rights(int fd, FileType type, Rights direction) {
  // A directory as a stream (`prog </dir`) must not become a preopen, and input must not be changed.
  Rights allowed = rights_of_type(type) & ~(rights::kPath | rights::fd_readdir);
  allowed &= direction == rights::fd_read ? ~rights::kChanging : ~rights::fd_read;
  if (type == FileType::character_device && ::isatty(fd) == 1) allowed &= ~(rights::fd_seek | rights::fd_tell);
  return allowed;
}

}  // namespace

Result<std::unique_ptr<Context>> Context::make(WasiConfig config, Sandbox::Strategy strategy) {
  if (Result<void> args = check_strings("argument", config.args); !args) return std::move(args).error();
  if (Result<void> env = check_strings("environment variable", config.env); !env) return std::move(env).error();
  std::unique_ptr<Context> context(new Context(std::move(config), strategy));
  for (auto open : {&Context::open_stdio, &Context::open_preopens, &Context::adopt_sockets}) {
    if (Result<void> opened = (context.get()->*open)(); !opened) return std::move(opened).error();
  }
  return context;
}

Result<void> Context::open_stdio() {
  const std::pair<int, Rights> streams[] = {{config_.stdin_fd, rights::fd_read},
                                            {config_.stdout_fd, rights::fd_write},
                                            {config_.stderr_fd, rights::fd_write}};
  for (const auto& [fd, direction] : streams) {
    struct stat host;
    // If the host has closed the stream (`prog <&-`), it is closed for the guest too.
    if (fd < 0 || !runtime::is_open_for_good(fd) || ::fstat(fd, &host) != 0) {
      if (!fds_.append(std::nullopt).ok()) return Error::make(ErrorKind::limit, "too many open files");
      continue;
    }
    Descriptor stream;
    stream.host = HostFd::borrow(fd);
    stream.type = file_type_of_fd(fd, host);
    stream.base = stdio_rights(fd, stream.type, direction);
    // If it listens: rights of the sockets that it accepts.
    if (stream.is_socket()) stream.inheriting = rights::kSocket;
    if (!fds_.append(std::move(stream)).ok()) return Error::make(ErrorKind::limit, "too many open files");
  }
  return {};
}

Result<void> Context::open_preopens() {
  for (const WasiConfig::Preopen& preopen : config_.preopens) {
    if (has_nul(preopen.host) || has_nul(preopen.guest)) {
      return Error::make(ErrorKind::usage, "directory name with a NUL character");
    }
    const int fd =
        runtime::open_own_descriptor([&] { return ::open(preopen.host.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return io_error("cannot open directory " + preopen.host, errno);
    Descriptor dir;
    dir.host = HostFd::own(fd);
    if (const char* fault = Sandbox::fault_of_root(fd)) {
      return Error::make(ErrorKind::usage, "directory " + preopen.host + " is on a file system of the kernel's own (" +
                                               fault + "): no program is let into the host's processes and devices");
    }
    Result<runtime::CacheFence> fence = runtime::CacheFence::around_preopen(preopen.host, fd);
    if (!fence) return std::move(fence).error();
    fences_.push_back(*std::move(fence));
    dir.type = FileType::directory;
    const Rights granted = preopen.read_only ? ~rights::kChanging : ~Rights{0};
    dir.base = rights::kDirectory & granted;
    dir.inheriting = (rights::kDirectory | rights::kFile) & granted;
    dir.read_only = preopen.read_only;
    dir.preopen = preopen.guest;
    if (!fds_.append(std::move(dir)).ok()) return Error::make(ErrorKind::limit, "too many open files");
  }
  return {};
}

Result<void> Context::adopt_sockets() {
  for (const int fd : config_.sockets) {
    struct stat host;
    if (::fstat(fd, &host) != 0) return io_error("socket", errno);
    if (!S_ISSOCK(host.st_mode)) return Error::make(ErrorKind::usage, "not a socket");
    // The guest gets a duplicate, which it may close; the embedder keeps its own descriptor.
    const int copy = runtime::duplicate_descriptor(fd);
    if (copy < 0) return io_error("socket", errno);
    Descriptor socket;
    socket.host = HostFd::own(copy);
    socket.type = file_type_of_fd(copy, host);
    socket.base = socket.inheriting = rights::kSocket;
    if (!fds_.append(std::move(socket)).ok()) return Error::make(ErrorKind::limit, "too many open files");
  }
  return {};
}

}  // namespace mini_wasm::wasi
