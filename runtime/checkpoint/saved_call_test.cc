// Calls that are saved while they wait, or at a loop, and calls that are made of what was saved, on every tier.
#include "runtime/checkpoint/saved_call.h"

#include <mini_wasm/async.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/store.h"
#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using runtime::SavedCall;
using State = AsyncCall::State;

class SavedCalls : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  SavedCalls() {
    const FuncType type{{ValType::i32}, {ValType::i32}};
    guest.linker.define("host", "wait", Func::make(guest.store, type, [this](Caller& caller, uint64_t* slots) {
                          asked = static_cast<int32_t>(slots[0]);
                          return caller.suspend();
                        }));
  }

  // Machine code alone cannot go on with a call that was saved.
  bool can_load() const { return GetParam().tier != Tier::jit; }
  runtime::Store& store() { return guest.store.impl(); }
  Result<SavedCall> save(AsyncCall& call) { return runtime::save_call(store(), *call.impl()); }
  Result<void> load(const SavedCall& saved, AsyncCall& call) {
    Result<std::unique_ptr<runtime::Continuation>> loaded = runtime::load_call(store(), saved);
    if (!loaded) return std::move(loaded).error();
    call = AsyncCall(loaded->release());
    return {};
  }
  void save_and_load(AsyncCall& call) {
    const Result<SavedCall> saved = save(call);
    ASSERT_THAT(saved, Succeeds());
    ++saves;
    if (can_load()) {
      ASSERT_THAT(load(*saved, call), Succeeds());
    } else if (!saved->frames.empty()) {
      ASSERT_THAT(load(*saved, call), Fails(ErrorKind::usage, "Tier::automatic"));
    }
  }
  // Runs the function to its end. It is saved and loaded whenever it waits, and at each iteration of a loop. The host
  // function returns ten times its argument.
  std::vector<Val> run(const Instance& instance, const char* name, std::initializer_list<Val> args = {}) {
    AsyncCall call = std::move(*AsyncCall::make(*instance.func(name), args));
    call.set_yields(true);
    save_and_load(call);
    for (;;) {
      guest.store.ask_to_yield();
      const Result<State> state = call.resume();
      EXPECT_THAT(state, Succeeds());
      if (!state || *state == State::finished) break;
      save_and_load(call);
      guest.store.collect_garbage();
      if (*state == State::ready) continue;
      EXPECT_THAT(call.complete({Val::i32(asked * 10)}), Succeeds());
      save_and_load(call);
      if (HasFatalFailure()) break;
    }
    save_and_load(call);
    return call.results();
  }

  Guest guest{GetParam().config()};
  int32_t asked = 0, saves = 0;
};
INSTANTIATE_TEST_SUITE_P(tiers, SavedCalls, ::testing::ValuesIn(spec::kTiers), tier_name);

// Locals and operands of all types; constants and locals that are still on the stack when the call returns.
TEST_P(SavedCalls, frames_keep_all_values) {
  const Instance i = guest.load(R"((module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (func $all (param $i i32) (param $l i64) (param $f f32) (param $d f64) (param $v v128) (result i32 i64 f32 f64 v128)
      (local $n i32) (local $w v128) (local $x f64)
      (local.set $w (i32x4.add (local.get $v) (local.get $v)))
      (local.set $x (f64.sqrt (local.get $d)))
      (i32.add (local.get $i) (i32.const 1))
      (local.get $l)
      (f32.const 1.5)
      (f64.const 2.5)
      (v128.const i32x4 1 2 3 4)
      (local.get $f)
      (local.get $x)
      (local.get $w)
      (local.set $n (call $wait (i32.const 3)))
      (local.set $i (i32.const 0)) (local.set $l (i64.const 0)) (local.set $f (f32.const 0))
      (local.set $w) (local.set $x) (local.set $f)
      (local.set $w (i32x4.add (local.get $w)))
      (f64.add (local.get $x)) (local.set $x)
      (f32.add (local.get $f)) (local.set $f)
      (i64.add (i64.extend_i32_s (local.get $n))) (local.set $l)
      (i32.add (local.get $n))
      (local.get $l) (local.get $f) (local.get $x) (local.get $w))
    (func (export "f") (result i32 i64 f32 f64 v128)
      (call $all (i32.const -7) (i64.const 0x123456789abcdef) (f32.const 0.25) (f64.const 16)
        (v128.const i32x4 10 20 30 40)))))");
  EXPECT_THAT(Result<std::vector<Val>>(run(i, "f")),
              Returns(Val::i32(24), Val::i64(0x123456789abcdef + 30), Val::f32(1.75f), Val::f64(6.5),
                      Val::from_bits(ValType::v128, (uint64_t{42} << 32) | 21, (uint64_t{84} << 32) | 63)));
}

TEST_P(SavedCalls, loops_with_operands_below_them) {
  const Instance i = guest.load(R"((module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (func (export "f") (param $n i32) (result i32) (local $i i32) (local $sum i32) (local $d f64)
      (i32.const 1000000)
      (local.get $n)
      (local.set $d (f64.const 0.5))
      (loop $outer
        (local.set $d (f64.add (local.get $d) (f64.const 1)))
        (i32.const 5)
        (loop $inner (param i32)
          (local.set $sum (i32.add (local.get $sum)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $inner (local.get $i) (i32.and (local.get $i) (i32.const 3)))
          drop)
        (local.set $sum (i32.add (local.get $sum) (call $wait (i32.const 1))))
        (br_if $outer (f64.lt (local.get $d) (f64.convert_i32_s (local.get $n)))))
      (i32.add (i32.trunc_f64_s (local.get $d)))
      (i32.add)
      (i32.add (local.get $sum)))))");
  int32_t expected = 1'000'000 + 6 + 6, sum = 0, n = 0;
  for (int turn = 0; turn < 6; ++turn, sum += 10) {
    int32_t top = 5;
    do {
      sum += top;
      top = ++n;
    } while ((n & 3) != 0);
  }
  EXPECT_THAT(Result<std::vector<Val>>(run(i, "f", {Val::i32(6)})), Returns(Val::i32(expected + sum)));
  EXPECT_GT(saves, 30);
}

TEST_P(SavedCalls, deep_stacks_and_several_instances) {
  const Instance other = guest.load(R"((module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (func (export "wait") (param i32 f64) (result i32) (local $x i32)
      (local.set $x (i32.mul (local.get 0) (i32.const 2)))
      (i32.add (call $wait (local.get 0)) (local.get $x)))))");
  guest.linker.define("other", "wait", *other.get_export("wait"));
  const Instance i = guest.load(R"((module
    (import "other" "wait" (func $other (param i32 f64) (result i32)))
    (table funcref (elem $other))
    (func $deep (param $n i32) (result i32) (local $a i32) (local $b i32) (local $c i32)
      (local.set $a (i32.mul (local.get $n) (i32.const 3)))
      (local.set $b (i32.mul (local.get $n) (i32.const 5)))
      (local.set $c (i32.mul (local.get $n) (i32.const 7)))
      (if (result i32) (local.get $n)
        (then (i32.add (i32.add (local.get $a) (call $deep (i32.sub (local.get $n) (i32.const 1))))
          (i32.add
            (i32.add (i32.add (local.get $b) (i32.mul (local.get $a) (local.get $b)))
                     (i32.sub (local.get $c) (i32.mul (local.get $b) (local.get $a))))
            (i32.sub (i32.mul (local.get $c) (local.get $n)) (i32.mul (local.get $n) (local.get $c))))))
        (else (call_indirect (param i32 f64) (result i32) (i32.const 4) (f64.const 0) (i32.const 0)))))
    (func (export "f") (param i32) (result i32) (call $deep (local.get 0)))))");
  EXPECT_THAT(Result<std::vector<Val>>(run(i, "f", {Val::i32(300)})), Returns(Val::i32(48 + 15 * 300 * 301 / 2)));
}

TEST_P(SavedCalls, references_handlers_and_locals_without_a_value) {
  const Instance i = guest.load(R"((module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (type $box (struct (field i32)))
    (tag $e (param i32))
    (func $throws (param i32) (throw $e (call $wait (local.get 0))))
    (func (export "f") (result i32) (local $box (ref $box)) (local $none (ref $box)) (local $sum i32)
      (local.set $box (struct.new $box (i32.const 7)))
      (struct.new $box (i32.const 100))
      (block $caught (result i32)
        (try_table (catch $e $caught) (call $throws (i32.const 1)))
        (unreachable))
      (local.set $sum)
      (struct.get $box 0)
      (i32.add (struct.get $box 0 (local.get $box)))
      (i32.add (local.get $sum)))))");
  EXPECT_THAT(Result<std::vector<Val>>(run(i, "f")), Returns(Val::i32(117)));
}

// A `catch` of the older proposal keeps its exception below its operands.
TEST_P(SavedCalls, exceptions_that_are_kept) {
  const Instance i = guest.load(R"((module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (tag $e (param i32))
    (func $inner (result i32)
      (i32.const 40)
      (try (result i32)
        (do (throw $e (i32.const 1)))
        (catch $e (i32.const 2) (call $wait (i32.const 3)) (drop) (drop) (drop) (rethrow 0)))
      (i32.add))
    (func (export "f") (result i32)
      (try (result i32) (do (call $inner)) (catch $e (call $wait (i32.const 5)) (i32.add))))))");
  EXPECT_THAT(Result<std::vector<Val>>(run(i, "f")), Returns(Val::i32(51)));
}

TEST_P(SavedCalls, tail_calls) {
  const Instance i = guest.load(R"((module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (func $tail (param i32 i32 i32) (result i32) (return_call $wait (local.get 2)))
    (func (export "f") (param i32) (result i32)
      (i32.add (local.get 0) (call $tail (i32.const 1) (i32.const 2) (i32.const 3))))))");
  EXPECT_THAT(Result<std::vector<Val>>(run(i, "f", {Val::i32(2)})), Returns(Val::i32(32)));
}

// Both tiers and all settings say the same about a call.
TEST_P(SavedCalls, what_is_saved) {
  const Instance i = guest.load(R"((module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (func $g (param $a i32) (result i32) (local $b i32)
      (local.set $b (i32.add (local.get $a) (i32.const 1)))
      (i32.add (i32.add (local.get $b) (i32.const 9)) (i32.add (local.get $a) (call $wait (i32.const 1)))))
    (func (export "f") (result i32) (i32.const 8) (call $g (i32.const 5)) i32.add)))");
  AsyncCall call = std::move(*AsyncCall::make(*i.func("f"), {}));
  ASSERT_THAT(call.resume(), Succeeds());
  const Result<SavedCall> saved = save(call);
  ASSERT_THAT(saved, Succeeds());
  ASSERT_EQ(saved->frames.size(), 2u);
  const auto bits = [](const std::vector<runtime::SavedValue>& values) {
    std::vector<uint64_t> all;
    all.reserve(values.size());
    for (const runtime::SavedValue& value : values) all.push_back(value.slots[0]);
    return all;
  };
  EXPECT_EQ(bits(saved->frames[0].operands), std::vector<uint64_t>{8});
  EXPECT_EQ(bits(saved->frames[1].locals), (std::vector<uint64_t>{5, 6}));
  EXPECT_EQ(bits(saved->frames[1].operands), (std::vector<uint64_t>{15, 5}));
  EXPECT_EQ(saved->waits_for->host->name, "wait");
  EXPECT_LT(saved->frames[1].offset, saved->frames[0].offset);
}

TEST_P(SavedCalls, what_cannot_be_saved) {
  const Instance i = guest.load(R"((module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (func (export "f") (result i32) (call $wait (i32.const 1)))
    (func (export "tail") (result i32) (return_call $wait (i32.const 1)))))");
  AsyncCall call = std::move(*AsyncCall::make(*i.func("f"), {}));
  ASSERT_THAT(call.resume(), Succeeds());
  ASSERT_THAT(call.fail(Error::host("no")), Succeeds());
  EXPECT_THAT(save(call), Fails(ErrorKind::usage, "must go on before"));
  EXPECT_THAT(call.resume(), Fails(ErrorKind::host, "no"));
  EXPECT_THAT(save(call), Succeeds()) << "it has ended";

  std::optional<Result<SavedCall>> inside;
  guest.linker.define("host", "save", Func::wrap(guest.store, [&] { inside = save(call); }));
  const Instance saves = guest.load(R"((module (import "host" "save" (func $save)) (func (export "f") (call $save))))");
  call = std::move(*AsyncCall::make(*saves.func("f"), {}));
  ASSERT_THAT(call.resume(), Succeeds());
  EXPECT_THAT(*inside, Fails(ErrorKind::usage, "running"));

  call = std::move(*AsyncCall::make(*i.func("tail"), {}));
  ASSERT_THAT(call.resume(), Succeeds());
  if (GetParam().tier == Tier::jit) {
    EXPECT_THAT(save(call), Fails(ErrorKind::usage, "only a host function"));
  } else if (GetParam().tier == Tier::interpreter) {
    EXPECT_THAT(save(call), Succeeds());
  }
}

// Whatever is wrong about what was saved is found.
TEST_P(SavedCalls, what_was_saved_is_checked) {
  guest.linker.define("host", "other", Func::wrap(guest.store, [] { return 0.0; }));
  const Instance i = guest.load(R"((module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (import "host" "other" (func $other (result f64)))
    (func $g (param $a i32) (result i32) (local $b i64) (i32.add (i32.const 1) (call $wait (i32.const 1))))
    (func $h (result f32) (loop (call $nothing)) (f32.const 0))
    (func $nothing)
    (func (export "h") (result f32) (call $h))
    (func (export "other") (result f64) (call $other))
    (func (export "f") (result i32) (i32.const 8) (call $g (i32.const 5)) i32.add)))");
  AsyncCall call = std::move(*AsyncCall::make(*i.func("f"), {}));
  ASSERT_THAT(call.resume(), Succeeds());
  const Result<SavedCall> right = save(call);
  ASSERT_THAT(right, Succeeds());
  const auto expect = [&](const char* text, const std::function<void(SavedCall&)>& change) {
    SavedCall wrong = *right;
    change(wrong);
    AsyncCall loaded = std::move(*AsyncCall::make(*i.func("f"), {}));
    EXPECT_THAT(load(wrong, loaded), Fails(ErrorKind::invalid, text));
  };
  expect("no frames", [](SavedCall& saved) { saved.frames.clear(); });
  expect("where no frame", [](SavedCall& saved) { ++saved.frames[0].offset; });
  expect("where no frame", [](SavedCall& saved) { saved.frames[1].offset = 0; });
  expect("where no frame", [](SavedCall& saved) { saved.waits_for = nullptr; });
  expect("no such function", [](SavedCall& saved) { saved.frames[0].func = FuncIdx{1}; });
  expect("no such function", [](SavedCall& saved) { saved.frames[0].func = FuncIdx{1000}; });
  expect("other results", [](SavedCall& saved) { saved.frames[0].func = FuncIdx{3}; });
  expect("wrong locals", [](SavedCall& saved) { saved.frames[1].locals.pop_back(); });
  expect("wrong locals", [](SavedCall& saved) { saved.frames[1].locals[1].type = ValType::i32; });
  expect("wrong operands", [](SavedCall& saved) { saved.frames[1].operands.clear(); });
  expect("wrong operands", [](SavedCall& saved) { saved.frames[0].operands[0].type = ValType::externref; });
  expect("other results",
         [&](SavedCall& saved) { saved.waits_for = guest.linker.get("host", "other")->func()->impl(); });
  expect("not of the host", [](SavedCall& saved) { saved.waits_for = saved.func; });
  expect("wrong results", [](SavedCall& saved) { saved.has_results = true; });
  expect("before they have come", [](SavedCall& saved) { saved.results.resize(100); });
  expect("wrong types", [](SavedCall& saved) {
    saved.state = runtime::Continuation::State::ready;
    saved.values.resize(1);
  });
}

// Without a request, and for calls that cannot yield, nothing happens.
TEST_P(SavedCalls, only_calls_that_can_yield_do) {
  const Instance i = guest.load(R"((module (func (export "f") (param i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get 0)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum))))");
  guest.store.ask_to_yield();
  EXPECT_THAT(guest.call(i, "f", {Val::i32(100)}), Returns(Val::i32(5050)));
  AsyncCall call = std::move(*AsyncCall::make(*i.func("f"), {Val::i32(100)}));
  const Result<State> all = call.resume();
  ASSERT_TRUE(all && *all == State::finished);
  call = std::move(*AsyncCall::make(*i.func("f"), {Val::i32(100)}));
  call.set_yields(true);
  const Result<State> first = call.resume();
  ASSERT_TRUE(first && *first == State::ready) << "the request has lasted";
  guest.store.interrupt();
  EXPECT_THAT(call.resume(), Traps(TrapCode::interrupted));
  guest.store.clear_interrupt();
  call = std::move(*AsyncCall::make(*i.func("f"), {Val::i32(100)}));
  call.set_yields(true);
  const Result<State> rest = call.resume();
  EXPECT_TRUE(rest && *rest == State::finished) << "a request is for one call";
}

}  // namespace
}  // namespace mini_wasm
