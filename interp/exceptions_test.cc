// Exceptions of both kinds: try_table, and try/catch/delegate/rethrow of the older proposal.
#include "interp/interp_test.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class Exceptions : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Guest guest{GetParam().config()};
};
MW_IN_EVERY_CONFIGURATION(Exceptions);

// --- Where an exception goes ---------------------------------------------------------------------------------------

TEST_P(Exceptions, through_host_frames_and_back) {
  int passed = 0;
  guest.linker.func("h", "pass", [&](Caller& caller, int32_t n) -> Result<void> {
    const Result<std::vector<Val>> r = caller.instance()->func("throw")->call({i32(n)});
    EXPECT_THAT(r, Fails(ErrorKind::exception, "uncaught exception: i32:" + std::to_string(n)));
    ++passed;
    return Error(r.error());
  });
  guest.linker.func("h", "swallow", [&](Caller& caller, int32_t n) {
    EXPECT_THAT(caller.instance()->func("throw")->call({i32(n)}), Fails(ErrorKind::exception, "uncaught exception"));
    return n + 1;
  });
  const Instance i = guest.load(R"((module
    (import "h" "pass" (func $pass (param i32)))
    (import "h" "swallow" (func $swallow (param i32) (result i32)))
    (tag $e (param i32))
    (func (export "throw") (param i32) (throw $e (local.get 0)))
    (func (export "caught") (param i32) (result i32)
      (block $h (result i32) (try_table (catch $e $h) (call $pass (local.get 0))) (i32.const -1)))
    (func (export "caught_by_try") (param i32) (result i32)
      (try (result i32) (do (call $pass (local.get 0)) (i32.const -1)) (catch $e)))
    (func (export "swallowed") (param i32) (result i32)
      (try (result i32) (do (call $swallow (local.get 0))) (catch $e)))
    (func (export "uncaught") (param i32) (call $pass (local.get 0)))))");
  EXPECT_THAT(guest.call(i, "caught", {i32(42)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(i, "caught_by_try", {i32(43)}), Returns(i32(43)));
  EXPECT_THAT(guest.call(i, "uncaught", {i32(44)}), Fails(ErrorKind::exception, "uncaught exception: i32:44"));
  EXPECT_EQ(passed, 3);
  EXPECT_THAT(guest.call(i, "swallowed", {i32(44)}), Returns(i32(45)));
  EXPECT_THAT(guest.call(i, "caught", {i32(1)}), Returns(i32(1)));
}

TEST_P(Exceptions, a_tag_is_the_same_in_every_module_that_shares_it) {
  const char* const thrower = R"((module
    (tag $e (export "tag") (param i32)) (func (export "throw") (param i32) (throw $e (local.get 0)))))";
  guest.linker.instance("a", guest.load(thrower));
  guest.linker.instance("b", guest.load(thrower));  // of the same type, but another tag
  const Instance i = guest.load(R"((module
    (import "a" "tag" (tag $a (param i32)))  (import "b" "tag" (tag $b (param i32)))
    (import "a" "tag" (tag $again (param i32)))
    (import "a" "throw" (func $a (param i32)))  (import "b" "throw" (func $b (param i32)))
    (func (export "catch_b") (param i32) (result i32)
      (block $on_a (result i32)
        (block $on_b (result i32)
          (try_table (catch $b $on_b) (catch $again $on_a)
            (if (local.get 0) (then (call $a (i32.const 1))) (else (call $b (i32.const 2)))))
          (i32.const 0))
        (return (i32.add (i32.const 100))))
      (i32.add (i32.const 200)))
    (func (export "legacy") (param i32) (result i32)
      (try (result i32)
        (do (if (local.get 0) (then (call $a (i32.const 1))) (else (call $b (i32.const 2)))) (i32.const 0))
        (catch $b (i32.add (i32.const 100)))
        (catch $again (i32.add (i32.const 200)))))))");
  for (const char* name : {"catch_b", "legacy"}) {
    EXPECT_THAT(guest.call(i, name, {i32(0)}), Returns(i32(102))) << name;
    EXPECT_THAT(guest.call(i, name, {i32(1)}), Returns(i32(201))) << name;
  }
}

TEST_P(Exceptions, a_clause_may_leave_the_function) {
  const Instance i = guest.load(R"((module
    (tag $e (param i32 i64))
    (func $throw (param i32) (if (local.get 0) (then (throw $e (local.get 0) (i64.const 7)))))
    (func $f (export "f") (param i32) (result i32 i64)
      (try_table (catch $e 0) (call $throw (local.get 0)))
      (i32.const 1) (i64.const 2))
    (func (export "body_label") (param i32) (result i32 i64)
      (call $f (local.get 0)))
    (func (export "void") (param i32)
      (block (try_table (catch_all 1) (call $throw (local.get 0))) (unreachable)))))");
  EXPECT_THAT(guest.call(i, "f", {i32(5)}), Returns(i32(5), i64(7)));
  EXPECT_THAT(guest.call(i, "f", {i32(0)}), Returns(i32(1), i64(2)));
  EXPECT_THAT(guest.call(i, "body_label", {i32(9)}), Returns(i32(9), i64(7)));
  EXPECT_THAT(guest.call(i, "void", {i32(5)}), Returns());
  EXPECT_THAT(guest.call(i, "void", {i32(0)}), Traps(TrapCode::unreachable));
}

TEST_P(Exceptions, from_ten_thousand_frames_down) {
  const Instance i = guest.load(R"((module
    (tag $e (param i32 f64))
    (func $deep (param $n i32) (result f64)
      (if (i32.eqz (local.get $n)) (then (throw $e (i32.const 77) (f64.const 0.5))))
      (f64.add (call $deep (i32.sub (local.get $n) (i32.const 1))) (f64.const 1)))
    (func (export "table") (param i32) (result i32 f64)
      (block $h (result i32 f64)
        (try_table (catch $e $h) (drop (call $deep (local.get 0)))) (i32.const 0) (f64.const 0)))
    (func (export "legacy") (param i32) (result i32 f64)
      (try (result i32 f64)
        (do (i32.const 0) (call $deep (local.get 0))) (catch $e)))))");
  for (const char* name : {"table", "legacy"}) {
    EXPECT_THAT(guest.call(i, name, {i32(10000)}), Returns(i32(77), f64(0.5))) << name;
  }
}

TEST_P(Exceptions, a_stack_that_overflows_below_a_handler_is_a_trap) {
  const Instance i = guest.load(R"((module
    (func $down (call $down))
    (func (export "f") (try (do (call $down)) (catch_all)))
    (func (export "g") (block $h (try_table (catch_all $h) (call $down))))))");
  EXPECT_THAT(guest.call(i, "f"), Traps(TrapCode::call_stack_exhausted));
  EXPECT_THAT(guest.call(i, "g"), Traps(TrapCode::call_stack_exhausted));
}

TEST_P(Exceptions, a_tail_call_leaves_the_try) {
  const Instance i = guest.load(R"((module
    (tag $e)
    (func $throw (throw $e))
    (func $leaves (try_table (catch_all 0) (return_call $throw)))
    (func $leaves_too (try (do (return_call $throw)) (catch_all)))
    (func (export "f") (result i32) (block $h (try_table (catch $e $h) (call $leaves)) (return (i32.const 0))) (i32.const 1))
    (func (export "g") (result i32)
      (try (result i32) (do (call $leaves_too) (i32.const 0)) (catch_all (i32.const 1))))))");
  EXPECT_THAT(guest.call(i, "f"), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "g"), Returns(i32(1)));
}

// --- What it finds there -------------------------------------------------------------------------------------------

TEST_P(Exceptions, values_of_every_type_among_other_operands) {
  const Instance i = guest.load(R"((module
    (tag $e (param i32 v128 f32 v128 i64))
    (func $throw
      (throw $e (i32.const 1) (v128.const i32x4 2 3 4 5) (f32.const 6) (v128.const i64x2 7 8) (i64.const 9)))
    (func (export "table") (result f64 i32 v128 f32 v128 i64)
      (f64.const 0.25)
      (block $h (result i32 v128 f32 v128 i64)
        (v128.const i32x4 -1 -1 -1 -1)
        (try_table (catch $e $h) (call $throw))
        (unreachable)))
    (func (export "legacy") (result f64 i32 v128 f32 v128 i64)
      (f64.const 0.25)
      (try (result i32 v128 f32 v128 i64) (do (call $throw) (unreachable)) (catch $e)))
    (func (export "rethrown") (result f64 i32 v128 f32 v128 i64)
      (f64.const 0.25)
      (try (result i32 v128 f32 v128 i64)
        (do (v128.const i32x4 -1 -1 -1 -1)
            (try (do (call $throw)) (catch_all (drop (i64.const 3)) (rethrow 0)))
            (unreachable))
        (catch $e)))))");
  V128 first{}, second{};
  for (uint8_t lane = 0; lane < 4; ++lane) first[4 * lane] = static_cast<uint8_t>(2 + lane);
  second[0] = 7;
  second[8] = 8;
  for (const char* name : {"table", "legacy", "rethrown"}) {
    EXPECT_THAT(guest.call(i, name), Returns(f64(0.25), i32(1), Val::v128(first), f32(6), Val::v128(second), i64(9)))
        << name;
  }
}

TEST_P(Exceptions, a_handler_in_a_loop_sees_its_locals) {
  const char* const text = R"((module
    (tag $e (param i32))
    (func $odd (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0)))))
    (func (export "table") (param $n i32) (result i32 i32) (local $caught i32) (local $k i32)
      (loop $again
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (local.set $caught (i32.add (local.get $caught)
          (block $h (result i32)
            (try_table (catch $e $h)
              (local.set $k (i32.add (local.get $k) (i32.const 1)))
              (call $odd (local.get $n))
              (local.set $k (i32.sub (local.get $k) (i32.const 1))))
            (i32.const 0))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $caught) (local.get $k))
    (func (export "legacy") (param $n i32) (result i32 i32) (local $caught i32) (local $k i32)
      (loop $again
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (local.set $caught (i32.add (local.get $caught)
          (try (result i32)
            (do
              (local.set $k (i32.add (local.get $k) (i32.const 1)))
              (call $odd (local.get $n))
              (local.set $k (i32.sub (local.get $k) (i32.const 1)))
              (i32.const 0))
            (catch $e))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $caught) (local.get $k))))";
  const Instance i = guest.load(text);
  for (const char* name : {"table", "legacy"}) {
    EXPECT_THAT(guest.call(i, name, {i32(100)}), Returns(i32(2500), i32(150))) << name;
  }
}

TEST_P(Exceptions, a_throw_in_the_same_function_is_a_branch_with_values) {
  const Instance i = guest.load(R"((module
    (tag $e (param i32))
    (func (export "f") (param i32) (result i32)
      (try (result i32)
        (do (try (result i32)
          (do (throw $e (i32.add (local.get 0) (i32.const 1))))
          (catch $e (throw $e (i32.mul (i32.const 2))))))     ;; a clause is not covered by its own try
        (catch $e (i32.add (i32.const 5)))))))");
  EXPECT_THAT(guest.call(i, "f", {i32(10)}), Returns(i32(27)));
}

// --- Legacy only ---------------------------------------------------------------------------------------------------

TEST_P(Exceptions, rethrow_reaches_past_inner_catch_blocks) {
  const Instance i = guest.load(R"((module
    (tag $a (param i32)) (tag $b (param i32))
    (func (export "f") (param $which i32) (result i32)
      (try $outer (result i32)
        (do
          (try $first (result i32)
            (do (throw $a (i32.const 10)))
            (catch $a
              (drop)
              (try $second (result i32)
                (do (throw $b (i32.const 20)))
                (catch $b
                  (drop)
                  (block $in_between
                    (if (local.get $which) (then (rethrow $first)) (else (rethrow $second))))
                  (i32.const 0))))))
        (catch $a (i32.add (i32.const 1)))
        (catch $b (i32.add (i32.const 2)))))))");
  EXPECT_THAT(guest.call(i, "f", {i32(1)}), Returns(i32(11)));
  EXPECT_THAT(guest.call(i, "f", {i32(0)}), Returns(i32(22)));
}

TEST_P(Exceptions, delegate_skips_the_tries_between) {
  const Instance i = guest.load(R"((module
    (tag $e)
    (func (export "to_outer") (result i32)
      (try $outer (result i32)
        (do
          (try $skipped (result i32)
            (do (try (result i32) (do (throw $e)) (delegate $outer)))
            (catch_all (i32.const 1))))
        (catch_all (i32.const 2))))
    (func (export "to_block") (result i32)
      (try (result i32)
        (do (block $b (result i32)
          (try (result i32)
            (do (try (result i32) (do (throw $e)) (delegate $b)))
            (catch_all (i32.const 1)))))
        (catch_all (i32.const 2))))
    (func $leaves (result i32)
      (try (result i32)
        (do (try (result i32) (do (throw $e)) (delegate 1)))
        (catch_all (i32.const 1))))
    (func (export "to_caller") (result i32)
      (try (result i32) (do (call $leaves)) (catch_all (i32.const 3))))
    (func (export "from_a_clause") (result i32)
      (try $outer (result i32)
        (do
          (try $t (result i32)
            (do (throw $e))
            (catch_all (try (result i32) (do (throw $e)) (delegate $t)))))   ;; $t no longer catches
        (catch_all (i32.const 4))))
    (func (export "over_a_table") (result i32)
      (try $outer (result i32)
        (do
          (block $h (try_table (catch_all $h) (try (do (throw $e)) (delegate $outer))))
          (i32.const 1))
        (catch_all (i32.const 5))))
    (func (export "falls_through") (result i32)
      (i32.add (i32.const 3) (try (result i32) (do (i32.const 4)) (delegate 0))))))");
  EXPECT_THAT(guest.call(i, "to_outer"), Returns(i32(2)));
  EXPECT_THAT(guest.call(i, "to_block"), Returns(i32(2)));
  EXPECT_THAT(guest.call(i, "to_caller"), Returns(i32(3)));
  EXPECT_THAT(guest.call(i, "from_a_clause"), Returns(i32(4)));
  EXPECT_THAT(guest.call(i, "over_a_table"), Returns(i32(5)));
  EXPECT_THAT(guest.call(i, "falls_through"), Returns(i32(7)));
}

// Blocks, branches and results are in the same places as without the exception that a catch block keeps.
TEST_P(Exceptions, control_flow_within_a_catch_block) {
  const Instance i = guest.load(R"((module
    (tag $e (param i32 i32))
    (func (export "f") (param $how i32) (result i32 i32)
      (i32.const 1000)
      (try $t (param i32) (result i32 i32)
        (do (drop) (throw $e (i32.const 1) (i32.const 2)))
        (catch $e
          (block (param i32 i32) (result i32 i32)
            (br_if 0 (i32.eqz (local.get $how)))
            (br_if $t (i32.eq (local.get $how) (i32.const 1)))
            (br_table 0 $t (i32.eq (local.get $how) (i32.const 2))))
          (i32.add) (i32.const 7))))))");
  EXPECT_THAT(guest.call(i, "f", {i32(0)}), Returns(i32(3), i32(7)));
  EXPECT_THAT(guest.call(i, "f", {i32(1)}), Returns(i32(1), i32(2)));
  EXPECT_THAT(guest.call(i, "f", {i32(2)}), Returns(i32(1), i32(2)));
  EXPECT_THAT(guest.call(i, "f", {i32(3)}), Returns(i32(3), i32(7)));
}

TEST_P(Exceptions, a_try_that_is_never_entered_is_checked_but_not_translated) {
  const Instance i = guest.load(R"((module
    (tag $e (param i32))
    (func (export "f") (result i32)
      (return (i32.const 1))
      (try (result i32) (do (throw $e (i32.const 2))) (catch $e (drop) (rethrow 0)) (catch_all (i32.const 3))))
    (func (export "g") (result i32)
      (try (result i32)
        (do (return (i32.const 2)) (try (do) (delegate 0)) )
        (catch_all (i32.const 3))))))");
  EXPECT_THAT(guest.call(i, "f"), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "g"), Returns(i32(2)));
}

TEST(LegacyExceptions, can_be_switched_off) {
  constexpr const char* kModule = "(module (func (try (do) (catch_all))))";
  EXPECT_THAT(Guest().try_load(kModule), Succeeds());
  Config config;
  ASSERT_TRUE(config.feature("legacy-exceptions", false));
  EXPECT_THAT(Guest(config).try_load(kModule), Fails(ErrorKind::malformed, "--wasm=legacy-exceptions"));
}

}  // namespace
}  // namespace mini_wasm
