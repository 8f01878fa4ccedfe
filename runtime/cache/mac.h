// A message authentication code: SipHash-2-4 with a tag of 128 bits (J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast
// short-input PRF", 2012, with the longer tag of its reference implementation). Without the key nobody can make the tag
// for bytes of their choice, no matter how many other bytes with tags they have seen. It needs no table, no library and
// no CPU feature, and is three times as fast as BLAKE2b. So everything that is loaded from a cache can be
// authenticated.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace mini_wasm::runtime {

struct MacKey {
  uint64_t low = 0, high = 0;
};
using MacTag = std::array<uint8_t, 16>;

MacTag mac_of(const MacKey& key, std::span<const uint8_t> bytes);

}  // namespace mini_wasm::runtime
