// XXH3, for cache file names. It does not protect against somebody who chooses the bytes; everything that matters is
// compared or authenticated as well (see mac.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mini_wasm::runtime {

std::array<uint8_t, 16> hash_128(std::span<const uint8_t> bytes);

// The same for bytes that come in pieces.
class StreamHash {
 public:
  StreamHash();
  void add(std::span<const uint8_t> bytes);
  std::array<uint8_t, 16> result() const;  // of all bytes so far

 private:
  alignas(64) std::array<std::byte, 576> state_;
};

}  // namespace mini_wasm::runtime
