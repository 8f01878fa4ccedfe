// Reading and writing what may have to wait (pipes, terminals, sockets) without waiting, whatever mode the descriptor
// is in: the mode of a borrowed one is shared with other processes and must not be changed.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include "wasi/fd_table.h"
#include "wasi/host_iovecs.h"

namespace mini_wasm::wasi {

// Whether reading and writing may have to wait for somebody. Files do not, nor do the simplest devices.
bool may_wait(const Descriptor& descriptor);

// As readv, writev of `max_bytes` at most: EAGAIN where these would wait. May take less than there is. Where the system
// does not know how to do without waiting, they look whether the descriptor is ready first, which is the same as long
// as no other process reads from or writes to it meanwhile.
ssize_t read_without_waiting(const Descriptor& from, HostIovecs& buffers, uint64_t max_bytes);
ssize_t write_without_waiting(const Descriptor& to, HostIovecs& buffers, uint64_t max_bytes);

// A FIFO that is open for reading: whether somebody has it open for writing, or has had since.
bool has_had_writer(int fifo);

}  // namespace mini_wasm::wasi
