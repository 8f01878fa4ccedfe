// Path resolution by the Linux kernel that stays inside a directory: openat2, since Linux 5.6 (openat2(2)). And the
// kind of a file system, with statfs(2).
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "runtime/system/own_descriptor.h"
#include "wasi/sandbox_os.h"

namespace mini_wasm::wasi {

const int kLookupFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

bool has_open_beneath() {
  // An old kernel returns ENOSYS; the system call filter of a container may return EPERM.
  const int fd = open_beneath(AT_FDCWD, ".", kLookupFlags, 0);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

int open_beneath(int dir, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;  // a mode without O_CREAT would be EINVAL
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  int fd;
  do {
    fd = runtime::open_own_descriptor(
        [&] { return static_cast<int>(::syscall(SYS_openat2, dir, path, &how, sizeof(how))); });
  } while (fd < 0 && errno == EINTR);
  return fd >= 0 ? fd : -errno;
}

const char* kernel_file_system(int fd) {
  struct statfs info;
  // If the kind is unknown, the file is refused.
  if (::fstatfs(fd, &info) != 0) return "unknown";
  switch (static_cast<uint32_t>(info.f_type)) {
#define FILE_SYSTEM(name, magic) \
  case magic: return name;
#include "wasi/kernel_file_systems.def"
#undef FILE_SYSTEM
    default: return nullptr;
  }
}

bool is_on_kernel_file_system(int dir, const char* name) {
  const int fd = runtime::open_own_descriptor([&] { return ::openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC); });
  return fd >= 0 && kernel_file_system(HostFd::own(fd).get()) != nullptr;
}

// The numbers are in the kernel's Documentation/admin-guide/devices.txt.
bool is_open_to_guests(const struct stat& file) {
  if (S_ISBLK(file.st_mode)) return false;
  if (!S_ISCHR(file.st_mode)) return true;
  const unsigned minor = ::minor(file.st_rdev);
  switch (::major(file.st_rdev)) {
    case 1: return minor == 3 || minor == 5 || minor == 7 || minor == 8 || minor == 9;  // null, zero, full, (u)random
    case 5: return minor == 0;                                                          // tty
    default: return false;
  }
}

}  // namespace mini_wasm::wasi
