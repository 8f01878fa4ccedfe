// Patterns of i8x16.shuffle for which CPUs have an instruction. A shuffle is given as the number of the source byte for
// each byte of the result: 0 to 15 left, 16 to 31 right.
#pragma once

#include <array>
#include <cstdint>

namespace mini_wasm::jit {

using ShuffleLanes = std::array<uint8_t, 16>;

// Whether the numbers are consecutive, from lanes[0] on, modulo `size`.
inline bool is_rotation(const ShuffleLanes& lanes, int size) {
  for (int i = 1; i < 16; ++i) {
    if (lanes[i] != (lanes[0] + i) % size) return false;
  }
  return true;
}

// Whether pieces of `size` bytes are taken alternately from two sequences of bytes. The first sequence begins at byte
// `first`, the second one at byte `second`.
inline bool is_interleaving(const ShuffleLanes& lanes, int size, int first, int second) {
  for (int i = 0; i < 16; ++i) {
    const int lane = i / size, from = lane % 2 == 0 ? first : second;
    if (lanes[i] != from + lane / 2 * size + i % size) return false;
  }
  return true;
}

// Whether every second piece of `size` bytes is taken, from byte `first` on, of left and right together.
inline bool is_every_second(const ShuffleLanes& lanes, int size, int first) {
  for (int i = 0; i < 16; ++i) {
    if (lanes[i] != first + i / size * 2 * size + i % size) return false;
  }
  return true;
}

// Whether all pieces of `size` bytes are the one that begins at lanes[0].
inline bool is_repetition(const ShuffleLanes& lanes, int size) {
  for (int i = 0; i < 16; ++i) {
    if (lanes[i] != lanes[0] + i % size) return false;
  }
  return lanes[0] % size == 0;
}

}  // namespace mini_wasm::jit
