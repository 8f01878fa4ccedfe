// C++ callables of every shape as host functions, and guest functions as C++ callables.
#include <gtest/gtest.h>

#include <memory>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class Callables : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Guest guest_{GetParam().config()};
};
INSTANTIATE_TEST_SUITE_P(tiers, Callables, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(Callables, integers_of_every_name) {
  guest_.linker.func("h", "long", [](long a, unsigned long b) { return a - static_cast<long>(b); });
  guest_.linker.func("h", "long_long", [](long long a, unsigned long long b) { return a + static_cast<long long>(b); });
  EXPECT_EQ(to_string(guest_.linker.get("h", "long_long")->func()->type()), "[i64 i64] -> [i64]");
  const Instance i = guest_.load(R"((module (import "h" "long" (func $l (param i64 i64) (result i64)))
    (import "h" "long_long" (func $ll (param i64 i64) (result i64)))
    (func (export "f") (param i64) (result i64) (call $ll (call $l (local.get 0) (i64.const 1)) (i64.const 10)))))");
  const auto f = i.func("f")->typed<long long(long)>();
  ASSERT_THAT(f, Succeeds());
  EXPECT_EQ(*(*f)(-100), -91);
  EXPECT_THAT(i.func("f")->typed<int(long)>(), Fails(ErrorKind::usage, "function has type [i64] -> [i64]"));
}

// Every number but 0 is true, also one whose low byte is 0; and true is 1.
TEST_P(Callables, bool_both_ways) {
  guest_.linker.func("h", "not", [](bool b) { return !b; });
  const Instance i = guest_.load(R"((module (import "h" "not" (func $not (param i32) (result i32)))
    (func (export "not") (param i32) (result i32) (call $not (local.get 0)))
    (func (export "id") (param i32) (result i32) (local.get 0))))");
  EXPECT_THAT(guest_.call(i, "not", {i32(0)}), Returns(i32(1)));
  for (const int32_t yes : {1, 2, 256, 65536, -1, INT32_MIN}) {
    EXPECT_THAT(guest_.call(i, "not", {i32(yes)}), Returns(i32(0))) << yes;
    EXPECT_TRUE(*(*i.func("id")->typed<bool(int)>())(yes)) << yes;
  }
  EXPECT_FALSE(*(*i.func("id")->typed<bool(bool)>())(false));
  EXPECT_EQ(*(*i.func("id")->typed<int(bool)>())(true), 1);
}

constexpr const char* kViews = R"((module (import "h" "text" (func $text (param i32 i32 i32) (result i32)))
  (import "h" "sum" (func $sum (param i32 i32) (result i32))) (import "h" "fill" (func $fill (param i32 i32 i32)))
  (memory 1) (data (i32.const 100) "WebAssembly")
  (func (export "text") (param i32 i32 i32) (result i32) (call $text (local.get 0) (local.get 1) (local.get 2)))
  (func (export "sum") (param i32 i32) (result i32) (call $sum (local.get 0) (local.get 1)))
  (func (export "fill") (param i32 i32) (result i32)
    (call $fill (i32.const 7) (local.get 0) (local.get 1)) (i32.load8_u (local.get 0)))))";

void define_views(Linker& linker) {
  linker.func("h", "text", [](std::string_view text, int32_t add) { return static_cast<int32_t>(text.size()) + add; });
  linker.func("h", "sum", [](std::span<const uint8_t> bytes) {
    uint32_t sum = 0;
    for (const uint8_t byte : bytes) sum += byte;
    return sum;
  });
  linker.func("h", "fill", [](uint32_t value, const std::span<uint8_t>& bytes) {
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(value);
  });
}

TEST_P(Callables, views_of_the_callers_memory) {
  define_views(guest_.linker);
  EXPECT_EQ(to_string(guest_.linker.get("h", "text")->func()->type()), "[i32 i32 i32] -> [i32]");
  const Instance i = guest_.load(kViews);
  EXPECT_THAT(guest_.call(i, "text", {i32(100), i32(11), i32(1000)}), Returns(i32(1011)));
  EXPECT_THAT(guest_.call(i, "sum", {i32(100), i32(3)}), Returns(i32('W' + 'e' + 'b')));
  EXPECT_THAT(guest_.call(i, "fill", {i32(200), i32(2)}), Returns(i32(7)));
  EXPECT_THAT(guest_.call(i, "sum", {i32(199), i32(4)}), Returns(i32(14)));
  EXPECT_THAT(guest_.call(i, "sum", {i32(65535), i32(1)}), Returns(i32(0)));
  EXPECT_THAT(guest_.call(i, "sum", {i32(65536), i32(0)}), Returns(i32(0)));
  constexpr TrapCode kBeyond = TrapCode::out_of_bounds_memory_access;
  EXPECT_THAT(guest_.call(i, "sum", {i32(65535), i32(2)}), Traps(kBeyond));
  EXPECT_THAT(guest_.call(i, "sum", {i32(65537), i32(0)}), Traps(kBeyond));
  EXPECT_THAT(guest_.call(i, "sum", {i32(-1), i32(1)}), Traps(kBeyond));
  EXPECT_THAT(guest_.call(i, "sum", {i32(1), i32(-1)}), Traps(kBeyond));
  EXPECT_THAT(guest_.call(i, "sum", {i32(-1), i32(-1)}), Traps(kBeyond));
  EXPECT_THAT(guest_.call(i, "fill", {i32(65530), i32(7)}), Traps(kBeyond));
  EXPECT_THAT(guest_.call(i, "sum", {i32(65530), i32(6)}), Returns(i32(0)));  // nothing was written
}

TEST_P(Callables, views_need_a_memory) {
  define_views(guest_.linker);
  const Func sum = *guest_.linker.get("h", "sum")->func();
  EXPECT_THAT(sum.call({i32(0), i32(0)}), Traps(TrapCode::out_of_bounds_memory_access));
  const Instance i = guest_.load(R"((module (import "h" "sum" (func $sum (param i32 i32) (result i32)))
    (func (export "sum") (result i32) (call $sum (i32.const 0) (i32.const 0)))))");
  EXPECT_THAT(guest_.call(i, "sum"), Traps(TrapCode::out_of_bounds_memory_access));
}

constexpr const char* kFunctions = R"((module (type $unary (func (param i32) (result i32)))
  (import "h" "apply" (func $apply (param funcref i32) (result i32)))
  (import "h" "maybe" (func $maybe (param funcref) (result funcref)))
  (import "h" "adder" (func $adder (param i32) (result funcref)))
  (table $t 1 funcref)
  (func $double (export "double") (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "apply") (param i32) (result i32) (call $apply (ref.func $double) (local.get 0)))
  (func (export "apply_null") (result i32) (call $apply (ref.null func) (i32.const 1)))
  (func (export "maybe") (result i32 i32) (ref.is_null (call $maybe (ref.null func)))
    (ref.is_null (call $maybe (ref.func $double))))
  (func (export "add") (param i32 i32) (result i32) (table.set $t (i32.const 0) (call $adder (local.get 0)))
    (call_indirect $t (type $unary) (local.get 1) (i32.const 0)))
  (func (export "id") (param funcref) (result funcref) (local.get 0))
  (func (export "two") (param funcref) (result i32 funcref) (i32.const 5) (local.get 0))))";

void define_functions(Guest& guest) {
  guest.linker.func("h", "apply", [](Func f, int32_t x) -> Result<int32_t> {
    const Result<TypedFunc<int32_t(int32_t)>> typed = f.typed<int32_t(int32_t)>();
    if (!typed) return Error::host("no function of a number");
    return (*typed)(x);
  });
  guest.linker.func("h", "maybe", [](const std::optional<Func>& f) { return f; });
  guest.linker.func("h", "adder", [](Caller& caller, int32_t n) {
    return Func::wrap(caller.store(), [n = std::make_unique<int32_t>(n)](int32_t x) { return x + *n; });
  });
}

TEST_P(Callables, functions_both_ways) {
  define_functions(guest_);
  const Instance i = guest_.load(kFunctions);
  EXPECT_THAT(guest_.call(i, "apply", {i32(21)}), Returns(i32(42)));
  EXPECT_THAT(guest_.call(i, "apply_null"), Traps(TrapCode::null_function_reference));
  EXPECT_THAT(guest_.call(i, "maybe"), Returns(i32(1), i32(0)));
  EXPECT_THAT(guest_.call(i, "add", {i32(30), i32(12)}), Returns(i32(42)));
  const auto id = *i.func("id")->typed<Func(Func)>();
  EXPECT_THAT(id(*i.func("double"))->call({i32(4)}), Returns(i32(8)));
  const auto maybe = *i.func("id")->typed<std::optional<Func>(std::optional<Func>)>();
  EXPECT_FALSE(*maybe(std::nullopt));
  EXPECT_TRUE(*maybe(*i.func("double")));
  EXPECT_THAT((*i.func("id")->typed<Func(std::optional<Func>)>())(std::nullopt),
              Traps(TrapCode::null_function_reference));
  const auto two = *i.func("two")->typed<std::pair<int32_t, Func>(std::optional<Func>)>();
  EXPECT_THAT(two(*i.func("double"))->second.call({i32(1)}), Returns(i32(2)));
  EXPECT_THAT(two(std::nullopt), Traps(TrapCode::null_function_reference));
}

TEST_P(Callables, functions_of_another_store_and_of_none_are_refused) {
  Guest other;
  const Func foreign = Func::wrap(other.store, [](int32_t x) { return x; });
  define_functions(guest_);
  guest_.linker.func("h", "adder", [&](int32_t n) { return n == 0 ? foreign : Func(nullptr, nullptr); });
  guest_.linker.func("h", "maybe", [&](std::optional<Func>) { return std::optional(foreign); });
  const Instance i = guest_.load(kFunctions);
  EXPECT_THAT(guest_.call(i, "add", {i32(0), i32(0)}), Fails(ErrorKind::usage, "result 1"));
  EXPECT_THAT(guest_.call(i, "add", {i32(1), i32(0)}), Fails(ErrorKind::usage, "result 1"));
  EXPECT_THAT(guest_.call(i, "maybe"), Fails(ErrorKind::usage, "result 1"));
  const auto id = *i.func("id")->typed<std::optional<Func>(std::optional<Func>)>();
  EXPECT_THAT(id(foreign), Fails(ErrorKind::usage, "argument 1"));
  EXPECT_THAT((*i.func("id")->typed<Func(Func)>())(Func(nullptr, nullptr)), Fails(ErrorKind::usage, "argument 1"));
}

TEST_P(Callables, pairs_and_tuples) {
  guest_.linker.func("h", "swap", [](int32_t a, double b) { return std::pair(b, a); });
  guest_.linker.func("h", "split", [](Caller&, int64_t x) -> Result<std::tuple<bool, long long>> {
    if (x == 0) return Error::host("zero");
    return std::tuple(x > 0, static_cast<long long>(x > 0 ? x : -x));
  });
  const Instance i = guest_.load(R"((module (import "h" "swap" (func $swap (param i32 f64) (result f64 i32)))
    (import "h" "split" (func $split (param i64) (result i32 i64)))
    (func (export "swap") (param i32 f64) (result f64 i32) (call $swap (local.get 0) (local.get 1)))
    (func (export "split") (param i64) (result i32 i64) (call $split (local.get 0)))))");
  const auto swap = *i.func("swap")->typed<std::pair<double, int>(int, double)>();
  EXPECT_EQ(*swap(3, 0.5), std::pair(0.5, 3));
  EXPECT_THAT(guest_.call(i, "split", {i64(-7)}), Returns(i32(0), i64(7)));
  EXPECT_THAT(guest_.call(i, "split", {i64(0)}), Fails(ErrorKind::host, "zero"));
  EXPECT_EQ(*(*i.func("split")->typed<std::tuple<bool, long>(long)>())(9), std::tuple(true, 9L));
}

TEST_P(Callables, callables_that_only_move) {
  struct Counter {
    std::unique_ptr<int32_t> n = std::make_unique<int32_t>(0);
    int32_t operator()(int32_t x) && = delete;
    int32_t operator()(int32_t x) & { return *n += x; }
  };
  // With two operators, the signature has to be spelled out.
  auto counter = std::make_shared<Counter>();
  guest_.linker.func("h", "count", [counter = std::move(counter)](int32_t x) { return (*counter)(x); });
  guest_.linker.func("h", "untyped", {{ValType::i32}, {ValType::i32}},
                     [n = std::make_unique<uint64_t>(5)](Caller&, uint64_t* slots) -> Result<void> {
                       slots[0] += *n;
                       return {};
                     });
  const Instance i = guest_.load(R"((module (import "h" "count" (func $count (param i32) (result i32)))
    (import "h" "untyped" (func $untyped (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $untyped (call $count (local.get 0))))))");
  EXPECT_THAT(guest_.call(i, "f", {i32(3)}), Returns(i32(8)));
  EXPECT_THAT(guest_.call(i, "f", {i32(3)}), Returns(i32(11)));
}

TEST_P(Callables, a_callable_dies_with_its_store) {
  const auto alive = std::make_shared<int>(0);
  {
    Guest guest(GetParam().config());
    guest.linker.func("h", "a", [alive] {});
    guest.linker.func("h", "b", FuncType(), [alive](Caller&, uint64_t*) { return Result<void>(); });
    EXPECT_EQ(alive.use_count(), 3);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

TEST_P(Callables, the_caller_gives_its_store_wherever_that_was_moved) {
  auto store = std::make_unique<Store>(guest_.engine);
  const Func inner = Func::make(*store, FuncType(), [&](Caller& caller, uint64_t*) -> Result<void> {
    EXPECT_EQ(&caller.store(), store.get());
    return {};
  });
  EXPECT_THAT(inner.call({}), Succeeds());
  store = std::make_unique<Store>(std::move(*store));
  EXPECT_THAT(inner.call({}), Succeeds());
  Store assigned(guest_.engine);
  assigned = std::move(*store);
  *store = std::move(assigned);
  EXPECT_THAT(inner.call({}), Succeeds());
}

}  // namespace
}  // namespace mini_wasm
