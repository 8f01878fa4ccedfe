// clock_res_get, clock_time_get, with the host's four clocks of the same meaning.
#include <ctime>
#include <optional>

#include "wasi/context.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

namespace {

std::optional<clockid_t> host_clock(ClockId id) {
  switch (id) {
    case ClockId::realtime: return CLOCK_REALTIME;
    case ClockId::monotonic: return CLOCK_MONOTONIC;
    case ClockId::process_cputime: return CLOCK_PROCESS_CPUTIME_ID;
    case ClockId::thread_cputime: return CLOCK_THREAD_CPUTIME_ID;
  }
  return std::nullopt;
}

}  // namespace

ErrnoOr<Timestamp> Context::clock_res_get(ClockId id) {
  const std::optional<clockid_t> clock = host_clock(id);
  timespec resolution;
  if (!clock) return Errno::inval;
  if (::clock_getres(*clock, &resolution) != 0) return last_error();
  return timestamp_of(resolution);
}

ErrnoOr<Timestamp> Context::clock_time_get(ClockId id, Timestamp) {
  const std::optional<clockid_t> clock = host_clock(id);
  timespec time;
  if (!clock) return Errno::inval;
  if (::clock_gettime(*clock, &time) != 0) return last_error();
  return timestamp_of(time);
}

}  // namespace mini_wasm::wasi
