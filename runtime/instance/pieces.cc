#include "runtime/instance/pieces.h"

#include <algorithm>
#include <cstring>

namespace mini_wasm::runtime {

TrapCode fill_in_pieces(const Store* store, Slot* to, Slot value, uint64_t count) {
  return in_pieces(store, count, 3, [&](uint64_t done, uint64_t piece) { std::fill_n(to + done, piece, value); });
}

TrapCode copy_in_pieces(const Store* store, void* to, const void* from, uint64_t bytes) {
  auto* const target = static_cast<uint8_t*>(to);
  const auto* const source = static_cast<const uint8_t*>(from);
  // A piece must not overwrite bytes that a later piece reads. So when the target is at higher addresses, the last
  // piece is copied first.
  const bool upwards = reinterpret_cast<uintptr_t>(target) > reinterpret_cast<uintptr_t>(source);
  return in_pieces(store, bytes, 0, [&](uint64_t done, uint64_t piece) {
    if (piece == 0) return;  // there may be no memory then (null pointers)
    const uint64_t first = upwards ? bytes - done - piece : done;
    std::memmove(target + first, source + first, piece);
  });
}

}  // namespace mini_wasm::runtime
