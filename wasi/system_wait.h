// Waiting in the system for a guest. Everything that may wait for long uses these functions, so that an interrupt of
// the guest's store ends the wait.
#pragma once

#include <poll.h>

#include <ctime>
#include <span>

#include "runtime/store.h"
#include "wasi/errno_map.h"

namespace mini_wasm::wasi {

// Like ppoll: waits until one of `fds` is ready, or until `timeout` has passed (null: no limit). `revents` tells what
// is ready. May return earlier with nothing ready, when a signal arrives; so the caller must check its condition again.
// The last entry of `fds` must be left free for the interrupt. `store` may be null.
// Errors: intr when the store is interrupted, even if something is ready; otherwise those of the system.
Errno wait_in_system(std::span<pollfd> fds, const timespec* timeout, runtime::Store* store);

// Waits for that many milliseconds. Error: intr.
Errno nap(unsigned milliseconds, runtime::Store* store);

}  // namespace mini_wasm::wasi
