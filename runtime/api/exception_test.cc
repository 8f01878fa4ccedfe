// Exceptions between host and guest: each throws what the other one catches, on every tier, and what they carry stays
// alive.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

const FuncType kNumberAndRef{{ValType::i32, ValType::externref}, {}};
const Val kNull = Val::null(ValType::externref);

class Exceptions : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  static Config config() {
    Config config = GetParam().config();
    config.gc_stress = true;
    return config;
  }
  Guest guest_{config()};
  Tag tag_ = *Tag::make(guest_.store, kNumberAndRef);
};
INSTANTIATE_TEST_SUITE_P(tiers, Exceptions, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

// "catch" calls the host through two more functions and gives the number of the exception, -1 for an exception of another
// tag, or what the host returns. "throw" throws.
constexpr const char* kGuest = R"((module $guest (import "h" "tag" (tag $t (param i32 externref)))
  (import "h" "call" (func $call (param i32) (result i32))) (tag $own (param i64 f64))
  (global $last (mut externref) (ref.null extern))
  (func (export "throw") (param i32 externref) (throw $t (local.get 0) (local.get 1)))
  (func (export "throw_own") (throw $own (i64.const -5) (f64.const 0.5)))
  (func $inner (param i32) (result i32) (i32.add (call $call (local.get 0)) (i32.const 0)))
  (func $middle (param i32) (result i32) (i32.mul (call $inner (local.get 0)) (i32.const 1)))
  (func (export "catch") (param i32) (result i32)
    (block $other
      (block $caught (result i32 externref)
        (return (try_table (result i32) (catch $t $caught) (catch_all $other) (call $middle (local.get 0)))))
      (global.set $last)
      (return))
    (i32.const -1))
  (func (export "call") (param i32) (result i32) (call $middle (local.get 0)))
  (func (export "last") (result externref) (global.get $last))
  (func (export "exnref") (result exnref)
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (throw $t (i32.const 77) (ref.null extern))) (unreachable)))))";

TEST_P(Exceptions, the_guest_catches_what_the_host_throws) {
  guest_.linker.define("h", "tag", tag_);
  int object = 0;
  guest_.linker.func("h", "call", [&](Caller& caller, int32_t x) -> Result<int32_t> {
    if (x == 0) return 1000;
    return Exception::make(caller.store(), tag_, {i32(x), caller.store().new_externref(&object)})->to_error();
  });
  const Instance i = guest_.load(kGuest);
  EXPECT_THAT(guest_.call(i, "catch", {i32(0)}), Returns(i32(1000)));
  for (int round = 0; round < 5; ++round) {
    EXPECT_THAT(guest_.call(i, "catch", {i32(42)}), Returns(i32(42)));
    EXPECT_EQ(Store::externref_data((*guest_.call(i, "last"))[0]), &object);
  }
}

TEST_P(Exceptions, a_handler_for_another_tag_does_not_catch) {
  guest_.linker.define("h", "tag", tag_);
  const Tag other = *Tag::make(guest_.store, kNumberAndRef);
  guest_.linker.func("h", "call", [&](Caller& caller, int32_t) -> Result<int32_t> {
    return Exception::make(caller.store(), other, {i32(1), kNull})->to_error();
  });
  EXPECT_THAT(guest_.call(guest_.load(kGuest), "catch", {i32(1)}), Returns(i32(-1)));
}

TEST_P(Exceptions, the_host_catches_what_a_guest_throws) {
  guest_.linker.define("h", "tag", tag_);
  guest_.linker.func("h", "call", [](int32_t x) { return x; });
  const Instance i = guest_.load(kGuest);
  const auto result = guest_.call(i, "throw", {i32(7), kNull});
  ASSERT_THAT(result, Fails(ErrorKind::exception, "uncaught exception: i32:7 externref:null"));
  const std::optional<Exception> exception = result.error().exception();
  ASSERT_TRUE(exception);
  EXPECT_TRUE(exception->has(tag_));
  EXPECT_EQ(exception->tag()->type(), kNumberAndRef);
  EXPECT_THAT(exception->values(), Returns(i32(7), kNull));
  EXPECT_EQ(result.error().backtrace[0].function_index, 1u);

  const auto own = guest_.call(i, "throw_own");
  ASSERT_THAT(own, Fails(ErrorKind::exception, "i64:-5 f64:0.5"));
  EXPECT_FALSE(own.error().exception()->has(tag_));
  EXPECT_THAT(own.error().exception()->values(), Returns(i64(-5), f64(0.5)));
  EXPECT_FALSE(guest_.call(i, "none").error().exception());
}

TEST_P(Exceptions, an_uncaught_one_of_the_host_leaves_its_guest) {
  guest_.linker.define("h", "tag", tag_);
  guest_.linker.func("h", "call", [&](Caller& caller, int32_t x) -> Result<int32_t> {
    return Exception::make(caller.store(), tag_, {i32(x), kNull})->to_error();
  });
  const auto result = guest_.call(guest_.load(kGuest), "call", {i32(9)});
  ASSERT_THAT(result, Fails(ErrorKind::exception, "i32:9"));
  EXPECT_TRUE(result.error().exception()->has(tag_));
  EXPECT_THAT(result.error().exception()->values(), Returns(i32(9), kNull));
  // And of one that the host itself has called.
  const Func direct = *guest_.linker.get("h", "call")->func();
  EXPECT_THAT(direct.call({i32(3)}).error().exception()->values(), Returns(i32(3), kNull));
}

// The host looks at an exception, lets the guest throw and catch others meanwhile, and then throws the first one.
TEST_P(Exceptions, the_host_passes_on_the_one_that_it_chooses) {
  guest_.linker.define("h", "tag", tag_);
  guest_.linker.func("h", "call", [&](Caller& caller, int32_t x) -> Result<int32_t> {
    const Instance self = *caller.instance();
    if (x == 100) return Exception::make(caller.store(), tag_, {i32(5), kNull})->to_error();
    auto first = self.func("throw")->call({i32(x), kNull});
    EXPECT_THAT(self.func("throw")->call({i32(x + 1), kNull}), Fails(ErrorKind::exception, ""));
    EXPECT_THAT(self.func("catch")->call({i32(100)}), Returns(i32(5)));
    if (x == 1) return std::move(first).error();
    return 0;
  });
  const Instance i = guest_.load(kGuest);
  EXPECT_THAT(guest_.call(i, "catch", {i32(1)}), Returns(i32(1)));
  EXPECT_THAT(guest_.call(i, "catch", {i32(2)}), Returns(i32(0)));  // the host has caught it
}

TEST_P(Exceptions, what_they_carry_stays_alive) {
  guest_.linker.define("h", "tag", tag_);
  guest_.linker.func("h", "call", [](int32_t x) { return x; });
  const Instance i = guest_.load(kGuest);
  static int alive;
  alive = 0;
  struct Counted {
    Counted() { ++alive; }
    Counted(Counted&&) noexcept { ++alive; }
    ~Counted() { --alive; }
  };
  std::vector<Error> errors;  // where the collector finds nothing
  const auto fill = [&] {
    for (int32_t n = 0; n < 50; ++n) {
      auto result = i.func("throw")->call({i32(n), *guest_.store.make_externref(Counted())});
      errors.push_back(std::move(result).error());
    }
  };
  std::thread(fill).join();  // no reference is left on this stack
  guest_.store.collect_garbage();
  EXPECT_EQ(alive, 50);
  for (int32_t n = 0; n < 50; ++n) {
    const std::vector<Val> values = *errors[static_cast<size_t>(n)].exception()->values();
    EXPECT_EQ(values[0].i32(), n);
    EXPECT_NE(guest_.store.externref_as<Counted>(values[1]), nullptr);
  }
  errors.resize(0);
  std::thread([&] { fill(), errors.clear(); }).join();
  for (int round = 0; round < 2; ++round) guest_.store.collect_garbage();
  EXPECT_LT(alive, 10);  // a few may still be seen on a stack
}

TEST_P(Exceptions, an_exnref_and_back) {
  guest_.linker.define("h", "tag", tag_);
  guest_.linker.func("h", "call", [](int32_t x) { return x; });
  const Instance i = guest_.load(kGuest);
  const Val ref = (*guest_.call(i, "exnref"))[0];
  const Result<Exception> exception = Exception::of(guest_.store, ref);
  ASSERT_THAT(exception, Succeeds());
  EXPECT_THAT(exception->values(), Returns(i32(77), kNull));
  EXPECT_EQ(exception->ref()->bits(), ref.bits());
  Guest other;
  for (const Val& wrong : {Val::null(ref.type()), kNull, i32(1), i.func("throw")->ref(), Val::i31(3)}) {
    EXPECT_THAT(Exception::of(guest_.store, wrong), Fails(ErrorKind::usage, "exception"));
  }
  EXPECT_THAT(Exception::of(other.store, ref), Fails(ErrorKind::usage, "another store"));
}

TEST_P(Exceptions, one_of_another_store_is_not_caught) {
  Guest inner(config());
  const Tag inner_tag = *Tag::make(inner.store, kNumberAndRef);
  inner.linker.define("h", "tag", inner_tag);
  inner.linker.func("h", "call", [](int32_t x) { return x; });
  const Instance thrower = inner.load(kGuest);
  guest_.linker.define("h", "tag", tag_);
  guest_.linker.func("h", "call", [&](int32_t x) -> Result<int32_t> {
    auto result = thrower.func("throw")->call({i32(x), kNull});
    if (!result) return std::move(result).error();
    return 0;
  });
  const auto result = guest_.call(guest_.load(kGuest), "catch", {i32(4)});
  ASSERT_THAT(result, Fails(ErrorKind::exception, "i32:4"));
  EXPECT_FALSE(result.error().exception()->has(tag_));
  EXPECT_TRUE(result.error().exception()->has(inner_tag));
  // Nor an error that has none in it.
  guest_.linker.func("h", "call", [](int32_t) -> Result<int32_t> { return Error::make(ErrorKind::exception, "none"); });
  EXPECT_THAT(guest_.call(guest_.load(kGuest), "catch", {i32(4)}), Fails(ErrorKind::exception, "none"));
}

// A host function that has made its guest wait throws, too, and what it throws stays alive meanwhile.
TEST_P(Exceptions, a_guest_that_waits_catches_what_its_host_function_throws_in_the_end) {
  guest_.linker.define("h", "tag", tag_);
  guest_.linker.func("h", "call",
                     [](Caller& caller, int32_t) -> Result<int32_t> { return std::move(caller.suspend()).error(); });
  const Instance i = guest_.load(kGuest);
  for (const char* name : {"catch", "call"}) {
    Result<AsyncCall> call = AsyncCall::make(*i.func(name), {i32(1)});
    ASSERT_THAT(call, Succeeds());
    ASSERT_EQ(*call->resume(), AsyncCall::State::waiting);
    std::thread([&] {  // nothing is left on this stack
      const Val object = *guest_.store.make_externref(std::string("an object"));
      ASSERT_THAT(call->fail(Exception::make(guest_.store, tag_, {i32(42), object})->to_error()), Succeeds());
    })
        .join();
    guest_.store.collect_garbage();
    const auto ended = call->resume();
    if (std::string_view(name) == "call") {
      ASSERT_THAT(ended, Fails(ErrorKind::exception, "i32:42"));
      EXPECT_TRUE(ended.error().exception()->has(tag_));
      continue;
    }
    ASSERT_THAT(ended, Succeeds());
    EXPECT_THAT(Result<std::vector<Val>>(call->results()), Returns(i32(42)));
    EXPECT_EQ(*guest_.store.externref_as<std::string>((*guest_.call(i, "last"))[0]), "an object");
  }
}

TEST_P(Exceptions, what_cannot_be_thrown_is_an_error) {
  Guest other;
  const Tag foreign = *Tag::make(other.store, kNumberAndRef);
  Store& store = guest_.store;
  EXPECT_THAT(Exception::make(store, foreign, {i32(1), kNull}), Fails(ErrorKind::usage, "the tag belongs to another"));
  EXPECT_THAT(Exception::make(store, tag_, {i32(1)}), Fails(ErrorKind::usage, "expected 2 values, found 1"));
  EXPECT_THAT(Exception::make(store, tag_, {i64(1), kNull}), Fails(ErrorKind::usage, "value 1: expected i32"));
  EXPECT_THAT(Exception::make(store, tag_, {i32(1), other.store.new_externref(nullptr)}),
              Fails(ErrorKind::usage, "value 2: the reference belongs to another store"));
  const Store moved = std::move(other.store);
  EXPECT_THAT(Exception::make(other.store, foreign, {i32(1), kNull}), Fails(ErrorKind::limit, ""));
  StoreLimits limits;
  limits.gc_heap_bytes = 0;
  Store full(guest_.engine, limits);
  EXPECT_THAT(Exception::make(full, *Tag::make(full, FuncType()), {}), Fails(ErrorKind::limit, "no room"));
}

TEST_P(Exceptions, one_outlives_its_store) {
  std::optional<Exception> exception;
  Error error;
  {
    Store store(guest_.engine);
    const Tag tag = *Tag::make(store, FuncType());
    exception = *Exception::make(store, tag, {});
    error = exception->to_error();
  }
  EXPECT_FALSE(exception->has(tag_));
  EXPECT_THAT(exception->tag(), Fails(ErrorKind::usage, "gone"));
  EXPECT_THAT(exception->values(), Fails(ErrorKind::usage, "gone"));
  EXPECT_THAT(exception->ref(), Fails(ErrorKind::usage, "gone"));
  EXPECT_EQ(exception->to_error().kind, ErrorKind::usage);
  EXPECT_FALSE(error.exception());
  guest_.linker.define("h", "tag", tag_);
  guest_.linker.func("h", "call", [&](int32_t) -> Result<int32_t> { return Error(error); });
  EXPECT_THAT(guest_.call(guest_.load(kGuest), "catch", {i32(1)}), Fails(ErrorKind::exception, ""));
}

// A thread that only reports an error may drop it while the store runs on.
TEST_P(Exceptions, errors_are_dropped_on_other_threads) {
  guest_.linker.define("h", "tag", tag_);
  guest_.linker.func("h", "call", [](int32_t x) { return x; });
  const Instance i = guest_.load(kGuest);
  for (int round = 0; round < 20; ++round) {
    std::vector<Error> errors;
    for (int n = 0; n < 20; ++n) errors.push_back(std::move(guest_.call(i, "throw", {i32(n), kNull})).error());
    std::thread other([errors = std::move(errors)]() mutable { errors.clear(); });
    for (int n = 0; n < 20; ++n) EXPECT_FALSE(guest_.call(i, "throw_own"));
    other.join();
  }
}

}  // namespace
}  // namespace mini_wasm
