// The host's four clocks, the embedder's two, and time that passes only when somebody looks.
#include "wasi/clocks.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <memory>

#include "core/guarded.h"
#include "wasi/stat.h"
#include "wasi/system_wait.h"

namespace mini_wasm {

namespace wasi {

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

ErrnoOr<Timestamp> Clocks::resolution(ClockId id) const {
  const std::optional<clockid_t> clock = host_clock(id);
  timespec resolution;
  if (!clock) return Errno::inval;
  if (chosen_) return chosen_->resolution;
  if (::clock_getres(*clock, &resolution) != 0) return last_error();
  return timestamp_of(resolution);
}

ErrnoOr<Timestamp> Clocks::now(ClockId id) const {
  const std::optional<clockid_t> clock = host_clock(id);
  timespec time;
  if (!clock) return Errno::inval;
  if (chosen_) return id == ClockId::realtime ? chosen_->realtime() : chosen_->monotonic();
  if (::clock_gettime(*clock, &time) != 0) return last_error();
  return timestamp_of(time);
}

Timestamp Clocks::time(ClockId id) const {
  const ErrnoOr<Timestamp> time = now(id);
  return time.ok() ? *time : 0;
}

Errno Clocks::sleep(Timestamp nanoseconds, runtime::Store* store) const {
  if (store != nullptr && store->interrupted()) return Errno::intr;
  if (!chosen_->sleep) return nap(1, store);
  const Timestamp before = chosen_->monotonic();
  chosen_->sleep(nanoseconds);
  // A clock that stands still must not become a busy loop.
  return chosen_->monotonic() > before ? Errno::success : nap(1, store);
}

}  // namespace wasi

namespace {

// Lets time pass, up to the end of time. Returns the time before.
uint64_t pass(std::atomic<uint64_t>& now, uint64_t nanoseconds) {
  uint64_t before = now;
  while (!now.compare_exchange_weak(before, before + std::min(nanoseconds, ~before))) {
  }
  return before;
}

}  // namespace

WasiClock WasiClock::virtual_time(uint64_t start, uint64_t tick) {
  const auto make = [&] {
    const auto now = std::make_shared<std::atomic<uint64_t>>(start);
    WasiClock clock;
    clock.realtime = clock.monotonic = [now, tick] { return pass(*now, tick); };
    clock.sleep = [now](uint64_t nanoseconds) { pass(*now, nanoseconds); };
    return clock;
  };
  return guarded(make, [] { return WasiClock(); });
}

}  // namespace mini_wasm
