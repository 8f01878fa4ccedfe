// fd_read, fd_write, fd_pread, fd_pwrite, fd_seek, fd_tell, fd_readdir.
//
// Bytes go through as they are, also to a terminal: a guest that was given a terminal may use its escape sequences, as
// full-screen programs must. An embedder that does not trust the guest with its terminal gives it a pipe.
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "wasi/context.h"
#include "wasi/host_iovecs.h"
#include "wasi/sigpipe.h"

namespace mini_wasm::wasi {

namespace {

constexpr FileSize kMaxOffset = std::numeric_limits<int64_t>::max();

// For a borrowed descriptor in non-blocking mode: again when the call would block.
Errno would_block(const Descriptor& descriptor, short events) {
  if (!descriptor.nonblock) return Errno::success;
  pollfd ready{descriptor.host.get(), events, 0};
  return ::poll(&ready, 1, 0) == 0 ? Errno::again : Errno::success;
}

// Hands the list to `call(host iovecs, count, bytes done so far)`, which answers like readv. Lists longer than the host
// takes at once go in pieces if `in_pieces`, as long as nothing falls short; once bytes have moved, errors wait for the
// next call.
template <class Call>
ErrnoOr<Size> transfer(GuestMemory memory, Iovecs list, bool in_pieces, Call call) {
  HostIovecs piece;
  uint64_t done = 0;
  uint32_t first = 0;
  do {
    const Errno loaded = piece.load(memory, list, first, HostIovecs::kMaxBytes - done);
    const ssize_t size = loaded == Errno::success ? call(piece.data(), piece.count(), done) : -1;
    if (size < 0 && done == 0) return loaded == Errno::success ? last_error() : loaded;
    if (size < 0) break;
    done += static_cast<uint64_t>(size);
    if (static_cast<uint64_t>(size) < piece.bytes()) break;
    first += static_cast<uint32_t>(piece.count());
  } while (in_pieces && first < list.count && done < HostIovecs::kMaxBytes);
  return static_cast<Size>(done);
}

ErrnoOr<FileSize> seek_host(int fd, FileDelta offset, int whence) {
  const off_t position = ::lseek(fd, offset, whence);
  if (position < 0) return last_error();
  return static_cast<FileSize>(position);
}

// Appends as much of `bytes` as there is room for; false when that was not all.
bool append(std::span<uint8_t> buffer, size_t& used, const void* bytes, size_t size) {
  const size_t fits = std::min(size, buffer.size() - used);
  std::memcpy(buffer.data() + used, bytes, fits);
  used += fits;
  return fits == size;
}

}  // namespace

ErrnoOr<Size> Context::fd_read(GuestMemory memory, Fd fd, Iovecs list) {
  const auto file = fds_.find_file(fd, rights::fd_read);
  if (!file.ok()) return file.error();
  const Descriptor& from = **file;
  if (const Errno error = would_block(from, POLLIN); error != Errno::success) return error;
  // Anything but a file might block in the second piece although the first has data to report.
  return transfer(memory, list, from.type == FileType::regular_file,
                  [&](iovec* iovecs, int count, uint64_t) { return ::readv(from.host.get(), iovecs, count); });
}

ErrnoOr<Size> Context::fd_write(GuestMemory memory, Fd fd, Iovecs list) {
  const auto file = fds_.find_file(fd, rights::fd_write);
  if (!file.ok()) return file.error();
  const Descriptor& to = **file;
  if (const Errno error = would_block(to, POLLOUT); error != Errno::success) return error;
  const SigpipeGuard guard(to.type != FileType::regular_file && to.type != FileType::character_device);
  return transfer(memory, list, to.type == FileType::regular_file,
                  [&](iovec* iovecs, int count, uint64_t) { return ::writev(to.host.get(), iovecs, count); });
}

ErrnoOr<Size> Context::fd_pread(GuestMemory memory, Fd fd, Iovecs list, FileSize offset) {
  const auto file = fds_.find_file(fd, rights::fd_read | rights::fd_seek);
  if (!file.ok()) return file.error();
  if (offset > kMaxOffset - HostIovecs::kMaxBytes) return Errno::inval;
  return transfer(memory, list, true, [&](iovec* iovecs, int count, uint64_t done) {
    return ::preadv((*file)->host.get(), iovecs, count, static_cast<off_t>(offset + done));
  });
}

ErrnoOr<Size> Context::fd_pwrite(GuestMemory memory, Fd fd, Iovecs list, FileSize offset) {
  const auto file = fds_.find_file(fd, rights::fd_write | rights::fd_seek);
  if (!file.ok()) return file.error();
  if (offset > kMaxOffset - HostIovecs::kMaxBytes) return Errno::inval;
  return transfer(memory, list, true, [&](iovec* iovecs, int count, uint64_t done) {
    return ::pwritev((*file)->host.get(), iovecs, count, static_cast<off_t>(offset + done));
  });
}

ErrnoOr<FileSize> Context::fd_seek(Fd fd, FileDelta offset, Whence whence) {
  // The right to seek includes telling the position, and seeking by nothing is telling.
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

// Fills the buffer with entries, the last one cut off where the buffer ends: a full buffer says that there is more.
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
