// AsyncCall on every tier: guests that wait for a host function, and go on.
#include <mini_wasm/async.h>

#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using State = AsyncCall::State;

// Matches a Result<State> of AsyncCall::resume.
MATCHER_P(Is, state, "") { return arg.has_value() && *arg == state; }

class Async : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  // A host function that waits, and notes its argument.
  void define_waits() {
    const FuncType type{{ValType::i32}, {ValType::i32}};
    guest.linker.define("host", "wait", Func::make(guest.store, type, [this](Caller& caller, uint64_t* slots) {
                          asked.push_back(static_cast<int32_t>(slots[0]));
                          return caller.suspend();
                        }));
  }
  Instance load(std::string_view text) {
    define_waits();
    return guest.load(text);
  }
  AsyncCall start(const Instance& instance, const char* name, std::initializer_list<Val> args = {}) {
    return std::move(*AsyncCall::make(*instance.func(name), args));
  }
  // Runs a call to its end; the host function returns ten times its argument.
  std::vector<Val> finish(AsyncCall& call) {
    for (Result<State> state = call.resume(); state; state = call.resume()) {
      if (*state == State::finished) return call.results();
      EXPECT_TRUE(call.complete({Val::i32(asked.back() * 10)}));
    }
    ADD_FAILURE() << "the call has failed";
    return {};
  }

  Guest guest{GetParam().config()};
  std::vector<int32_t> asked;
};
INSTANTIATE_TEST_SUITE_P(tiers, Async, ::testing::ValuesIn(spec::kTiers), tier_name);

// Locals of all types, operands on the stack, and callers stay as they are.
constexpr const char* kFrames = R"((module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (memory 1)
  (func $sum (param $n i32) (param $f f64) (param $v v128) (result i32) (local $i i32) (local $l i64) (local $s i32)
    (local.set $l (i64.const 0x123456789abcdef))
    (loop $again
      (local.set $s (i32.add (local.get $s) (i32.add (i32.mul (local.get $i) (i32.const 1000))
        (call $wait (local.get $i)))))
      (i32.store (local.get $i) (local.get $s))
      (br_if $again (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (if (f64.ne (local.get $f) (f64.const 1.5)) (then unreachable))
    (if (i64.ne (local.get $l) (i64.const 0x123456789abcdef)) (then unreachable))
    (if (i32.ne (i32x4.extract_lane 2 (local.get $v)) (i32.const 3)) (then unreachable))
    (local.get $s))
  (func (export "sum") (param i32) (result i32)
    (i32.add (i32.const 100000)
      (call $sum (local.get 0) (f64.const 1.5) (v128.const i32x4 1 2 3 4))))
  (func $deep (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (else (call $wait (i32.const 5)))))
  (func (export "recursive") (param i32) (result i32) (call $deep (local.get 0)))
  (func (export "tail") (param i32) (result i32) (return_call $wait (local.get 0)))
  (func (export "none") (param i32) (result i32) (local.get 0))))";

TEST_P(Async, a_guest_waits_and_goes_on) {
  const Instance i = load(kFrames);
  AsyncCall call = start(i, "sum", {Val::i32(100)});
  EXPECT_EQ(call.state(), State::ready);
  EXPECT_THAT(call.resume(), Is(State::waiting));
  EXPECT_EQ(call.state(), State::waiting);
  EXPECT_TRUE(call.results().empty());
  ASSERT_TRUE(call.complete({Val::i32(0)}));
  EXPECT_EQ(call.state(), State::ready);
  const std::vector<Val> results = finish(call);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].i32(), 100'000 + 4950 * 1010);
  EXPECT_EQ(asked.size(), 100u);
  EXPECT_EQ(call.state(), State::finished);
  EXPECT_THAT(call.resume(), Fails(ErrorKind::usage, "ended"));
}

TEST_P(Async, a_call_that_never_waits) {
  const Instance i = load(kFrames);
  AsyncCall call = start(i, "none", {Val::i32(7)});
  EXPECT_THAT(call.resume(), Is(State::finished));
  ASSERT_EQ(call.results().size(), 1u);
  EXPECT_EQ(call.results()[0].i32(), 7);
}

TEST_P(Async, deep_stacks_and_tail_calls) {
  const Instance i = load(kFrames);
  for (const int32_t depth : {0, 1, 10, 5000}) {
    AsyncCall call = start(i, "recursive", {Val::i32(depth)});
    const std::vector<Val> results = finish(call);
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].i32(), depth + 50);
  }
  AsyncCall call = start(i, "tail", {Val::i32(4)});
  const std::vector<Val> results = finish(call);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].i32(), 40);
}

// In any order, with other calls of the same store in between, which use the same stack.
TEST_P(Async, many_guests_of_one_store_wait_at_the_same_time) {
  const Instance i = load(kFrames);
  std::vector<AsyncCall> calls;
  for (int n = 0; n < 50; ++n) {
    calls.push_back(start(i, n % 2 == 0 ? "sum" : "recursive", {Val::i32(3 + n)}));
    ASSERT_THAT(calls.back().resume(), Is(State::waiting));
  }
  EXPECT_THAT(guest.call(i, "none", {Val::i32(1)}), Returns(Val::i32(1)));
  for (bool again = true; again;) {
    again = false;
    for (size_t n = calls.size(); n-- > 0;) {
      if (calls[n].state() == State::finished) continue;
      ASSERT_TRUE(calls[n].complete({Val::i32(static_cast<int32_t>(n))}));
      ASSERT_TRUE(calls[n].resume());
      again = true;
    }
  }
  for (size_t n = 0; n < calls.size(); ++n) {
    const int32_t size = 3 + static_cast<int32_t>(n), got = calls[n].results()[0].i32();
    EXPECT_EQ(got, n % 2 == 0 ? 100'000 + size * (size - 1) / 2 * 1000 + size * static_cast<int32_t>(n)
                              : size + static_cast<int32_t>(n));
  }
}

TEST_P(Async, errors_of_the_host_function_reach_the_guest) {
  const Instance i = load(kFrames);
  AsyncCall call = start(i, "recursive", {Val::i32(3)});
  ASSERT_THAT(call.resume(), Is(State::waiting));
  ASSERT_TRUE(call.fail(Error::host("no answer")));
  const auto result = call.resume();
  EXPECT_THAT(result, Fails(ErrorKind::host, "no answer"));
  ASSERT_GE(result.error().backtrace.size(), 5u);
  EXPECT_TRUE(result.error().backtrace[0].host);
  EXPECT_EQ(result.error().backtrace[0].function_name, "wait");
  EXPECT_EQ(call.state(), State::finished);
  EXPECT_TRUE(call.results().empty());

  AsyncCall trapped = start(i, "tail", {Val::i32(3)});
  ASSERT_THAT(trapped.resume(), Is(State::waiting));
  ASSERT_TRUE(trapped.fail(Error::trap(TrapCode::unreachable)));
  EXPECT_THAT(trapped.resume(), Traps(TrapCode::unreachable));
  EXPECT_THAT(guest.call(i, "none", {Val::i32(1)}), Returns(Val::i32(1)));
}

TEST_P(Async, wrong_use_is_an_error) {
  const Instance i = load(kFrames);
  EXPECT_THAT(AsyncCall::make(*i.func("sum"), {}), Fails(ErrorKind::usage, "1 arguments"));
  EXPECT_THAT(AsyncCall::make(*i.func("sum"), {Val::i64(1)}), Fails(ErrorKind::usage, "argument 1"));
  EXPECT_THAT(guest.call(i, "sum", {Val::i32(1)}), Fails(ErrorKind::usage, "AsyncCall"));
  AsyncCall call = start(i, "sum", {Val::i32(1)});
  EXPECT_THAT(call.complete({Val::i32(1)}), Fails(ErrorKind::usage, "not wait"));
  EXPECT_THAT(call.fail(Error::host("")), Fails(ErrorKind::usage, "not wait"));
  ASSERT_THAT(call.resume(), Is(State::waiting));
  EXPECT_THAT(call.resume(), Fails(ErrorKind::usage, "waits"));
  EXPECT_THAT(call.complete({}), Fails(ErrorKind::usage, "1 results"));
  EXPECT_THAT(call.complete({Val::i64(1)}), Fails(ErrorKind::usage, "result 1"));
  EXPECT_EQ(call.state(), State::waiting) << "it waits still";
  ASSERT_TRUE(call.complete({Val::i32(1)}));
  EXPECT_EQ(finish(call).size(), 1u);
}

// Between the guest that would wait and its AsyncCall is another host function, whose frame cannot wait.
TEST_P(Async, not_through_a_host_function) {
  std::optional<Instance> i;
  guest.linker.define("host", "through", Func::wrap(guest.store, [&]() -> Result<void> {
                        if (auto r = i->func("waits")->call({}); !r) return std::move(r).error();
                        return {};
                      }));
  i = load(R"((module (import "host" "wait" (func $wait (param i32) (result i32)))
    (import "host" "through" (func $through))
    (func (export "waits") (drop (call $wait (i32.const 1))))
    (func (export "f") (call $through))))");
  AsyncCall call = start(*i, "f");
  EXPECT_THAT(call.resume(), Fails(ErrorKind::usage, "AsyncCall"));
}

// A host function of a guest resumes another call of the same store: refused, and the guest goes on.
TEST_P(Async, not_inside_of_another_call) {
  std::optional<AsyncCall> inner;
  std::optional<ErrorKind> kind;
  guest.linker.define("host", "resumes", Func::wrap(guest.store, [&] {
                        if (auto r = inner->resume(); !r) kind = r.error().kind;
                      }));
  const Instance i = load(R"((module (import "host" "resumes" (func $resumes))
    (func (export "f") (result i32) (call $resumes) (i32.const 3)) (func (export "g"))))");
  inner = start(i, "g");
  EXPECT_THAT(guest.call(i, "f"), Returns(Val::i32(3)));
  EXPECT_EQ(kind, ErrorKind::usage);
  EXPECT_THAT(inner->resume(), Is(State::finished));
}

TEST_P(Async, suspend_without_returning_it_does_nothing) {
  guest.linker.define("host", "f", Func::wrap(guest.store, [](Caller& caller) -> Result<int32_t> {
                        (void)caller.suspend();
                        return 4;
                      }));
  const Instance i = load(
      R"((module (import "host" "f" (func $f (result i32))) (import "host" "wait" (func $wait (param i32) (result i32)))
    (func (export "g") (result i32) (i32.add (call $f) (call $wait (i32.const 2))))))");
  AsyncCall call = start(i, "g");
  const std::vector<Val> results = finish(call);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].i32(), 24);
}

// A part of the frames is of other instances, with memories of their own; exceptions pass through all of them.
TEST_P(Async, through_instances_and_exceptions) {
  const Instance a = load(R"((module (import "host" "wait" (func $wait (param i32) (result i32)))
    (tag $e (export "e") (param i32)) (memory 1) (data (i32.const 0) "\01")
    (func (export "f") (param i32) (result i32)
      (throw $e (i32.add (call $wait (local.get 0)) (i32.load8_u (i32.const 0)))))))");
  guest.linker.instance("a", a);
  const Instance b = guest.load(R"((module (import "a" "f" (func $f (param i32) (result i32)))
    (import "a" "e" (tag $e (param i32))) (memory 1) (data (i32.const 0) "\02")
    (func (export "g") (param i32) (result i32)
      (i32.add (i32.load8_u (i32.const 0))
        (block $caught (result i32) (try_table (result i32) (catch $e $caught) (call $f (local.get 0))))))))");
  AsyncCall call = start(b, "g", {Val::i32(6)});
  const std::vector<Val> results = finish(call);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].i32(), 63);
}

// References that only a guest that waits has, in locals and operands, and in registers of compiled code.
TEST_P(Async, objects_of_guests_that_wait_stay_alive) {
  Config config = GetParam().config();
  config.gc_stress = true;
  Guest stressed(config);
  const FuncType type{{}, {ValType::externref}};
  stressed.linker.define("host", "get",
                         Func::make(stressed.store, type, [](Caller& caller, uint64_t*) { return caller.suspend(); }));
  const Instance i = stressed.load(R"((module (type $s (struct (field i32)))
    (import "host" "get" (func $get (result externref)))
    (func $make (param i32) (result (ref $s)) (struct.new $s (local.get 0)))
    (func (export "f") (result i32 externref) (local $a (ref null $s)) (local $n i32) (local $e externref)
      (local.set $a (call $make (i32.const 5)))
      (struct.get $s 0 (call $make (i32.const 7)))
      (call $make (i32.const 9))
      (local.set $e (call $get))
      (struct.get $s 0)
      i32.add
      (i32.add (struct.get $s 0 (local.get $a)))
      (local.get $e))
    (func (export "churn") (param i32)
      (loop (drop (call $make (i32.const -1))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))");
  std::vector<AsyncCall> calls;
  for (int n = 0; n < 4; ++n) {
    calls.push_back(std::move(*AsyncCall::make(*i.func("f"), {})));
    ASSERT_THAT(calls.back().resume(), Is(State::waiting));
  }
  ASSERT_TRUE(stressed.call(i, "churn", {Val::i32(50)}));
  int marker = 0;
  for (AsyncCall& call : calls) ASSERT_TRUE(call.complete({stressed.store.new_externref(&marker)}));
  ASSERT_TRUE(stressed.call(i, "churn", {Val::i32(50)}));
  for (AsyncCall& call : calls) ASSERT_THAT(call.resume(), Is(State::finished));
  ASSERT_TRUE(stressed.call(i, "churn", {Val::i32(50)}));
  for (AsyncCall& call : calls) {
    ASSERT_EQ(call.results().size(), 2u);
    EXPECT_EQ(call.results()[0].i32(), 21);
    EXPECT_EQ(Store::externref_data(call.results()[1]), &marker);
  }
}

TEST_P(Async, on_another_thread_each_time) {
  const Instance i = load(kFrames);
  AsyncCall call = start(i, "sum", {Val::i32(20)});
  for (int n = 0; call.state() != State::finished; ++n) {
    std::thread([&] {
      ASSERT_TRUE(call.resume());
      if (call.state() == State::waiting) {
        ASSERT_TRUE(call.complete({Val::i32(1)}));
      }
    }).join();
    ASSERT_LT(n, 30);
  }
  EXPECT_EQ(call.results()[0].i32(), 100'000 + 190'000 + 20);
}

TEST_P(Async, an_interrupt_ends_it_when_it_goes_on) {
  const Instance i = load(kFrames);
  AsyncCall call = start(i, "sum", {Val::i32(3)});
  ASSERT_THAT(call.resume(), Is(State::waiting));
  guest.store.interrupt();
  ASSERT_TRUE(call.complete({Val::i32(1)}));
  EXPECT_THAT(call.resume(), Traps(TrapCode::interrupted));
  guest.store.clear_interrupt();
  EXPECT_THAT(guest.call(i, "none", {Val::i32(1)}), Returns(Val::i32(1)));
}

TEST_P(Async, a_trap_after_waiting_has_its_place) {
  const Instance i = load(R"((module (import "host" "wait" (func $wait (param i32) (result i32))) (memory 1)
    (func $inner (export "inner") (param i32) (result i32) (i32.load (call $wait (local.get 0))))
    (func (export "outer") (result i32) (call $inner (i32.const 1)))))");
  AsyncCall call = start(i, "outer");
  ASSERT_THAT(call.resume(), Is(State::waiting));
  ASSERT_TRUE(call.complete({Val::i32(-1)}));
  const auto result = call.resume();
  ASSERT_THAT(result, Traps(TrapCode::out_of_bounds_memory_access));
  ASSERT_EQ(result.error().backtrace.size(), 2u);
  EXPECT_EQ(result.error().backtrace[0].function_name, "inner");
  EXPECT_EQ(result.error().backtrace[1].function_name, "outer");
}

TEST_P(Async, destroyed_while_it_waits_or_runs) {
  const Instance i = load(kFrames);
  {
    AsyncCall call = start(i, "sum", {Val::i32(3)});
    ASSERT_THAT(call.resume(), Is(State::waiting));
  }
  EXPECT_THAT(guest.call(i, "none", {Val::i32(1)}), Returns(Val::i32(1)));
  std::optional<AsyncCall> own;
  guest.linker.define("host", "destroys", Func::wrap(guest.store, [&] { own.reset(); }));
  const Instance j = guest.load(R"((module (import "host" "destroys" (func $destroys))
    (func (export "f") (call $destroys))))");
  own = start(j, "f");
  EXPECT_THAT(own->resume(), Is(State::finished));
  EXPECT_FALSE(own.has_value());
}

TEST_P(Async, outlives_its_store) {
  std::optional<AsyncCall> waiting, ready;
  {
    Guest other(GetParam().config());
    other.linker.define("host", "wait", Func::make(other.store, FuncType{}, [](Caller& caller, uint64_t*) {
                          return caller.suspend();
                        }));
    const Instance i = other.load(R"((module (import "host" "wait" (func $wait)) (func (export "f") (call $wait))))");
    waiting = start(i, "f");
    ready = start(i, "f");
    ASSERT_THAT(waiting->resume(), Is(State::waiting));
  }
  EXPECT_EQ(waiting->state(), State::finished);
  EXPECT_THAT(waiting->resume(), Fails(ErrorKind::usage, "gone"));
  EXPECT_THAT(ready->resume(), Fails(ErrorKind::usage, "gone"));
  EXPECT_TRUE(waiting->results().empty());
}

// Results of all types come back in registers and slots.
TEST_P(Async, results_of_all_types) {
  const FuncType type{{}, {ValType::i64, ValType::f32, ValType::v128, ValType::i32}};
  guest.linker.define("host", "many",
                      Func::make(guest.store, type, [](Caller& caller, uint64_t*) { return caller.suspend(); }));
  for (const auto& [name, one] : std::map<std::string, ValType>{{"f64", ValType::f64}, {"v128", ValType::v128}}) {
    guest.linker.define("host", name, Func::make(guest.store, FuncType{{}, {one}}, [](Caller& caller, uint64_t*) {
                          return caller.suspend();
                        }));
  }
  const Instance i = load(R"((module
    (import "host" "many" (func $many (result i64 f32 v128 i32)))
    (import "host" "f64" (func $f64 (result f64))) (import "host" "v128" (func $v128 (result v128)))
    (func (export "many") (result i64 f32 v128 i32) (call $many))
    (func (export "f64") (result f64) (f64.add (call $f64) (f64.const 1)))
    (func (export "v128") (result v128) (i32x4.add (call $v128) (v128.const i32x4 1 1 1 1)))))");
  const Val vector = Val::from_bits(ValType::v128, 0x200000001, 0x400000003);
  AsyncCall many = start(i, "many");
  ASSERT_THAT(many.resume(), Is(State::waiting));
  ASSERT_TRUE(many.complete({Val::i64(-2), Val::f32(0.5f), vector, Val::i32(-4)}));
  ASSERT_THAT(many.resume(), Is(State::finished));
  ASSERT_EQ(many.results().size(), 4u);
  EXPECT_EQ(many.results()[0].i64(), -2);
  EXPECT_EQ(many.results()[1].f32(), 0.5f);
  EXPECT_EQ(many.results()[2].bits(1), 0x400000003u);
  EXPECT_EQ(many.results()[3].i32(), -4);
  AsyncCall f64 = start(i, "f64");
  ASSERT_THAT(f64.resume(), Is(State::waiting));
  ASSERT_TRUE(f64.complete({Val::f64(2)}));
  ASSERT_THAT(f64.resume(), Is(State::finished));
  EXPECT_EQ(f64.results()[0].f64(), 3);
  AsyncCall v128 = start(i, "v128");
  ASSERT_THAT(v128.resume(), Is(State::waiting));
  ASSERT_TRUE(v128.complete({vector}));
  ASSERT_THAT(v128.resume(), Is(State::finished));
  EXPECT_EQ(v128.results()[0].bits(0), 0x300000002u);
}

// --- Guests that take turns

class Yielding : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  static Config config() {
    Config config = GetParam().config();
    config.fuel = true;
    return config;
  }
  static StoreLimits limits() {
    StoreLimits limits;
    limits.fuel = 1000;
    return limits;
  }
  Guest guest{config(), limits()};
};
INSTANTIATE_TEST_SUITE_P(tiers, Yielding, ::testing::ValuesIn(spec::kTiers), tier_name);

// Values of all types are in registers, in slots and on the operand stack where the fuel ends.
constexpr const char* kBusy = R"((module
  (memory 1)
  (func $mix (param i32 f64 v128 i64) (result i32)
    (i32.add (i32.wrap_i64 (local.get 3))
      (i32.xor (local.get 0) (i32.add (i32.trunc_sat_f64_s (local.get 1)) (i32x4.extract_lane 1 (local.get 2))))))
  (func (export "busy") (param $n i32) (result i32)
    (local $i i32) (local $l i64) (local $f f32) (local $d f64) (local $v v128) (local $a i32) (local $b i32) (local $c i32)
    (loop $again
      (local.set $l (i64.add (i64.mul (local.get $l) (i64.const 31)) (i64.extend_i32_s (local.get $i))))
      (local.set $f (f32.add (local.get $f) (f32.const 0.5)))
      (local.set $d (f64.add (local.get $d) (f64.promote_f32 (local.get $f))))
      (local.set $v (i32x4.add (local.get $v) (i32x4.splat (local.get $i))))
      (local.set $a (i32.add (local.get $a) (i32.const 3)))
      (local.set $b (i32.xor (local.get $b) (local.get $a)))
      (local.set $c (i32.add (i32.rotl (local.get $c) (i32.const 5))
        (call $mix (local.get $a) (local.get $d) (local.get $v) (local.get $l))))
      (i32.store (i32.const 8) (local.get $c))
      (br_if $again (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i32.add (i32.add (local.get $b) (i32.load (i32.const 8))) (local.get $c)))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "forever") (loop (br 0)))))";

TEST_P(Yielding, slices_change_nothing) {
  const Instance i = guest.load(kBusy);
  for (const auto& [name, argument] : {std::pair("busy", 60), std::pair("fib", 12)}) {
    ASSERT_TRUE(guest.store.set_fuel(1'000'000));
    const auto whole = guest.call(i, name, {Val::i32(argument)});
    ASSERT_TRUE(whole);
    for (const uint64_t slice : {1, 7, 20, 333}) {
      AsyncCall call = std::move(*AsyncCall::make(*i.func(name), {Val::i32(argument)}));
      call.set_yields(true);
      int slices = 0;
      for (Result<State> state = State::ready; state && *state == State::ready; ++slices) {
        EXPECT_EQ(call.state(), State::ready);
        ASSERT_TRUE(guest.store.set_fuel(slice));
        state = call.resume();
        ASSERT_TRUE(state) << state.error().to_string();
      }
      EXPECT_GT(slices, slice < 300 ? 30 : 5);
      ASSERT_EQ(call.results().size(), 1u);
      EXPECT_EQ(call.results()[0].i32(), (*whole)[0].i32()) << name << " " << slice;
    }
  }
}

TEST_P(Yielding, guests_take_turns) {
  const Instance i = guest.load(kBusy);
  std::vector<AsyncCall> calls;
  for (int n = 0; n < 10; ++n) {
    calls.push_back(std::move(*AsyncCall::make(*i.func("fib"), {Val::i32(n + 5)})));
    calls.back().set_yields(true);
  }
  for (bool again = true; again;) {
    again = false;
    for (AsyncCall& call : calls) {
      if (call.state() == State::finished) continue;
      ASSERT_TRUE(guest.store.set_fuel(50));
      ASSERT_TRUE(call.resume());
      again = true;
    }
  }
  for (int n = 0, a = 5, b = 8; n < 10; ++n, b += a, a = b - a) EXPECT_EQ(calls[n].results()[0].i32(), a);
}

TEST_P(Yielding, only_if_it_is_asked_to_and_nothing_is_between) {
  const Instance i = guest.load(kBusy);
  AsyncCall traps = std::move(*AsyncCall::make(*i.func("forever"), {}));
  ASSERT_TRUE(guest.store.set_fuel(100));
  EXPECT_THAT(traps.resume(), Traps(TrapCode::out_of_fuel));
  guest.linker.define("host", "through", Func::wrap(guest.store, [&]() -> Result<void> {
                        if (auto r = i.func("forever")->call({}); !r) return std::move(r).error();
                        return {};
                      }));
  const Instance j = guest.load(R"((module (import "host" "through" (func $f)) (func (export "f") (call $f))))");
  AsyncCall between = std::move(*AsyncCall::make(*j.func("f"), {}));
  between.set_yields(true);
  ASSERT_TRUE(guest.store.set_fuel(100));
  EXPECT_THAT(between.resume(), Traps(TrapCode::out_of_fuel));
}

TEST_P(Yielding, an_interrupt_ends_it) {
  const Instance i = guest.load(kBusy);
  AsyncCall call = std::move(*AsyncCall::make(*i.func("forever"), {}));
  call.set_yields(true);
  ASSERT_TRUE(guest.store.set_fuel(100));
  ASSERT_THAT(call.resume(), Is(State::ready));
  guest.store.interrupt();
  ASSERT_TRUE(guest.store.set_fuel(100));
  EXPECT_THAT(call.resume(), Traps(TrapCode::interrupted));
}

// References are only in registers where the guest yields.
TEST_P(Yielding, objects_stay_alive) {
  Config stressed = config();
  stressed.gc_stress = true;
  Guest other(stressed, limits());
  const Instance i = other.load(R"((module (type $s (struct (field i32)))
    (func $make (param i32) (result (ref $s)) (struct.new $s (local.get 0)))
    (func (export "f") (param $n i32) (result i32) (local $a (ref null $s)) (local $sum i32)
      (local.set $a (call $make (i32.const 5)))
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (struct.get $s 0 (local.get $a))))
        (local.set $a (call $make (i32.add (local.get $n) (struct.get $s 0 (call $make (i32.const 1))))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))))");
  ASSERT_TRUE(other.store.set_fuel(100'000));
  const auto whole = other.call(i, "f", {Val::i32(20)});
  ASSERT_TRUE(whole);
  AsyncCall call = std::move(*AsyncCall::make(*i.func("f"), {Val::i32(20)}));
  call.set_yields(true);
  while (call.state() != State::finished) {
    ASSERT_TRUE(other.store.set_fuel(3));
    ASSERT_TRUE(call.resume());
    other.store.collect_garbage();
  }
  EXPECT_EQ(call.results()[0].i32(), (*whole)[0].i32());
}

}  // namespace
}  // namespace mini_wasm
