// Long work in pieces, between which an interrupt of the store is looked for: however much an instruction fills, copies
// or allocates, it ends soon after Store::interrupt. What has been done then stays done (spec 7.2.3: an implementation
// may end an execution where it stands).
#pragma once

#include <mini_wasm/trap.h>

#include <cstdint>

#include "runtime/store.h"

namespace mini_wasm::runtime {

// Bytes of a piece: where memory is new, the system takes a millisecond at most to provide it, and one look at a flag
// is nothing beside that.
inline constexpr uint64_t kPieceBytes = uint64_t{256} << 10;

// Calls `work(first, count)` for all of `count` things of 2^size_log2 bytes, in ascending order. Without a store nobody
// interrupts. Returns none or interrupted.
template <class Work>
TrapCode in_pieces(const Store* store, uint64_t count, unsigned size_log2, Work work) {
  const uint64_t piece = kPieceBytes >> size_log2;
  uint64_t done = 0;
  while (count - done > piece) {
    work(done, piece);
    done += piece;
    if (store != nullptr && store->interrupted()) return TrapCode::interrupted;
  }
  work(done, count - done);
  return TrapCode::none;
}

// Stores the same value in consecutive slots.
TrapCode fill_in_pieces(const Store* store, Slot* to, Slot value, uint64_t count);

// Copies bytes between places that may overlap.
TrapCode copy_in_pieces(const Store* store, void* to, const void* from, uint64_t bytes);

}  // namespace mini_wasm::runtime
