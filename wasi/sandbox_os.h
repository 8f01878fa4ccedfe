// What path resolution asks of the operating system beyond POSIX: sandbox_linux.cc, or sandbox_posix.cc elsewhere.
#pragma once

#include <sys/types.h>

#include "wasi/host_fd.h"

namespace mini_wasm::wasi {

// Flags that open a directory just to look up names in it.
extern const int kLookupFlags;

// Whether `open_beneath` works here and now.
bool has_open_beneath();

// Opens `path` below `dir`, resolved by the kernel so that it cannot leave `dir`. A negative answer is -errno; leaving
// is EPERM, and EAGAIN says that the kernel could not decide because something was moved meanwhile.
int open_beneath(int dir, const char* path, int flags, mode_t mode);

}  // namespace mini_wasm::wasi
