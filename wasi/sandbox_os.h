// What path resolution needs from the operating system beyond POSIX. Implemented in sandbox_linux.cc, or in
// sandbox_posix.cc for other systems.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "wasi/host_fd.h"

namespace mini_wasm::wasi {

// Flags for opening a directory only to look up names in it.
extern const int kLookupFlags;

// Whether `open_beneath` works on this system.
bool has_open_beneath();

// Opens `path` below `dir`. The kernel resolves it so that it can leave neither `dir` nor the file system that `dir` is
// on. A negative result is -errno. EXDEV: the path would leave. EAGAIN: the kernel could not decide because something
// was moved meanwhile.
int open_beneath(int dir, const char* path, int flags, mode_t mode);

// The name of the kernel's own file system (kernel_file_systems.def) that the open file is on; null for all others.
const char* kernel_file_system(int fd);
// Whether `name` in `dir` is on such a file system; a link is not followed. The file is not opened, because opening
// alone may have an effect.
bool is_on_kernel_file_system(int dir, const char* name);

// Whether a guest may use the file. False only for devices, except those that hold no data of the host, and the
// terminal from which the program was started.
bool is_open_to_guests(const struct stat& file);

}  // namespace mini_wasm::wasi
