// proc_exit, proc_raise, sched_yield.
#include <sched.h>

#include "wasi/context.h"

namespace mini_wasm::wasi {

ProcExit Context::proc_exit(uint32_t code) { return {code}; }

// Not in the final preview1, but old programs import it. A guest must not send signals to its host.
Errno Context::proc_raise(uint8_t) { return Errno::nosys; }

Errno Context::sched_yield() { return check(::sched_yield()); }

}  // namespace mini_wasm::wasi
