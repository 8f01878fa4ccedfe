#include "scripts/expected_failures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mini_wasm::spec {
namespace {

ExpectedFailures listing(std::string_view text) {
  ExpectedFailures expected;
  const Result<void> added = expected.add(text);
  EXPECT_TRUE(added.has_value());
  return expected;
}

std::vector<uint32_t> lines(const std::vector<Failure>& failures) {
  std::vector<uint32_t> result;
  for (const Failure& failure : failures) result.push_back(failure.line);
  return result;
}

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(expected_failures, unlisted_failures_are_unexpected) {
  const auto verdict = listing("").judge("a", {{3, "x"}, {5, "y"}});
  EXPECT_THAT(lines(verdict.unexpected), ElementsAre(3, 5));
  EXPECT_EQ(verdict.expected, 0U);
}

TEST(expected_failures, a_whole_script_may_fail_anywhere_but_must_fail) {
  const ExpectedFailures expected = listing("# comment\n\n  simd/a needs SIMD  \n");
  const auto fails = expected.judge("simd/a", {{3, "x"}, {5, "y"}});
  EXPECT_THAT(fails.unexpected, IsEmpty());
  EXPECT_EQ(fails.expected, 2U);
  const auto passes = expected.judge("simd/a", {});
  ASSERT_EQ(passes.unexpected.size(), 1U);
  EXPECT_THAT(passes.unexpected.front().message, HasSubstr("needs SIMD"));
}

TEST(expected_failures, a_line_must_fail_and_the_others_must_not) {
  const ExpectedFailures expected = listing("a:3 reason one\na:7 reason two\nb:1 other\n");
  EXPECT_THAT(expected.judge("a", {{3, "x"}, {7, "x"}}).unexpected, IsEmpty());
  EXPECT_EQ(expected.judge("a", {{3, "x"}, {7, "x"}}).expected, 2U);
  EXPECT_THAT(lines(expected.judge("a", {{3, "x"}}).unexpected), ElementsAre(7));
  EXPECT_THAT(lines(expected.judge("a", {{3, "x"}, {7, "x"}, {8, "x"}}).unexpected), ElementsAre(8));
}

TEST(expected_failures, several_commands_on_one_line_count_as_that_line) {
  const auto verdict = listing("a:3 reason\n").judge("a", {{3, "x"}, {3, "y"}});
  EXPECT_THAT(verdict.unexpected, IsEmpty());
  EXPECT_EQ(verdict.expected, 2U);
}

TEST(expected_failures, lines_without_sense_are_refused) {
  for (std::string_view bad : {"a", "a:3", "a:x reason", "a: reason", "a:3x reason", "a r\na s", "a:3 r\na:3 s"}) {
    ExpectedFailures expected;
    EXPECT_FALSE(expected.add(bad).has_value()) << bad;
  }
  ExpectedFailures expected;
  EXPECT_FALSE(expected.load("/nonexistent/list.txt").has_value());
}

}  // namespace
}  // namespace mini_wasm::spec
