// The configurations in which every test of whole modules runs: each execution tier, and each setting that changes
// which code runs. A new tier or setting needs one row here.
#pragma once

#include <mini_wasm/config.h>

#include <cstdint>
#include <ostream>
#include <string_view>

namespace mini_wasm::spec {

struct TierCase {
  std::string_view name;  // as in --tier=NAME
  Tier tier = Tier::interpreter;
  bool eager = false;
  bool guard_pages = true;
  uint32_t hot_after = 1000;
  bool lazy_validation = false;

  Config config() const {
    Config config;
    config.tier = tier;
    config.eager = eager;
    config.guard_pages = guard_pages;
    config.hot_after = hot_after;
    config.lazy_validation = lazy_validation;
    return config;
  }
  // How GoogleTest prints it.
  friend void PrintTo(const TierCase& tier, std::ostream* out) { *out << tier.name; }
};

inline constexpr TierCase kTiers[] = {
    {"interp"},
    {"interp-eager", Tier::interpreter, /*eager=*/true},
    {"interp-checked", Tier::interpreter, /*eager=*/false, /*guard_pages=*/false},
    {"interp-lazy", Tier::interpreter, false, true, /*hot_after=*/0, /*lazy_validation=*/true},
#if MINI_WASM_JIT
    {"jit", Tier::jit},
    {"jit-eager", Tier::jit, /*eager=*/true},
    {"jit-checked", Tier::jit, /*eager=*/false, /*guard_pages=*/false},
    // The limit is so low that short tests change the tier too, both in calls and in loops.
    {"auto", Tier::automatic, /*eager=*/false, /*guard_pages=*/true, /*hot_after=*/2},
    {"jit-lazy", Tier::jit, false, true, /*hot_after=*/0, /*lazy_validation=*/true},
    {"auto-lazy", Tier::automatic, false, true, /*hot_after=*/2, /*lazy_validation=*/true},
#endif
};

}  // namespace mini_wasm::spec
