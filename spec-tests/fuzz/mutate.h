// Changes a module the way a fuzzer does, but deterministically: the same seed gives the same bytes everywhere.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mini_wasm::fuzz {

// splitmix64: small, and the same on every platform (unlike the distributions of <random>).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  uint64_t below(uint64_t bound) { return bound == 0 ? 0 : next() % bound; }

 private:
  uint64_t state_;
};

using Input = std::vector<uint8_t>;

// A few random changes to one of the inputs, often inside a section whose size is then put right, so that the change
// gets past the decoder.
Input mutate(std::span<const Input> corpus, Random& random);

}  // namespace mini_wasm::fuzz
