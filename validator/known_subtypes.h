// KnownSubtypes: a cache of subtype tests between reference types. One instruction may need a thousand of them.
// Thread rule: one thread, one registry.
#pragma once

#include <cstdint>
#include <memory>

#include "core/type_registry.h"

namespace mini_wasm::validator {

class KnownSubtypes {
 public:
  // spec 3.3: t1 <= t2.
  bool is_subtype(const TypeRegistry& registry, ValType t1, ValType t2) {
    if (t1 == t2) return true;
    // A zero entry means that bottom is a subtype of bottom, which is true.
    if (!pairs_) pairs_ = std::make_unique<uint64_t[]>(kPairs);
    const uint64_t pair = uint64_t{t1.bits()} << 32 | t2.bits();
    uint64_t& known = pairs_[(pair * 0x9e3779b97f4a7c15u) >> (64 - kPairsLog2)];
    if (known == pair) return true;
    if (!registry.is_subtype(t1, t2)) return false;
    known = pair;
    return true;
  }

 private:
  static constexpr uint32_t kPairsLog2 = 10, kPairs = 1u << kPairsLog2;

  std::unique_ptr<uint64_t[]> pairs_;
};

}  // namespace mini_wasm::validator
