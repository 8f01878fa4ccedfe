// Waiting in the system for a guest. Whatever may wait for long comes here, so that an interrupt of the guest's store
// ends it.
#pragma once

#include <poll.h>

#include <ctime>
#include <span>

#include "runtime/store.h"
#include "wasi/errno_map.h"

namespace mini_wasm::wasi {

// As ppoll: until one of `fds` is ready or `timeout` (null: none) has passed; `revents` says what is ready. May return
// earlier, with nothing ready, when a signal has come: so look again at what was waited for. The last entry of `fds` is
// left free for the interrupt. `store` may be null.
// Errors: intr when the store is interrupted, whatever else is ready; else the system's.
Errno wait_in_system(std::span<pollfd> fds, const timespec* timeout, runtime::Store* store);

// Until `milliseconds` have passed. Error: intr.
Errno nap(unsigned milliseconds, runtime::Store* store);

}  // namespace mini_wasm::wasi
