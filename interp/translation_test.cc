// The code that the translator makes of typical functions, instruction by instruction: one test for each technique in
// translator.h.
#include <chrono>

#include "interp/interp_test.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using namespace mini_wasm::interp;

using Code = std::vector<Word>;

Word numeric(Op op, Place a, Place b, Place d) { return to_word((*numeric_handlers(op, a, b))[index_of(d)]); }
Word copy(Scalar type, Place a, Place d) { return to_word(copy_handler(type, a, d)); }
Word return_value(Scalar type, Place a) { return to_word(return_value_handler(type, a)); }
Word branch_compare(Op op, Place a, Place b, bool backward = false) {
  return to_word(branch_compare_handler(op, a, b, true, backward));
}
Word special(Special s) { return to_word(special_handler(s)); }

// The code of function 0 of a module that also has a memory, two globals and helper functions.
Code translated(const std::string& type_and_body) {
  return translate("(module (memory 1) (global $g (mut i32) (i32.const 0)) (func " + type_and_body +
                       ") (func $helper (param i32) (result i32) (local.get 0)))",
                   0);
}

TEST(translation, getting_locals_and_constants_costs_nothing) {
  EXPECT_EQ(translated("(param f32 f32) (result f32) local.get 1  f32.const 3  drop  local.get 0  drop"),
            Code({return_value(Scalar::f32, Place::slot)}));
  EXPECT_EQ(translated("(result i64) i64.const 0x123456789"), Code({return_value(Scalar::i64, Place::wide)}));
}

TEST(translation, a_result_goes_from_its_instruction_through_the_accumulator_to_the_next) {
  EXPECT_EQ(translated("(param i32 i32) (result i32) (i32.mul (i32.add (local.get 0) (local.get 1)) (i32.const 5))"),
            Code({numeric(Op::i32_add, Place::slot, Place::slot, Place::acc),
                  numeric(Op::i32_mul, Place::acc, Place::imm, Place::acc), return_value(Scalar::i32, Place::acc)}));
}

TEST(translation, a_constant_on_the_left_changes_sides_where_that_is_right) {
  EXPECT_EQ(translated("(param i32) (result i32) (i32.lt_s (i32.const 5) (local.get 0))"),
            Code({numeric(Op::i32_gt_s, Place::slot, Place::imm, Place::acc), return_value(Scalar::i32, Place::acc)}));
  EXPECT_EQ(translated("(param i32) (result i32) (i32.sub (i32.const 5) (local.get 0))"),
            Code({numeric(Op::i32_sub, Place::imm, Place::slot, Place::acc), return_value(Scalar::i32, Place::acc)}));
}

TEST(translation, two_numeric_instructions_are_one) {
  const auto fused = [](const FusedHandlers* pair, Place b, Place c, Place d) {
    return to_word((*pair)[index_of(Place::slot)][fused_places(b, c)][index_of(d)]);
  };
  EXPECT_EQ(
      translated("(param f64 f64 f64) (local.set 2 (f64.add (local.get 2) (f64.mul (local.get 0) (local.get 1))))"),
      Code({fused(fused_handlers(Op::f64_mul, Op::f64_add, false), Place::slot, Place::slot, Place::slot),
            special(Special::return_)}));
  EXPECT_EQ(translated("(param i32) (result i32) (i32.add (i32.shl (local.get 0) (i32.const 2)) (i32.const 8))"),
            Code({fused(fused_handlers(Op::i32_shl, Op::i32_add, false), Place::imm, Place::imm, Place::acc),
                  return_value(Scalar::i32, Place::acc)}));
  EXPECT_EQ(
      translated("(param f64 f64 f64) (result f64) (f64.sub (local.get 2) (f64.mul (local.get 0) (local.get 1)))"),
      Code({fused(fused_handlers(Op::f64_mul, Op::f64_sub, true), Place::slot, Place::slot, Place::acc),
            return_value(Scalar::f64, Place::acc)}));
  // Constants are added at translation time instead.
  EXPECT_EQ(translated("(param i32) (result i32) (i32.add (i32.add (local.get 0) (i32.const 5)) (i32.const -7))"),
            Code({numeric(Op::i32_add, Place::slot, Place::imm, Place::acc), return_value(Scalar::i32, Place::acc)}));
}

TEST(translation, arguments_of_a_call_are_copied_two_at_a_time) {
  const std::string helper = "(func $three (param i32 i64 i32)) (func $one (param f32)) ";
  const std::string calls =
      "(module " + helper +
      "(func (param i32 i64) (call $three (local.get 0) (local.get 1) (i32.const -1)) (call $one (f32.const 1))))";
  EXPECT_EQ(translate(calls, 2),
            Code({to_word(copy_pair_handler(Copied::slot_32, Copied::slot_64)),
                  copy(Scalar::i32, Place::imm, Place::slot), special(Special::call),
                  copy(Scalar::f32, Place::imm, Place::slot), special(Special::call), special(Special::return_)}));
}

TEST(translation, counters_and_pointers_of_a_loop_step_together) {
  const Word steps = to_word(two_steps_handler(Place::slot, Place::slot));
  const std::string two_steps =
      "(local.set 0 (i32.add (local.get 0) (i32.const 4))) (local.set 1 (i32.add (local.get 1) (i32.const -8)))";
  // The third local is pinned.
  const std::string pinned =
      "(param i32 i32 i32) (local.set 2 (i32.const 1)) (local.set 2 (i32.const 2)) "
      "(local.set 2 (i32.const 3))";
  const Code prologue(3, copy(Scalar::i32, Place::imm, Place::pinned));
  const auto with_prologue = [&](Code code) {
    code.insert(code.begin(), prologue.begin(), prologue.end());
    return code;
  };
  EXPECT_EQ(translated(pinned + two_steps), with_prologue({steps, special(Special::return_)}));
  // A branch to the position between them keeps them separate.
  EXPECT_EQ(translated(pinned + "(block (br_if 0 (local.get 1)) (local.set 0 (i32.add (local.get 0) (i32.const 4)))) "
                                "(local.set 1 (i32.add (local.get 1) (i32.const -8)))"),
            with_prologue({to_word(branch_if_handler(Place::slot, true, false)),
                           numeric(Op::i32_add, Place::slot, Place::imm, Place::slot),
                           numeric(Op::i32_add, Place::slot, Place::imm, Place::slot), special(Special::return_)}));
  const auto branch = [](Op op, Place local) {
    return to_word(step_and_branch_handler(op, local, Place::imm, Place::imm));
  };
  EXPECT_EQ(translated("(param i32) (loop (br_if 0 (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 1))) "
                       "(i32.const 9))))"),
            Code({branch(Op::i32_ne, Place::pinned), special(Special::return_)}));
  EXPECT_EQ(translated(pinned + "(loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) "
                                "(br_if 0 (i32.eqz (i32.gt_u (local.get 0) (i32.const 9)))))"),
            with_prologue({branch(Op::i32_le_u, Place::slot), special(Special::return_)}));
}

TEST(translation, the_last_copy_of_a_round_and_the_branch_back_are_one_instruction) {
  const std::string three = "(param i32 i32 i32 f64)";
  EXPECT_EQ(translated(three + "(loop (local.set 0 (local.get 1)) (br_if 0 (local.get 2)))"),
            Code({copy(Scalar::i32, Place::slot, Place::pinned), to_word(branch_if_handler(Place::slot, true, true)),
                  special(Special::return_)}));
  EXPECT_EQ(
      translated(three + "(loop (local.set 0 (i32.const 1)) (local.set 1 (local.get 0)) (local.set 0 (i32.const 2)) "
                         "(local.set 1 (local.get 0)) (br_if 0 (local.get 0)))"),
      Code({copy(Scalar::i32, Place::imm, Place::pinned), copy(Scalar::i32, Place::pinned, Place::slot),
            copy(Scalar::i32, Place::imm, Place::pinned),
            to_word(copy_and_branch_handler(Copied::slot_32, Place::pinned, true)), special(Special::return_)}));
  EXPECT_EQ(translated(three + "(loop (local.set 3 (f64.const 0)) (br_if 0 (local.get 2)))"),
            Code({to_word(copy_and_branch_handler(Copied::small, Place::slot, true)), special(Special::return_)}));
}

TEST(translation, a_load_and_the_branch_that_it_decides_on_are_one_instruction) {
  const auto load_branch = [](Op op, Place a, Place d, bool sense, bool backward) {
    return to_word(load_branch_handler(op, a, d, sense, backward));
  };
  // A walk to the end of a list; the local is pinned. What is in a slot is also in the accumulator.
  EXPECT_EQ(translated("(param i32) (loop (br_if 0 (local.tee 0 (i32.load offset=4 (local.get 0)))))"),
            Code({load_branch(Op::i32_load, Place::pinned, Place::pinned, true, true), special(Special::return_)}));
  EXPECT_EQ(translated("(param i64 i32 i32) (local.set 0 (i64.const 1)) (local.set 0 (i64.const 1)) "
                       "(local.set 0 (i64.const 1)) (loop (br_if 0 (local.tee 1 (i32.load (local.get 2)))))"),
            Code({copy(Scalar::i64, Place::imm, Place::pinned), copy(Scalar::i64, Place::imm, Place::pinned),
                  copy(Scalar::i64, Place::imm, Place::pinned),
                  load_branch(Op::i32_load, Place::slot, Place::slot, true, true), special(Special::return_)}));
  // The value itself is not used; eqz inverts the branch.
  EXPECT_EQ(translated("(param i32) (block (br_if 0 (i32.eqz (i32.load8_u (local.get 0)))))"),
            Code({load_branch(Op::i32_load8_u, Place::slot, Place::acc, false, false), special(Special::return_)}));
  EXPECT_EQ(translated("(param i32) (if (i32.load16_s (local.get 0)) (then))"),
            Code({load_branch(Op::i32_load16_s, Place::slot, Place::acc, false, false), special(Special::return_)}));
  // Not when a branch goes to the position between them.
  EXPECT_EQ(translated("(param i32) (block (br_if 0 (local.get 0)) (local.set 0 (i32.load (local.get 0)))) "
                       "(block (br_if 0 (local.get 0)))")
                .size(),
            4u);
}

TEST(translation, the_low_half_of_an_integer_needs_no_instruction) {
  EXPECT_EQ(translated("(param i64) (result i32) (i32.wrap_i64 (local.get 0))"),
            Code({return_value(Scalar::i32, Place::slot)}));
  EXPECT_EQ(translated("(param i64) (result i32) (i32.add (i32.wrap_i64 (i64.mul (local.get 0) (local.get 0))) "
                       "(i32.wrap_i64 (i64.const 0x500000007)))"),
            Code({numeric(Op::i64_mul, Place::slot, Place::slot, Place::acc),
                  numeric(Op::i32_add, Place::acc, Place::imm, Place::acc), return_value(Scalar::i32, Place::acc)}));
}

TEST(translation, setting_a_local_redirects_the_instruction_before) {
  EXPECT_EQ(translated("(param f64 f64) (local.set 0 (f64.add (local.get 0) (local.get 1)))"),
            Code({numeric(Op::f64_add, Place::slot, Place::slot, Place::slot), special(Special::return_)}));
  // The integer local that is written most often is pinned.
  EXPECT_EQ(translated("(param i32) (local.set 0 (i32.add (local.get 0) (i32.const 1)))"),
            Code({numeric(Op::i32_add, Place::pinned, Place::imm, Place::pinned), special(Special::return_)}));
}

TEST(translation, an_operand_that_makes_room_in_the_accumulator_is_redirected_without_a_move) {
  EXPECT_EQ(translated("(param f32) (result f32) (f32.sub (f32.abs (local.get 0)) (f32.neg (local.get 0)))"),
            Code({numeric(Op::f32_abs, Place::slot, Place::slot, Place::slot),
                  numeric(Op::f32_neg, Place::slot, Place::slot, Place::acc),
                  numeric(Op::f32_sub, Place::slot, Place::acc, Place::acc), return_value(Scalar::f32, Place::acc)}));
}

TEST(translation, a_pending_local_is_copied_only_when_the_local_is_written) {
  EXPECT_EQ(translated("(param f32 f32) (result f32) local.get 0  (local.set 1 (f32.const 1))  local.get 1  f32.add"),
            Code({copy(Scalar::f32, Place::imm, Place::slot),
                  numeric(Op::f32_add, Place::slot, Place::slot, Place::acc), return_value(Scalar::f32, Place::acc)}));
  EXPECT_EQ(translated("(param f32 f32) (result f32) local.get 0  (local.set 0 (f32.const 1))  local.get 0  f32.add"),
            Code({copy(Scalar::f32, Place::slot, Place::slot), copy(Scalar::f32, Place::imm, Place::slot),
                  numeric(Op::f32_add, Place::slot, Place::slot, Place::acc), return_value(Scalar::f32, Place::acc)}));
}

TEST(translation, a_comparison_and_its_branch_are_one_instruction) {
  EXPECT_EQ(
      translated("(param i32) (loop (br_if 0 (i32.lt_u (local.get 0) (i32.const 9))))"),
      Code({branch_compare(Op::i32_lt_u, Place::slot, Place::imm, /*backward=*/true), special(Special::return_)}));
  // `if` branches when its condition is false; eqz inverts that again.
  EXPECT_EQ(translated("(param i64 i64) (if (i64.lt_s (local.get 0) (local.get 1)) (then))"),
            Code({branch_compare(Op::i64_ge_s, Place::slot, Place::slot), special(Special::return_)}));
  EXPECT_EQ(translated("(param i64 i64) (if (i32.eqz (i64.lt_s (local.get 0) (local.get 1))) (then))"),
            Code({branch_compare(Op::i64_lt_s, Place::slot, Place::slot), special(Special::return_)}));
  EXPECT_EQ(translated("(param i32) (block (br_if 0 (i32.eqz (local.get 0))))"),
            Code({to_word(branch_if_handler(Place::slot, false, false)), special(Special::return_)}));
  EXPECT_EQ(translated("(param i64) (block (br_if 0 (i64.eqz (local.get 0))))"),
            Code({branch_compare(Op::i64_eq, Place::slot, Place::imm), special(Special::return_)}));
  // A constant that does not fit into the immediate stays in the comparison.
  EXPECT_EQ(translated("(param i32) (block (br_if 0 (i32.lt_u (local.get 0) (i32.const 0x8000))))"),
            Code({numeric(Op::i32_lt_u, Place::slot, Place::imm, Place::acc),
                  to_word(branch_if_handler(Place::acc, true, false)), special(Special::return_)}));
}

TEST(translation, floats_have_no_opposite_comparison) {
  const Word unless = to_word(branch_compare_handler(Op::f64_lt, Place::slot, Place::slot, false, false));
  EXPECT_EQ(translated("(param f64 f64) (if (f64.lt (local.get 0) (local.get 1)) (then))"),
            Code({unless, special(Special::return_)}));
}

TEST(translation, loads_and_stores_take_over_the_addition_of_their_address) {
  const auto load = [](Place a, Place d) { return to_word((*load_handlers(Op::i32_load, a))[index_of(d)]); };
  EXPECT_EQ(translated("(param i32 i32) (result i32) (i32.load offset=8 (i32.add (local.get 0) (local.get 1)))"),
            Code({to_word((*load_sum_handlers(Op::i32_load, Place::slot, Place::slot))[index_of(Place::acc)]),
                  return_value(Scalar::i32, Place::acc)}));
  EXPECT_EQ(translated("(param i32 i32) (result i32) (i32.load offset=0x10000 (i32.add (local.get 0) (local.get 1)))"),
            Code({numeric(Op::i32_add, Place::slot, Place::slot, Place::acc), load(Place::acc, Place::acc),
                  return_value(Scalar::i32, Place::acc)}));
  EXPECT_EQ(translated("(result i32) (i32.load offset=8 (i32.const 8))"),
            Code({load(Place::imm, Place::acc), return_value(Scalar::i32, Place::acc)}));
  EXPECT_EQ(translated("(param i32) (i32.store (local.get 0) (i32.const -1))"),
            Code({to_word(store_handler(Op::i32_store, Place::slot, Place::imm)), special(Special::return_)}));
}

TEST(translation, arguments_are_made_where_the_callee_finds_them) {
  EXPECT_EQ(translated("(param i32) (result i32) (call $helper (i32.mul (local.get 0) (local.get 0)))"),
            Code({numeric(Op::i32_mul, Place::slot, Place::slot, Place::slot), special(Special::call),
                  return_value(Scalar::i32, Place::acc)}));
}

TEST(translation, what_was_computed_into_a_slot_is_still_in_the_accumulator) {
  EXPECT_EQ(translated("(param f64 f64) (local.set 1 (f64.neg (local.get 0))) (local.set 0 (f64.abs (local.get 1)))"),
            Code({numeric(Op::f64_neg, Place::slot, Place::slot, Place::slot),
                  numeric(Op::f64_abs, Place::acc, Place::slot, Place::slot), special(Special::return_)}));
  EXPECT_EQ(translated("(param f64 f64) (result f64) (local.tee 1 (f64.neg (local.get 0))) (local.tee 1) "
                       "(f64.mul (local.get 1))"),
            Code({numeric(Op::f64_neg, Place::slot, Place::slot, Place::slot),
                  numeric(Op::f64_mul, Place::acc, Place::acc, Place::acc), return_value(Scalar::f64, Place::acc)}));
  // Not where control flow meets,
  EXPECT_EQ(translated("(param f64) (local.set 0 (f64.neg (local.get 0))) (loop (br_if 0 (f64.eq (local.get 0) "
                       "(local.get 0))))"),
            Code({numeric(Op::f64_neg, Place::slot, Place::slot, Place::slot),
                  branch_compare(Op::f64_eq, Place::slot, Place::slot, /*backward=*/true), special(Special::return_)}));
  // nor when the accumulator holds something else, or the slot has another value.
  EXPECT_EQ(
      translated("(param f64 f64) (local.set 0 (f64.neg (local.get 0))) (local.set 1 (f64.neg (local.get 1))) "
                 "(local.set 1 (f64.const 0)) (local.set 0 (f64.add (local.get 0) (local.get 1)))"),
      Code({numeric(Op::f64_neg, Place::slot, Place::slot, Place::slot),
            numeric(Op::f64_neg, Place::slot, Place::slot, Place::slot), copy(Scalar::f64, Place::wide, Place::slot),
            numeric(Op::f64_add, Place::slot, Place::slot, Place::slot), special(Special::return_)}));
}

TEST(translation, values_that_a_branch_carries_in_place_need_no_move) {
  // The result of the block is computed directly into its home, where the branch expects it.
  EXPECT_EQ(translated("(param i32) (result f32) (block (result f32) (f32.abs (f32.const 1)) (br 0)) f32.neg"),
            Code({copy(Scalar::f32, Place::imm, Place::slot),
                  numeric(Op::f32_abs, Place::slot, Place::slot, Place::slot), special(Special::br),
                  numeric(Op::f32_neg, Place::slot, Place::slot, Place::acc), return_value(Scalar::f32, Place::acc)}));
}

TEST(translation, rare_instructions_have_few_handlers_but_take_operands_from_everywhere) {
  // Parameter 0 is pinned. A rare instruction reads it from its slot, and writes it through the accumulator.
  EXPECT_EQ(translated("(param i32 i32) (local.set 0 (i32.div_s (local.get 0) (local.get 1)))"),
            Code({numeric(Op::i32_div_s, Place::pinned, Place::slot, Place::acc),
                  copy(Scalar::i32, Place::acc, Place::pinned), special(Special::return_)}));
  EXPECT_EQ(numeric(Op::i32_div_s, Place::pinned, Place::slot, Place::acc),
            numeric(Op::i32_div_s, Place::slot, Place::slot, Place::acc));
  // A comparison that becomes part of a branch reads the register all the same.
  EXPECT_EQ(translated("(param i32 i32) (local.set 0 (i32.const 1)) (block (br_if 0 (i32.lt_s (local.get 0) "
                       "(local.get 1))))"),
            Code({copy(Scalar::i32, Place::imm, Place::pinned),
                  branch_compare(Op::i32_lt_s, Place::pinned, Place::slot), special(Special::return_)}));
  // Constants of rare vector instructions are in slots.
  const std::string constant = " (v128.const i64x2 1 2)";
  EXPECT_EQ(
      translated("(param v128) (result v128) (i32x4.add (local.get 0)" + constant + ")"),
      Code({numeric(Op::i32x4_add, Place::slot, Place::wide, Place::acc), return_value(Scalar::v128, Place::acc)}));
  EXPECT_EQ(
      translated("(param v128) (result v128) (i8x16.avgr_u (local.get 0)" + constant + ")"),
      Code({copy(Scalar::v128, Place::wide, Place::slot),
            numeric(Op::i8x16_avgr_u, Place::slot, Place::slot, Place::acc), return_value(Scalar::v128, Place::acc)}));
}

TEST(translation, dead_code_leaves_nothing) {
  EXPECT_EQ(translated("(param i32) (result i32) (return (i32.const 1)) (i32.add (local.get 0) (i32.const 1)) drop "
                       "(loop (br 0)) i32.const 5"),
            Code({return_value(Scalar::i32, Place::imm)}));
}

// Each of these once took quadratic time: sixty thousand operands are on the stack while a hundred thousand small
// things happen.
TEST(translation, takes_linear_time_however_high_the_stack) {
  const auto module = [](const char* waits, const char* happens) {
    std::string text = "(module (func (export \"f\") (local i32 i32) ";
    for (int k = 0; k < 60'000; ++k) text += waits;
    for (int k = 0; k < 100'000; ++k) text += happens;
    return text + "unreachable))";
  };
  Config config;
  config.eager = true;
  Guest guest(config);
  const auto begin = std::chrono::steady_clock::now();
  guest.load(module("i32.const 0 ", "block end "));
  guest.load(module("local.get 0 ", "i32.const 0 local.set 1 "));
  // Before the fixes it took minutes where it now takes a second.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

}  // namespace
}  // namespace mini_wasm
