// Changes a module at random, like a fuzzer, but deterministically: the same seed gives the same bytes everywhere.
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

// Makes a few random changes to one of the inputs. Changes are often made inside a section whose size is then
// corrected, so that the decoder accepts the result.
Input mutate(std::span<const Input> corpus, Random& random);

}  // namespace mini_wasm::fuzz
