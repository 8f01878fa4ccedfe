// What generated code must never do. Each test is for a class of bugs that other engines had (see the CVE numbers), and
// runs on every tier.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "runtime/instance/module_inst.h"
#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class security : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Config config() const { return GetParam().config(); }
};

Val v128(uint64_t low, uint64_t high) { return Val::v128(std::bit_cast<V128>(std::array{low, high})); }

const auto kOutOfBounds = Traps(TrapCode::out_of_bounds_memory_access);

// CVE-2026-34987: the upper half of a register that holds an i32 must not become part of an address.
TEST_P(security, addresses_are_32_bits_wherever_they_came_from) {
  Guest guest(config());
  guest.linker.func("h", "i", [](int32_t x) { return x; });
  const Instance i = guest.load(R"((module (import "h" "i" (func $i (param i32) (result i32)))
    (memory 1) (data (i32.const 8) "\2a") (table 1 funcref)
    (func (export "wrap") (param i64) (result i32) (i32.load8_u (i32.wrap_i64 (local.get 0))))
    (func (export "extend") (param i32) (result i32) (i32.load8_u (i32.extend8_s (local.get 0))))
    (func (export "add") (param i32) (result i32) (i32.load8_u (i32.add (local.get 0) (i32.const 16))))
    (func (export "shl") (param i32) (result i32) (i32.load8_u (i32.shl (local.get 0) (i32.const 31))))
    (func (export "neg") (param i32) (result i32) (i32.load8_u (i32.sub (i32.const 0) (local.get 0))))
    (func (export "sar") (param i32) (result i32) (i32.load8_u (i32.shr_s (local.get 0) (i32.const 1))))
    (func (export "trunc") (param f64) (result i32) (i32.load8_u (i32.trunc_sat_f64_s (local.get 0))))
    (func (export "host") (param i32) (result i32) (i32.load8_u (call $i (local.get 0))))
    (func (export "select") (param i32 i64) (result i32)
      (i32.load8_u (select (i32.wrap_i64 (local.get 1)) (local.get 0) (i32.const 1))))
    (func (export "signed") (param i32) (result i32) (i32.load8_u (i32.load8_s (local.get 0))))
    (func (export "grow") (result i32) (i32.load8_u (table.grow (ref.null func) (i32.const -1))))
    (func (export "zext") (param i32) (result i64) (i64.extend_i32_u (i32.add (local.get 0) (i32.const 1))))
    (func (export "memory_grow") (result i64) (i64.extend_i32_u (memory.grow (i32.const -1))))))");
  EXPECT_THAT(guest.call(i, "wrap", {i64(0x7fffffff00000008)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(i, "extend", {i32(0xf8)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "add", {i32(-8)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(i, "shl", {i32(3)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "neg", {i32(-8)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(i, "neg", {i32(8)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "sar", {i32(-2)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "trunc", {f64(-1)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "host", {i32(-8)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "select", {i32(0), i64(int64_t{1} << 40 | 8)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(i, "signed", {i32(8)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "grow"), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "zext", {i32(-1)}), Returns(i64(0)));
  EXPECT_THAT(guest.call(i, "memory_grow"), Returns(i64(0xffffffff)));
}

// CVE-2026-34971, CVE-2023-26489: a sum or a shift that becomes part of an address must be cut to 32 bits before it is
// extended.
TEST_P(security, address_arithmetic_is_not_folded_wrongly) {
  Guest guest(config());
  const Instance i = guest.load(R"((module (memory 1) (data (i32.const 8) "\2a")
    (func (export "shifted") (param i32) (result i32) (i32.load (i32.shl (local.get 0) (i32.const 3))))
    (func (export "masked") (param i32) (result i32) (i32.load8_u (i32.shl (local.get 0) (i32.const 35))))
    (func (export "sum") (param i32 i32) (result i32) (i32.load8_u (i32.add (local.get 0) (local.get 1))))
    (func (export "constant") (result i32) (i32.load8_u offset=0xffffffff (i32.const -1)))
    (func (export "large") (param i32) (result i32) (i32.load8_u offset=0x80000000 (local.get 0)))
    (func (export "wraps") (param i32) (result i32) (i32.load8_u offset=16 (local.get 0)))))");
  EXPECT_THAT(guest.call(i, "shifted", {i32(0x20000001)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(i, "shifted", {i32(0x1fffffff)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "masked", {i32(1)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(i, "sum", {i32(-1), i32(9)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(i, "constant"), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "large", {i32(INT32_MIN)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "large", {i32(8)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "wraps", {i32(-8)}), kOutOfBounds);
}

// CVE-2026-115893: a br_table of any size goes to its target, whatever the index.
TEST_P(security, br_table_with_many_targets) {
  constexpr int kTargets = 3000;
  std::string open, table, arms;
  for (int t = 0; t < kTargets; ++t) {
    open += "(block ";
    table += std::to_string(t) + " ";
    arms += ") (return (i32.const " + std::to_string(t * 7) + "))";
  }
  Guest guest(config());
  const Instance i = guest.load("(module (func (export \"f\") (param i32) (result i32) (block " + open + "(br_table " +
                                table + std::to_string(kTargets) + " (local.get 0))" + arms + ") (i32.const -5)))");
  for (int t = 0; t < kTargets; t += 37) EXPECT_THAT(guest.call(i, "f", {i32(t)}), Returns(i32(t * 7))) << t;
  EXPECT_THAT(guest.call(i, "f", {i32(kTargets - 1)}), Returns(i32((kTargets - 1) * 7)));
  for (int32_t t : {kTargets, kTargets + 1, INT32_MAX, INT32_MIN, -1}) {
    EXPECT_THAT(guest.call(i, "f", {i32(t)}), Returns(i32(-5))) << t;
  }
}

// CVE-2026-34944, CVE-2026-24116: an access touches only its own bytes, also if it becomes an operand in memory of
// another instruction.
TEST_P(security, accesses_at_the_end_are_no_wider_than_their_type) {
  Guest guest(config());
  const Instance i = guest.load(R"((module (memory 1 1) (data (i32.const 65532) "\00\00\80\3f")
    (func (export "add8") (result i32) (i32.add (i32.const 1) (i32.load8_u (i32.const 65535))))
    (func (export "i16") (result i32) (i32.load16_u (i32.const 65534)))
    (func (export "f32") (result f32) (f32.sqrt (f32.load (i32.const 65532))))
    (func (export "f32_add") (result f32) (f32.add (f32.const 1) (f32.load (i32.const 65532))))
    (func (export "promote") (result f64) (f64.promote_f32 (f32.load (i32.const 65532))))
    (func (export "abs") (result f32) (f32.abs (f32.load (i32.const 65532))))
    (func (export "splat8") (result i32) (i8x16.extract_lane_u 15 (v128.load8_splat (i32.const 65535))))
    (func (export "splat32") (result f32) (f32x4.extract_lane 3 (v128.load32_splat (i32.const 65532))))
    (func (export "zero32") (result f32) (f32x4.extract_lane 0 (v128.load32_zero (i32.const 65532))))
    (func (export "lane8") (result i32)
      (i8x16.extract_lane_u 3 (v128.load8_lane 3 (i32.const 65535) (v128.const i64x2 0 0))))
    (func (export "extend") (result i32) (i16x8.extract_lane_u 7 (v128.load8x8_u (i32.const 65528))))
    (func (export "vector") (result v128) (i32x4.add (v128.const i64x2 0 0) (v128.load (i32.const 65521))))
    (func (export "store8") (i32.store8 (i32.const 65535) (i32.const 63)))
    (func (export "store_lane") (v128.store16_lane 0 (i32.const 65535) (v128.const i64x2 0 0)))))");
  EXPECT_THAT(guest.call(i, "store8"), Returns());
  EXPECT_THAT(guest.call(i, "add8"), Returns(i32(64)));
  EXPECT_THAT(guest.call(i, "i16"), Returns(i32(0x3f80)));
  EXPECT_THAT(guest.call(i, "f32"), Returns(f32(1)));
  EXPECT_THAT(guest.call(i, "f32_add"), Returns(f32(2)));
  EXPECT_THAT(guest.call(i, "promote"), Returns(f64(1)));
  EXPECT_THAT(guest.call(i, "abs"), Returns(f32(1)));
  EXPECT_THAT(guest.call(i, "splat8"), Returns(i32(63)));
  EXPECT_THAT(guest.call(i, "splat32"), Returns(f32(1)));
  EXPECT_THAT(guest.call(i, "zero32"), Returns(f32(1)));
  EXPECT_THAT(guest.call(i, "lane8"), Returns(i32(63)));
  EXPECT_THAT(guest.call(i, "extend"), Returns(i32(63)));
  EXPECT_THAT(guest.call(i, "vector"), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "store_lane"), kOutOfBounds);
}

// CVE-2026-34945, CVE-2026-34946: table.size and the index of table.fill have 64 bits.
TEST_P(security, tables_of_64_bits_have_64_bit_sizes_and_indices) {
  Guest guest(config());
  const Instance i = guest.load(R"((module (table $a 3 10 funcref) (table $b i64 5 10 funcref) (elem declare func $f)
    (func $f)
    (func (export "size") (result i64) (table.size $b))
    (func (export "grow") (result i64) (table.grow $b (ref.null func) (i64.const 0x100000000)))
    (func (export "fill") (param i64) (table.fill $b (local.get 0) (ref.func $f) (i64.const 1)))
    (func (export "get") (param i64) (result i32) (ref.is_null (table.get $b (local.get 0))))
    (func (export "call") (param i64) (call_indirect $b (local.get 0)))
    (func (export "get_a") (param i32) (result i32) (ref.is_null (table.get $a (local.get 0))))))");
  EXPECT_THAT(guest.call(i, "size"), Returns(i64(5)));
  EXPECT_THAT(guest.call(i, "grow"), Returns(i64(-1)));
  EXPECT_THAT(guest.call(i, "fill", {i64(4)}), Returns());
  EXPECT_THAT(guest.call(i, "get", {i64(4)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "get", {i64(3)}), Returns(i32(1)));
  for (int32_t at : {0, 1, 2}) EXPECT_THAT(guest.call(i, "get_a", {i32(at)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "call", {i64(4)}), Returns());
  for (int64_t at : {int64_t{5}, int64_t{0x100000004}, int64_t{-1}}) {
    EXPECT_THAT(guest.call(i, "call", {i64(at)}), Traps(TrapCode::undefined_element)) << at;
    EXPECT_THAT(guest.call(i, "get", {i64(at)}), Traps(TrapCode::out_of_bounds_table_access)) << at;
    EXPECT_THAT(guest.call(i, "fill", {i64(at)}), Traps(TrapCode::out_of_bounds_table_access)) << at;
  }
}

// CVE-2023-27477, CVE-2023-41880, CVE-2022-31104, CVE-2022-31169.
TEST_P(security, select_shift_and_sign_extension) {
  Guest guest(config());
  const Instance i = guest.load(R"((module
    (func (export "select") (param v128 v128 i32) (result i64)
      (i64x2.extract_lane 1 (select (local.get 0) (local.get 1) (local.get 2))))
    (func (export "select_long") (param i64 i64 i32) (result i64) (select (local.get 0) (local.get 1) (local.get 2)))
    (func (export "select_double") (param f64 f64 i64) (result f64)
      (select (local.get 0) (local.get 1) (i64.eqz (local.get 2))))
    (func (export "widest") (param i64) (result i64) (i64x2.extract_lane 0 (i64x2.shr_s (i64x2.splat (local.get 0))
      (i32.const 65))))
    (func (export "extend") (param i64) (result i64) (i64.extend8_s (i64.extend16_s (local.get 0))))
    (func (export "shl") (param i64 i64) (result i64) (i64.shl (local.get 0) (local.get 1)))
    (func (export "rotl") (param i32 i32) (result i32) (i32.rotl (local.get 0) (local.get 1)))
    (func (export "divided") (param i32) (result i64)
      (i64.extend_i32_s (i32.div_s (i32.wrap_i64 (i64.extend_i32_s (local.get 0))) (i32.const 3))))))");
  const Val a = v128(1, 2), b = v128(3, 4);
  EXPECT_THAT(guest.call(i, "select", {a, b, i32(2)}), Returns(i64(2)));
  EXPECT_THAT(guest.call(i, "select", {a, b, i32(0)}), Returns(i64(4)));
  EXPECT_THAT(guest.call(i, "select_long", {i64(-2), i64(INT64_MIN), i32(0)}), Returns(i64(INT64_MIN)));
  EXPECT_THAT(guest.call(i, "select_long", {i64(-2), i64(INT64_MIN), i32(INT32_MIN)}), Returns(i64(-2)));
  EXPECT_THAT(guest.call(i, "select_double", {f64(0.1), f64(0.2), i64(int64_t{1} << 32)}), Returns(f64(0.2)));
  EXPECT_THAT(guest.call(i, "select_double", {f64(0.1), f64(0.2), i64(0)}), Returns(f64(0.1)));
  EXPECT_THAT(guest.call(i, "widest", {i64(-8)}), Returns(i64(-4)));
  EXPECT_THAT(guest.call(i, "extend", {i64(0x80)}), Returns(i64(-128)));
  EXPECT_THAT(guest.call(i, "shl", {i64(1), i64(64)}), Returns(i64(1)));
  EXPECT_THAT(guest.call(i, "shl", {i64(1), i64(-1)}), Returns(i64(INT64_MIN)));
  EXPECT_THAT(guest.call(i, "rotl", {i32(1), i32(33)}), Returns(i32(2)));
  EXPECT_THAT(guest.call(i, "divided", {i32(-9)}), Returns(i64(-3)));
}

// Accesses are checked before and after a function gets its code, and after the memory has grown.
TEST_P(security, bounds_hold_in_every_call) {
  Guest guest(config());
  const Instance i = guest.load(R"((module (memory 1 2)
    (func (export "f") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))))");
  for (int round = 0; round < 3000; ++round) {
    ASSERT_THAT(guest.call(i, "f", {i32(65532)}), Returns(i32(0)));
    ASSERT_THAT(guest.call(i, "f", {i32(65533)}), kOutOfBounds);
  }
  EXPECT_THAT(guest.call(i, "grow"), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "f", {i32(131068)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "f", {i32(131069)}), kOutOfBounds);
}

// CVE-2024-47763: the frame that a tail call replaces is not in the backtrace; all others are.
TEST_P(security, backtraces_after_tail_calls) {
  Guest guest(config());
  const Instance i = guest.load(R"((module (memory 1)
    (func $fault (param i32 i32 i32 i32) (i32.store (i32.const -1) (local.get 3)))
    (func $tail (param i32) (return_call $fault (i32.const 1) (i32.const 2) (i32.const 3) (local.get 0)))
    (func $caller (export "f") (call $tail (i32.const 1)) (call $tail (i32.const 2)))))");
  const Result<std::vector<Val>> r = guest.call(i, "f");
  ASSERT_THAT(r, kOutOfBounds);
  ASSERT_EQ(r.error().backtrace.size(), 2u);
  EXPECT_EQ(r.error().backtrace[0].function_name, "fault");
  EXPECT_EQ(r.error().backtrace[1].function_name, "caller");
}

// A bulk operation that traps has done nothing, or everything up to the trap. Interruptions happen between
// instructions.
TEST_P(security, bulk_operations_are_done_or_not) {
  Guest guest(config());
  const Instance i = guest.load(R"((module (memory (export "m") 1) (table (export "t") 4 funcref) (elem $e func $f)
    (data $d "abcdef") (func $f)
    (func (export "fill") (memory.fill (i32.const 65530) (i32.const 1) (i32.const 7)))
    (func (export "copy") (memory.copy (i32.const 65533) (i32.const 0) (i32.const 4)))
    (func (export "init") (memory.init $d (i32.const 65530) (i32.const 0) (i32.const 7)))
    (func (export "table") (table.fill (i32.const 2) (ref.func $f) (i32.const 3)))
    (func (export "is_null") (param i32) (result i32) (ref.is_null (table.get (local.get 0))))))");
  for (const char* name : {"fill", "copy", "init"}) EXPECT_THAT(guest.call(i, name), kOutOfBounds) << name;
  EXPECT_THAT(guest.call(i, "table"), Traps(TrapCode::out_of_bounds_table_access));
  for (int at = 65530; at < 65536; ++at) EXPECT_EQ(i.memory("m")->data()[static_cast<size_t>(at)], 0);
  for (int32_t at : {2, 3}) EXPECT_THAT(guest.call(i, "is_null", {i32(at)}), Returns(i32(1)));
}

// Recursion with guest frames of every size, and through the host, ends in a trap. Afterwards the store can be used.
TEST_P(security, stacks_end_in_a_trap) {
  Guest guest(config());
  std::optional<Instance> main;
  guest.linker.func("h", "again", [&](int32_t x) -> Result<int32_t> {
    Result<std::vector<Val>> r = main->func("host")->call({i32(x)});
    if (!r) return r.error();
    return (*r)[0].i32();
  });
  std::string locals;
  for (int n = 0; n < 1000; ++n) locals += " i64";
  main = guest.load(R"((module (import "h" "again" (func $again (param i32) (result i32)))
    (func (export "host") (param i32) (result i32) (call $again (local.get 0)))
    (func $small (export "small") (call $small))
    (func $large (export "large") (local )" +
                    locals +
                    ") (call $large))\n(func (export \"fine\") (result i32) (i32.const 1))"
                    "(func $start (export \"args\") (param i64 i64 i64 i64 v128) (call $start (local.get 0) (local.get "
                    "1) (local.get 2)"
                    "(local.get 3) (local.get 4))))");
  const auto exhausted = Traps(TrapCode::call_stack_exhausted);
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(guest.call(*main, "small"), exhausted);
    EXPECT_THAT(guest.call(*main, "large"), exhausted);
    EXPECT_THAT(guest.call(*main, "args", {i64(0), i64(0), i64(0), i64(0), v128(0, 0)}), exhausted);
    EXPECT_THAT(guest.call(*main, "host", {i32(1)}), exhausted);
    EXPECT_THAT(guest.call(*main, "fine"), Returns(i32(1)));
  }
}

// The check for interrupts at the beginning of a loop, and what it calls, keep all values.
TEST_P(security, loop_checks_keep_live_registers) {
  Guest guest(config());
  const Instance i = guest.load(R"((module (memory 1)
    (func (export "f") (param i32 f64 v128 f32) (result f64) (local i64 f64)
      (local.set 5 (f64.mul (local.get 1) (f64.const 2)))
      (loop $l
        (drop (memory.grow (i32.const 0)))
        (local.set 2 (i32x4.add (local.get 2) (i32x4.splat (i32.const 1))))
        (local.set 5 (f64.add (local.get 5) (f64.promote_f32 (local.get 3))))
        (local.set 4 (i64.add (local.get 4) (i64.const 3)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (f64.add (f64.add (local.get 5) (f64.convert_i64_s (local.get 4)))
        (f64.convert_i32_s (i32x4.extract_lane 2 (local.get 2)))))))");
  EXPECT_THAT(guest.call(i, "f", {i32(1000), f64(0.5), v128(0, 0), f32(0.25)}), Returns(f64(1 + 250 + 3000 + 1000)));
}

TEST_P(security, edges_of_arithmetic) {
  Guest guest(config());
  const Instance i = guest.load(R"((module
    (func (export "min") (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
    (func (export "max") (param f64 f64) (result f64) (f64.max (local.get 0) (local.get 1)))
    (func (export "nan") (param i64) (result i64)
      (i64.reinterpret_f64 (f64.neg (f64.reinterpret_i64 (local.get 0)))))
    (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
    (func (export "trunc_u") (param f64) (result i64) (i64.trunc_f64_u (local.get 0)))
    (func (export "sat") (param f32) (result i32) (i32.trunc_sat_f32_u (local.get 0)))
    (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "rem") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
    (func (export "div_u") (param i64 i64) (result i64) (i64.div_u (local.get 0) (local.get 1)))
    (func (export "shr") (param i32 i32) (result i32) (i32.shr_u (local.get 0) (local.get 1)))))");
  EXPECT_THAT(guest.call(i, "min", {f64(0.0), f64(-0.0)}), Returns(f64(-0.0)));
  EXPECT_THAT(guest.call(i, "min", {f64(-0.0), f64(0.0)}), Returns(f64(-0.0)));
  EXPECT_THAT(guest.call(i, "max", {f64(-0.0), f64(0.0)}), Returns(f64(0.0)));
  EXPECT_THAT(guest.call(i, "max", {f64(0.0), f64(-0.0)}), Returns(f64(0.0)));
  for (const auto& [a, b] : {std::pair(NAN, 1.0f), std::pair(1.0f, NAN)}) {
    for (const char* op : {"min", "max"}) {
      const Result<std::vector<Val>> r = guest.call(i, op, {f64(a), f64(b)});
      ASSERT_TRUE(r);
      EXPECT_TRUE(std::isnan((*r)[0].f64())) << op;
    }
  }
  EXPECT_THAT(guest.call(i, "nan", {i64(0x7ff0000000000123)}), Returns(i64(static_cast<int64_t>(0xfff0000000000123))));
  EXPECT_THAT(guest.call(i, "trunc", {f64(-2147483648.9)}), Returns(i32(INT32_MIN)));
  EXPECT_THAT(guest.call(i, "trunc", {f64(-2147483649.0)}), Traps(TrapCode::integer_overflow));
  EXPECT_THAT(guest.call(i, "trunc", {f64(2147483647.9)}), Returns(i32(INT32_MAX)));
  EXPECT_THAT(guest.call(i, "trunc", {f64(2147483648.0)}), Traps(TrapCode::integer_overflow));
  EXPECT_THAT(guest.call(i, "trunc", {f64(NAN)}), Traps(TrapCode::invalid_conversion_to_integer));
  EXPECT_THAT(guest.call(i, "trunc_u", {f64(NAN)}), Traps(TrapCode::invalid_conversion_to_integer));
  EXPECT_THAT(guest.call(i, "trunc_u", {f64(-0.9)}), Returns(i64(0)));
  EXPECT_THAT(guest.call(i, "trunc_u", {f64(-1)}), Traps(TrapCode::integer_overflow));
  EXPECT_THAT(guest.call(i, "trunc_u", {f64(18446744073709549568.0)}), Returns(i64(-2048)));
  EXPECT_THAT(guest.call(i, "trunc_u", {f64(18446744073709551616.0)}), Traps(TrapCode::integer_overflow));
  EXPECT_THAT(guest.call(i, "sat", {f32(NAN)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "sat", {f32(1e20f)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "div", {i32(INT32_MIN), i32(-1)}), Traps(TrapCode::integer_overflow));
  EXPECT_THAT(guest.call(i, "rem", {i64(INT64_MIN), i64(-1)}), Returns(i64(0)));
  EXPECT_THAT(guest.call(i, "rem", {i64(1), i64(0)}), Traps(TrapCode::integer_divide_by_zero));
  EXPECT_THAT(guest.call(i, "rem", {i64(7), i64(int64_t{1} << 32)}), Returns(i64(7)));
  EXPECT_THAT(guest.call(i, "div_u", {i64(int64_t{7} << 32), i64(int64_t{1} << 32)}), Returns(i64(7)));
  EXPECT_THAT(guest.call(i, "shr", {i32(-1), i32(63)}), Returns(i32(1)));
}

// A fault of guest code at an address outside of the memories of its store is not a trap: it goes to the signal handler
// of the process. Without guard pages we install none, and code that checks looks elsewhere.
using security_with_guard_pages = security;
TEST_P(security_with_guard_pages, a_fault_outside_of_memories_is_no_trap) {
  Guest guest(config());
  const Instance i = guest.load(R"((module (memory 1) (func (export "f") (result i32) (i32.load (i32.const 8)))))");
  EXPECT_THAT(guest.call(i, "f"), Returns(i32(0)));
  const auto fault = [&] {
    void* const nowhere = mmap(nullptr, 1 << 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    i.impl()->context.memory_base = static_cast<uint8_t*>(nowhere);
    (void)guest.call(i, "f");
    std::_Exit(0);
  };
  EXPECT_EXIT(fault(), [](int status) { return !WIFEXITED(status) || WEXITSTATUS(status) != 0; }, "");
}

INSTANTIATE_TEST_SUITE_P(tiers, security, ::testing::ValuesIn(spec::kTiers), testing::tier_name);
INSTANTIATE_TEST_SUITE_P(tiers, security_with_guard_pages, ::testing::ValuesIn(testing::tiers_with_guard_pages(true)),
                         testing::tier_name);

}  // namespace
}  // namespace mini_wasm
