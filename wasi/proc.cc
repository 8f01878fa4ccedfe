// proc_exit, proc_raise, sched_yield.
#include <sched.h>

#include "wasi/context.h"

namespace mini_wasm::wasi {

Exit Context::proc_exit(uint32_t code) { return {code}; }

// Gone from the final preview1, still imported by old programs. A guest has no business signalling its host.
Errno Context::proc_raise(uint8_t) { return Errno::nosys; }

Errno Context::sched_yield() { return check(::sched_yield()); }

}  // namespace mini_wasm::wasi
