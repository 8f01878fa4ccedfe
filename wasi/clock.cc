// clock_res_get, clock_time_get.
#include "wasi/context.h"

namespace mini_wasm::wasi {

ErrnoOr<Timestamp> Context::clock_res_get(ClockId id) { return clocks_.resolution(id); }

ErrnoOr<Timestamp> Context::clock_time_get(ClockId id, Timestamp) { return clocks_.now(id); }

}  // namespace mini_wasm::wasi
