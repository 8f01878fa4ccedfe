// The portable compiler alone, on a CPU that only writes down what it is asked for.
#include "jit/compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mini_wasm/mini_wasm.h>

#include <algorithm>
#include <string>
#include <vector>

#include "jit/recording_masm.h"
#include "runtime/compiled_module.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::jit {
namespace {

using ::testing::ElementsAre;
using testing::wat;

using Lines = std::vector<std::string>;

// The first function's body: what comes behind its beginning, which is the same for all.
Lines compile(const std::string& text, Lines* beginning = nullptr) {
  Config config;
  config.tier = Tier::jit;
  const Result<Module> module = Module::compile(Engine(config), wat("(module " + text + ")"));
  if (!module) return {module.error().to_string()};
  const runtime::CompiledModule& compiled = *module->impl();
  RecordingMasm masm;
  Compiler<RecordingMasm> compiler(compiled, compiled.engine().bounds(), masm);
  NativeCode code;
  code.index = FuncIdx{static_cast<uint32_t>(compiled.module().imported_funcs)};
  if (const Result<void> r = compiler.compile(code.index, code); !r) return {r.error().to_string()};
  compiler.finish(code);
  const auto entry = std::find(masm.lines.begin(), masm.lines.end(), "register entry");
  if (beginning != nullptr) beginning->assign(masm.lines.begin(), entry);
  return {entry + 1, masm.lines.end()};
}

TEST(compiler, operands_are_no_code) {
  EXPECT_THAT(compile("(func (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))"),
              ElementsAre("p4 = a1", "p3 = a0", "a0 = i32.add p3 p4", "return"));
  EXPECT_THAT(compile("(func (param i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const 4)))"),
              ElementsAre("p3 = a0", "a0 = i32.mul p3 3", "a0 = i32.add a0 4", "return"));
  EXPECT_THAT(compile("(memory 1) (func (param i32) (result i32) (i32.store offset=4 (local.get 0) (i32.const 6))"
                      "(i32.load (i32.const 16)))"),
              ElementsAre("p3 = a0", "[p3+4] = 6", "a0 = [16]", "return"));
}

TEST(compiler, an_instruction_reads_memory_itself) {
  EXPECT_THAT(compile("(memory 1) (func (param i32 i32) (result i32)"
                      "(i32.add (local.get 0) (i32.load offset=4 (local.get 1))))"),
              ElementsAre("p4 = a1", "p3 = a0", "a0 = i32.add p3 [p4+4]", "return"));
  // Not as a left operand, nor where another instruction comes first.
  EXPECT_THAT(compile("(memory 1) (func (param i32 i32) (result i32)"
                      "(i32.add (i32.load (local.get 1)) (local.get 0)))"),
              ElementsAre("p3 = a1", "p4 = a0", "a0 = [p3+0]", "a0 = i32.add a0 p4", "return"));
  EXPECT_THAT(
      compile("(memory 1) (func (param i32 i32) (result i32)"
              "(i32.add (local.get 0) (i32.clz (i32.load (local.get 1)))))"),
      ElementsAre("p4 = a1", "p3 = a0", "a0 = [p4+0]", "a0 = i32.clz a0", "a1 = i32.add p3 a0", "a0 = a1", "return"));
}

TEST(compiler, floating_point_constants_of_loops_have_registers) {
  EXPECT_THAT(
      compile("(func (param f64) (result f64)"
              "(loop (local.set 0 (f64.mul (f64.const 1.5) (f64.add (local.get 0) (f64.const 2.5))))"
              "(br_if 0 (f64.lt (local.get 0) (f64.const 1.5)))) (local.get 0))"),
      ElementsAre("f6 = f0", "f7 = 4609434218613702656", "f8 = 4612811918334230528", "L0:", "f0 = f64.add f6 f8",
                  "f6 = f64.mul f7 f0", "if (f64.lt f6 f7) jump L0", "f0 = f6", "return"));
  // Where it is used once it is loaded once.
  EXPECT_THAT(compile("(func (param f64) (result f64) (f64.mul (f64.const 1.5) (local.get 0)))"),
              ElementsAre("f6 = f0", "f0 = 4609434218613702656", "f0 = f64.mul f0 f6", "return"));
}

TEST(compiler, who_comes_from_elsewhere_has_arguments_in_slots) {
  Lines beginning;
  compile("(func (param i32 f64 i32))", &beginning);
  EXPECT_THAT(beginning, ElementsAre("a0 = s0", "f0 = s1", "a1 = s2"));
}

TEST(compiler, a_value_that_is_a_local_is_copied_before_that_changes) {
  EXPECT_THAT(compile("(func (param i32) (result i32) (i32.sub (local.get 0) (local.tee 0 (i32.const 7))))"),
              ElementsAre("p3 = a0", "a0 = p3", "p3 = 7", "a0 = i32.sub a0 7", "return"));
}

TEST(compiler, a_comparison_is_a_jump) {
  EXPECT_THAT(compile("(func (param i32 i32) (result i32) (if (result i32) (i32.eqz (local.get 0))"
                      "(then (i32.const 1)) (else (local.get 1))))"),
              ElementsAre("p4 = a1", "p3 = a0", "unless (i32.eq p3 0) jump L0", "a0 = 1", "jump L1", "L0:", "a0 = p4",
                          "L1:", "return"));
  EXPECT_THAT(compile("(func (param f64 f64) (block (br_if 0 (i32.eqz (f64.lt (local.get 0) (local.get 1))))"
                      "(unreachable)))"),
              ElementsAre("f7 = f1", "f6 = f0", "if (not f64.lt f6 f7) jump L0", "trap", "L0:", "return"));
  EXPECT_THAT(compile("(func (param i32) (result i32) (select (i32.const 5) (local.get 0)"
                      "(i32.lt_u (local.get 0) (i32.const 9))))"),
              ElementsAre("p3 = a0", "a0 = 5", "unless (i32.lt_u p3 9) a0 = p3", "return"));
}

TEST(compiler, results_go_to_the_local_that_they_are_for) {
  EXPECT_THAT(compile("(func (param i32) (result i32) (local i32)"
                      "(loop (local.set 1 (i32.add (local.get 1) (local.get 0)))"
                      "(br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1))"),
              ElementsAre("p4 = a0", "p3 = 0", "L0:", "p3 = i32.add p3 p4", "p4 = i32.sub p4 1", "if (p4) jump L0",
                          "a0 = p3", "return"));
}

TEST(compiler, registers_that_run_out_go_home_from_the_bottom) {
  std::string body;
  for (int i = 0; i < 10; ++i) body += "(i32.clz (local.get 0))";
  for (int i = 0; i < 9; ++i) body += "i32.add ";
  EXPECT_THAT(compile("(func (param i32) (result i32) " + body + ")"),
              ElementsAre("p3 = a0", "a0 = i32.clz p3", "a1 = i32.clz p3", "a2 = i32.clz p3", "a3 = i32.clz p3",
                          "a4 = i32.clz p3", "a5 = i32.clz p3", "a6 = i32.clz p3", "a7 = i32.clz p3", "s4 = a0",
                          "a0 = i32.clz p3", "s5 = a1", "a1 = i32.clz p3", "a0 = i32.add a0 a1", "a7 = i32.add a7 a0",
                          "a6 = i32.add a6 a7", "a5 = i32.add a5 a6", "a4 = i32.add a4 a5", "a3 = i32.add a3 a4",
                          "a2 = i32.add a2 a3", "a0 = s5", "a0 = i32.add a0 a2", "a1 = s4", "a1 = i32.add a1 a0",
                          "a0 = a1", "return"));
}

TEST(compiler, a_call_passes_registers_and_finds_the_rest_at_home) {
  EXPECT_THAT(compile("(func (param i32) (result i32)"
                      "(i32.add (i32.mul (local.get 0) (local.get 0)) (call 0 (i32.const 2))))"),
              ElementsAre("check stack 6", "s0 = a0", "a0 = i32.mul a0 s0", "s4 = a0", "a0 = 2",
                          "call function 0 at s5", "a1 = s4", "a1 = i32.add a1 a0", "a0 = a1", "return"));
  // The fifth integer has no register: it goes to its slot of the callee's frame.
  EXPECT_THAT(compile("(func (param i32 f64 i32 i32 i32 i32) (result f64) (call 0 (local.get 5) (local.get 1)"
                      "(local.get 4) (local.get 3) (local.get 2) (local.get 0)))"),
              ElementsAre("check stack 15", "s0 = a0", "s1 = f0", "s2 = a1", "s3 = a2", "s4 = a3", "s14 = a0",
                          "p7 = a3", "a3 = a1", "a1 = p7", "a0 = s5", "call function 0 at s9", "return"));
}

// A register that was stored to a local's slot, or loaded from there, is as good as the local until it is needed.
TEST(compiler, registers_are_remembered_for_locals_in_slots) {
  // What can catch exceptions keeps all locals in slots.
  const auto body = [](const std::string& text) {
    const Lines lines = compile("(memory 1) (func (param i32 i32) " + text + "(block (try_table (catch_all 0))))");
    const auto begin = std::find(lines.begin(), lines.end(), "s1 = a1");
    const auto end = std::find(lines.begin(), lines.end(), "p0 = s2");  // the saved registers
    return Lines(begin, end - 1);                                       // without the label of the try_table
  };
  EXPECT_THAT(body("(i32.store (local.get 0) (local.get 1)) (i32.store offset=4 (local.get 0) (local.get 1))"),
              ElementsAre("s1 = a1", "[a0+0] = a1", "[a0+4] = a1"));
  EXPECT_THAT(body("(local.set 0 (i32.xor (local.get 1) (i32.const 5))) (i32.store (local.get 0) (local.get 1))"),
              ElementsAre("s1 = a1", "a1 = i32.xor a1 5", "s0 = a1", "a0 = s1", "[a1+0] = a0"));
  // Not past a label, and not when the local has changed.
  EXPECT_THAT(
      body("(block (br_if 0 (local.get 1))) (i32.store (local.get 1) (i32.const 1)) (local.set 1 (i32.const 2))"
           "(i32.store (local.get 1) (i32.const 3))"),
      ElementsAre("s1 = a1", "if (a1) jump L0", "L0:", "a0 = s1", "[a0+0] = 1", "s1 = 2", "a0 = s1", "[a0+0] = 3"));
}

// The outer loop calls and keeps its counter where calls leave it; the inner one has registers of its own.
TEST(compiler, each_loop_has_its_locals_in_registers) {
  const Lines lines = compile(
      "(func $f (param i32 i32) (local i32)"
      "(loop $outer (call $f (i32.const 0) (i32.const 0)) (local.set 2 (local.get 0))"
      "(loop $inner (local.set 1 (i32.add (local.get 1) (local.get 2)))"
      "(br_if $inner (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))"
      "(br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))");
  const auto inner = std::find(lines.begin(), lines.end(), "L1:");
  ASSERT_NE(inner, lines.end());
  EXPECT_THAT(Lines(inner, inner + 4),
              ElementsAre("L1:", "p2 = i32.add p2 p1", "p1 = i32.sub p1 1", "if (p1) jump L1"));
  EXPECT_NE(std::find(lines.begin(), lines.end(), "p0 = i32.sub p0 1"), lines.end());
}

TEST(compiler, branches_carry_one_result_in_a_register_and_more_in_slots) {
  EXPECT_THAT(compile("(func (param i32) (result i32) (block (result i32) (br_table 0 0 (i32.const 9)"
                      "(local.get 0))))"),
              ElementsAre("p3 = a0", "s4 = 9", "jump p3 of L1 L1", "L1:", "a0 = s4", "jump L0", "L0:", "return"));
  EXPECT_THAT(compile("(func (param i32) (result i32 i32) (local.get 0) (i32.const 8))"),
              ElementsAre("p3 = a0", "s5 = p3", "s6 = 8", "copy 2 from s5 to s0", "return"));
  EXPECT_THAT(compile("(func (param i32) (block (block (block (br_table 0 1 2 (local.get 0))) (return))"
                      "(unreachable)))"),
              ElementsAre("p3 = a0", "jump p3 of L0 L1 L2", "L0:", "return", "L1:", "trap", "L2:", "return"));
}

}  // namespace
}  // namespace mini_wasm::jit
