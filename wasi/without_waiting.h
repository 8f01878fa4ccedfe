// Reads and writes files that may have to wait (pipes, terminals, sockets) without waiting, whatever the mode of the
// descriptor is. The mode of a borrowed descriptor is shared with other processes and must not be changed.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include "wasi/host_file.h"
#include "wasi/host_iovecs.h"

namespace mini_wasm::wasi {

// Whether reading and writing may have to wait for somebody. Regular files and the simplest devices never do.
bool may_wait(HostFile& file);

// Like readv and writev of at most `max_bytes` bytes; they fail with EAGAIN instead of waiting. They may move fewer
// bytes than possible. Where the system has no such operation, they first check whether the descriptor is ready. That
// has the same effect as long as no other process reads from it or writes to it in between.
ssize_t read_without_waiting(HostFile& from, HostIovecs& buffers, uint64_t max_bytes);
ssize_t write_without_waiting(HostFile& to, HostIovecs& buffers, uint64_t max_bytes);

// For a FIFO that is open for reading: whether somebody has it open for writing, or has had it open since.
bool has_had_writer(int fifo);

}  // namespace mini_wasm::wasi
