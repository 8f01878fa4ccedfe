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
#include "wasi/memory_file.h"
#include "wasi/stat.h"
#include "wasi/streams.h"

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
  std::unique_ptr<Context> context(new Context(std::move(config), strategy));
  if (Result<void> checked = context->check_config(); !checked) return std::move(checked).error();
  for (auto open : {&Context::open_stdio, &Context::open_preopens, &Context::adopt_sockets}) {
    if (Result<void> opened = (context.get()->*open)(); !opened) return std::move(opened).error();
  }
  return context;
}

Result<void> Context::check_config() const {
  if (Result<void> args = check_strings("argument", config_.args); !args) return args;
  if (Result<void> env = check_strings("environment variable", config_.env); !env) return env;
  for (const WasiConfig::Preopen& preopen : config_.preopens) {
    if (has_nul(preopen.host) || has_nul(preopen.guest)) {
      return Error::make(ErrorKind::usage, "directory name with a NUL character");
    }
  }
  if (config_.clock && (!config_.clock->realtime || !config_.clock->monotonic)) {
    return Error::make(ErrorKind::usage, "a clock needs realtime and monotonic");
  }
  return {};
}

Result<void> Context::add(std::optional<Descriptor> descriptor) {
  if (descriptor) descriptor->origin = {Fd{static_cast<uint32_t>(fds_.all().size())}, std::nullopt};
  if (fds_.append(std::move(descriptor)).ok()) return {};
  return Error::make(ErrorKind::limit, "too many open files");
}

// If the host has closed the stream (`prog <&-`), it is closed for the guest too.
std::optional<Descriptor> Context::host_stream(int fd, Rights direction) const {
  struct stat host;
  if (fd < 0 || !runtime::is_open_for_good(fd) || ::fstat(fd, &host) != 0) return std::nullopt;
  Descriptor stream;
  stream.file = std::make_unique<HostFile>(HostFd::borrow(fd), file_type_of_fd(fd, host), sandbox_);
  stream.base = stdio_rights(fd, stream.file->type(), direction);
  // If it listens: rights of the sockets that it accepts.
  if (stream.file->is_socket()) stream.inheriting = rights::kSocket;
  return stream;
}

namespace {

Descriptor embedders_stream(std::unique_ptr<File> file, Rights direction) {
  Descriptor stream;
  stream.base = stdio_rights(-1, file->type(), direction);
  stream.file = std::move(file);
  return stream;
}

}  // namespace

std::optional<Descriptor> Context::input(const WasiInput& in) const {
  if (const int* fd = std::get_if<int>(&in)) return host_stream(*fd, rights::fd_read);
  const auto* bytes = std::get_if<std::string>(&in);
  const auto* read = std::get_if<WasiRead>(&in);
  if (bytes == nullptr && !*read) return std::nullopt;
  return embedders_stream(bytes != nullptr ? make_input(0, *bytes) : make_input(0, *read), rights::fd_read);
}

std::optional<Descriptor> Context::output(const WasiOutput& out, uint64_t number) const {
  if (const int* fd = std::get_if<int>(&out)) return host_stream(*fd, rights::fd_write);
  const auto* buffer = std::get_if<WasiBuffer>(&out);
  const auto* write = std::get_if<WasiWrite>(&out);
  if (write != nullptr && !*write) return std::nullopt;
  return embedders_stream(buffer != nullptr  ? make_output(number, buffer->bytes_)
                          : write != nullptr ? make_output(number, *write)
                                             : make_output(number),
                          rights::fd_write);
}

Result<void> Context::open_stdio() {
  if (Result<void> r = add(input(config_.in)); !r) return r;
  if (Result<void> r = add(output(config_.out, 1)); !r) return r;
  return add(output(config_.err, 2));
}

Result<Descriptor> Context::open_host_directory(const std::string& path) {
  const int fd = runtime::open_own_descriptor([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) return io_error("cannot open directory " + path, errno);
  Descriptor dir;
  dir.file = std::make_unique<HostFile>(HostFd::own(fd), FileType::directory, sandbox_);
  if (const char* fault = Sandbox::fault_of_root(fd)) {
    return Error::make(ErrorKind::usage, "directory " + path + " is on a file system of the kernel's own (" + fault +
                                             "): no program is let into the host's processes and devices");
  }
  Result<runtime::CacheFence> fence = runtime::CacheFence::around_preopen(path, fd);
  if (!fence) return std::move(fence).error();
  fences_.push_back(*std::move(fence));
  return dir;
}

// The same files in two directories are on the same device.
Descriptor Context::memory_directory(size_t preopen) const {
  constexpr uint64_t kDevices = uint64_t{1} << 63;  // the host has none of these
  const std::vector<WasiConfig::Preopen>& all = config_.preopens;
  const auto tree_of = [&](size_t i) { return all[i].files ? all[i].files->tree_ : nullptr; };
  size_t first = 0;
  while (tree_of(first) != tree_of(preopen)) ++first;
  Descriptor dir;
  dir.file = MemoryFile::root({tree_of(preopen), kDevices + first, clocks_});
  return dir;
}

Result<void> Context::open_preopens() {
  for (size_t i = 0; i < config_.preopens.size(); ++i) {
    const WasiConfig::Preopen& preopen = config_.preopens[i];
    Result<Descriptor> opened = preopen.files ? memory_directory(i) : open_host_directory(preopen.host);
    if (!opened) return std::move(opened).error();
    Descriptor dir = *std::move(opened);
    const Rights granted = preopen.read_only ? ~rights::kChanging : ~Rights{0};
    dir.base = rights::kDirectory & granted;
    dir.inheriting = (rights::kDirectory | rights::kFile) & granted;
    dir.read_only = preopen.read_only;
    dir.preopen = preopen.guest;
    if (Result<void> r = add(std::move(dir)); !r) return r;
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
    socket.file = std::make_unique<HostFile>(HostFd::own(copy), file_type_of_fd(copy, host), sandbox_);
    socket.base = socket.inheriting = rights::kSocket;
    if (Result<void> r = add(std::move(socket)); !r) return r;
  }
  return {};
}

}  // namespace mini_wasm::wasi
