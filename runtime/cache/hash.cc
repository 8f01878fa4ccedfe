#include "runtime/cache/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <iterator>
#include <new>

namespace mini_wasm::runtime {
namespace {

std::array<uint8_t, 16> canonical_bytes(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::array<uint8_t, 16> result;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), result.begin());
  return result;
}

}  // namespace

std::array<uint8_t, 16> hash_128(std::span<const uint8_t> bytes) {
  return canonical_bytes(XXH3_128bits(bytes.data(), bytes.size()));
}

StreamHash::StreamHash() {
  static_assert(sizeof(XXH3_state_t) <= sizeof(state_) && alignof(XXH3_state_t) <= 64);
  XXH3_128bits_reset(new (state_.data()) XXH3_state_t);
}

void StreamHash::add(std::span<const uint8_t> bytes) {
  XXH3_128bits_update(reinterpret_cast<XXH3_state_t*>(state_.data()), bytes.data(), bytes.size());
}

std::array<uint8_t, 16> StreamHash::result() const {
  return canonical_bytes(XXH3_128bits_digest(reinterpret_cast<const XXH3_state_t*>(state_.data())));
}

}  // namespace mini_wasm::runtime
