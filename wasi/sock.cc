// sock_accept, sock_recv, sock_send, sock_shutdown on the sockets that the guest inherited.
#include <sys/socket.h>
#include <sys/stat.h>

#include "runtime/own_descriptor.h"
#include "wasi/context.h"
#include "wasi/host_iovecs.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

namespace {

msghdr message(HostIovecs& buffers) {
  msghdr header{};
  header.msg_iov = buffers.data();
  header.msg_iovlen = static_cast<decltype(header.msg_iovlen)>(buffers.count());
  return header;
}

}  // namespace

ErrnoOr<Fd> Context::sock_accept(Fd fd, FdFlags flags) {
  const auto listener = fds_.find_socket(fd, rights::sock_accept);
  if (!listener.ok()) return listener.error();
  if ((flags & ~fd_flags::kNonblock) != 0) return Errno::inval;
  if (fds_.full()) return Errno::mfile;  // before a connection is taken that nobody could get
  const int host_flags = SOCK_CLOEXEC | (flags != 0 ? SOCK_NONBLOCK : 0);
  const int accepted =
      runtime::open_own_descriptor([&] { return ::accept4((*listener)->host.get(), nullptr, nullptr, host_flags); });
  if (accepted < 0) return last_error();
  Descriptor socket;
  socket.host = HostFd::own(accepted);
  socket.type = (*listener)->type;
  socket.base = socket.inheriting = (*listener)->inheriting;
  return fds_.insert(std::move(socket));
}

ErrnoOr<std::tuple<Size, RoFlags>> Context::sock_recv(GuestMemory memory, Fd fd, Iovecs list, RiFlags flags) {
  const auto socket = fds_.find_socket(fd, rights::fd_read);
  if (!socket.ok()) return socket.error();
  if ((flags & ~ri_flags::kAll) != 0) return Errno::inval;
  HostIovecs buffers;
  if (const Errno error = buffers.load(memory, list, 0); error != Errno::success) return error;
  int host_flags = 0;
  if ((flags & ri_flags::kPeek) != 0) host_flags |= MSG_PEEK;
  if ((flags & ri_flags::kWaitall) != 0) host_flags |= MSG_WAITALL;
  msghdr header = message(buffers);
  const ssize_t size = ::recvmsg((*socket)->host.get(), &header, host_flags);
  if (size < 0) return last_error();
  const RoFlags truncated = (header.msg_flags & MSG_TRUNC) != 0 ? kRoDataTruncated : RoFlags{0};
  return std::tuple<Size, RoFlags>(static_cast<Size>(size), truncated);
}

ErrnoOr<Size> Context::sock_send(GuestMemory memory, Fd fd, Iovecs list, SiFlags flags) {
  const auto socket = fds_.find_socket(fd, rights::fd_write);
  if (!socket.ok()) return socket.error();
  if (flags != 0) return Errno::inval;
  HostIovecs buffers;
  if (const Errno error = buffers.load(memory, list, 0); error != Errno::success) return error;
  const msghdr header = message(buffers);
  const ssize_t size = ::sendmsg((*socket)->host.get(), &header, MSG_NOSIGNAL);
  if (size < 0) return last_error();
  return static_cast<Size>(size);
}

Errno Context::sock_shutdown(Fd fd, SdFlags how) {
  const auto socket = fds_.find_socket(fd, rights::sock_shutdown);
  if (!socket.ok()) return socket.error();
  switch (how) {
    case sd_flags::kRd: return check(::shutdown((*socket)->host.get(), SHUT_RD));
    case sd_flags::kWr: return check(::shutdown((*socket)->host.get(), SHUT_WR));
    case sd_flags::kAll: return check(::shutdown((*socket)->host.get(), SHUT_RDWR));
    default: return Errno::inval;
  }
}

}  // namespace mini_wasm::wasi
