// XXH3, for names and checksums. It is no defence against who chooses the bytes: what matters is compared as well.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace mini_wasm::runtime {

uint64_t hash_64(std::span<const uint8_t> bytes);
std::array<uint8_t, 16> hash_128(std::span<const uint8_t> bytes);

}  // namespace mini_wasm::runtime
