// ByteSource: a string of bytes that determines all choices of a generated module. The bytes come from a fuzzer or from
// a seed. When they are used up, every choice is the first one, which generators make the smallest. So a shorter string
// gives a smaller module; `--reduce` and a fuzzer's minimisation rely on that.
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace mini_wasm::generate {

class ByteSource {
 public:
  explicit ByteSource(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return at_ == bytes_.size(); }
  uint8_t byte() { return empty() ? 0 : bytes_[at_++]; }
  uint64_t bits(unsigned count_of_bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < count_of_bytes; ++i) value |= uint64_t{byte()} << (8 * i);
    return value;
  }
  // A number below `bound`, which must not be 0.
  uint32_t below(size_t bound) {
    if (bound <= 1) return 0;
    return static_cast<uint32_t>((bound <= 256 ? bits(1) : bits(3)) % bound);
  }
  // True in about `percent` of 100 cases; false once the bytes are used up.
  bool chance(unsigned percent) { return (byte() * 100u >> 8) >= 100 - percent; }
  // The index of one of the weights; its probability is proportional to the weight. When the bytes are used up: the
  // first one that is not 0.
  uint32_t weighted(std::span<const uint8_t> weights);
  uint32_t weighted(std::initializer_list<uint8_t> weights) {
    return weighted(std::span<const uint8_t>(weights.begin(), weights.size()));
  }
  template <class T>
  const T& one_of(const std::vector<T>& items) {
    return items[below(items.size())];
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

// splitmix64: the same numbers on every platform.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  uint32_t below(uint64_t bound) { return static_cast<uint32_t>(next() % bound); }

 private:
  uint64_t state_;
};

// The byte string of a seed. Its length varies; most are longer than a module needs.
std::vector<uint8_t> bytes_of_seed(uint64_t seed);

}  // namespace mini_wasm::generate
