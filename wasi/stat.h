// Metadata of host files in the guest's form.
#pragma once

#include <sys/stat.h>

#include <ctime>

#include "wasi/abi.h"
#include "wasi/file.h"

namespace mini_wasm::wasi {

// Sockets are reported as stream sockets; file_type_of_fd is more precise.
FileType file_type_of(mode_t mode);
// The same for an open descriptor with the metadata `host`.
FileType file_type_of_fd(int fd, const struct stat& host);
Filestat filestat_of(const struct stat& host, FileType type);

// Error: inval, for unknown or contradictory flags.
Errno times_from(Timestamp atim, Timestamp mtim, FstFlags flags, NewTimes& times);

// A host time in nanoseconds; times before 1970 become 0.
Timestamp timestamp_of(const timespec& time);

}  // namespace mini_wasm::wasi
