// The upper half of a slot with a 32-bit value is undefined (runtime/call/frame.h). It must make no difference who wrote the
// slot and how code reads it.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "runtime/test_settings.h"
#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr uint64_t kRubbish = 0xdeadbeef00000000;

class HostSlots : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  // Calls often enough that every function becomes hot.
  void expect(const Instance& instance, std::string_view name, const Val& wanted) {
    for (int i = 0; i < 5; ++i) EXPECT_THAT(guest.call(instance, name), Returns(wanted)) << name;
  }
  Guest guest{GetParam().config()};
};
INSTANTIATE_TEST_SUITE_P(tiers, HostSlots, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

// --- Results of host functions -------------------------------------------------------------------------------------

// Ways to call a host function $h of that type, with an i32 result. The functions $via_... end with a tail call.
constexpr const char* kWays[] = {
    "(call $h)",
    "(call_indirect (type $t) (i32.const 0))",
    "(call_ref $t (ref.func $h))",
    "(call $via)",
    "(call $via_indirect)",
    "(call $via_ref)",
    "(call $via_two)",
    "(call_indirect (type $t) (i32.const 1))",
    "(call_indirect (type $t) (i32.const 2))",
    "(call_indirect (type $t) (i32.const 3))",
    "(call_ref $t (ref.func $via))",
    "(call_ref $t (ref.func $via_indirect))",
    "(call_ref $t (ref.func $via_ref))",
    "(block $b (result i32) (block $c (try_table (catch_all $c) (br $b (call $h)))) (i32.const -1))",
    "(block $b (result i32) (block $c (try_table (catch_all $c) (br $b (call $via)))) (i32.const -1))",
    ("(block $b (result i32) (block $c (try_table (catch_all $c) (br $b (call_ref $t (ref.func $via_ref)))))"
     " (i32.const -1))"),
};

// Code that would use a whole 64-bit register if it believed that the upper half is clean; $h returns 8.
struct Use {
  const char* before;
  const char* after;
  Val wanted;
};
const Use kUses[] = {
    {"(result i64) (i64.extend_i32_u ", ")", i64(8)},
    {"(result i64) (i64.add (i64.const 1) (i64.extend_i32_u ", "))", i64(9)},
    {"(result i64) (local i32) (local.set 0 ", ") (i64.extend_i32_u (local.get 0))", i64(8)},
    {"(result i32) (i32.load ", ")", i32(0x2a)},
    {"(result i32) (i32.load offset=4 ", ")", i32(0x2b)},
    {"(result i32) (i32.store (i32.add (i32.const 8) ", ") (i32.const 5)) (i32.load (i32.const 16))", i32(5)},
    {"(result i32) (ref.is_null (table.get $big ", "))", i32(1)},
    {"(result f64) (f64.convert_i32_u ", ")", f64(8)},
    {"(result i32) (block (block (br_table 0 0 0 0 0 0 0 0 1 0 ", ")) (return (i32.const 1))) (i32.const 2)", i32(2)},
    {"(result i32) (array.get $a (array.new_default $a (i32.const 9)) ", ")", i32(0)},
    {"(result i32) (i32.eq (i32.const 8) ", ")", i32(1)},
    {"(result i64) (call $wide ", ")", i64(8)},
};

std::string module_with(const std::string& body) {
  return R"((module (import "h" "h" (func $h (result i32)))
    (type $t (func (result i32))) (type $a (array (mut i32)))
    (table 4 funcref) (elem (i32.const 0) $h $via $via_indirect $via_ref) (table $big 9 funcref)
    (memory 1) (data (i32.const 8) "\2a\00\00\00\2b\00\00\00")
    (func $via (result i32) (return_call $h))
    (func $via_indirect (result i32) (return_call_indirect (type $t) (i32.const 0)))
    (func $via_ref (result i32) (return_call_ref $t (ref.func $h)))
    (func $via_two (result i32) (return_call $via))
    (func $wide (param i32) (result i64) (i64.extend_i32_u (local.get 0)))
    (func (export "f") )" +
         body + "))";
}

TEST_P(HostSlots, rubbish_above_a_result_on_every_way_to_it) {
  FuncType type;
  type.results = {ValType::i32};
  guest.linker.func("h", "h", type, [](Caller&, uint64_t* slots) -> Result<void> {
    slots[0] = kRubbish | 8;
    return {};
  });
  for (const char* way : kWays) {
    for (const Use& use : kUses) {
      const std::string body = std::string(use.before) + way + use.after;
      SCOPED_TRACE(body);
      expect(guest.load(module_with(body)), "f", use.wanted);
    }
  }
}

TEST_P(HostSlots, rubbish_above_several_results) {
  FuncType type;
  type.results = {ValType::i32, ValType::v128, ValType::f32, ValType::i64, ValType::i32};
  guest.linker.func("h", "h", type, [](Caller&, uint64_t* slots) -> Result<void> {
    const uint64_t values[] = {kRubbish | 1, ~0ull, ~0ull, kRubbish | 0x3f800000, kRubbish | 4, kRubbish | 5};
    std::copy(std::begin(values), std::end(values), slots);
    return {};
  });
  const Instance i = guest.load(R"((module (type $t (func (result i32 v128 f32 i64 i32)))
    (import "h" "h" (func $h (type $t))) (table 1 funcref) (elem (i32.const 0) $h)
    (global $sum (mut i64) (i64.const 0))
    (func $via (type $t) (return_call $h))
    (func $sum (param i32 v128 f32 i64 i32) (result i64)
      (i64.add (i64.add (i64.extend_i32_u (local.get 0)) (i64.extend_i32_u (i32.reinterpret_f32 (local.get 2))))
               (i64.add (i64.add (local.get 3) (i64.extend_i32_u (local.get 4))) (i64x2.extract_lane 1 (local.get 1)))))
    (func (export "call") (result i64) (call $sum (call $h)))
    (func (export "indirect") (result i64) (call $sum (call_indirect (type $t) (i32.const 0))))
    (func (export "tail") (result i64) (call $sum (call $via)))))");
  const Val wanted = i64(static_cast<int64_t>(1 + 0x3f800000 + (kRubbish | 4) + 5 - 1));
  for (const char* name : {"call", "indirect", "tail"}) expect(i, name, wanted);
}

// --- Arguments from the host ---------------------------------------------------------------------------------------

TEST_P(HostSlots, rubbish_above_arguments) {
  // More arguments than there are registers. Each one is used as a number, an address or an index.
  const Instance i = guest.load(R"((module (memory 1) (data (i32.const 3) "\2a") (table 4 funcref)
    (func (export "f") (param i32 i32 i32 i32 i32 i32 i32 i32 f32) (result i64)
      (i64.add
        (i64.add (i64.extend_i32_u (local.get 0)) (i64.extend_i32_u (i32.load8_u (local.get 1))))
        (i64.add (i64.extend_i32_u (ref.is_null (table.get (local.get 2))))
          (i64.add (i64.extend_i32_u (i32.reinterpret_f32 (local.get 8))) (i64.extend_i32_u (local.get 7))))))
    (func (export "loop") (param i32 i32) (result i64) (local i64)
      (loop $l
        (local.set 2 (i64.add (local.get 2) (i64.add (i64.extend_i32_u (local.get 1))
          (i64.extend_i32_u (i32.load8_u (i32.const 3))))))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 2))))");
  for (int round = 0; round < 5; ++round) {
    uint64_t slots[9];
    for (uint64_t& slot : slots) slot = kRubbish | 3;
    slots[8] = kRubbish | 0x3f800000;
    ASSERT_TRUE(i.func("f")->call_unchecked(slots));
    EXPECT_EQ(slots[0], 3u + 0x2a + 1 + 0x3f800000 + 3);
  }
  uint64_t slots[2] = {kRubbish | 100, kRubbish | 7};  // becomes hot in the loop
  ASSERT_TRUE(i.func("loop")->call_unchecked(slots));
  EXPECT_EQ(slots[0], 100u * (7 + 0x2a));
}

TEST_P(HostSlots, rubbish_above_what_an_exception_carries) {
  const Instance i = guest.load(R"((module (tag $e (param i32 f32))
    (func $throw (param i32 f32) (throw $e (local.get 0) (local.get 1)))
    (func (export "f") (param i32 f32) (result i64) (local i32 f32)
      (block $h (result i32 f32)
        (try_table (catch $e $h) (call $throw (local.get 0) (local.get 1)))
        (unreachable))
      (local.set 3) (local.set 2)
      (i64.add (i64.extend_i32_u (local.get 2)) (i64.extend_i32_u (i32.reinterpret_f32 (local.get 3)))))))");
  for (int round = 0; round < 5; ++round) {
    uint64_t slots[2] = {kRubbish | 7, kRubbish | 0x3f800000};
    ASSERT_TRUE(i.func("f")->call_unchecked(slots));
    EXPECT_EQ(slots[0], 7u + 0x3f800000);
  }
}

// --- Globals -------------------------------------------------------------------------------------------------------

TEST_P(HostSlots, rubbish_above_globals_that_the_host_sets) {
  GlobalType type{ValType::i32, /*mutable_=*/true};
  const Val three = Val::from_bits(ValType::i32, kRubbish | 3);
  const Result<Global> variable = Global::make(guest.store, type, three);
  type.mutable_ = false;
  const Result<Global> constant = Global::make(guest.store, type, three);
  ASSERT_TRUE(variable && constant);
  guest.linker.define("h", "variable", *variable);
  guest.linker.define("h", "constant", *constant);
  const Instance i = guest.load(R"((module
    (import "h" "variable" (global $v (mut i32))) (import "h" "constant" (global $c i32))
    (type $a (array i32)) (type $s (struct (field i32)))
    (memory 1) (data (offset (global.get $c)) "\2a")
    (table 4 funcref) (elem (offset (global.get $c)) func $f)
    (global $copy i32 (global.get $c))
    (global $sum i32 (i32.add (global.get $c) (i32.const 1)))
    (global $array (ref $a) (array.new $a (global.get $c) (global.get $c)))
    (global $struct (ref $s) (struct.new $s (global.get $c)))
    (global $small (ref i31) (ref.i31 (global.get $c)))
    (func $f)
    (func (export "variable") (result i64) (i64.extend_i32_u (global.get $v)))
    (func (export "constant") (result i64) (i64.extend_i32_u (global.get $c)))
    (func (export "copy") (result i64) (i64.extend_i32_u (global.get $copy)))
    (func (export "sum") (result i64) (i64.extend_i32_u (global.get $sum)))
    (func (export "address") (result i32) (i32.load8_u (global.get $v)))
    (func (export "index") (result i32) (ref.is_null (table.get (global.get $v))))
    (func (export "length") (result i64) (i64.extend_i32_u (array.len (global.get $array))))
    (func (export "element") (result i64) (i64.extend_i32_u (array.get $a (global.get $array) (i32.const 2))))
    (func (export "field") (result i64) (i64.extend_i32_u (struct.get $s 0 (global.get $struct))))
    (func (export "small") (result i64) (i64.extend_i32_u (i31.get_u (global.get $small))))))");
  for (const char* name : {"variable", "constant", "copy", "length", "element", "field", "small"}) {
    expect(i, name, i64(3));
  }
  expect(i, "sum", i64(4));
  expect(i, "address", i32(0x2a));
  expect(i, "index", i32(0));
  ASSERT_TRUE(variable->set(Val::from_bits(ValType::i32, kRubbish | 1)));
  expect(i, "variable", i64(1));
  EXPECT_EQ(variable->get().bits(), 1u);
}

// --- The setting for scripts and generated modules

struct PoisonSlots {
  PoisonSlots() { runtime::test_settings.poison_slots = true; }
  ~PoisonSlots() { runtime::test_settings.poison_slots = false; }
};

TEST(poison_slots, stands_above_what_the_host_writes) {
  const PoisonSlots setting;
  Guest guest;
  uint64_t seen[3] = {};
  FuncType type;
  type.params = {ValType::i32, ValType::i64, ValType::f32};
  type.results = {ValType::i32};
  const Func host = Func::make(guest.store, type, [&](Caller&, uint64_t* slots) -> Result<void> {
    std::copy_n(slots, 3, seen);
    return {};
  });
  EXPECT_THAT(host.call({i32(7), i64(8), f32(1)}), Returns(i32(7)));
  constexpr uint64_t kAbove = uint64_t{runtime::kPoison} << 32;
  EXPECT_EQ(seen[0], kAbove | 7);
  EXPECT_EQ(seen[1], 8u);
  EXPECT_EQ(seen[2], kAbove | 0x3f800000);
}

}  // namespace
}  // namespace mini_wasm
