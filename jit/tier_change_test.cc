// Tier::automatic: functions that change from the interpreter to machine code while they run, or between two calls,
// behave as before, also with traps, exceptions and backtraces.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "spec-tests/support/guest.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

// A function is hot (compiled) at its second call, or at the second iteration of one of its loops.
Config automatic() {
  Config config;
  config.tier = Tier::automatic;
  config.hot_after = 1;
  return config;
}

// `main` is called once, so it stays in the interpreter unless it has loops. The functions that it calls are compiled.
constexpr std::string_view kFunctions = R"(
  (import "host" "fails" (func $fails (param i32) (result i32)))
  (import "host" "again" (func $again (param i32) (result i32)))
  (type $t (func (param i32) (result i32)))
  (tag $tag (param i32 i64)) (memory (export "memory") 1 10) (table funcref (elem $div)) (elem declare func $div)
  (func $div (export "div") (param i32) (result i32) nop (i32.div_u (i32.const 100) (local.get 0)))
  (func $outer (param i32) (result i32) (i32.add (i32.const 1) (call $div (local.get 0))))
  (func $load (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func $throws (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (throw $tag (i32.const 7) (i64.const 9)))) (local.get 0))
  (func $grow (param i32) (result i32) (memory.grow (local.get 0)))
  (func $calls_host (param i32) (result i32) (i32.add (i32.const 2) (call $fails (local.get 0))))
  (func $calls_again (param i32) (result i32) (i32.add (i32.const 3) (call $again (local.get 0))))
  (func $f64 (param f64) (result f64) (f64.mul (local.get 0) (f64.const 1.5)))
  (func $f32 (param f32) (result f32) (f32.mul (local.get 0) (f32.const 1.5)))
  (func $v128 (param v128) (result v128) (i32x4.add (local.get 0) (v128.const i32x4 1 2 3 4)))
  (func $many (param i32 i64 f64 i32 f32) (result i32 i64 f64 f32)
    (i32.add (local.get 0) (local.get 3)) (local.get 1) (local.get 2) (local.get 4))
)";

std::string outcome(const Config& config, std::string_view main) {
  Guest guest(config);
  std::optional<Instance> instance;
  guest.linker.func("host", "fails", [](int32_t x) -> Result<int32_t> {
    if (x == 0) return Error::make(ErrorKind::trap, "from the host");
    return x;
  });
  guest.linker.func("host", "again", [&](int32_t x) -> Result<int32_t> {
    Result<std::vector<Val>> r = instance->func("div")->call({i32(x)});
    if (!r) return r.error();
    return (*r)[0].i32();
  });
  instance =
      guest.load("(module " + std::string(kFunctions) + "(func $main (export \"main\") " + std::string(main) + "))");
  const Result<std::vector<Val>> r = guest.call(*instance, "main", {});
  if (!r) return r.error().to_string() + "\n" + to_string(r.error().backtrace);
  std::string text;
  for (const Val& value : *r) text += to_string(value) + " ";
  return text;
}

void expect_equal(std::string_view main, const char* what) {
  Config interpreter;
  interpreter.tier = Tier::interpreter;
  EXPECT_EQ(outcome(automatic(), main), outcome(interpreter, main)) << what << ": " << main;
  Config checked = automatic();
  checked.guard_pages = false;
  EXPECT_EQ(outcome(checked, main), outcome(interpreter, main)) << what << ", checked: " << main;
}

TEST(tier_change, traps_of_what_became_hot) {
  for (const char* last :
       {"(call $div (i32.const 0))", "(call $outer (i32.const 0))", "(call $load (i32.const -1))",
        "(call_indirect (type $t) (i32.const 0) (i32.const 0))", "(call_ref $t (i32.const 0) (ref.func $div))",
        "(return_call $div (i32.const 0))", "(return_call_ref $t (i32.const 0) (ref.func $div))",
        "(call $calls_again (i32.const 0))", "(call $calls_host (i32.const 0))"}) {
    const std::string calls = R"((result i32) (drop (call $outer (i32.const 5))) (drop (call $outer (i32.const 6)))
      (drop (call $load (i32.const 5))) (drop (call $load (i32.const 6))) (drop (call $calls_host (i32.const 1)))
      (drop (call $calls_host (i32.const 1))) (drop (call $calls_again (i32.const 1)))
      (drop (call $calls_again (i32.const 1))) )";
    expect_equal(calls + last, "trap");
  }
}

TEST(tier_change, results_of_every_type) {
  expect_equal(R"((result f64 f32 i32 i32)
    (drop (call $f64 (f64.const 1))) (call $f64 (f64.const 2)) (drop (call $f32 (f32.const 1))) (call $f32 (f32.const 2))
    (drop (call $v128 (v128.const i64x2 5 6))) (i32x4.extract_lane 2 (call $v128 (v128.const i64x2 5 6)))
    (call $div (call $div (i32.const 7))))",
               "results");
  expect_equal(R"((result i32 i64 f64 f32)
    (call $many (i32.const 1) (i64.const -2) (f64.const 3) (i32.const 4) (f32.const 5)) drop drop drop drop
    (call $many (i32.const 1) (i64.const -2) (f64.const 3) (i32.const 4) (f32.const 5)))",
               "several results");
}

TEST(tier_change, exceptions_travel_between_tiers) {
  expect_equal(R"((result i32 i64) (drop (call $throws (i32.const 5))) (drop (call $throws (i32.const 6)))
    (block $h (result i32 i64)
      (try_table (catch $tag $h) (drop (call $throws (i32.const 0))))
      (i32.const 1) (i64.const 1)))",
               "caught");
  expect_equal(R"((result i32) (drop (call $throws (i32.const 5))) (drop (call $throws (i32.const 6)))
    (call $throws (i32.const 0)))",
               "not caught");
}

TEST(tier_change, memory_that_grew_is_seen) {
  expect_equal(R"((result i32 i32) (drop (call $grow (i32.const 1))) (call $grow (i32.const 1))
    (i32.store (i32.const 196604) (i32.const 77)) (i32.load (i32.const 196604)))",
               "memory");
}

// Loops that are running continue in machine code, with all locals, whichever loop is hot first.
TEST(tier_change, a_loop_goes_on_in_machine_code) {
  const std::string locals = R"((result i32 i64 f64 i32)
    (local $i i32) (local $j i32) (local $a i64) (local $b i64) (local $c i32) (local $d i32) (local $e i32)
    (local $f i32) (local $g i32) (local $h i32) (local $x f64) (local $y f32) (local $v v128) (local $r (ref null $t)) )";
  const std::string body = R"(
        (local.set $a (i64.add (i64.mul (local.get $a) (i64.const 3)) (i64.extend_i32_u (local.get $i))))
        (local.set $b (i64.xor (local.get $b) (i64.rotl (local.get $a) (i64.const 7))))
        (local.set $c (i32.add (local.get $c) (local.get $d)))
        (local.set $d (i32.sub (local.get $e) (local.get $i)))
        (local.set $e (i32.xor (local.get $f) (i32.const 0x5555)))
        (local.set $f (i32.add (local.get $g) (local.get $h)))
        (local.set $g (i32.add (local.get $g) (call $div (i32.add (local.get $i) (i32.const 1)))))
        (local.set $h (i32.rotl (local.get $h) (local.get $i)))
        (local.set $x (f64.add (local.get $x) (f64.convert_i32_s (local.get $c))))
        (local.set $y (f32.add (local.get $y) (f32.const 0.5)))
        (local.set $v (i32x4.add (local.get $v) (i32x4.splat (local.get $i))))
        (local.set $r (ref.func $div)) )";
  const std::string results = R"((i32.add (i32.add (local.get $c) (local.get $f)) (i32.add (local.get $g)
      (i32.add (local.get $h) (i32x4.extract_lane 3 (local.get $v))))) (i64.add (local.get $a) (local.get $b))
    (f64.add (local.get $x) (f64.promote_f32 (local.get $y))) (call_ref $t (i32.const 9) (local.get $r)))";
  expect_equal(locals + "(loop $l " + body +
                   "(br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))" +
                   results,
               "one loop");
  expect_equal(locals + R"((loop $o (local.set $j (i32.const 0)) (block $out (loop $l )" + body + R"(
        (br_if $out (i32.or (i32.ge_u (local.get $j) (i32.const 3)) (i32.ge_u (local.get $i) (i32.const 200))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_table $l $l $o $l (i32.rem_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4)))))
      (br_if $o (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 60)))))" +
                   results,
               "loops in loops");
}

// A loop with operands below it on the stack cannot be entered in machine code. Its function changes at its next call.
TEST(tier_change, a_loop_under_operands_is_left_alone) {
  expect_equal(R"((result i32) (local $i i32) (i32.const 1000) (call $div (i32.const 3))
    (loop $l (param i32) (result i32)
      (i32.add (local.get $i))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))
    i32.sub)",
               "operands");
}

TEST(tier_change, objects_survive_collections_in_either_tier) {
  Config config = automatic();
  config.gc_stress = true;
  Guest guest(config);
  const Instance i = guest.load(R"((module (type $n (struct (field i32) (field (ref null $n))))
    (func $push (param (ref null $n) i32) (result (ref $n)) (struct.new $n (local.get 1) (local.get 0)))
    (func $sum (param (ref null $n)) (result i32) (local $s i32)
      (block $end (loop $l (br_if $end (ref.is_null (local.get 0)))
        (local.set $s (i32.add (local.get $s) (struct.get $n 0 (local.get 0))))
        (local.set 0 (struct.get $n 1 (local.get 0))) (br $l)))
      (local.get $s))
    (func (export "f") (result i32) (local $list (ref null $n)) (local $i i32)
      (loop $l (local.set $list (call $push (local.get $list) (local.get $i)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
      (call $sum (local.get $list)))))");
  for (int round = 0; round < 3; ++round) EXPECT_THAT(guest.call(i, "f"), Returns(i32(4950)));
}

TEST(tier_change, recursion_and_tail_calls) {
  Guest guest(automatic());
  const Instance i = guest.load(R"((module
    (func $deep (export "deep") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
    (func $even (export "even") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
      (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
    (func $odd (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (return_call $even (i32.sub (local.get 0) (i32.const 1))))))");
  EXPECT_THAT(guest.call(i, "deep", {i32(1000)}), Returns(i32(1000)));
  EXPECT_THAT(guest.call(i, "deep", {i32(-1)}), Traps(TrapCode::call_stack_exhausted));
  EXPECT_THAT(guest.call(i, "deep", {i32(1000)}), Returns(i32(1000)));
  EXPECT_THAT(guest.call(i, "even", {i32(5'000'001)}), Returns(i32(0)));
}

TEST(tier_change, loops_that_have_changed_can_be_interrupted) {
  Guest guest(automatic());
  const Instance i = guest.load("(module (func (export \"f\") (loop $l (br $l))))");
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    guest.store.interrupt();
  });
  EXPECT_THAT(guest.call(i, "f"), Traps(TrapCode::interrupted));
  other.join();
}

// One module, several threads: the thread in which a function becomes hot compiles it for all of them.
TEST(tier_change, threads_share_what_is_hot) {
  Config config = automatic();
  config.hot_after = 100;
  const Engine engine(config);
  Result<Module> module = Module::compile(engine, wat(R"((module
    (func $f (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
    (func (export "f") (param i32) (result i32) (local $s i32)
      (loop $l (local.set $s (i32.add (local.get $s) (call $f (local.get 0))))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get $s))))"));
  ASSERT_TRUE(module);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      Store store(engine);
      Linker linker(store);
      Result<Instance> instance = linker.instantiate(*module);
      ASSERT_TRUE(instance);
      for (int n = 0; n < 20; ++n) EXPECT_THAT(instance->func("f")->call({i32(200)}), Returns(i32(60300)));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace mini_wasm
