// XXH3, for names. It is no defence against who chooses the bytes: what matters is compared as well (see mac.h).
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace mini_wasm::runtime {

std::array<uint8_t, 16> hash_128(std::span<const uint8_t> bytes);

}  // namespace mini_wasm::runtime
