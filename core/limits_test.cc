#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace mini_wasm {
namespace {

// For example 1,234,567; "-" for 0.
std::string with_commas(uint64_t number) {
  if (number == 0) return "-";
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

TEST(limits, are_what_the_documentation_says) {
  std::vector<std::string> listed;
#define LIMIT(constant, value, what, js) \
  listed.push_back("| " + with_commas(value) + " | " what " | " + with_commas(js) + " |");
#include "core/limits.def"
#undef LIMIT
  std::ifstream page(MINI_WASM_DOCS "/limits.md");
  ASSERT_TRUE(page);
  std::vector<std::string> documented;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| ") && line[2] >= '0' && line[2] <= '9') documented.push_back(line);
  }
  EXPECT_EQ(documented, listed);
}

}  // namespace
}  // namespace mini_wasm
