// The name of a test whose parameter is a row of kTiers:
//   INSTANTIATE_TEST_SUITE_P(tiers, Suite, ::testing::ValuesIn(spec::kTiers), testing::tier_name);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "scripts/tiers.h"

namespace mini_wasm::testing {

inline std::string tier_name(const ::testing::TestParamInfo<spec::TierCase>& info) {
  std::string name(info.param.name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace mini_wasm::testing
