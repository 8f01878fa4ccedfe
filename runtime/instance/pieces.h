// Long operations in pieces. Between two pieces the store's interrupt flag is read, so that an instruction ends soon
// after Store::interrupt, no matter how much it fills, copies or allocates. What has been done by then stays done (spec
// 7.3.3: an implementation may end an execution at any point).
#pragma once

#include <mini_wasm/trap.h>

#include <cstdint>

#include "runtime/store.h"

namespace mini_wasm::runtime {

// Size of a piece in bytes. When the memory is new, the system needs at most a millisecond to provide it; reading a
// flag costs nothing compared with that.
inline constexpr uint64_t kPieceBytes = uint64_t{256} << 10;

// Calls `work(first, count)` for consecutive parts of `count` items of 2^size_log2 bytes, in ascending order. `store`
// may be null: then nothing interrupts. Returns none or interrupted.
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

// Stores `value` in `count` consecutive slots.
TrapCode fill_in_pieces(const Store* store, Slot* to, Slot value, uint64_t count);

// Copies bytes; the two ranges may overlap.
TrapCode copy_in_pieces(const Store* store, void* to, const void* from, uint64_t bytes);

}  // namespace mini_wasm::runtime
