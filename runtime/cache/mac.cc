#include "runtime/cache/mac.h"

#include <bit>
#include <cstring>

namespace mini_wasm::runtime {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they are");

// The state of section 2 of the paper.
struct State {
  uint64_t v0, v1, v2, v3;

  explicit State(const MacKey& key)
      : v0(key.low ^ 0x736f6d6570736575),
        // 0xee here and in mac_of select the tag of 128 bits.
        v1(key.high ^ 0x646f72616e646f6d ^ 0xee),
        v2(key.low ^ 0x6c7967656e657261),
        v3(key.high ^ 0x7465646279746573) {}

  void round() {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  }
  void take(uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  uint64_t finish() {
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

MacTag mac_of(const MacKey& key, std::span<const uint8_t> bytes) {
  State state(key);
  uint64_t last = uint64_t{bytes.size()} << 56;
  for (; bytes.size() >= sizeof(uint64_t); bytes = bytes.subspan(sizeof(uint64_t))) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof(word));
    state.take(word);
  }
  for (size_t i = 0; i < bytes.size(); ++i) last |= uint64_t{bytes[i]} << (8 * i);
  state.take(last);
  state.v2 ^= 0xee;
  const uint64_t low = state.finish();
  state.v1 ^= 0xdd;
  const uint64_t high = state.finish();
  MacTag tag;
  std::memcpy(tag.data(), &low, sizeof(low));
  std::memcpy(tag.data() + sizeof(low), &high, sizeof(high));
  return tag;
}

}  // namespace mini_wasm::runtime
