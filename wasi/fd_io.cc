// fd_read, fd_write, fd_pread, fd_pwrite, fd_seek, fd_tell, fd_readdir.
//
// Bytes are passed unchanged, also to a terminal. A guest with a terminal may use its escape sequences, which
// full-screen programs need. An embedder that does not trust the guest with its terminal can give it a pipe instead.
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "wasi/context.h"
#include "wasi/host_iovecs.h"
#include "wasi/sigpipe.h"
#include "wasi/without_waiting.h"

namespace mini_wasm::wasi {

namespace {

constexpr FileSize kMaxOffset = std::numeric_limits<int64_t>::max();

// kMostAtOnce: the most bytes that are moved between two checks for an interrupt. kLong: from this size on, other
// threads may use the Context meanwhile.
constexpr uint64_t kMostAtOnce = uint64_t{1} << 20;
constexpr uint64_t kLong = uint64_t{64} << 10;

ErrnoOr<Size> size_or_error(ssize_t moved) {
  if (moved < 0) return last_error();
  return static_cast<Size>(moved);
}

ErrnoOr<FileSize> seek_host(int fd, FileDelta offset, int whence) {
  const off_t position = ::lseek(fd, offset, whence);
  if (position < 0) return last_error();
  return static_cast<FileSize>(position);
}

// Appends as many of `bytes` as there is room for. Returns false when that was not all.
bool append(std::span<uint8_t> buffer, size_t& used, const void* bytes, size_t size) {
  const size_t fits = std::min(size, buffer.size() - used);
  std::memcpy(buffer.data() + used, bytes, fits);
  used += fits;
  return fits == size;
}

}  // namespace

// Like readv and writev, for a list of any length. Reading waits only for the first byte, and ends at the first short
// read. Writing waits until everything is written. When some bytes have been moved, an error is not returned; the next
// call will report it.
template <class Attempt>
ErrnoOr<Size> Context::transfer(GuestMemory memory, const Descriptor& descriptor, Iovecs list, short events,
                                Attempt attempt) {
  const bool waits = may_wait(descriptor), writes_all = waits && events == POLLOUT;
  const bool is_message = descriptor.type == FileType::socket_dgram;
  HostIovecs buffers;
  uint64_t done = 0;
  uint32_t next = 0;
  const auto end = [&](Errno error) { return done == 0 ? ErrnoOr<Size>(error) : static_cast<Size>(done); };
  do {
    const ErrnoOr<uint32_t> loaded = buffers.load(memory, list, next, HostIovecs::kMaxBytes - done);
    if (!loaded.ok()) return end(loaded.error());
    next = *loaded;
    if (buffers.bytes() == 0 && next < list.count) continue;
    do {
      const uint64_t wanted = is_message ? buffers.bytes() : std::min(buffers.bytes(), kMostAtOnce);
      const auto once = [&] { return attempt(buffers, wanted, done); };
      const bool is_long = !waits && wanted >= kLong;
      const ErrnoOr<Size> size = waits && (done == 0 || writes_all)
                                     ? when_ready(descriptor, events, once)
                                     : size_or_error(is_long ? take_long(descriptor, once) : once());
      if (!size.ok()) return end(size.error());
      done += *size;
      buffers.consume(*size);
      if (is_message || (*size < wanted && !writes_all) || *size == 0) return static_cast<Size>(done);
      if (buffers.bytes() != 0 && is_interrupted()) return static_cast<Size>(done);
    } while (buffers.bytes() != 0);
  } while (next < list.count && done < HostIovecs::kMaxBytes && !is_interrupted());
  return static_cast<Size>(done);
}

ErrnoOr<Size> Context::fd_read(GuestMemory memory, Fd fd, Iovecs list) {
  const auto file = fds_.find_file(fd, rights::fd_read);
  if (!file.ok()) return file.error();
  const Descriptor& from = **file;
  return transfer(memory, from, list, POLLIN, [&](HostIovecs& buffers, uint64_t most, uint64_t) {
    if (may_wait(from)) return read_without_waiting(from, buffers, most);
    return buffers.limited_to(most, [&](iovec* all, int count) { return ::readv(from.host.get(), all, count); });
  });
}

ErrnoOr<Size> Context::fd_write(GuestMemory memory, Fd fd, Iovecs list) {
  const auto file = fds_.find_file(fd, rights::fd_write);
  if (!file.ok()) return file.error();
  const Descriptor& to = **file;
  return transfer(memory, to, list, POLLOUT, [&](HostIovecs& buffers, uint64_t most, uint64_t) {
    const SigpipeGuard guard(may_wait(to) && to.type != FileType::character_device && !config_.sigpipe);
    if (may_wait(to)) return write_without_waiting(to, buffers, most);
    return buffers.limited_to(most, [&](iovec* all, int count) { return ::writev(to.host.get(), all, count); });
  });
}

ErrnoOr<Size> Context::fd_pread(GuestMemory memory, Fd fd, Iovecs list, FileSize offset) {
  const auto file = fds_.find_file(fd, rights::fd_read | rights::fd_seek);
  if (!file.ok()) return file.error();
  if (offset > kMaxOffset - HostIovecs::kMaxBytes) return Errno::inval;
  return transfer(memory, **file, list, POLLIN, [&](HostIovecs& buffers, uint64_t most, uint64_t done) {
    return buffers.limited_to(most, [&](iovec* all, int count) {
      return ::preadv((*file)->host.get(), all, count, static_cast<off_t>(offset + done));
    });
  });
}

ErrnoOr<Size> Context::fd_pwrite(GuestMemory memory, Fd fd, Iovecs list, FileSize offset) {
  const auto file = fds_.find_file(fd, rights::fd_write | rights::fd_seek);
  if (!file.ok()) return file.error();
  if (offset > kMaxOffset - HostIovecs::kMaxBytes) return Errno::inval;
  return transfer(memory, **file, list, POLLOUT, [&](HostIovecs& buffers, uint64_t most, uint64_t done) {
    return buffers.limited_to(most, [&](iovec* all, int count) {
      return ::pwritev((*file)->host.get(), all, count, static_cast<off_t>(offset + done));
    });
  });
}

ErrnoOr<FileSize> Context::fd_seek(Fd fd, FileDelta offset, Whence whence) {
  // The right to seek includes the right to tell, and seeking by 0 from the current position is the same as telling.
  const bool tells = whence == Whence::cur && offset == 0;
  if (tells) return fd_tell(fd);
  const auto file = fds_.find_file(fd, rights::fd_seek);
  if (!file.ok()) return file.error();
  switch (whence) {
    case Whence::set: return seek_host((*file)->host.get(), offset, SEEK_SET);
    case Whence::cur: return seek_host((*file)->host.get(), offset, SEEK_CUR);
    case Whence::end: return seek_host((*file)->host.get(), offset, SEEK_END);
  }
  return Errno::inval;
}

ErrnoOr<FileSize> Context::fd_tell(Fd fd) {
  auto file = fds_.find_file(fd, rights::fd_seek);
  if (!file.ok()) file = fds_.find_file(fd, rights::fd_tell);
  if (!file.ok()) return file.error();
  return seek_host((*file)->host.get(), 0, SEEK_CUR);
}

// Fills the buffer with entries. The last one is cut off at the end of the buffer: a full buffer tells the guest that
// there are more.
ErrnoOr<Size> Context::fd_readdir(GuestMemory memory, Fd fd, GuestBytes buffer, DirCookie cookie) {
  const auto dir = fds_.find_directory(fd, rights::fd_readdir);
  if (!dir.ok()) return dir.error();
  const auto bytes = memory.range(buffer);
  if (!bytes) return Errno::fault;
  std::unique_ptr<DirStream>& stream = (*dir)->stream;
  if (stream == nullptr) {
    ErrnoOr<DirStream> opened = DirStream::open((*dir)->host.get());
    if (!opened.ok()) return opened.error();
    stream = std::make_unique<DirStream>(std::move(*opened));
  }
  if (const Errno error = stream->seek(cookie); error != Errno::success) return error;
  size_t used = 0;
  while (used < bytes->size()) {
    ErrnoOr<std::optional<DirStream::Entry>> read = stream->next();
    if (!read.ok()) return read.error();
    if (!*read) break;
    DirStream::Entry& entry = **read;
    const Dirent head{entry.next, entry.ino, static_cast<uint32_t>(entry.name.size()), entry.type, {}};
    const DirCookie next = entry.next;
    if (!append(*bytes, used, &head, sizeof(head)) || !append(*bytes, used, entry.name.data(), entry.name.size())) {
      stream->unread(cookie, std::move(entry));
      break;
    }
    cookie = next;
  }
  return static_cast<Size>(used);
}

}  // namespace mini_wasm::wasi
