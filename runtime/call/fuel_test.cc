// Config::fuel and Store::set_fuel on every tier. The differential test with --fuel compares the tiers on made-up modules;
// here the numbers themselves are right.
#include <string>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr uint64_t kPlenty = 1'000'000;

Config metered(Config config) {
  config.fuel = true;
  return config;
}
StoreLimits with_fuel(uint64_t units) {
  StoreLimits limits;
  limits.fuel = units;
  return limits;
}

class Fuel : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  // What a call uses up.
  uint64_t cost(const Instance& instance, const char* name, std::initializer_list<Val> args = {}) {
    EXPECT_TRUE(guest.store.set_fuel(kPlenty));
    last = guest.call(instance, name, args);
    return kPlenty - guest.store.fuel();
  }
  Guest guest{metered(GetParam().config()), with_fuel(kPlenty)};
  Result<std::vector<Val>> last = std::vector<Val>();
};
INSTANTIATE_TEST_SUITE_P(tiers, Fuel, ::testing::ValuesIn(spec::kTiers), tier_name);

TEST_P(Fuel, each_executed_instruction_costs_one_unit) {
  const Instance i = guest.load(R"((module
    (func (export "straight") (result i32) (nop) (block (nop)) (i32.add (i32.const 1) (i32.const 2)))
    (func (export "arms") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (i32.const 2)))
        (else (i32.const 3))))
    (func (export "one arm") (param i32) (if (local.get 0) (then (drop (i32.const 1)))))
    (func (export "skips") (param i32) (result i32)
      (block (br_if 0 (local.get 0)) (br_if 0 (i32.eqz (local.get 0))) (drop (i32.const 1)))
      (i32.const 2))
    (func (export "loop") (param i32)
      (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "early") (param i32) (result i32)
      (block (br_if 0 (local.get 0)) (return (i32.const 1)))
      (i32.add (i32.const 1) (i32.const 1)))
    (func (export "table") (param i32) (result i32)
      (block $a (block $b (block $c
        (br_if $b (i32.eqz (local.get 0)))
        (br_if $a (i32.eq (local.get 0) (i32.const 1)))
        (br_table $a $b $c (i32.sub (local.get 0) (i32.const 3))))
        (return (i32.const 10)))
        (return (i32.const 20)))
      (i32.const 30))))");
  EXPECT_EQ(cost(i, "straight"), 3u);
  EXPECT_EQ(cost(i, "arms", {Val::i32(1)}), 2 + 3u);
  EXPECT_EQ(cost(i, "arms", {Val::i32(0)}), 2 + 1u);
  EXPECT_EQ(cost(i, "one arm", {Val::i32(1)}), 2 + 2u);
  EXPECT_EQ(cost(i, "one arm", {Val::i32(0)}), 2u);
  EXPECT_EQ(cost(i, "skips", {Val::i32(1)}), 2 + 1u);
  EXPECT_EQ(cost(i, "skips", {Val::i32(0)}), 2 + 3 + 1u);
  EXPECT_EQ(cost(i, "loop", {Val::i32(1)}), 5u);
  EXPECT_EQ(cost(i, "loop", {Val::i32(1000)}), 5000u);
  EXPECT_EQ(cost(i, "early", {Val::i32(0)}), 2 + 2u);
  EXPECT_EQ(cost(i, "early", {Val::i32(1)}), 2 + 3u);
  // The labels of the br_table are reached with different numbers of open units (validator/metering.h).
  EXPECT_EQ(cost(i, "table", {Val::i32(0)}), 3 + 2u);
  EXPECT_EQ(cost(i, "table", {Val::i32(1)}), 7 + 1u);
  EXPECT_EQ(cost(i, "table", {Val::i32(3)}), 11 + 1u);
  EXPECT_EQ(cost(i, "table", {Val::i32(4)}), 11 + 2u);
  EXPECT_EQ(cost(i, "table", {Val::i32(5)}), 11 + 2u);
  EXPECT_THAT(last, Returns(Val::i32(10)));
}

TEST_P(Fuel, calls_exceptions_and_objects) {
  const Instance i = guest.load(R"((module
    (tag $e (param i32))
    (type $f (sub (func (result i32)))) (type $g (sub final $f (func (result i32))))
    (type $a (array (mut i8))) (type $s (struct (field i64)))
    (table funcref (elem $two $sub))
    (func $two (type $f) (i32.add (i32.const 1) (i32.const 1)))
    (func $sub (type $g) (i32.const 5))
    (func (export "call") (result i32) (call $two))
    (func (export "indirect") (param i32) (result i32) (call_indirect (type $f) (local.get 0)))
    (func (export "tail") (result i32) (return_call $two))
    (func $throws (throw $e (i32.const 1)))
    (func (export "catch") (result i32) (block (result i32) (try_table (catch $e 0) (call $throws)) (i32.const 7)))
    (func (export "handler") (param i32) (result i32)
      (block $l (br_if $l (local.get 0)) (try_table (catch_all $l) (call $throws)))
      (i32.const 7))
    (func (export "many objects") (param i32)
      (loop (drop (struct.new_default $s)) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (type $large (struct (field i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)))
    (func (export "large structure") (drop (struct.new_default $large)))
    (func (export "fixed arrays")
      (drop (array.new_default $a (i32.const 8)))
      (drop (array.new $a (i32.const 0) (i32.const 800))))
    (func (export "array") (param i32) (drop (array.new_default $a (local.get 0))))))");
  EXPECT_EQ(cost(i, "call"), 1 + 3u);
  EXPECT_EQ(cost(i, "indirect", {Val::i32(0)}), 2 + 3u);
  EXPECT_EQ(cost(i, "indirect", {Val::i32(1)}), 2 + 1u);  // the type has to be looked up
  EXPECT_EQ(cost(i, "tail"), 1 + 3u);
  EXPECT_EQ(cost(i, "catch"), 1 + 2u);
  EXPECT_EQ(cost(i, "handler", {Val::i32(0)}), 3 + 2 + 1u);
  EXPECT_EQ(cost(i, "handler", {Val::i32(1)}), 2 + 1u);
  EXPECT_EQ(cost(i, "many objects", {Val::i32(10'000)}), 70'000u);  // some of them need a new run of cells
  EXPECT_EQ(cost(i, "array", {Val::i32(7)}), 3u);
  EXPECT_EQ(cost(i, "array", {Val::i32(800)}), 3 + 100u);
  EXPECT_EQ(cost(i, "fixed arrays"), 3 + 1 + 4 + 100u);
  EXPECT_EQ(cost(i, "large structure"), 2 + 2u);  // its 17 fields take 136 bytes
}

TEST_P(Fuel, instructions_that_move_many_bytes_cost_more) {
  const Instance i = guest.load(R"((module (memory 2) (table $t 1000 funcref) (data $d "0123456789")
    (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
    (func (export "copy") (param i32) (memory.copy (i32.const 0) (i32.const 1) (local.get 0)))
    (func (export "init") (param i32) (memory.init $d (i32.const 0) (i32.const 0) (local.get 0)))
    (func (export "table") (param i32) (table.fill $t (i32.const 0) (ref.null func) (local.get 0)))
    (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))))");
  EXPECT_EQ(cost(i, "fill", {Val::i32(0)}), 4u);
  EXPECT_EQ(cost(i, "fill", {Val::i32(65'536)}), 4 + 1024u);
  EXPECT_EQ(cost(i, "copy", {Val::i32(65'535)}), 4 + 1023u);
  EXPECT_EQ(cost(i, "init", {Val::i32(10)}), 4u);
  EXPECT_EQ(cost(i, "table", {Val::i32(800)}), 4 + 100u);
  EXPECT_EQ(cost(i, "grow", {Val::i32(800)}), 3 + 100u);
  EXPECT_EQ(cost(i, "grow", {Val::i32(-1)}), 3u);  // it fails
}

// 5 units an iteration. What was done before the end stays done.
TEST_P(Fuel, a_guest_without_fuel_stops_at_a_certain_instruction) {
  const Instance i = guest.load(R"((module
    (global (export "g") (mut i32) (i32.const 0))
    (func $forever (export "forever")
      (loop (global.set 0 (i32.add (global.get 0) (i32.const 1))) (br 0)))
    (func $deep (export "deep")
      (global.set 0 (i32.add (global.get 0) (i32.const 1))) (call $deep))))");
  for (const char* name : {"forever", "deep"}) {
    for (const uint64_t fuel : {5, 6, 9, 10, 5004, 5005}) {
      ASSERT_TRUE(i.global("g")->set(Val::i32(0)));
      ASSERT_TRUE(guest.store.set_fuel(fuel));
      const auto result = guest.call(i, name);
      ASSERT_THAT(result, Traps(TrapCode::out_of_fuel));
      EXPECT_EQ(result.error().backtrace[0].function_name, name);
      EXPECT_EQ(guest.store.fuel(), 0u);
      EXPECT_EQ(i.global("g")->get().i32(), static_cast<int32_t>(fuel / 5 + 1)) << name << " " << fuel;
      EXPECT_THAT(guest.call(i, name), Traps(TrapCode::out_of_fuel));
      EXPECT_EQ(i.global("g")->get().i32(), static_cast<int32_t>(fuel / 5 + 1)) << "it began without fuel";
    }
  }
}

TEST_P(Fuel, host_functions_see_it_and_give_more) {
  std::vector<uint64_t> seen;
  int calls = 0;
  guest.linker.define("host", "tick", Func::wrap(guest.store, [&]() -> Result<void> {
                        seen.push_back(guest.store.fuel());
                        if (++calls == 3) return guest.store.set_fuel(100);
                        return {};
                      }));
  const Instance i = guest.load(R"((module (import "host" "tick" (func $tick))
    (func (export "f") (loop (call $tick) (br 0)))))");
  ASSERT_TRUE(guest.store.set_fuel(7));
  EXPECT_THAT(guest.call(i, "f"), Traps(TrapCode::out_of_fuel));
  ASSERT_GE(seen.size(), 5u);
  EXPECT_EQ(std::vector<uint64_t>(seen.begin(), seen.begin() + 5), (std::vector<uint64_t>{6, 4, 2, 98, 96}));
  EXPECT_EQ(seen.size(), 3 + 50u);
}

// The guest that the host calls inside of a host function takes from the same fuel.
TEST_P(Fuel, nested_calls_share_it) {
  std::optional<Func> inner;
  guest.linker.define("host", "nested", Func::wrap(guest.store, [&]() -> Result<void> {
                        if (auto r = inner->call({Val::i32(10)}); !r) return std::move(r).error();
                        return {};
                      }));
  const Instance i = guest.load(R"((module (import "host" "nested" (func $nested))
    (func (export "inner") (param i32)
      (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "outer") (local i64) (local.set 0 (i64.const 7)) (call $nested) (call $nested)
      (drop (local.get 0)))))");
  inner = i.func("inner");
  EXPECT_EQ(cost(i, "outer"), 2 + 1 + 50 + 1 + 50 + 2u);
  ASSERT_TRUE(guest.store.set_fuel(60));
  EXPECT_THAT(guest.call(i, "outer"), Traps(TrapCode::out_of_fuel));
}

TEST_P(Fuel, a_store_begins_with_what_its_limits_say) {
  const char* const text = R"((module (func $start (drop (i32.const 1))) (start $start)))";
  for (const uint64_t units : {0, 1}) {
    Guest other(metered(GetParam().config()), with_fuel(units));
    EXPECT_EQ(other.store.fuel(), units);
    EXPECT_EQ(static_cast<bool>(other.try_load(text)), units != 0);
    EXPECT_EQ(other.store.fuel(), 0u);
  }
}

TEST_P(Fuel, is_refused_where_it_is_not_counted) {
  Guest other(GetParam().config());
  EXPECT_THAT(other.store.set_fuel(1), Fails(ErrorKind::usage, "Config::fuel"));
  EXPECT_THAT(guest.store.set_fuel(uint64_t{1} << 63), Fails(ErrorKind::usage, "2^63"));
  EXPECT_TRUE(guest.store.set_fuel((uint64_t{1} << 63) - 1));
  EXPECT_EQ(guest.store.fuel(), (uint64_t{1} << 63) - 1);
}

TEST_P(Fuel, a_function_of_many_thousand_instructions) {
  std::string body;
  for (int n = 0; n < 10'000; ++n) body += "(drop (local.get 0))";
  const Instance i = guest.load("(module (func (export \"f\") (param i32) " + body + "))");
  EXPECT_EQ(cost(i, "f", {Val::i32(1)}), 20'000u);
}

}  // namespace
}  // namespace mini_wasm
