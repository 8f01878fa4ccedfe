// The portable compiler alone, with the CPU of RecordingMasm, which only records the instructions.
#include "jit/compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mini_wasm/mini_wasm.h>

#include <algorithm>
#include <string>
#include <vector>

#include "jit/codeless_tier.h"
#include "jit/recording_masm.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::jit {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::wat;

using Lines = std::vector<std::string>;

Engine recording_engine() {
  return codeless_engine(Config(), RegisterLists<RecordingMasm>::kBudget, CodelessKind::automatic);
}

// The code of the first function without its beginning, which is the same for all functions.
Lines compile(const std::string& text, Lines* beginning = nullptr) {
  const Result<Module> module = Module::compile(recording_engine(), wat("(module " + text + ")"));
  if (!module) return {module.error().to_string()};
  const runtime::CompiledModule& compiled = *module->impl();
  RecordingMasm masm;
  Compiler<RecordingMasm> compiler(compiled, compiled.engine().bounds(), {}, masm);
  NativeCode code;
  code.index = FuncIdx{static_cast<uint32_t>(compiled.module().imported_funcs)};
  if (const Result<void> r = compiler.compile(code.index, code); !r) return {r.error().to_string()};
  compiler.finish(code);
  EXPECT_THAT(masm.violations, ElementsAre());
  const auto entry = std::find(masm.lines.begin(), masm.lines.end(), "register entry");
  if (beginning != nullptr) beginning->assign(masm.lines.begin(), entry);
  return {entry + 2, masm.lines.end()};  // behind "enter"
}

TEST(compiler, operands_are_no_code) {
  EXPECT_THAT(compile("(func (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))"),
              ElementsAre("x10 = x1", "x9 = x0", "x0 = i32.add x9 x10", "leave", "return"));
  EXPECT_THAT(
      compile("(func (param i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const 4)))"),
      ElementsAre("x9 = x0", "x0 = 3", "x1 = i32.mul x9 x0", "x1 = i32.add x1 4", "x0 = x1", "leave", "return"));
  EXPECT_THAT(compile("(memory 1) (func (param i32) (result i32) (i32.store offset=4 (local.get 0) (i32.const 6))"
                      "(i32.load (i32.const 16)))"),
              ElementsAre("x9 = x0", "x0 = 6", "[x9+4] = x0", "x0 = [16]", "leave", "return"));
}

TEST(compiler, what_is_in_memory_is_loaded_where_no_instruction_reads_it) {
  EXPECT_THAT(compile("(memory 1) (func (param i32 i32) (result i32)"
                      "(i32.add (local.get 0) (i32.load offset=4 (local.get 1))))"),
              ElementsAre("x10 = x1", "x9 = x0", "x0 = [x10+4]", "x1 = i32.add x9 x0", "x0 = x1", "leave", "return"));
  // Not as a left operand, and not if another instruction is between the two.
  EXPECT_THAT(compile("(memory 1) (func (param i32 i32) (result i32)"
                      "(i32.add (i32.load (local.get 1)) (local.get 0)))"),
              ElementsAre("x9 = x1", "x10 = x0", "x0 = [x9+0]", "x0 = i32.add x0 x10", "leave", "return"));
  EXPECT_THAT(compile("(memory 1) (func (param i32 i32) (result i32)"
                      "(i32.add (local.get 0) (i32.clz (i32.load (local.get 1)))))"),
              ElementsAre("x10 = x1", "x9 = x0", "x0 = [x10+0]", "x0 = i32.clz x0", "x1 = i32.add x9 x0", "x0 = x1",
                          "leave", "return"));
}

TEST(compiler, floating_point_constants_of_loops_have_registers) {
  EXPECT_THAT(
      compile("(func (param f64) (result f64)"
              "(loop (local.set 0 (f64.mul (f64.const 1.5) (f64.add (local.get 0) (f64.const 2.5))))"
              "(br_if 0 (f64.lt (local.get 0) (f64.const 1.5)))) (local.get 0))"),
      ElementsAre("v24 = v0", "v25 = 4609434218613702656", "v26 = 4612811918334230528", "L0:", "v0 = f64.add v24 v26",
                  "v24 = f64.mul v25 v0", "if (f64.lt v24 v25) jump L0", "v0 = v24", "leave", "return", "L1:", "enter",
                  "check stack 0", "v24 = s0", "v25 = 4609434218613702656", "v26 = 4612811918334230528", "jump L0"));
  // Without a loop, the constant is loaded where it is used.
  EXPECT_THAT(compile("(func (param f64) (result f64) (f64.mul (f64.const 1.5) (local.get 0)))"),
              ElementsAre("v24 = v0", "v0 = 4609434218613702656", "v0 = f64.mul v0 v24", "leave", "return"));
}

TEST(compiler, who_comes_from_elsewhere_has_arguments_in_slots) {
  Lines beginning;
  compile("(func (param i32 f64 i32))", &beginning);
  EXPECT_THAT(beginning, ElementsAre("x0 = s0", "v0 = s1", "x1 = s2"));
}

TEST(compiler, a_value_that_is_a_local_is_copied_before_that_changes) {
  EXPECT_THAT(compile("(func (param i32) (result i32) (i32.sub (local.get 0) (local.tee 0 (i32.const 7))))"),
              ElementsAre("x9 = x0", "x0 = x9", "x9 = 7", "x0 = i32.sub x0 7", "leave", "return"));
}

TEST(compiler, a_comparison_is_a_jump) {
  EXPECT_THAT(compile("(func (param i32 i32) (result i32) (if (result i32) (i32.eqz (local.get 0))"
                      "(then (i32.const 1)) (else (local.get 1))))"),
              ElementsAre("x10 = x1", "x9 = x0", "unless (i32.eq x9 0) jump L0", "x0 = 1", "jump L1", "L0:", "x0 = x10",
                          "L1:", "leave", "return"));
  EXPECT_THAT(compile("(func (param f64 f64) (block (br_if 0 (i32.eqz (f64.lt (local.get 0) (local.get 1))))"
                      "(unreachable)))"),
              ElementsAre("v25 = v1", "v24 = v0", "if (not f64.lt v24 v25) jump L0", "trap", "L0:", "leave", "return"));
  EXPECT_THAT(compile("(func (param i32) (result i32) (select (i32.const 5) (local.get 0)"
                      "(i32.lt_u (local.get 0) (i32.const 9))))"),
              ElementsAre("x9 = x0", "x0 = 5", "x0 = (i32.lt_u x9 9) ? x0 : x9", "leave", "return"));
}

TEST(compiler, results_go_to_the_local_that_they_are_for) {
  EXPECT_THAT(
      compile("(func (param i32) (result i32) (local i32)"
              "(loop (local.set 1 (i32.add (local.get 1) (local.get 0)))"
              "(br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1))"),
      ElementsAre("x10 = x0", "x9 = 0", "L0:", "x9 = i32.add x9 x10", "x10 = i32.sub x10 1", "if (x10) jump L0",
                  "x0 = x9", "leave", "return", "L1:", "enter", "check stack 0", "x9 = s1", "x10 = s0", "jump L0"));
}

TEST(compiler, registers_that_run_out_go_home_from_the_bottom) {
  std::string body;
  for (int i = 0; i < 14; ++i) body += "(i32.clz (local.get 0))";
  for (int i = 0; i < 13; ++i) body += "i32.add ";
  EXPECT_THAT(
      compile("(func (param i32) (result i32) " + body + ")"),
      ElementsAre("x9 = x0", "x0 = i32.clz x9", "x1 = i32.clz x9", "x2 = i32.clz x9", "x3 = i32.clz x9",
                  "x4 = i32.clz x9", "x5 = i32.clz x9", "x6 = i32.clz x9", "x7 = i32.clz x9", "x8 = i32.clz x9",
                  "x10 = i32.clz x9", "x11 = i32.clz x9", "x12 = i32.clz x9", "s13 = x0", "x0 = i32.clz x9", "s14 = x1",
                  "x1 = i32.clz x9", "x0 = i32.add x0 x1", "x12 = i32.add x12 x0", "x11 = i32.add x11 x12",
                  "x10 = i32.add x10 x11", "x8 = i32.add x8 x10", "x7 = i32.add x7 x8", "x6 = i32.add x6 x7",
                  "x5 = i32.add x5 x6", "x4 = i32.add x4 x5", "x3 = i32.add x3 x4", "x2 = i32.add x2 x3", "x0 = s14",
                  "x0 = i32.add x0 x2", "x1 = s13", "x1 = i32.add x1 x0", "x0 = x1", "leave", "return"));
}

TEST(compiler, a_call_passes_registers_and_finds_the_rest_at_home) {
  EXPECT_THAT(compile("(func (param i32) (result i32)"
                      "(i32.add (i32.mul (local.get 0) (local.get 0)) (call 0 (i32.const 2))))"),
              ElementsAre("check stack 0", "s0 = x0", "x1 = x0", "x0 = i32.mul x0 x1", "s13 = x0", "x0 = 2",
                          "call function 0 at s14", "x1 = s13", "x1 = i32.add x1 x0", "x0 = x1", "leave", "return"));
  // The ninth integer argument has no register; it is stored in its slot of the callee's frame.
  EXPECT_THAT(compile("(func (param i32 f64 i32 i32 i32 i32 i32 i32 i32 i32) (result f64) (call 0 (local.get 2)"
                      "(local.get 1) (local.get 0) (local.get 3) (local.get 4) (local.get 5) (local.get 6)"
                      "(local.get 7) (local.get 8) (local.get 9)))"),
              ElementsAre("check stack 0", "s0 = x0", "s1 = v0", "s2 = x1", "s3 = x2", "s4 = x3", "s5 = x4", "s6 = x5",
                          "s7 = x6", "s8 = x7", "x16 = s9", "s31 = x16", "x16 = x1", "x1 = x0", "x0 = x16",
                          "call function 0 at s22", "leave", "return"));
}

// A register that was stored to the slot of a local, or loaded from it, is used instead of the slot until it gets
// another value.
TEST(compiler, registers_are_remembered_for_locals_in_slots) {
  // A function with exception handlers keeps all locals in slots.
  const auto body = [](const std::string& text) {
    const Lines lines = compile("(memory 1) (func (param i32 i32) " + text + "(block (try_table (catch_all 0))))");
    const auto begin = std::find(lines.begin(), lines.end(), "s1 = x1");
    const auto end = std::find(lines.begin(), lines.end(), "x19 = s2");  // the saved registers
    return Lines(begin, end - 1);                                        // without the label of the try_table
  };
  EXPECT_THAT(body("(i32.store (local.get 0) (local.get 1)) (i32.store offset=4 (local.get 0) (local.get 1))"),
              ElementsAre("s1 = x1", "[x0+0] = x1", "[x0+4] = x1"));
  EXPECT_THAT(body("(local.set 0 (i32.xor (local.get 1) (i32.const 5))) (i32.store (local.get 0) (local.get 1))"),
              ElementsAre("s1 = x1", "x1 = i32.xor x1 5", "s0 = x1", "x0 = s1", "[x1+0] = x0"));
  // Not behind a label, and not when the local has changed.
  EXPECT_THAT(body("(block (br_if 0 (local.get 1))) (i32.store (local.get 1) (i32.const 1)) (local.set 1 (i32.const 2))"
                   "(i32.store (local.get 1) (i32.const 3))"),
              ElementsAre("s1 = x1", "if (x1) jump L0", "L0:", "x0 = 1", "x1 = s1", "[x1+0] = x0", "x0 = 2", "s1 = x0",
                          "x0 = 3", "x1 = s1", "[x1+0] = x0"));
}

// The outer loop has a call, so its counter is in a register that calls keep. The inner loop uses other registers.
TEST(compiler, each_loop_has_its_locals_in_registers) {
  const Lines lines = compile(
      "(func $f (param i32 i32) (local i32)"
      "(loop $outer (call $f (i32.const 0) (i32.const 0)) (local.set 2 (local.get 0))"
      "(loop $inner (local.set 1 (i32.add (local.get 1) (local.get 2)))"
      "(br_if $inner (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))"
      "(br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))");
  const auto inner = std::find(lines.begin(), lines.end(), "L2:");
  ASSERT_NE(inner, lines.end());
  EXPECT_THAT(Lines(inner, inner + 4),
              ElementsAre("L2:", "x21 = i32.add x21 x20", "x20 = i32.sub x20 1", "if (x20) jump L2"));
  EXPECT_NE(std::find(lines.begin(), lines.end(), "x19 = i32.sub x19 1"), lines.end());
}

TEST(compiler, branches_carry_one_result_in_a_register_and_more_in_slots) {
  EXPECT_THAT(compile("(func (param i32) (result i32) (block (result i32) (br_table 0 0 (i32.const 9)"
                      "(local.get 0))))"),
              ElementsAre("x9 = x0", "x16 = 9", "s13 = x16", "jump x9 of L1 L1", "L1:", "x0 = s13", "jump L0",
                          "L0:", "leave", "return"));
  EXPECT_THAT(compile("(func (param i32) (result i32 i32) (local.get 0) (i32.const 8))"),
              ElementsAre("x9 = x0", "s14 = x9", "x16 = 8", "s15 = x16", "copy 2 from s14 to s0", "leave", "return"));
  EXPECT_THAT(
      compile("(func (param i32) (block (block (block (br_table 0 1 2 (local.get 0))) (return))"
              "(unreachable)))"),
      ElementsAre("x9 = x0", "jump x9 of L0 L1 L2", "L0:", "leave", "return", "L1:", "trap", "L2:", "leave", "return"));
}

// A copy of many slots may destroy temporaries, and code goes on behind it at the end of a try without branches. The
// compiler must not rely on copies of locals there; RecordingMasm notices when it reads what has been destroyed.
TEST(compiler, registers_are_not_remembered_past_a_copy_of_slots) {
  const Lines lines = compile(
      "(memory 1) (tag $t) (func (param i64 i64) (result i64)"
      "  try (result i64 i64) throw $t catch_all (i64.store (i32.const 0) (local.get 1)) i64.const 4 i64.const 5 end"
      "  drop drop local.get 1 i64.const 1 i64.add)");
  const auto copy = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("copy"); });
  ASSERT_NE(copy, lines.end());
  EXPECT_EQ(copy[1], "x0 = s1");
}

// A small frame may end beyond the limit, so only its beginning is compared; without calls nothing is.
TEST(compiler, the_stack_is_checked_as_far_as_necessary) {
  std::string large = "(local";
  for (int i = 0; i < 70; ++i) large += " i64";
  EXPECT_THAT(compile("(func (call 0))"), Contains("check stack 0"));
  EXPECT_THAT(compile("(func)"), Not(Contains(HasSubstr("check stack"))));
  EXPECT_THAT(compile("(func " + large + "))"), Contains("check stack 82"));
  EXPECT_THAT(compile("(func " + large + ") (call 0))"), Contains("check stack 82"));
}

// Registers that survive calls keep 8 bytes, so a vector is stored before a call and loaded behind it.
TEST(compiler, a_vector_does_not_survive_calls_in_a_register) {
  const std::string uses = "(local.set 0 (i32x4.add (local.get 0) (local.get 0)))";
  const Lines lines =
      compile("(func (param v128) (result v128)" + uses + uses + "(call 1)" + uses + uses + "(local.get 0)) (func)");
  const auto call = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("call"); });
  ASSERT_NE(call, lines.end());
  EXPECT_EQ(call[-1], "s0 = v24");
  EXPECT_EQ(call[1], "v24 = s0");
}

// The same in a register that keeps 8 bytes, which a vector gets where all others are taken.
TEST(compiler, half_a_vector_is_not_enough) {
  std::string params, uses;
  for (int i = 0; i < 7; ++i) {
    const std::string local = std::to_string(i);
    params += " v128";
    for (int n = 0; n < 4; ++n) uses += "(local.set " + local + " (i32x4.neg (local.get " + local + ")))";
  }
  const Lines lines = compile("(func (param" + params + ")" + uses + "(call 1)" + uses + ") (func)");
  const auto call = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("call"); });
  ASSERT_NE(call, lines.end());
  const auto has = [](auto begin, auto end, const char* line) { return std::find(begin, end, line) != end; };
  EXPECT_TRUE(has(call - 7, call, "s12 = v8"));
  EXPECT_TRUE(has(call + 1, call + 8, "v8 = s12"));
}

}  // namespace
}  // namespace mini_wasm::jit
