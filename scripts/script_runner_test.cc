// Tests the runner itself: it must notice failures. A runner that accepts everything would pass every script.
#include "scripts/script_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec-tests/support/wat.h"

namespace mini_wasm::spec {
namespace {

using namespace text;  // the types of scripts

using mini_wasm::testing::wat;
using mini_wasm::testing::wat_unchecked;

ModuleSource module(std::string_view text) { return {ModuleSource::Form::binary, wat(text), {}}; }
Action invoke(std::string name, std::vector<Literal> args = {}) {
  return {Action::Kind::invoke, "", std::move(name), std::move(args)};
}
Pattern i32(uint64_t bits) { return {NumberPattern{ValType::i32, {LanePattern::Kind::bits, bits}}}; }
AssertModule assert_module(AssertModule::Kind kind, std::vector<uint8_t> bytes, std::string text) {
  return {kind, {ModuleSource::Form::binary, std::move(bytes), {}}, std::move(text)};
}

// Numbers the commands 1, 2, 3, ... and returns the lines that failed.
template <class... Commands>
std::vector<uint32_t> failing(Commands... commands) {
  Script script;
  (script.commands.push_back({static_cast<uint32_t>(script.commands.size() + 1), std::move(commands)}), ...);
  const ScriptReport report = ScriptRunner(kTiers[0].config()).run(script);
  std::vector<uint32_t> lines;
  for (const Failure& failure : report.failures) lines.push_back(failure.line);
  EXPECT_EQ(report.passed + lines.size(), script.commands.size());
  return lines;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kModule = R"((module
  (global (export "g") i32 (i32.const 5))
  (func (export "one") (result i32) (i32.const 1))
  (func (export "trap") unreachable)
  (func $deep (export "deep") (call $deep))))";

TEST(script_runner, messages_agree_by_prefix) {
  EXPECT_TRUE(messages_agree("unreachable", "unreachable"));
  EXPECT_TRUE(messages_agree("uninitialized element 2", "uninitialized element"));
  EXPECT_TRUE(messages_agree("unknown import", "unknown import: m.f"));
  EXPECT_FALSE(messages_agree("type mismatch", "a type mismatch"));
}

TEST(script_runner, results_are_compared) {
  EXPECT_THAT(failing(ModuleCommand{module(kModule)}, AssertReturn{invoke("one"), {i32(1)}},
                      AssertReturn{invoke("one"), {i32(2)}}, AssertReturn{invoke("one"), {}},
                      AssertReturn{{Action::Kind::get, "", "g"}, {i32(5)}},
                      AssertReturn{{Action::Kind::get, "", "g"}, {i32(6)}}, AssertReturn{invoke("trap"), {}},
                      AssertReturn{invoke("none"), {}}),
              ElementsAre(3, 4, 6, 7, 8));
}

TEST(script_runner, wrong_arguments_are_a_failure) {
  EXPECT_THAT(failing(ModuleCommand{module(kModule)}, ActionCommand{invoke("one", {{ValType::i32}})}), ElementsAre(2));
}

TEST(script_runner, traps_are_compared) {
  EXPECT_THAT(failing(ModuleCommand{module(kModule)}, AssertTrap{invoke("trap"), "unreachable"},
                      AssertTrap{invoke("one"), "unreachable"}, AssertTrap{invoke("trap"), "integer overflow"},
                      AssertTrap{invoke("none"), ""}, AssertExhaustion{invoke("deep"), "call stack exhausted"},
                      AssertExhaustion{invoke("trap"), "unreachable"}, AssertException{invoke("trap")}),
              ElementsAre(3, 4, 5, 7, 8));
}

TEST(script_runner, modules_must_fail_in_the_way_asserted) {
  using Kind = AssertModule::Kind;
  const std::vector<uint8_t> malformed = {0, 'a', 's', 'm', 2, 0, 0, 0};
  const std::vector<uint8_t> invalid = wat_unchecked("(module (func (result i32)))");
  const std::vector<uint8_t> unlinkable = wat(R"((module (import "spectest" "none" (func))))");
  const std::vector<uint8_t> trapping = wat("(module (func $f unreachable) (start $f))");
  EXPECT_THAT(
      failing(assert_module(Kind::malformed, malformed, ""), assert_module(Kind::invalid, invalid, "type mismatch"),
              assert_module(Kind::unlinkable, unlinkable, "unknown import"),
              assert_module(Kind::uninstantiable, trapping, "unreachable")),
      IsEmpty());
  EXPECT_THAT(failing(assert_module(Kind::malformed, invalid, ""), assert_module(Kind::invalid, malformed, ""),
                      assert_module(Kind::invalid, wat("(module)"), ""), assert_module(Kind::unlinkable, trapping, ""),
                      assert_module(Kind::unlinkable, unlinkable, "incompatible import type"),
                      assert_module(Kind::uninstantiable, trapping, "out of bounds memory access"),
                      assert_module(Kind::uninstantiable, wat("(module)"), "")),
              ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST(script_runner, a_wrong_message_for_an_invalid_module_is_only_noted) {
  Script script;
  script.commands.push_back(
      {1, assert_module(AssertModule::Kind::invalid, wat_unchecked("(module (func (result i32)))"), "unknown local")});
  const ScriptReport report = ScriptRunner(kTiers[0].config()).run(script);
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_EQ(report.notes.size(), 1U);
}

TEST(script_runner, text_modules_are_assembled) {
  const auto quote = [](std::string text) { return ModuleSource{ModuleSource::Form::quote, {}, std::move(text)}; };
  using Kind = AssertModule::Kind;
  EXPECT_THAT(failing(ModuleCommand{{ModuleSource::Form::text, {}, std::string(kModule)}},
                      AssertReturn{invoke("one"), {i32(1)}}, ModuleCommand{quote("(func")},
                      AssertModule{Kind::malformed, quote("(func"), "unexpected token"},
                      AssertModule{Kind::malformed, quote("(func)"), "unexpected token"},
                      AssertModule{Kind::malformed, quote("(func (result i32))"), ""},
                      AssertModule{Kind::invalid, quote("(func (result i32))"), "type mismatch"}),
              ElementsAre(3, 5, 6));
}

TEST(script_runner, a_failed_module_leaves_none_current) {
  EXPECT_THAT(failing(ModuleCommand{module(kModule)}, ModuleCommand{module(R"((module (import "x" "y" (func))))")},
                      AssertReturn{invoke("one"), {i32(1)}}),
              ElementsAre(2, 3));
}

TEST(script_runner, modules_are_named_registered_and_instantiated_again) {
  const std::string_view importer =
      R"((module (import "M" "one" (func $f (result i32))) (func (export "two") (result i32) (call $f))))";
  Action named = invoke("one");
  named.module = "$m";
  Action second = invoke("count");
  second.module = "$i1";
  const std::string_view counter = R"((module (global $n (mut i32) (i32.const 0))
    (func (export "count") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))))";
  EXPECT_THAT(
      failing(ModuleCommand{module(kModule), "$m"}, RegisterCommand{"M", "$m"}, ModuleCommand{module(importer)},
              AssertReturn{invoke("two"), {i32(1)}}, AssertReturn{named, {i32(1)}}, RegisterCommand{"N", "$none"},
              ModuleCommand{module(counter), "$d", /*definition_only=*/true}, InstanceCommand{"$i1", "$d"},
              InstanceCommand{"$i2", "$d"}, AssertReturn{invoke("count"), {i32(1)}},
              AssertReturn{invoke("count"), {i32(2)}}, AssertReturn{second, {i32(1)}}, InstanceCommand{"$i3", "$none"}),
      ElementsAre(6, 13));
}

TEST(script_runner, spectest_can_be_imported) {
  EXPECT_THAT(failing(ModuleCommand{module(R"((module
      (import "spectest" "print" (func)) (import "spectest" "print_i32" (func (param i32)))
      (import "spectest" "print_i64" (func (param i64))) (import "spectest" "print_f32" (func (param f32)))
      (import "spectest" "print_f64" (func (param f64))) (import "spectest" "print_i32_f32" (func (param i32 f32)))
      (import "spectest" "print_f64_f64" (func (param f64 f64)))
      (import "spectest" "global_i32" (global i32)) (import "spectest" "global_i64" (global i64))
      (import "spectest" "global_f32" (global f32)) (import "spectest" "global_f64" (global f64))
      (import "spectest" "table" (table 10 20 funcref)) (import "spectest" "memory" (memory 1 2))
      (func (export "global") (result i32) (i32.add (global.get 0) (i32.wrap_i64 (global.get 1))))))")},
                      AssertReturn{invoke("global"), {i32(1332)}}),
              IsEmpty());
}

// --- Threads and instances

std::vector<uint32_t> failing_lines(std::string_view source) {
  Result<Script> script = parse_script(source);
  if (!script) ADD_FAILURE() << script.error().to_string();
  std::vector<uint32_t> all;
  for (const TierCase& tier : kTiers) {
    Config config = tier.config();
    EXPECT_TRUE(config.feature("threads", true));
    const ScriptReport report = ScriptRunner(config).run(*script);
    std::vector<uint32_t> lines;
    for (const Failure& failure : report.failures) lines.push_back(failure.line);
    if (&tier != kTiers) {
      EXPECT_EQ(lines, all) << tier.name;
    }
    all = lines;
  }
  return all;
}

// One thread waits for a value that the other one writes. Each must see what the other has written before.
constexpr std::string_view kMessagePassing = R"((module $Mem (memory (export "shared") 1 1 shared))
(thread $T1 (shared (module $Mem))
  (register "mem" $Mem)
  (module (memory (import "mem" "shared") 1 1 shared)
    (func (export "run")
      (i32.store (i32.const 0) (i32.const 42))
      (i32.atomic.store (i32.const 4) (i32.const 1))
      (drop (memory.atomic.notify (i32.const 4) (i32.const 1)))))
  (invoke "run"))
(thread $T2 (shared (module $Mem))
  (register "mem" $Mem)
  (module (memory (import "mem" "shared") 1 1 shared)
    (func (export "run") (result i32)
      (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1)))
      (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 4)))))
      (i32.load (i32.const 0))))
  (assert_return (invoke "run") (either (i32.const 41) (i32.const 42)))
  (assert_return (invoke "run") (i32.const 43)))
(wait $T1)
(wait $T2)
(register "Mem" $Mem)
(module $Check (memory (import "Mem" "shared") 1 1 shared)
  (func (export "get") (result i32) (i32.load (i32.const 0))))
(assert_return (invoke $Check "get") (i32.const 42)))";

TEST(script_runner, threads_share_memory_and_nothing_else) {
  EXPECT_THAT(failing_lines(kMessagePassing), ElementsAre(18));  // 43
  // A thread does not have the instances, names and threads of the script.
  EXPECT_THAT(failing_lines("(module $M (func (export \"f\")))\n"
                            "(thread $T (shared (module $M))\n"
                            "  (invoke $M \"f\")\n"
                            "  (module (func (export \"g\"))) (invoke \"g\"))\n"
                            "(wait $T)\n"
                            "(wait $T)\n"
                            "(invoke \"g\")\n"
                            "(thread $U (shared (module $None)))\n"),
              ElementsAre(3, 6, 7, 8));
  EXPECT_THAT(failing_lines("(thread $T (module)) (thread $T)"), ElementsAre(1));
}

TEST(script_runner, instances_of_definitions) {
  EXPECT_THAT(
      failing_lines("(module definition $M (global $g (export \"g\") (mut i32) (i32.const 0))\n"
                    "  (func (export \"next\") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1)))\n"
                    "    (global.get $g)))\n"
                    "(module instance $A $M)\n"
                    "(module instance $B $M)\n"
                    "(assert_return (invoke $A \"next\") (i32.const 1))\n"
                    "(assert_return (invoke $A \"next\") (i32.const 2))\n"
                    "(assert_return (invoke $B \"next\") (i32.const 1))\n"
                    "(module instance $M)\n"
                    "(assert_return (invoke \"next\") (i32.const 1))\n"
                    "(module instance $C $None)\n"),
      ElementsAre(11));
  EXPECT_THAT(failing_lines("(module definition $Trap (func $f unreachable) (start $f))\n"
                            "(module definition $Link (import \"no\" \"body\" (func)))\n"
                            "(module definition $Good)\n"
                            "(assert_trap (module instance $Trap) \"unreachable\")\n"
                            "(assert_trap (module instance $I $Trap) \"unreachable\")\n"
                            "(assert_unlinkable (module instance $I $Link) \"unknown import\")\n"
                            "(assert_trap (module instance $Good) \"unreachable\")\n"
                            "(assert_unlinkable (module instance $Trap) \"unknown import\")\n"),
              ElementsAre(7, 8));
}

// Adds so many modules in the middle of a script that it continues in a new store, if it can.
std::vector<uint32_t> failing_across_stores(const std::string& before, const std::string& many,
                                            const std::string& after) {
  std::string text = before;
  for (size_t i = 0; i < ScriptRunner::kModulesInStore + 1; ++i) text += many;
  const Script script = *parse_script(text + after);
  std::vector<uint32_t> lines;
  const ScriptReport report = ScriptRunner(kTiers[0].config()).run(script);
  for (const Failure& failure : report.failures) lines.push_back(failure.line);
  return lines;
}

TEST(script_runner, what_can_be_referred_to_lives_however_many_modules_follow) {
  const std::string f = R"((module (func (export "f") (result i32) (i32.const 1))))";
  const std::string call_f = R"((module (import "m" "f" (func $f (result i32)))
    (func (export "g") (result i32) (call $f)))
    (assert_return (invoke "g") (i32.const 1)))";
  EXPECT_THAT(failing_across_stores(f + R"((register "m"))", "(module)", call_f), IsEmpty());
  EXPECT_THAT(failing_across_stores(R"((module $m (func (export "f"))))", "(module)",
                                    R"((assert_return (invoke $m "f"))(register "m" $m)
    (module (import "m" "f" (func))))"),
              IsEmpty());
  EXPECT_THAT(failing_across_stores("(module definition $d)", "(module)", "(module instance $i $d)"), IsEmpty());
  // The current module stays current while other modules are asserted.
  EXPECT_THAT(failing_across_stores(f, R"((assert_trap (module (func $f unreachable) (start $f)) "unreachable"))",
                                    R"((assert_return (invoke "f") (i32.const 1)))"),
              IsEmpty());
}

TEST(script_runner, what_modules_leave_in_spectest_stays_however_many_follow) {
  const std::string memory_is_7 = R"((module (import "spectest" "memory" (memory 1))
    (func (export "f") (result i32) (i32.load8_u (i32.const 5))))(assert_return (invoke "f") (i32.const 7)))";
  const std::string writes = R"((import "spectest" "memory" (memory 1)) (data (i32.const 5) "\07"))";
  EXPECT_THAT(failing_across_stores("(module " + writes + ")", "(module)", memory_is_7), IsEmpty());
  EXPECT_THAT(
      failing_across_stores("(assert_trap (module " + writes + "(func $f unreachable) (start $f)) \"unreachable\")",
                            "(module)", memory_is_7),
      IsEmpty());
  EXPECT_THAT(failing_across_stores(R"((module (import "spectest" "table" (table 1 funcref)) (func $f (result i32)
    (i32.const 7)) (elem (i32.const 5) $f)))",
                                    "(module)", R"((module (import "spectest" "table" (table 1 funcref))
    (func (export "f") (result i32) (call_indirect (result i32) (i32.const 5))))
    (assert_return (invoke "f") (i32.const 7)))"),
              IsEmpty());
}

TEST(script_runner, modules_that_nothing_refers_to_take_no_room) {
  constexpr uint64_t kPage = 65536, kStores = 4;
  StoreLimits limits;
  limits.total_bytes = 2 * kPage * ScriptRunner::kModulesInStore;
  std::string text;
  for (size_t i = 0; i < kStores * ScriptRunner::kModulesInStore; ++i) text += "(module (memory 1))";
  EXPECT_EQ(ScriptRunner(kTiers[0].config(), limits).run(*parse_script(text)).passed,
            kStores * ScriptRunner::kModulesInStore);
}

}  // namespace
}  // namespace mini_wasm::spec
