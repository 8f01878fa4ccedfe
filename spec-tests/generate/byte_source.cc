#include "spec-tests/generate/byte_source.h"

namespace mini_wasm::generate {

uint32_t ByteSource::weighted(std::span<const uint8_t> weights) {
  unsigned total = 0;
  for (const uint8_t weight : weights) total += weight;
  uint32_t left = below(total);
  for (uint32_t i = 0; i < weights.size(); ++i) {
    if (left < weights[i]) return i;
    left -= weights[i];
  }
  return 0;
}

std::vector<uint8_t> bytes_of_seed(uint64_t seed) {
  Random random(seed * 0x100000001b3 + 1);
  static constexpr uint16_t kLengths[] = {600, 2000, 4000, 6000, 8000, 10000, 15000, 20000};
  std::vector<uint8_t> bytes(kLengths[random.below(std::size(kLengths))]);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
  return bytes;
}

}  // namespace mini_wasm::generate
