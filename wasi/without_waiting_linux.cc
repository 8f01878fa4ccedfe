// Uses MSG_DONTWAIT for sockets and RWF_NOWAIT for the others. Pipes support it since Linux 6.5, terminals do not.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <utility>

#include "runtime/system/own_descriptor.h"
#include "wasi/without_waiting.h"

namespace mini_wasm::wasi {

namespace {

bool is_ready(int fd, short events) {
  pollfd ready{fd, events, 0};
  return ::poll(&ready, 1, 0) > 0;
}

// Regular files, and /dev/null, /dev/zero, /dev/full.
bool is_never_busy(HostFile& file) {
  if (file.type() == FileType::regular_file || file.type() == FileType::block_device) return true;
  struct stat host;
  if (file.type() != FileType::character_device || ::fstat(file.fd.get(), &host) != 0) return false;
  return host.st_rdev == makedev(1, 3) || host.st_rdev == makedev(1, 5) || host.st_rdev == makedev(1, 7);
}

// Whether this is the end of a pseudo-terminal from which a program such as ssh plays the user.
bool is_terminals_other_end(int fd) {
  unsigned number;
  return ::ioctl(fd, TIOCGPTN, &number) == 0;
}

// Records that RWF_NOWAIT is not supported. A terminal can be opened a second time; the two open files share only the
// terminal, not the mode. Opening its other end again would make a new terminal.
void forget_nowait(HostFile& file) {
  file.knows_nowait = false;
  const int fd = file.fd.get();
  const int mode = ::fcntl(fd, F_GETFL);
  if (mode < 0 || ::isatty(fd) != 1 || is_terminals_other_end(fd)) return;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  file.nonblocking = HostFd::own(runtime::open_own_descriptor(
      [&] { return ::open(path.c_str(), (mode & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }));
}

msghdr message(iovec* list, int count) {
  msghdr header{};
  header.msg_iov = list;
  header.msg_iovlen = static_cast<size_t>(count);
  return header;
}

}  // namespace

bool may_wait(HostFile& file) {
  if (file.waits == HostFile::Waits::unknown) {
    file.waits = is_never_busy(file) ? HostFile::Waits::never : HostFile::Waits::may;
  }
  return file.waits == HostFile::Waits::may;
}

ssize_t read_without_waiting(HostFile& from, HostIovecs& buffers, uint64_t max_bytes) {
  const int fd = from.fd.get();
  if (from.is_socket()) {
    if (buffers.bytes() == 0) return 0;  // like readv
    return buffers.limited_to(max_bytes, [fd](iovec* list, int count) {
      msghdr header = message(list, count);
      return ::recvmsg(fd, &header, MSG_DONTWAIT);
    });
  }
  return buffers.limited_to(max_bytes, [&](iovec* list, int count) -> ssize_t {
    if (from.knows_nowait) {
      const ssize_t size = ::preadv2(fd, list, count, -1, RWF_NOWAIT);
      if (size >= 0 || errno != EOPNOTSUPP) return size;
      forget_nowait(from);
    }
    if (from.nonblocking.get() >= 0) return ::readv(from.nonblocking.get(), list, count);
    if (buffers.bytes() == 0 || is_ready(fd, POLLIN)) return ::readv(fd, list, count);
    errno = EAGAIN;
    return -1;
  });
}

ssize_t write_without_waiting(HostFile& to, HostIovecs& buffers, uint64_t max_bytes) {
  const int fd = to.fd.get();
  if (to.is_socket()) {
    if (buffers.bytes() == 0) return 0;  // like writev: an empty message is not sent
    return buffers.limited_to(max_bytes, [fd](iovec* list, int count) {
      const msghdr header = message(list, count);
      return ::sendmsg(fd, &header, MSG_DONTWAIT);
    });
  }
  if (to.knows_nowait) {
    const ssize_t size = buffers.limited_to(
        max_bytes, [fd](iovec* list, int count) { return ::pwritev2(fd, list, count, -1, RWF_NOWAIT); });
    if (size >= 0 || errno != EOPNOTSUPP) return size;
    forget_nowait(to);
  }
  if (const int own = to.nonblocking.get(); own >= 0) {
    return buffers.limited_to(max_bytes, [own](iovec* list, int count) { return ::writev(own, list, count); });
  }
  if (buffers.bytes() == 0 || is_ready(fd, POLLOUT)) {
    // A pipe that is ready accepts at least this many bytes.
    return buffers.limited_to(std::min(max_bytes, uint64_t{PIPE_BUF}),
                              [fd](iovec* list, int count) { return ::writev(fd, list, count); });
  }
  errno = EAGAIN;
  return -1;
}

// tee copies bytes of a pipe without removing them, and its result distinguishes "no data yet" from "no writer any
// more".
bool has_had_writer(int fifo) {
  if (is_ready(fifo, POLLIN)) return true;  // POLLHUP counts as well: there was a writer
  int ends[2];
  if (!runtime::open_own_descriptors(ends, [](int(&pair)[2]) { return ::pipe2(pair, O_CLOEXEC); })) return false;
  const bool nobody = ::tee(fifo, ends[1], 1, SPLICE_F_NONBLOCK) == 0;
  ::close(ends[0]);
  ::close(ends[1]);
  return !nobody;
}

}  // namespace mini_wasm::wasi
