// CVE-2026-115893 and its kind: in functions whose code is larger than what a branch or a load of a constant reaches
// (AArch64: 1 MiB), each branch, table, trap and constant is still the right one. On every tier; small code on the same
// ways is tested elsewhere.
#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class FarCode : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Guest guest_{GetParam().config()};
};

// Instructions that do nothing but may trap, so that there is code out of line for each, too. On AArch64 one has 32
// bytes of code, and 20 out of line. $f is a local of type f64.
std::string padding(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "(drop (i64.trunc_f64_s (local.get $f)))\n";
  return text;
}
constexpr int kMegabyte = 40000;

// Constants that are in the code's pool on some CPU, all different.
uint64_t constant_of(uint64_t n) { return (n + 1) * 0x9e3779b97f4a7c15; }
std::string hex(uint64_t n) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(n));
  return text;
}

// Each arm computes something with three constants of its own, and has a table of its own, so that one of them is
// everywhere in the code. It adds 2 if the index of that table is even, otherwise 1.
constexpr int kSmallTable = 200;
std::string arm(uint64_t n) {
  const uint64_t x = constant_of(n);
  std::string text = "(block $odd (block $even (br_table";
  for (int i = 0; i < kSmallTable; ++i) text += i % 2 == 0 ? " 0" : " 1";
  text += " (local.get $small))) (local.set $added (i64.const 2)))\n(return (i64.xor (i64.xor (i64.const " + hex(x) +
          ") (i64.reinterpret_f64 (f64.reinterpret_i64 (i64.const " + hex(x * 3) + "))))\n";
  return text + "(i64x2.extract_lane 1 (i64x2.add (v128.const i64x2 " + hex(x) + " " + hex(x * 5) +
         ") (i64x2.splat (local.get $added))))))\n";
}
int64_t result_of_arm(int n, int small) {
  const uint64_t x = constant_of(static_cast<uint64_t>(n));
  return static_cast<int64_t>(x ^ x * 3 ^ (x * 5 + (small % 2 == 0 ? 2 : 1)));
}

TEST_P(FarCode, tables_lead_to_their_targets) {
  constexpr int kArms = 3000;
  std::string blocks, table, arms;
  for (int n = 0; n < kArms; ++n) {
    blocks += "(block ";
    table += std::to_string(n) + " ";
    arms += ")\n" + arm(static_cast<uint64_t>(n)) + padding(13);
  }
  const Instance i = guest_.load(
      "(module (func (export \"f\") (param i32) (param $small i32) (result i64) (local $f f64) (local $added i64)\n"
      "(local.set $added (i64.const 1)) (block " +
      blocks + "(br_table " + table + std::to_string(kArms) + " (local.get 0))" + arms + ") (i64.const -5)))");
  for (int n = 0; n < kArms; ++n) {
    for (const int small : {0, kSmallTable - 2, kSmallTable - 1}) {
      ASSERT_THAT(guest_.call(i, "f", {i32(n), i32(small)}), Returns(i64(result_of_arm(n, small)))) << n;
    }
  }
  for (const int32_t n : {kArms, kArms + 1, INT32_MAX, INT32_MIN, -1}) {
    EXPECT_THAT(guest_.call(i, "f", {i32(n), i32(0)}), Returns(i64(-5))) << n;
  }
}

// Forwards out of a block, to `else`, and backwards to a loop; on a condition and on a register that is 0.
TEST_P(FarCode, branches_lead_to_their_targets) {
  const std::string far = padding(kMegabyte);
  const Instance i = guest_.load(
      "(module (func (export \"f\") (param $n i32) (param $limit i32) (result i64) (local $f f64) (local $sum i64)\n"
      "(block $out (br_if $out (i32.gt_s (local.get $n) (local.get $limit)))\n"
      "(block $zero (br_if $zero (i32.eqz (local.get $n)))\n"
      "(loop $again (local.set $sum (i64.add (local.get $sum) (i64.const 0x0123456789abcdef)))\n" +
      far +
      "(br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))\n"
      "(return (local.get $sum))) (return (i64.const -1))) (i64.const -2))\n"
      "(func (export \"if\") (param i32) (result i64) (local $f f64)\n"
      "(if (result i64) (local.get 0) (then " +
      far + "(i64.const 1)) (else " + far + "(i64.const 2)))))");
  EXPECT_THAT(guest_.call(i, "f", {i32(3), i32(10)}), Returns(i64(3 * 0x0123456789abcdef)));
  EXPECT_THAT(guest_.call(i, "f", {i32(0), i32(10)}), Returns(i64(-1)));
  EXPECT_THAT(guest_.call(i, "f", {i32(11), i32(10)}), Returns(i64(-2)));
  EXPECT_THAT(guest_.call(i, "if", {i32(1)}), Returns(i64(1)));
  EXPECT_THAT(guest_.call(i, "if", {i32(0)}), Returns(i64(2)));
}

// Traps, calls of functions of the host and slow allocations are out of line, behind a megabyte of code. The instruction
// that has trapped is the one that the interpreter names.
constexpr const char* kOutOfLine[] = {
    "(drop (i32.div_u (i32.const 1) (i32.sub (local.get $n) (i32.const 1))))",
    "(drop (i32.load (i32.mul (local.get $n) (i32.const 65536))))",
    "(drop (table.get $t (i32.add (local.get $n) (i32.const 9))))",
    "(drop (call_indirect $t (param i32) (result i32) (local.get $n) (i32.const 0)))",
    "(drop (call_indirect $t (param i64) (result i64) (i64.const 0) (i32.const 0)))",
    "(drop (call_indirect $t (param i32) (result i32) (local.get $n) (i32.const 5)))",
    "(drop (i32.trunc_f64_s (f64.div (local.get $f) (f64.const 0))))",
    "(drop (array.get $a (array.new_default $a (i32.const 4)) (i32.add (local.get $n) (i32.const 4))))",
    "(drop (ref.as_non_null (table.get $t (i32.const 5))))",
    "(drop (ref.cast (ref i31) (struct.new $s (local.get $n))))",
    "(call $deep (i64.const 0))",
    R"((block $b (loop $l (drop (struct.new $s (local.get $n)))
        (br_if $b (i32.gt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200000))) (br $l))))",
};

std::string far_function() {
  std::string text = R"((module (import "h" "f" (func $host (param i32) (result i32))) (memory 1 1)
    (type $a (array (mut i32))) (type $s (struct (field i32)))
    (table $t 6 6 funcref) (elem (table $t) (i32.const 0) func $host)
    (func $deep (param i64) (call $deep (i64.add (local.get 0) (i64.const 1))))
    (func (export "f") (param $which i32) (param $n i32) (result i32) (local $f f64) (local $i i32)
)";
  int which = 0;
  for (const char* what : kOutOfLine) {
    text += "(if (i32.eq (local.get $which) (i32.const " + std::to_string(which++) + ")) (then " + what + "))\n";
  }
  return text + padding(kMegabyte) + "(i32.const 7)))";
}

std::string outcome(Guest& guest, const Instance& instance, int32_t which) {
  const Result<std::vector<Val>> result = guest.call(instance, "f", {i32(which), i32(1)});
  if (result) return to_string((*result)[0]);
  std::string text = result.error().to_string();
  // Of a deep recursion, only how it ends.
  if (result.error().trap_code != TrapCode::call_stack_exhausted) text += "\n" + to_string(result.error().backtrace);
  return text;
}

TEST_P(FarCode, what_is_out_of_line_is_reached) {
  Guest interpreter(spec::kTiers[0].config());
  const auto host = [](int32_t n) { return n + 1; };
  interpreter.linker.func("h", "f", host);
  guest_.linker.func("h", "f", host);
  const std::string text = far_function();
  const Instance expected = interpreter.load(text), instance = guest_.load(text);
  for (int32_t which = 0; which <= static_cast<int32_t>(std::size(kOutOfLine)); ++which) {
    EXPECT_EQ(outcome(guest_, instance, which), outcome(interpreter, expected, which)) << which;
  }
}

INSTANTIATE_TEST_SUITE_P(tiers, FarCode, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

}  // namespace
}  // namespace mini_wasm
