// sock_accept, sock_recv, sock_send, sock_shutdown, on sockets that the guest has inherited.
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>

#include "runtime/system/own_descriptor.h"
#include "wasi/context.h"
#include "wasi/host_iovecs.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

namespace {

msghdr message(iovec* list, int count) {
  msghdr header{};
  header.msg_iov = list;
  header.msg_iovlen = static_cast<decltype(header.msg_iovlen)>(count);
  return header;
}

int host_socket(const Descriptor& descriptor) { return descriptor.file->host()->fd.get(); }

ErrnoOr<Size> size_or_error(ssize_t moved) {
  if (moved < 0) return last_error();
  return static_cast<Size>(moved);
}

// Whether the other side will send no more data.
bool has_ended(int socket) {
  pollfd ready{socket, POLLRDHUP, 0};
  return ::poll(&ready, 1, 0) != 0;
}

// Fails with EAGAIN when no connection is waiting, whatever the mode of the socket is. If another process takes the
// connection first, this call waits; another thread of the guest cannot cause that.
int accept_without_waiting(int listener, int flags) {
  pollfd ready{listener, POLLIN, 0};
  const int count = ::poll(&ready, 1, 0);
  if (count > 0) {
    return runtime::open_own_descriptor([=] { return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | flags); });
  }
  if (count == 0) errno = EAGAIN;
  return -1;
}

}  // namespace

ErrnoOr<Fd> Context::sock_accept(Fd fd, FdFlags flags) {
  const auto listener = fds_.find_socket(fd, rights::sock_accept);
  if (!listener.ok()) return listener.error();
  if ((flags & ~fd_flags::kNonblock) != 0) return Errno::inval;
  if (fds_.full()) return Errno::mfile;  // checked first: nobody could use the connection
  const Descriptor& from = **listener;
  Descriptor socket;
  socket.base = socket.inheriting = from.inheriting;
  const ErrnoOr<Size> accepted = when_ready(from, POLLIN, [&]() -> ErrnoOr<Size> {
    const int connection = accept_without_waiting(host_socket(from), flags != 0 ? SOCK_NONBLOCK : 0);
    if (connection < 0) return last_error();
    socket.file = std::make_unique<HostFile>(HostFd::own(connection), from.file->type(), sandbox_);
    return Size{0};
  });
  if (!accepted.ok()) return accepted.error();
  return fds_.insert(std::move(socket));
}

ErrnoOr<std::tuple<Size, RoFlags>> Context::sock_recv(GuestMemory memory, Fd fd, Iovecs list, RiFlags flags) {
  const auto socket = fds_.find_socket(fd, rights::fd_read);
  if (!socket.ok()) return socket.error();
  if ((flags & ~ri_flags::kAll) != 0) return Errno::inval;
  const Descriptor& from = **socket;
  HostIovecs buffers;
  if (const auto loaded = buffers.load(memory, list); !loaded.ok()) return loaded.error();
  const bool peeks = (flags & ri_flags::kPeek) != 0;
  const bool waits_for_all = (flags & ri_flags::kWaitall) != 0 && from.file->type() == FileType::socket_stream;
  uint64_t done = 0;
  RoFlags truncated = 0;
  do {
    const ErrnoOr<Size> size = when_ready(from, POLLIN, [&]() -> ErrnoOr<Size> {
      msghdr header = message(buffers.data(), buffers.count());
      const ssize_t received = ::recvmsg(host_socket(from), &header, MSG_DONTWAIT | (peeks ? MSG_PEEK : 0));
      if ((header.msg_flags & MSG_TRUNC) != 0) truncated = kRoDataTruncated;
      const bool is_all = received <= 0 || static_cast<uint64_t>(received) == buffers.bytes();
      if (!peeks || !waits_for_all || is_all || has_ended(host_socket(from))) return size_or_error(received);
      return Errno::again;  // the data stays in the queue; try again when there is more
    });
    if (!size.ok() && done == 0) return size.error();
    if (!size.ok() || *size == 0) break;
    done += *size;
    if (!peeks) buffers.consume(*size);
  } while (waits_for_all && !peeks && buffers.bytes() != 0);
  return std::tuple<Size, RoFlags>(static_cast<Size>(done), truncated);
}

ErrnoOr<Size> Context::sock_send(GuestMemory memory, Fd fd, Iovecs list, SiFlags flags) {
  const auto socket = fds_.find_socket(fd, rights::fd_write);
  if (!socket.ok()) return socket.error();
  if (flags != 0) return Errno::inval;
  const Descriptor& to = **socket;
  HostIovecs buffers;
  if (const auto loaded = buffers.load(memory, list); !loaded.ok()) return loaded.error();
  uint64_t done = 0;
  do {  // for a stream, until everything is sent
    const auto send = [&](uint64_t allowed) {
      return size_or_error(buffers.limited_to(allowed, [&](iovec* list, int count) {
        const msghdr header = message(list, count);
        return ::sendmsg(host_socket(to), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
      }));
    };
    const ErrnoOr<Size> size = when_ready(to, POLLOUT, [&] { return write_allowed(*to.file, buffers.bytes(), send); });
    if (!size.ok() && done == 0) return size.error();
    if (!size.ok() || *size == 0) break;
    done += *size;
    buffers.consume(*size);
  } while (buffers.bytes() != 0 && to.file->type() == FileType::socket_stream);
  return static_cast<Size>(done);
}

Errno Context::sock_shutdown(Fd fd, SdFlags how) {
  const auto socket = fds_.find_socket(fd, rights::sock_shutdown);
  if (!socket.ok()) return socket.error();
  switch (how) {
    case sd_flags::kRd: return check(::shutdown(host_socket(**socket), SHUT_RD));
    case sd_flags::kWr: return check(::shutdown(host_socket(**socket), SHUT_WR));
    case sd_flags::kAll: return check(::shutdown(host_socket(**socket), SHUT_RDWR));
    default: return Errno::inval;
  }
}

}  // namespace mini_wasm::wasi
