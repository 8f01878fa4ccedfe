// Where operands are kept: constants, locals, accumulators, home slots; and that later writes do not change them.
#include "interp/interp_test.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class Operands : public InEveryConfiguration {};
MW_IN_EVERY_CONFIGURATION(Operands);

TEST_P(Operands, a_local_on_the_stack_keeps_its_value_when_the_local_is_set) {
  const Instance i = guest.load(R"((module
    (func (export "set") (param i32) (result i32)
      local.get 0  local.get 0  i32.const 10  i32.add  local.set 0
      local.get 0  i32.sub)
    (func (export "tee") (param i64) (result i64)
      local.get 0  local.get 0  i64.const 10  i64.add  local.tee 0  i64.sub)
    (func (export "three") (param i32) (result i32 i32 i32)
      local.get 0  i32.const 1  local.set 0  local.get 0  i32.const 2  local.set 0  local.get 0)
    (func (export "float") (param f64) (result f64)
      local.get 0  local.get 0  f64.const 1  f64.add  local.set 0  local.get 0  f64.mul)))");
  EXPECT_THAT(guest.call(i, "set", {i32(5)}), Returns(i32(-10)));
  EXPECT_THAT(guest.call(i, "tee", {i64(5)}), Returns(i64(-10)));
  EXPECT_THAT(guest.call(i, "three", {i32(7)}), Returns(i32(7), i32(1), i32(2)));
  EXPECT_THAT(guest.call(i, "float", {f64(3)}), Returns(f64(12)));
}

TEST_P(Operands, locals_can_be_swapped_over_the_stack) {
  const Instance i = guest.load(R"((module
    (func (export "swap") (param i32 i32) (result i32 i32)
      local.get 0  local.get 1  local.set 0  local.set 1  local.get 0  local.get 1)
    (func (export "rotate") (param f32 f32 f32) (result f32 f32 f32)
      local.get 0  local.get 1  local.get 2  local.set 1  local.set 0  local.set 2
      local.get 0  local.get 1  local.get 2)))");
  EXPECT_THAT(guest.call(i, "swap", {i32(1), i32(2)}), Returns(i32(2), i32(1)));
  EXPECT_THAT(guest.call(i, "rotate", {f32(1), f32(2), f32(3)}), Returns(f32(2), f32(3), f32(1)));
}

TEST_P(Operands, one_accumulator_per_bank_and_the_rest_at_home) {
  // Each sum displaces the one before it from the accumulator. Floats and integers do not affect each other.
  const Instance i = guest.load(R"((module
    (func (export "ints") (param i32) (result i32)
      (i32.add (local.get 0) (i32.const 1))  (i32.add (local.get 0) (i32.const 2))
      (i32.add (local.get 0) (i32.const 3))  i32.mul  i32.sub)
    (func (export "mixed") (param i32 f32 f64) (result f64)
      (i32.add (local.get 0) (i32.const 1))
      (f32.add (local.get 1) (f32.const 1))
      (f64.add (local.get 2) (f64.const 1))
      (i64.add (i64.extend_i32_s (local.get 0)) (i64.const 5))
      f64.convert_i64_s  f64.mul  local.set 2
      f64.promote_f32  local.get 2  f64.sub  local.set 2
      f64.convert_i32_s  local.get 2  f64.add)))");
  EXPECT_THAT(guest.call(i, "ints", {i32(10)}), Returns(i32(11 - 12 * 13)));
  EXPECT_THAT(guest.call(i, "mixed", {i32(10), f32(2), f64(3)}), Returns(f64(11 + (3 - 4 * 15))));
}

TEST_P(Operands, accumulators_survive_what_does_not_compute) {
  const Instance i = guest.load(R"((module (memory 1) (table 4 funcref) (global $g (mut i32) (i32.const 0))
    (func (export "f") (param i32) (result i32)
      (i32.mul (local.get 0) (local.get 0))
      (i32.store (i32.const 8) (local.get 0))
      (f64.store (i32.const 16) (f64.add (f64.const 1) (f64.load (i32.const 16))))
      (global.set $g (local.get 0))
      (memory.fill (i32.const 100) (i32.const 1) (i32.const 4))
      (table.set 0 (i32.const 1) (ref.null func))
      (drop (memory.size))  (drop (memory.grow (i32.const 0)))  (drop (table.size 0))
      (local.set 0 (global.get $g))
      local.get 0  i32.add)))");
  EXPECT_THAT(guest.call(i, "f", {i32(9)}), Returns(i32(90)));
}

TEST_P(Operands, constants_on_the_left_of_what_does_not_commute) {
  const Instance i = guest.load(R"((module
    (func (export "sub") (param i32) (result i32) (i32.sub (i32.const 100) (local.get 0)))
    (func (export "shl") (param i64) (result i64) (i64.shl (i64.const 3) (local.get 0)))
    (func (export "div") (param f64) (result f64) (f64.div (f64.const 1) (local.get 0)))
    (func (export "lt") (param i64) (result i32) (i64.lt_s (i64.const -1) (local.get 0)))
    (func (export "ge") (param i32) (result i32) (i32.ge_u (i32.const 0x80000000) (local.get 0)))
    (func (export "wide") (param i64) (result i64) (i64.sub (i64.const 0x123456789abcdef) (local.get 0)))
    (func (export "of_acc") (param i32) (result i32)
      i32.const 100  (i32.add (local.get 0) (local.get 0))  i32.sub)
    (func (export "both") (result i32) (i32.sub (i32.const 7) (i32.const 9)))))");
  EXPECT_THAT(guest.call(i, "sub", {i32(1)}), Returns(i32(99)));
  EXPECT_THAT(guest.call(i, "shl", {i64(62)}), Returns(i64(INT64_MIN | INT64_C(0x4000000000000000))));
  EXPECT_THAT(guest.call(i, "div", {f64(4)}), Returns(f64(0.25)));
  EXPECT_THAT(guest.call(i, "lt", {i64(0)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "lt", {i64(-1)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "ge", {i32(INT32_MIN)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "ge", {i32(-1)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "wide", {i64(0xf)}), Returns(i64(0x123456789abcde0)));
  EXPECT_THAT(guest.call(i, "of_acc", {i32(4)}), Returns(i32(92)));
  EXPECT_THAT(guest.call(i, "both"), Returns(i32(-2)));
}

TEST_P(Operands, immediates_at_the_edges_of_their_width) {
  std::string text = "(module (memory 1)";
  const int64_t edges[] = {0,
                           1,
                           -1,
                           127,
                           -128,
                           32767,
                           32768,
                           -32768,
                           -32769,
                           65535,
                           65536,
                           INT32_MAX,
                           INT32_MIN,
                           INT64_C(2147483648),
                           INT64_C(-2147483649),
                           UINT32_MAX,
                           INT64_MAX,
                           INT64_MIN};
  int n = 0;
  for (const int64_t edge : edges) {
    const std::string c = std::to_string(edge), name = std::to_string(n++);
    text +=
        "(func (export \"add" + name + "\") (param i64) (result i64) (i64.add (local.get 0) (i64.const " + c + ")))";
    text += "(func (export \"eq" + name +
            "\") (param i64) (result i32) (if (result i32) (i64.eq (local.get 0) (i64.const " + c +
            ")) (then (i32.const 1)) (else (i32.const 0))))";
    text += "(func (export \"store" + name + "\") (result i64) (i64.store (i32.const 8) (i64.const " + c +
            ")) (i64.load (i32.const 8)))";
    text += "(func (export \"return" + name + "\") (result i64) (i64.const " + c + "))";
  }
  const Instance i = guest.load(text + ")");
  n = 0;
  for (const int64_t edge : edges) {
    const std::string name = std::to_string(n++);
    EXPECT_THAT(guest.call(i, "add" + name, {i64(1000)}), Returns(i64(static_cast<int64_t>(uint64_t{1000} + edge))));
    EXPECT_THAT(guest.call(i, "eq" + name, {i64(edge)}), Returns(i32(1))) << edge;
    EXPECT_THAT(guest.call(i, "eq" + name, {i64(edge ^ INT64_C(0x100000000))}), Returns(i32(0))) << edge;
    EXPECT_THAT(guest.call(i, "eq" + name, {i64(edge ^ 0x10000)}), Returns(i32(0))) << edge;
    EXPECT_THAT(guest.call(i, "store" + name), Returns(i64(edge)));
    EXPECT_THAT(guest.call(i, "return" + name), Returns(i64(edge)));
  }
}

TEST_P(Operands, select_of_every_kind_of_operand) {
  const Instance i = guest.load(R"((module
    (func (export "locals") (param i32 i32 i32) (result i32) (select (local.get 0) (local.get 1) (local.get 2)))
    (func (export "constants") (param i32) (result i64) (select (i64.const -1) (i64.const 0x123456789) (local.get 0)))
    (func (export "computed") (param i32 f32) (result f32)
      (select (f32.add (local.get 1) (f32.const 1)) (f32.mul (local.get 1) (f32.const 2)) (i32.eqz (local.get 0))))
    (func (export "by_constant") (param f64 f64) (result f64) (select (local.get 0) (local.get 1) (i32.const 0)))
    (func (export "into_itself") (param i32 i32) (result i32)
      (local.set 0 (select (local.get 1) (local.get 0) (local.get 0)))
      (local.set 0 (select (local.get 0) (i32.const 7) (i32.lt_s (local.get 0) (i32.const 7))))
      local.get 0)))");
  EXPECT_THAT(guest.call(i, "locals", {i32(1), i32(2), i32(256)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "locals", {i32(1), i32(2), i32(0)}), Returns(i32(2)));
  EXPECT_THAT(guest.call(i, "constants", {i32(-1)}), Returns(i64(-1)));
  EXPECT_THAT(guest.call(i, "constants", {i32(0)}), Returns(i64(0x123456789)));
  EXPECT_THAT(guest.call(i, "computed", {i32(0), f32(10)}), Returns(f32(11)));
  EXPECT_THAT(guest.call(i, "computed", {i32(5), f32(10)}), Returns(f32(20)));
  EXPECT_THAT(guest.call(i, "by_constant", {f64(1), f64(2)}), Returns(f64(2)));
  EXPECT_THAT(guest.call(i, "into_itself", {i32(1), i32(3)}), Returns(i32(3)));
  EXPECT_THAT(guest.call(i, "into_itself", {i32(0), i32(3)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "into_itself", {i32(1), i32(30)}), Returns(i32(7)));
}

TEST_P(Operands, a_write_that_traps_leaves_the_local_alone_for_nobody_to_see_and_the_store_usable) {
  const Instance i = guest.load(R"((module (global $g (export "g") (mut i32) (i32.const 5))
    (func (export "f") (param i32) (result i32) (local i32)
      (global.set $g (i32.const 6))
      (local.set 1 (i32.div_s (i32.const 1) (local.get 0)))
      (global.set $g (i32.const 7))
      (local.get 1))))");
  EXPECT_THAT(guest.call(i, "f", {i32(0)}), Traps(TrapCode::integer_divide_by_zero));
  EXPECT_EQ(i.global("g")->get().i32(), 6);
  EXPECT_THAT(guest.call(i, "f", {i32(1)}), Returns(i32(1)));
}

TEST_P(Operands, declared_locals_are_zero_in_every_call) {
  const Instance i = guest.load(R"((module
    (func $dirty (param i64 i64 i64 i64 i64 i64 i64 i64))
    (func $clean (param i32) (result i64) (local i64 i32 f64 i64)
      (i64.add (local.get 1) (i64.add (i64.extend_i32_u (local.get 2))
        (i64.add (i64.reinterpret_f64 (local.get 3)) (local.get 4)))))
    (func (export "f") (result i64)
      (call $dirty (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1)
                   (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1))
      (call $clean (i32.const -1)))))");
  EXPECT_THAT(guest.call(i, "f"), Returns(i64(0)));
}

// The pinned local is kept in a register, and each write also goes to its slot, so that all readers of the slot see its
// value.
TEST_P(Operands, the_pinned_local_is_the_same_in_its_register_and_in_its_slot) {
  const Instance i = guest.load(R"((module (memory 1)
    (func $id (param i32) (result i32) (local i32) (local.set 1 (i32.const 77)) (local.get 0))
    (func (export "f") (param i32) (result i32) (local i32)
      (local.set 1 (local.get 0))
      (loop $l
        (local.set 1 (i32.add (local.get 1) (i32.const 3)))
        (local.set 1 (call $id (local.get 1)))
        (local.set 1 (select (local.get 1) (i32.const -1) (i32.const 1)))
        (i32.store (local.get 1) (local.get 1))
        (local.set 1 (i32.load (local.get 1)))
        (drop (i32.load offset=4 (i32.add (local.get 1) (local.get 0))))
        (local.set 1 (i32.add (local.get 1) (local.get 1)))
        (br_if $l (i32.lt_u (local.get 1) (i32.const 1000))))
      (local.get 1))))");
  int32_t x = 1;
  do x = 2 * (x + 3);
  while (x < 1000);
  EXPECT_THAT(guest.call(i, "f", {i32(1)}), Returns(i32(x)));
}

TEST_P(Operands, frames_of_sixty_thousand_slots) {
  std::string text = "(module (func $wide (export \"f\") (param i32) (result i32) (local ";
  for (int k = 0; k < 49'990; ++k) text += "i64 ";
  text += ") (local i32) (local.set 49991 (i32.const 1)) (i64.const 3) (local.set 49990) ";
  for (int k = 0; k < 15'000; ++k) text += "(i32.add (local.get 0) (local.get 49991)) ";
  for (int k = 0; k < 14'999; ++k) text += "i32.add ";
  text +=
      "(i32.wrap_i64 (local.get 49990)) i32.add"
      " (if (result i32) (local.get 0) (then (call $wide (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))) "
      "i32.add))";
  const Instance i = guest.load(text);
  EXPECT_THAT(guest.call(i, "f", {i32(2)}), Returns(i32(15'000 * (3 + 2 + 1) + 9)));
  EXPECT_THAT(guest.call(i, "f", {i32(1000)}), Traps(TrapCode::call_stack_exhausted));
}

}  // namespace
}  // namespace mini_wasm
