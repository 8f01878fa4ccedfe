// fd_read, fd_write, fd_pread, fd_pwrite, fd_seek, fd_tell, fd_readdir.
//
// Bytes are passed unchanged, also to a terminal. A guest with a terminal may use its escape sequences, which
// full-screen programs need. An embedder that does not trust the guest with its terminal can give it a pipe instead.
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "wasi/context.h"
#include "wasi/host_iovecs.h"
#include "wasi/sigpipe.h"

namespace mini_wasm::wasi {

namespace {

constexpr FileSize kMaxOffset = std::numeric_limits<int64_t>::max();

// The most bytes that are moved between two checks for an interrupt.
constexpr uint64_t kMostAtOnce = uint64_t{1} << 20;

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
  const auto held = descriptor.shared_from_this();  // another thread may close it meanwhile
  File& file = *descriptor.file;
  const bool waits = file.may_wait(), writes_all = waits && events == POLLOUT;
  const bool is_message = file.type() == FileType::socket_dgram;
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
      const ErrnoOr<Size> size = waits && (done == 0 || writes_all)  ? when_ready(descriptor, events, once)
                                 : !waits && file.takes_long(wanted) ? take_long(descriptor, once)
                                                                     : once();
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
  const auto found = fds_.find_file(fd, rights::fd_read);
  if (!found.ok()) return found.error();
  return transfer(memory, **found, list, POLLIN,
                  [&file = *(*found)->file](HostIovecs& buffers, uint64_t most, uint64_t) {
                    return file.read(buffers, most, std::nullopt);
                  });
}

ErrnoOr<Size> Context::fd_write(GuestMemory memory, Fd fd, Iovecs list) {
  const auto found = fds_.find_file(fd, rights::fd_write);
  if (!found.ok()) return found.error();
  File& file = *(*found)->file;
  return transfer(memory, **found, list, POLLOUT, [&](HostIovecs& buffers, uint64_t most, uint64_t) {
    const SigpipeGuard guard(file.may_wait() && file.type() != FileType::character_device && !config_.sigpipe);
    return write_allowed(file, most, [&](uint64_t allowed) { return file.write(buffers, allowed, std::nullopt); });
  });
}

ErrnoOr<Size> Context::fd_pread(GuestMemory memory, Fd fd, Iovecs list, FileSize offset) {
  const auto found = fds_.find_file(fd, rights::fd_read | rights::fd_seek);
  if (!found.ok()) return found.error();
  if (offset > kMaxOffset - HostIovecs::kMaxBytes) return Errno::inval;
  return transfer(memory, **found, list, POLLIN,
                  [&file = *(*found)->file, offset](HostIovecs& buffers, uint64_t most, uint64_t done) {
                    return file.read(buffers, most, offset + done);
                  });
}

ErrnoOr<Size> Context::fd_pwrite(GuestMemory memory, Fd fd, Iovecs list, FileSize offset) {
  const auto found = fds_.find_file(fd, rights::fd_write | rights::fd_seek);
  if (!found.ok()) return found.error();
  if (offset > kMaxOffset - HostIovecs::kMaxBytes) return Errno::inval;
  File& file = *(*found)->file;
  return transfer(memory, **found, list, POLLOUT, [&](HostIovecs& buffers, uint64_t most, uint64_t done) {
    return write_allowed(file, most, [&](uint64_t allowed) { return file.write(buffers, allowed, offset + done); });
  });
}

ErrnoOr<FileSize> Context::fd_seek(Fd fd, FileDelta offset, Whence whence) {
  // The right to seek includes the right to tell, and seeking by 0 from the current position is the same as telling.
  const bool tells = whence == Whence::cur && offset == 0;
  if (tells) return fd_tell(fd);
  const auto file = fds_.find_file(fd, rights::fd_seek);
  if (!file.ok()) return file.error();
  if (whence > Whence::end) return Errno::inval;
  return (*file)->file->seek(offset, whence);
}

ErrnoOr<FileSize> Context::fd_tell(Fd fd) {
  auto file = fds_.find_file(fd, rights::fd_seek);
  if (!file.ok()) file = fds_.find_file(fd, rights::fd_tell);
  if (!file.ok()) return file.error();
  return (*file)->file->seek(0, Whence::cur);
}

// Fills the buffer with entries. The last one is cut off at the end of the buffer: a full buffer tells the guest that
// there are more.
ErrnoOr<Size> Context::fd_readdir(GuestMemory memory, Fd fd, GuestBytes buffer, DirCookie cookie) {
  const auto dir = fds_.find_directory(fd, rights::fd_readdir);
  if (!dir.ok()) return dir.error();
  const auto bytes = memory.range(buffer);
  if (!bytes) return Errno::fault;
  size_t used = 0;
  const auto take = [&](const DirEntry& entry) {
    const Dirent head{entry.next, entry.ino, static_cast<uint32_t>(entry.name.size()), entry.type, {}};
    return append(*bytes, used, &head, sizeof(head)) && append(*bytes, used, entry.name.data(), entry.name.size());
  };
  if (bytes->empty()) return Size{0};
  const Errno error = (*dir)->file->read_entries(cookie, take);
  if (error != Errno::success) return error;
  return static_cast<Size>(used);
}

}  // namespace mini_wasm::wasi
