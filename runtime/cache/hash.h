// XXH3, for cache file names. It does not protect against somebody who chooses the bytes; everything that matters is
// compared or authenticated as well (see mac.h).
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace mini_wasm::runtime {

std::array<uint8_t, 16> hash_128(std::span<const uint8_t> bytes);

}  // namespace mini_wasm::runtime
