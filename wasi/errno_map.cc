// Converts the host's errno to the guest's, using errno.def.
#include "wasi/errno_map.h"

#include <cerrno>

namespace mini_wasm::wasi {

namespace {
constexpr int kNoHostErrno = -1;
}

const char* errno_name(Errno error) {
  switch (error) {
#define ERRNO(id, number, host) \
  case Errno::id: return #id;
#include "wasi/errno.def"
#undef ERRNO
  }
  return "?";
}

Errno errno_from_host(int host_errno) {
#if EOPNOTSUPP != ENOTSUP
  if (host_errno == EOPNOTSUPP) return Errno::notsup;
#endif
#if EWOULDBLOCK != EAGAIN
  if (host_errno == EWOULDBLOCK) return Errno::again;
#endif
  switch (host_errno) {
#define ERRNO(id, number, host) \
  case host: return Errno::id;
#include "wasi/errno.def"
#undef ERRNO
    default: return Errno::io;
  }
}

Errno last_error() {
  const int host_errno = errno;
  // A call that failed without setting errno must not look like a success.
  return host_errno == 0 ? Errno::io : errno_from_host(host_errno);
}

}  // namespace mini_wasm::wasi
