// Clocks: what time it is for a guest: on the clocks of the host, or on those that the embedder has chosen.
// Thread rule: any thread.
#pragma once

#include <mini_wasm/wasi.h>

#include <optional>

#include "runtime/store.h"
#include "wasi/abi.h"

namespace mini_wasm::wasi {

class Clocks {
 public:
  explicit Clocks(const std::optional<WasiClock>& chosen) : chosen_(chosen) {}
  bool are_chosen() const { return chosen_.has_value(); }

  // Errors: inval for an unknown clock, those of the host.
  ErrnoOr<Timestamp> resolution(ClockId id) const;
  ErrnoOr<Timestamp> now(ClockId id) const;
  // Of `realtime` and `monotonic`.
  Timestamp time(ClockId id) const;
  // Lets about that much time pass on the chosen clocks, or less. Error: intr.
  Errno sleep(Timestamp nanoseconds, runtime::Store* store) const;

 private:
  const std::optional<WasiClock>& chosen_;
};

}  // namespace mini_wasm::wasi
