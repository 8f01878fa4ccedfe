// Shared by the tests of the interpreter. Each case runs in every configuration of scripts/tiers.h, and a test can
// inspect the output of the translator. The two dispatch back-ends are two builds (MINI_WASM_DISPATCH).
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/opcode.h"
#include "interp/interpreter_code.h"
#include "interp/translator.h"
#include "runtime/compiled_module.h"
#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm::testing {

class InEveryConfiguration : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Guest guest{GetParam().config()};
};

#define MW_IN_EVERY_CONFIGURATION(fixture) \
  INSTANTIATE_TEST_SUITE_P(interp, fixture, ::testing::ValuesIn(spec::kTiers), testing::tier_name)

// The handlers of a function's instructions, in order.
inline std::vector<interp::Word> translate(std::string_view text, uint32_t function) {
  Config config;
  config.tier = Tier::interpreter;
  const Engine engine(config);
  Result<Module> module = Module::compile(engine, wat(text));
  if (!module) {
    ADD_FAILURE() << module.error().to_string();
    return {};
  }
  auto& code = static_cast<interp::InterpreterCode&>(module->impl()->code());
  const interp::FuncCode& known = code.function(FuncIdx{function});
  interp::FuncCode again;
  again.link = known.link;
  again.pinned = known.pinned.load();
  again.index = known.index;
  std::vector<std::pair<uint32_t, uint32_t>> positions;
  interp::Translator translator(code, &positions);
  EXPECT_TRUE(translator.translate(again));
  std::vector<interp::Word> handlers;
  for (const auto& [word, offset] : positions) handlers.push_back(translator.code()[word]);
  return handlers;
}

}  // namespace mini_wasm::testing
