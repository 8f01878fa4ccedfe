// The name of a test whose parameter is a row of kTiers:
//   INSTANTIATE_TEST_SUITE_P(tiers, Suite, ::testing::ValuesIn(spec::kTiers), testing::tier_name);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "scripts/tiers.h"

namespace mini_wasm::testing {

inline std::string tier_name(const ::testing::TestParamInfo<spec::TierCase>& info) {
  std::string name(info.param.name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// The rows of kTiers with guard pages, or those without, for tests of what only they do.
inline std::vector<spec::TierCase> tiers_with_guard_pages(bool wanted) {
  std::vector<spec::TierCase> rows;
  std::copy_if(std::begin(spec::kTiers), std::end(spec::kTiers), std::back_inserter(rows),
               [wanted](const spec::TierCase& row) { return row.guard_pages == wanted; });
  return rows;
}

}  // namespace mini_wasm::testing
