// Vectors in every place where a value can be. Each takes two slots, among scalars that take one.
#include <gtest/gtest.h>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

Val vec(int32_t a, int32_t b, int32_t c, int32_t d) {
  const auto pair = [](int32_t low, int32_t high) {
    return static_cast<uint64_t>(static_cast<uint32_t>(high)) << 32 | static_cast<uint32_t>(low);
  };
  return Val::from_bits(ValType::v128, pair(a, b), pair(c, d));
}

class SimdTest : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Guest guest_{GetParam().config()};
};

INSTANTIATE_TEST_SUITE_P(tiers, SimdTest, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(SimdTest, calls_take_and_return_vectors_among_scalars) {
  const Instance i = guest_.load(R"((module
    (type $t (func (param i32 v128 i64 v128) (result v128 i32 v128)))
    (table funcref (elem $mix))
    (func $mix (type $t) (local v128 i32)
      (local.set 4 (i32x4.add (local.get 1) (local.get 3)))
      (local.set 5 (i32.add (local.get 0) (i32.wrap_i64 (local.get 2))))
      (local.get 4) (local.get 5) (i32x4.sub (local.get 1) (local.get 3)))
    (func (export "direct") (param i32 v128 i64 v128) (result v128 i32 v128)
      (call $mix (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "indirect") (param i32 v128 i64 v128) (result v128 i32 v128)
      (call_indirect (type $t) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0)))
    (func (export "tail") (param v128 i32 v128 i64 v128) (result v128 i32 v128)
      (return_call $mix (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
    (func (export "temporaries") (param v128) (result v128)
      (i32x4.mul (i32x4.add (local.get 0) (call $one (i32x4.splat (i32.const 5)))) (call $one (i32x4.neg (local.get 0)))))
    (func $one (param v128) (result v128) (i32x4.add (local.get 0) (v128.const i32x4 1 1 1 1)))))");
  const Val a = vec(1, 2, 3, 4), b = vec(10, 20, 30, 40);
  const auto expected = Returns(vec(11, 22, 33, 44), i32(12), vec(-9, -18, -27, -36));
  EXPECT_THAT(guest_.call(i, "direct", {i32(5), a, i64(7), b}), expected);
  EXPECT_THAT(guest_.call(i, "indirect", {i32(5), a, i64(7), b}), expected);
  EXPECT_THAT(guest_.call(i, "tail", {b, i32(5), a, i64(7), b}), expected);
  EXPECT_THAT(guest_.call(i, "temporaries", {a}), Returns(vec(0, -8, -18, -30)));
}

// Instructions with few handlers, with each place of their operands.
TEST_P(SimdTest, rare_instructions_take_operands_from_everywhere) {
  const Instance i = guest_.load(R"((module
    (func (export "constant right") (param v128) (result v128)
      (i32x4.max_s (local.get 0) (v128.const i32x4 3 3 3 3)))
    (func (export "constant left") (param v128) (result v128)
      (i16x8.sub_sat_s (v128.const i32x4 9 9 9 9) (local.get 0)))
    (func (export "both") (result v128) (i32x4.min_u (v128.const i32x4 1 5 1 5) (v128.const i32x4 4 4 4 4)))
    (func (export "computed") (param v128) (result v128)
      (i32x4.max_s (i32x4.neg (local.get 0)) (v128.const i32x4 -2 -2 -2 -2)))
    (func (export "computed right") (param v128) (result v128)
      (i16x8.sub_sat_s (v128.const i32x4 9 9 9 9) (i32x4.add (local.get 0) (local.get 0))))
    (func (export "to the hot local") (param v128 i32) (result i32)
      (local.set 1 (i32x4.extract_lane 2 (local.get 0)))
      (loop $again
        (local.set 1 (i32.rem_s (i32.div_s (i32.mul (local.get 1) (i32.const 7)) (local.get 1)) (i32.const 100)))
        (br_if $again (i32.gt_s (local.get 1) (i32.const 50))))
      (local.get 1))))");
  const Val a = vec(1, 2, 3, 4);
  EXPECT_THAT(guest_.call(i, "constant right", {a}), Returns(vec(3, 3, 3, 4)));
  EXPECT_THAT(guest_.call(i, "constant left", {a}), Returns(vec(8, 7, 6, 5)));
  EXPECT_THAT(guest_.call(i, "both", {}), Returns(vec(1, 4, 1, 4)));
  EXPECT_THAT(guest_.call(i, "computed", {a}), Returns(vec(-1, -2, -2, -2)));
  EXPECT_THAT(guest_.call(i, "computed right", {a}), Returns(vec(7, 5, 3, 1)));
  EXPECT_THAT(guest_.call(i, "to the hot local", {a, i32(0)}), Returns(i32(7)));
}

TEST_P(SimdTest, blocks_carry_vectors_over_operands_that_stay_below) {
  const Instance i = guest_.load(R"((module
    (func (export "br") (param v128 i32) (result i32 v128 i32)
      (i32.const 7)
      (block $b (result v128 i32)
        (v128.const i32x4 9 9 9 9) (i32.const 1) (i32x4.neg (local.get 0)) (i32.const 3)
        (br_if $b (local.get 1))
        (drop) (drop) (drop) (drop)
        (local.get 0) (i32.const 4)))
    (func (export "loop") (param v128 i32) (result v128 i64)
      (local.get 0) (i64.const 0)
      (loop $l (param v128 i64) (result v128 i64)
        (i64.add (i64.const 1)) 
        (local.set 1 (i32.sub (local.get 1) (i32.const 1)))
        (call $bump)
        (br_if $l (local.get 1))))
    (func $bump (param v128 i64) (result v128 i64)
      (i32x4.add (local.get 0) (local.get 0)) (local.get 1))
    (func (export "if") (param v128 i32) (result v128)
      (local.get 0)
      (if (param v128) (result v128) (local.get 1)
        (then (i32x4.abs))
        (else (drop) (v128.const i32x4 1 2 3 4))))
    (func (export "table") (param v128 i32) (result v128)
      (block $two (result v128)
        (block $one (result v128)
          (block $zero (result v128)
            (i64.const 5) (local.get 0) (br_table $zero $one $two (local.get 1)))
          (return (i32x4.add (local.get 0))))
        (return (i32x4.neg)))
      (i32x4.mul (local.get 0)))))");
  const Val a = vec(1, -2, 3, -4);
  EXPECT_THAT(guest_.call(i, "br", {a, i32(1)}), Returns(i32(7), vec(-1, 2, -3, 4), i32(3)));
  EXPECT_THAT(guest_.call(i, "br", {a, i32(0)}), Returns(i32(7), a, i32(4)));
  EXPECT_THAT(guest_.call(i, "loop", {a, i32(4)}), Returns(vec(16, -32, 48, -64), i64(4)));
  EXPECT_THAT(guest_.call(i, "if", {a, i32(1)}), Returns(vec(1, 2, 3, 4)));
  EXPECT_THAT(guest_.call(i, "if", {a, i32(0)}), Returns(vec(1, 2, 3, 4)));
  EXPECT_THAT(guest_.call(i, "table", {a, i32(0)}), Returns(vec(2, -4, 6, -8)));
  EXPECT_THAT(guest_.call(i, "table", {a, i32(1)}), Returns(vec(-1, 2, -3, 4)));
  EXPECT_THAT(guest_.call(i, "table", {a, i32(9)}), Returns(vec(1, 4, 9, 16)));
}

TEST_P(SimdTest, select_chooses_whole_vectors) {
  const Instance i = guest_.load(R"((module
    (func (export "plain") (param v128 v128 i32) (result v128)
      (select (i32x4.add (local.get 0) (local.get 1)) (v128.const i32x4 1 2 3 4) (local.get 2)))
    (func (export "typed") (param v128 v128 i32) (result v128)
      (select (result v128) (local.get 0) (i32x4.neg (local.get 1)) (i32.eqz (local.get 2))))))");
  const Val a = vec(1, 1, 1, 1), b = vec(5, 6, 7, 8);
  EXPECT_THAT(guest_.call(i, "plain", {a, b, i32(1)}), Returns(vec(6, 7, 8, 9)));
  EXPECT_THAT(guest_.call(i, "plain", {a, b, i32(0)}), Returns(vec(1, 2, 3, 4)));
  EXPECT_THAT(guest_.call(i, "typed", {a, b, i32(0)}), Returns(a));
  EXPECT_THAT(guest_.call(i, "typed", {a, b, i32(2)}), Returns(vec(-5, -6, -7, -8)));
}

TEST_P(SimdTest, globals_hold_vectors) {
  const Instance i = guest_.load(R"((module
    (global $g (export "g") (mut v128) (v128.const i32x4 1 2 3 4))
    (global $copy v128 (v128.const i64x2 -1 -1))
    (func (export "swap") (param v128) (result v128)
      (global.get $g) (global.set $g (v128.xor (local.get 0) (global.get $copy))))
    (func (export "constant") (global.set $g (v128.const i32x4 0 0 0 7)))))");
  EXPECT_THAT(guest_.call(i, "swap", {vec(0, -1, 5, 6)}), Returns(vec(1, 2, 3, 4)));
  EXPECT_TRUE(same(i.global("g")->get(), vec(-1, 0, -6, -7)));
  EXPECT_THAT(guest_.call(i, "constant"), Succeeds());
  EXPECT_TRUE(same(i.global("g")->get(), vec(0, 0, 0, 7)));
}

TEST_P(SimdTest, locals_start_as_zero_and_are_read_before_they_change) {
  const Instance i = guest_.load(R"((module
    (func (export "zero") (result v128) (local i32 v128) (local.get 1))
    (func (export "old_and_new") (param v128) (result v128)
      (local.get 0)
      (local.set 0 (i32x4.add (local.get 0) (local.get 0)))
      (i32x4.sub (local.get 0)))
    (func (export "tee") (param v128) (result v128) (local i64 v128)
      (i32x4.mul (local.tee 2 (i32x4.neg (local.get 0))) (local.get 2)))))");
  EXPECT_THAT(guest_.call(i, "zero"), Returns(vec(0, 0, 0, 0)));
  EXPECT_THAT(guest_.call(i, "old_and_new", {vec(1, 2, 3, 4)}), Returns(vec(-1, -2, -3, -4)));
  EXPECT_THAT(guest_.call(i, "tee", {vec(1, 2, 3, 4)}), Returns(vec(1, 4, 9, 16)));
}

TEST_P(SimdTest, the_host_sees_vectors_as_two_slots) {
  guest_.linker.define(
      "host", "add",
      Func::make(guest_.store, {{ValType::i32, ValType::v128, ValType::i32}, {ValType::v128, ValType::i32}},
                 [](Caller&, uint64_t* slots) -> Result<void> {
                   const uint64_t sum = slots[0] + slots[3];
                   slots[0] = slots[1] + sum;
                   slots[1] = slots[2];
                   slots[2] = sum;
                   return {};
                 }));
  const Instance i = guest_.load(R"((module
    (import "host" "add" (func $add (param i32 v128 i32) (result v128 i32)))
    (func (export "f") (param v128) (result i32 v128) (local v128 i32)
      (call $add (i32.const 1) (local.get 0) (i32.const 2))
      (local.set 2) (local.set 1) (local.get 2) (local.get 1))))");
  EXPECT_THAT(guest_.call(i, "f", {vec(4, 0, 5, 6)}), Returns(i32(3), vec(7, 0, 5, 6)));
}

TEST_P(SimdTest, memory_is_accessed_up_to_its_last_byte) {
  const Instance i = guest_.load(R"((module (memory (export "m") 1)
    (func (export "store") (param i32 v128) (v128.store offset=16 (local.get 0) (local.get 1)))
    (func (export "load") (param i32) (result v128) (v128.load offset=16 (local.get 0)))
    (func (export "sum") (param i32 i32) (result v128)
      (i32x4.add (v128.load (i32.add (local.get 0) (local.get 1))) (v128.load32_splat (i32.const 65532))))
    (func (export "lane") (param i32 v128) (result v128)
      (v128.store16_lane offset=2 7 (local.get 0) (local.get 1))
      (v128.load16_lane offset=2 0 (local.get 0) (i32x4.neg (local.get 1))))))");
  const Val a = vec(1, 2, 3, 4);
  EXPECT_THAT(guest_.call(i, "store", {i32(65504), a}), Succeeds());
  EXPECT_THAT(guest_.call(i, "load", {i32(65504)}), Returns(a));
  EXPECT_THAT(guest_.call(i, "sum", {i32(65520), i32(0)}), Returns(vec(5, 6, 7, 8)));
  for (int32_t address : {65505, 65519, -1, -16}) {
    EXPECT_THAT(guest_.call(i, "store", {i32(address), a}), Traps(TrapCode::out_of_bounds_memory_access)) << address;
    EXPECT_THAT(guest_.call(i, "load", {i32(address)}), Traps(TrapCode::out_of_bounds_memory_access)) << address;
  }
  EXPECT_THAT(guest_.call(i, "load", {i32(65504)}), Returns(a));
  EXPECT_THAT(guest_.call(i, "lane", {i32(65532), vec(1, 0, 0, 0x12345678)}), Returns(vec(-60876, 0, 0, -0x12345678)));
  EXPECT_THAT(guest_.call(i, "lane", {i32(65533), a}), Traps(TrapCode::out_of_bounds_memory_access));
}

TEST_P(SimdTest, frames_are_as_large_as_vectors_need) {
  // A hundred vectors on the stack, and above them a call. If operands were counted instead of slots, its frame would
  // overlap with the vectors.
  std::string body;
  for (int i = 0; i < 100; ++i)
    body += "(i32x4.splat (local.get 0)) (local.set 0 (i32.add (local.get 0) (i32.const 1)))\n";
  for (int i = 0; i < 99; ++i) body += "(call $add)\n";
  const Instance i = guest_.load(R"((module
    (func $add (param v128 v128) (result v128) (i32x4.add (local.get 0) (local.get 1)))
    (func (export "f") (param i32) (result v128) )" +
                                 body + "))");
  EXPECT_THAT(guest_.call(i, "f", {i32(1)}), Returns(vec(5050, 5050, 5050, 5050)));
}

TEST(simd_validation, lanes_have_to_exist) {
  Guest guest;
  const auto lane = [&](const std::string& text) {
    return guest.try_load("(module (memory 1) (func (param v128 i32) (drop " + text + ")))");
  };
  EXPECT_THAT(lane("(i8x16.extract_lane_u 15 (local.get 0))"), Succeeds());
  EXPECT_THAT(lane("(i8x16.extract_lane_u 16 (local.get 0))"), Fails(ErrorKind::invalid, "invalid lane index 16"));
  EXPECT_THAT(lane("(i64x2.replace_lane 2 (local.get 0) (i64.const 0))"),
              Fails(ErrorKind::invalid, "invalid lane index"));
  EXPECT_THAT(lane("(v128.load32_lane 4 (local.get 1) (local.get 0))"),
              Fails(ErrorKind::invalid, "invalid lane index"));
  EXPECT_THAT(lane("(i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 0) (local.get 0))"), Succeeds());
}

}  // namespace
}  // namespace mini_wasm
