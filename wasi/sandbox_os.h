// What path resolution asks of the operating system beyond POSIX: sandbox_linux.cc, or sandbox_posix.cc elsewhere.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "wasi/host_fd.h"

namespace mini_wasm::wasi {

// Flags that open a directory just to look up names in it.
extern const int kLookupFlags;

// Whether `open_beneath` works here and now.
bool has_open_beneath();

// Opens `path` below `dir`, resolved by the kernel so that it can leave neither `dir` nor the mounted file system that
// this is on. A negative answer is -errno: EXDEV for leaving, and EAGAIN says that the kernel could not decide because
// something was moved meanwhile.
int open_beneath(int dir, const char* path, int flags, mode_t mode);

// The name of the kernel's own file system that the open file lies on (kernel_file_systems.def), or null for all
// others.
const char* kernel_file_system(int fd);
// Whether `name` in `dir`, a link not followed, lies on one, without opening it: that alone may do something.
bool is_on_kernel_file_system(int dir, const char* name);

// Whether a guest may have this device, if it is one: those that hold nothing of the host, and the terminal that the
// program was started from.
bool is_open_to_guests(const struct stat& file);

}  // namespace mini_wasm::wasi
