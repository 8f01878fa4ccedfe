// Host file metadata in the guest's terms.
#pragma once

#include <sys/stat.h>

#include <ctime>

#include "wasi/abi.h"

namespace mini_wasm::wasi {

// Sockets count as stream sockets here; file_type_of_fd knows better.
FileType file_type_of(mode_t mode);
// As above for an open descriptor, whose metadata is `host`.
FileType file_type_of_fd(int fd, const struct stat& host);
Filestat filestat_of(const struct stat& host, FileType type);

// The pair of times for futimens and utimensat. Error: inval, for unknown or contradictory flags.
Errno times_from(Timestamp atim, Timestamp mtim, FstFlags flags, timespec (&times)[2]);

// Nanoseconds of a host time; times before 1970 become 0.
Timestamp timestamp_of(const timespec& time);

}  // namespace mini_wasm::wasi
