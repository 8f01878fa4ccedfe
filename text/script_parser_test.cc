#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/script.h"

namespace mini_wasm::text {
namespace {

Script parse(std::string_view source) {
  Result<Script> script = parse_script(source);
  if (!script) {
    ADD_FAILURE() << script.error().to_string();
    return {};
  }
  return std::move(*script);
}

template <class T>
T only(std::string_view source) {
  Script script = parse(source);
  if (script.commands.size() != 1 || !std::holds_alternative<T>(script.commands[0].what)) {
    ADD_FAILURE() << source;
    return {};
  }
  return std::get<T>(std::move(script.commands[0].what));
}

Pattern result(std::string_view pattern) {
  auto command = only<AssertReturn>("(assert_return (invoke \"f\") " + std::string(pattern) + ")");
  return command.expected.size() == 1 ? command.expected[0] : Pattern{};
}

TEST(script_parser, modules) {
  const auto text = only<ModuleCommand>("(module $m (func))");
  EXPECT_EQ(text.name, "$m");
  EXPECT_EQ(text.source.text, "(module $m (func))");
  EXPECT_FALSE(text.definition_only);
  const auto binary = only<ModuleCommand>("(module binary \"\\00asm\" \"\\01\")");
  EXPECT_EQ(binary.source.form, ModuleSource::Form::binary);
  EXPECT_EQ(binary.source.bytes, (std::vector<uint8_t>{0, 'a', 's', 'm', 1}));
  const auto quote = only<ModuleCommand>("(module definition $d quote \"(func \" \")\")");
  EXPECT_EQ(quote.source.form, ModuleSource::Form::quote);
  EXPECT_EQ(quote.source.text, "(func )");
  EXPECT_TRUE(quote.definition_only);
}

TEST(script_parser, a_module_without_its_parentheses) {
  EXPECT_EQ(only<ModuleCommand>("(func) (memory 1)").source.text, "(func) (memory 1)");
}

TEST(script_parser, instances_and_registration) {
  const auto instance = only<InstanceCommand>("(module instance $i $m)");
  EXPECT_EQ(instance.name, "$i");
  EXPECT_EQ(instance.definition, "$m");
  const auto registration = only<RegisterCommand>("(register \"lib\" $i)");
  EXPECT_EQ(registration.as, "lib");
  EXPECT_EQ(registration.name, "$i");
}

TEST(script_parser, actions) {
  const auto invoke =
      only<ActionCommand>("(invoke $m \"f\" (i32.const -1) (f32.const 1) (ref.null func) (ref.extern 7))");
  EXPECT_EQ(invoke.action.module, "$m");
  EXPECT_EQ(invoke.action.name, "f");
  ASSERT_EQ(invoke.action.args.size(), 4u);
  EXPECT_EQ(invoke.action.args[0].bits[0], 0xffff'ffffu);
  EXPECT_EQ(invoke.action.args[1].bits[0], 0x3f80'0000u);
  EXPECT_TRUE(invoke.action.args[2].null);
  EXPECT_EQ(invoke.action.args[2].type, ValType::funcref);
  EXPECT_EQ(invoke.action.args[3].bits[0], 7u);
  EXPECT_EQ(only<ActionCommand>("(get \"g\")").action.kind, Action::Kind::get);
}

TEST(script_parser, vectors) {
  const auto command = only<ActionCommand>("(invoke \"f\" (v128.const i16x8 1 2 3 4 5 6 7 -1))");
  EXPECT_EQ(command.action.args[0].bits[0], 0x0004'0003'0002'0001u);
  EXPECT_EQ(command.action.args[0].bits[1], 0xffff'0007'0006'0005u);
  const auto vector = std::get<VectorPattern>(result("(v128.const f32x4 nan:canonical 1 nan:arithmetic -0)").what);
  EXPECT_EQ(vector.lane_bits, 32);
  ASSERT_EQ(vector.lanes.size(), 4u);
  EXPECT_EQ(vector.lanes[0].kind, LanePattern::Kind::canonical_nan);
  EXPECT_EQ(vector.lanes[1].bits, 0x3f80'0000u);
  EXPECT_EQ(vector.lanes[2].kind, LanePattern::Kind::arithmetic_nan);
  EXPECT_EQ(vector.lanes[3].bits, 0x8000'0000u);
}

TEST(script_parser, expected_numbers_and_references) {
  EXPECT_EQ(std::get<NumberPattern>(result("(f64.const nan:arithmetic)").what).value.kind,
            LanePattern::Kind::arithmetic_nan);
  EXPECT_EQ(std::get<NumberPattern>(result("(i64.const -2)").what).value.bits, ~uint64_t{1});
  const auto null = std::get<RefPattern>(result("(ref.null)").what);
  EXPECT_EQ(null.kind, RefPattern::Kind::null);
  EXPECT_EQ(null.heap, std::nullopt);
  EXPECT_EQ(std::get<RefPattern>(result("(ref.struct)").what).heap, HeapKind::struct_);
  const auto host = std::get<RefPattern>(result("(ref.extern 3)").what);
  EXPECT_EQ(host.kind, RefPattern::Kind::host);
  EXPECT_EQ(host.host, 3u);
  EXPECT_EQ(std::get<RefPattern>(result("(ref.host 4)").what).heap, HeapKind::any);
  EXPECT_EQ(std::get<EitherPattern>(result("(either (i32.const 1) (i32.const 2))").what).options.size(), 2u);
}

TEST(script_parser, assertions) {
  EXPECT_EQ(only<AssertTrap>("(assert_trap (invoke \"f\") \"unreachable\")").text, "unreachable");
  EXPECT_EQ(only<AssertExhaustion>("(assert_exhaustion (invoke \"f\") \"call stack\")").text, "call stack");
  EXPECT_EQ(only<AssertException>("(assert_exception (invoke \"f\"))").action.name, "f");
  using Kind = AssertModule::Kind;
  EXPECT_EQ(only<AssertModule>("(assert_trap (module) \"x\")").kind, Kind::uninstantiable);
  EXPECT_EQ(only<AssertModule>("(assert_invalid (module) \"x\")").kind, Kind::invalid);
  EXPECT_EQ(only<AssertModule>("(assert_unlinkable (module) \"x\")").kind, Kind::unlinkable);
  const auto malformed = only<AssertModule>("(assert_malformed (module quote \"(\") \"unexpected\")");
  EXPECT_EQ(malformed.kind, Kind::malformed);
  EXPECT_EQ(malformed.text, "unexpected");
}

TEST(script_parser, commands_know_their_lines) {
  const Script script = parse("(module)\n\n(invoke \"a\")\n(assert_invalid\n  (module) \"x\")");
  ASSERT_EQ(script.commands.size(), 3u);
  EXPECT_EQ(script.commands[0].line, 1u);
  EXPECT_EQ(script.commands[1].line, 3u);
  EXPECT_EQ(script.commands[2].line, 4u);
  EXPECT_EQ(std::get<AssertModule>(script.commands[2].what).source.line, 5u);
}

TEST(script_parser, mistakes) {
  for (const char* source : {"(modul)", "module", "(invoke f)", "(assert_return)", "(invoke \"f\" (i32.const x))", "(",
                             "(assert_return (invoke \"f\") (ref.nothing))", "(module"}) {
    EXPECT_FALSE(parse_script(source)) << source;
  }
}

}  // namespace
}  // namespace mini_wasm::text
