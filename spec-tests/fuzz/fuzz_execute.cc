// Fuzz target: instantiates and runs every valid module on every tier, with limits and a deadline. If tiers disagree
// about what a module does, the process ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "spec-tests/fuzz/exercise.h"

namespace {

using namespace mini_wasm;

std::vector<Engine> make_engines() {
  std::vector<Engine> made;
  for (const Tier tier : {Tier::interpreter, Tier::jit, Tier::automatic}) {
    Config config;
    config.tier = tier;
    config.hot_after = 1;
    made.emplace_back(config);
  }
  return made;
}

// Compares only what both did before one of them ran into a limit.
std::string difference(fuzz::Exercise a, fuzz::Exercise b) {
  if (a.limited || b.limited) {
    const size_t common = std::min(a.outcome.size(), b.outcome.size());
    a.outcome.resize(common);
    b.outcome.resize(common);
  } else if (a.instantiated != b.instantiated) {
    return "  only one could be instantiated";
  }
  return generate::first_difference(a.outcome, b.outcome);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<Engine> engines = make_engines();
  constexpr std::chrono::milliseconds kDeadline{100};
  const fuzz::Exercise expected = fuzz::exercise(engines[0], {data, size}, kDeadline);
  for (size_t i = 1; expected.compiled && i < engines.size(); ++i) {
    const std::string found = difference(expected, fuzz::exercise(engines[i], {data, size}, kDeadline));
    if (found.empty()) continue;
    std::fprintf(stderr, "engine %zu differs:\n%s\n", i, found.c_str());
    std::abort();
  }
  return 0;
}
