#include "spec-tests/json_script.h"

#include <gtest/gtest.h>

namespace mini_wasm::spec {
namespace {

// The commands of {"commands": [...]}.
std::vector<Command> parse(const std::string& commands) {
  Result<Script> script = parse_json_script(R"({"source_filename": "a.wast", "commands": [)" + commands + "]}", "");
  EXPECT_TRUE(script.has_value()) << (script ? "" : script.error().message);
  return script ? script->commands : std::vector<Command>{};
}

bool refused(const std::string& command) {
  return !parse_json_script(R"({"commands": [)" + command + "]}", "").has_value();
}

TEST(json_script, invoke_with_arguments_of_every_type) {
  const auto commands =
      parse(R"({"type": "action", "line": 7, "action": {"type": "invoke", "module": "$m", "field": "f", "args": [
    {"type": "i32", "value": "4294967295"}, {"type": "i64", "value": "18446744073709551615"}, {"type": "f32", "value": "2143289344"},
    {"type": "externref", "value": "3"}, {"type": "funcref", "value": "null"},
    {"type": "v128", "lane_type": "i8", "value": ["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","255"]}]}})");
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0].line, 7U);
  const Action& action = std::get<ActionCommand>(commands[0].what).action;
  EXPECT_EQ(action.module, "$m");
  EXPECT_EQ(action.name, "f");
  ASSERT_EQ(action.args.size(), 6U);
  EXPECT_EQ(action.args[0].bits[0], 0xffff'ffffU);
  EXPECT_EQ(action.args[1].bits[0], ~uint64_t{0});
  EXPECT_EQ(action.args[2].type, ValType::f32);
  EXPECT_EQ(action.args[3].bits[0], 3U);
  EXPECT_TRUE(action.args[4].null);
  EXPECT_EQ(action.args[5].bits[0], 0x0807'0605'0403'0201U);
  EXPECT_EQ(action.args[5].bits[1], 0xff0f'0e0d'0c0b'0a09U);
}

TEST(json_script, expected_results) {
  const auto commands =
      parse(R"({"type": "assert_return", "line": 1, "action": {"type": "get", "field": "g"}, "expected": [
    {"type": "f32", "value": "nan:canonical"}, {"type": "f64", "value": "nan:arithmetic"}, {"type": "i32", "value": "5"},
    {"type": "externref", "value": "null"}, {"type": "funcref"}, {"type": "externref", "value": "2"},
    {"type": "v128", "lane_type": "f32", "value": ["nan:canonical", "1", "2", "3"]}]})");
  ASSERT_EQ(commands.size(), 1U);
  const auto& assertion = std::get<AssertReturn>(commands[0].what);
  EXPECT_EQ(assertion.action.kind, Action::Kind::get);
  const auto& expected = assertion.expected;
  ASSERT_EQ(expected.size(), 7U);
  EXPECT_EQ(std::get<NumberPattern>(expected[0].what).value.kind, LanePattern::Kind::canonical_nan);
  EXPECT_EQ(std::get<NumberPattern>(expected[1].what).value.kind, LanePattern::Kind::arithmetic_nan);
  EXPECT_EQ(std::get<NumberPattern>(expected[2].what).value.bits, 5U);
  EXPECT_EQ(std::get<RefPattern>(expected[3].what).kind, RefPattern::Kind::null);
  EXPECT_EQ(std::get<RefPattern>(expected[4].what).kind, RefPattern::Kind::not_null);
  EXPECT_EQ(std::get<RefPattern>(expected[5].what).host, 2U);
  EXPECT_EQ(std::get<VectorPattern>(expected[6].what).lanes.size(), 4U);
}

TEST(json_script, either) {
  const auto commands =
      parse(R"({"type": "assert_return", "line": 1, "action": {"type": "invoke", "field": "f", "args": []},
    "either": [{"type": "i32", "value": "1"}, {"type": "i32", "value": "2"}]})");
  const auto& expected = std::get<AssertReturn>(commands.at(0).what).expected;
  ASSERT_EQ(expected.size(), 1U);
  EXPECT_EQ(std::get<EitherPattern>(expected[0].what).options.size(), 2U);
}

TEST(json_script, traps_and_registration) {
  const auto commands =
      parse(R"({"type": "assert_trap", "line": 1, "action": {"type": "invoke", "field": "f", "args": []},
      "text": "unreachable", "expected": [{"type": "i32"}]},
    {"type": "assert_exhaustion", "line": 2, "action": {"type": "invoke", "field": "f", "args": []}, "text": "call stack exhausted"},
    {"type": "register", "line": 3, "name": "$m", "as": "M"})");
  ASSERT_EQ(commands.size(), 3U);
  EXPECT_EQ(std::get<AssertTrap>(commands[0].what).text, "unreachable");
  EXPECT_EQ(std::get<AssertExhaustion>(commands[1].what).text, "call stack exhausted");
  EXPECT_EQ(std::get<RegisterCommand>(commands[2].what).as, "M");
}

TEST(json_script, what_is_not_understood_is_refused) {
  EXPECT_FALSE(parse_json_script("{", "").has_value());
  EXPECT_FALSE(parse_json_script("{}", "").has_value());
  EXPECT_TRUE(refused(R"({"type": "assert_sideways", "line": 1})"));
  EXPECT_TRUE(refused(R"({"type": "module", "line": 1, "filename": "no-such-file.wasm"})"));
  EXPECT_TRUE(refused(R"({"type": "register", "as": "M"})")) << "no line";
  EXPECT_TRUE(refused(
      R"({"type": "action", "line": 1, "action": {"type": "invoke", "field": "f", "args": [{"type": "i32", "value": "x"}]}})"));
  EXPECT_TRUE(refused(
      R"({"type": "action", "line": 1, "action": {"type": "invoke", "field": "f", "args": [{"type": "i33", "value": "1"}]}})"));
  EXPECT_FALSE(load_json_script("/nonexistent/a.json").has_value());
}

}  // namespace
}  // namespace mini_wasm::spec
