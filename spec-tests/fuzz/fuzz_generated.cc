// Fuzz target: a valid program is generated from the input (spec-tests/generate), so that every changed input still
// runs. If configurations of the engine disagree about the program, the process ends.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/generate/generate.h"
#include "spec-tests/generate/outcome.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mini_wasm;
  static const std::vector<Engine> engines = [] {
    std::vector<Engine> made;
    for (const spec::TierCase& tier : spec::kTiers) made.emplace_back(tier.config());
    return made;
  }();
  const generate::Program program = generate::generate_program({data, size});
  const generate::Outcome expected = generate::run_program(engines[0], program, 0);
  for (const Engine& engine : engines) {
    const std::string difference = generate::first_difference(expected, generate::run_program(engine, program, 0));
    if (difference.empty()) continue;
    std::fprintf(stderr, "%s\n", difference.c_str());
    std::abort();
  }
  return 0;
}
