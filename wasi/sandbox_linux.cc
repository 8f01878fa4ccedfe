// Confined path resolution by the Linux kernel: openat2, since 5.6 (openat2(2)).
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/own_descriptor.h"
#include "wasi/sandbox_os.h"

namespace mini_wasm::wasi {

const int kLookupFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

bool has_open_beneath() {
  // An old kernel says ENOSYS, a container's system call filter perhaps EPERM.
  const int fd = open_beneath(AT_FDCWD, ".", kLookupFlags, 0);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

int open_beneath(int dir, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;  // a mode without O_CREAT is EINVAL
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  int fd;
  do {
    fd = runtime::open_own_descriptor(
        [&] { return static_cast<int>(::syscall(SYS_openat2, dir, path, &how, sizeof(how))); });
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) return fd;
  return errno == EXDEV ? -EPERM : -errno;
}

}  // namespace mini_wasm::wasi
