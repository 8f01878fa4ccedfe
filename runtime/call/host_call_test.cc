// Host functions: what they receive, what they may do, and how they fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "runtime/store.h"
#include "spec-tests/support/guest.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

TEST(host_call, typed_callables_of_every_shape) {
  Guest guest;
  int calls = 0;
  guest.linker.func("h", "count", [&calls] { ++calls; });
  guest.linker.func("h", "half", [](double x) { return x / 2; });
  guest.linker.func("h", "pair", [](int32_t a, int64_t b) { return std::make_tuple(b, a); });
  guest.linker.func("h", "maybe", [](float x) -> Result<float> {
    if (x < 0) return Error::host("negative");
    return x + 1;
  });
  const Instance i = guest.load(R"((module
    (import "h" "count" (func $count)) (import "h" "half" (func $half (param f64) (result f64)))
    (import "h" "pair" (func $pair (param i32 i64) (result i64 i32)))
    (import "h" "maybe" (func $maybe (param f32) (result f32)))
    (func (export "count") (call $count) (call $count))
    (func (export "half") (param f64) (result f64) (call $half (call $half (local.get 0))))
    (func (export "pair") (param i32 i64) (result i64 i32) (call $pair (local.get 0) (local.get 1)))
    (func (export "maybe") (param f32) (result f32) (call $maybe (local.get 0)))))");
  EXPECT_THAT(guest.call(i, "count"), Returns());
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(guest.call(i, "half", {f64(10)}), Returns(f64(2.5)));
  EXPECT_THAT(guest.call(i, "pair", {i32(-1), i64(-2)}), Returns(i64(-2), i32(-1)));
  EXPECT_THAT(guest.call(i, "maybe", {f32(1)}), Returns(f32(2)));
  EXPECT_THAT(guest.call(i, "maybe", {f32(-1)}), Fails(ErrorKind::host, "negative"));
}

TEST(host_call, plain_functions_and_noexcept_lambdas) {
  Guest guest;
  struct Static {
    static int32_t twice(int32_t x) { return 2 * x; }
  };
  const Func twice = Func::wrap(guest.store, Static::twice);
  const Func next = Func::wrap(guest.store, [](int32_t x) noexcept { return x + 1; });
  EXPECT_THAT(twice.call({i32(4)}), Returns(i32(8)));
  EXPECT_THAT(next.call({i32(4)}), Returns(i32(5)));
  EXPECT_EQ(to_string(next.type()), "[i32] -> [i32]");
}

TEST(host_call, vectors_both_ways) {
  Guest guest;
  const auto vector = [](uint8_t first) {
    V128 v;
    for (uint8_t& byte : v) byte = first++;
    return v;
  };
  guest.linker.func("h", "reverse", [](int32_t n, V128 v, float x) {
    std::reverse(v.begin(), v.end());
    return std::make_tuple(x, v, n);
  });
  const Instance i = guest.load(R"((module
    (import "h" "reverse" (func $reverse (param i32 v128 f32) (result f32 v128 i32)))
    (func (export "f") (param v128 i32 v128 f32) (result v128 f32 v128 i32)
      (i8x16.add (local.get 0) (local.get 0))
      (call $reverse (local.get 1) (local.get 2) (local.get 3)))
    (func (export "id") (param v128) (result v128) (local.get 0))))");
  using Results = std::tuple<V128, float, V128, int32_t>;
  const auto f = i.func("f")->typed<Results(V128, int32_t, V128, float)>();
  ASSERT_TRUE(f);
  const Result<Results> results = (*f)(vector(1), 7, vector(10), 0.5f);
  ASSERT_TRUE(results);
  V128 doubled = vector(1), reversed = vector(10);
  for (uint8_t& byte : doubled) byte = static_cast<uint8_t>(2 * byte);
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(*results, Results(doubled, 0.5f, reversed, 7));
  EXPECT_EQ(*(*i.func("id")->typed<V128(V128)>())(vector(100)), vector(100));
  EXPECT_FALSE(i.func("id")->typed<V128(int64_t)>());
}

TEST(host_call, the_caller_is_the_calling_instance) {
  Guest guest;
  int object = 0;
  guest.store.set_data(&object);
  guest.linker.func("h", "peek", [&](Caller& caller, uint32_t at) -> Result<uint32_t> {
    EXPECT_EQ(caller.store_data(), &object);
    EXPECT_TRUE(caller.memory0());
    EXPECT_FALSE(caller.memory("nothing"));
    EXPECT_TRUE(caller.instance()->func("peek"));
    const std::optional<Memory> memory = caller.memory("memory");
    if (!memory || at >= memory->data().size()) return Error::host("bad pointer");
    return memory->data()[at];
  });
  const Instance i = guest.load(R"((module (import "h" "peek" (func $peek (param i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 5) "A")
    (func (export "peek") (param i32) (result i32) (call $peek (local.get 0)))))");
  EXPECT_THAT(guest.call(i, "peek", {i32(5)}), Returns(i32('A')));
  EXPECT_THAT(guest.call(i, "peek", {i32(65536)}), Fails(ErrorKind::host, "bad pointer"));
  const Func direct =
      Func::wrap(guest.store, [](Caller& caller) -> int32_t { return caller.instance() || caller.memory0(); });
  EXPECT_THAT(direct.call({}), Returns(i32(0)));
}

// A guest that calls its host, which calls the guest again, and so on.
constexpr const char* kBounce = R"((module $bounce (import "h" "up" (func $up (param i32) (result i32)))
  (memory (export "memory") 1 4)
  (func $down (export "down") (param i32) (result i32)
    (i32.add (call $up (local.get 0)) (i32.const 1)))
  (func $fail (export "fail") (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 0)))
  (func (export "fault") (result i32) (i32.load (i32.const -1)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "pages") (result i32) (drop (call $up (i32.const 0))) (i32.store (i32.const 131068) (i32.const 9))
    (i32.add (memory.size) (i32.load (i32.const 131068))))))";

TEST(host_call, nested_calls_return_through_each_other) {
  Guest guest;
  guest.linker.func("h", "up", [](Caller& caller, int32_t depth) -> Result<int32_t> {
    if (depth == 0) return 0;
    Result<std::vector<Val>> r = caller.instance()->func("down")->call({i32(depth - 1)});
    if (!r) return std::move(r).error();
    return (*r)[0].i32() + 1000;
  });
  const Instance i = guest.load(kBounce);
  EXPECT_THAT(guest.call(i, "down", {i32(50)}), Returns(i32(50 * 1001 + 1)));
}

TEST(host_call, nesting_has_a_limit) {
  Config config;
  config.max_host_depth = 20;
  Guest guest(config);
  int deepest = 0;
  guest.linker.func("h", "up", [&](Caller& caller, int32_t depth) -> Result<int32_t> {
    deepest = std::max(deepest, depth);
    Result<std::vector<Val>> r = caller.instance()->func("down")->call({i32(depth + 1)});
    if (!r) return std::move(r).error();
    return 0;
  });
  const Instance i = guest.load(kBounce);
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(guest.call(i, "down", {i32(1)}), Traps(TrapCode::call_stack_exhausted));
    EXPECT_EQ(deepest, 20);
  }
}

TEST(host_call, a_trap_in_a_nested_call_can_be_survived) {
  Guest guest;
  guest.linker.func("h", "up", [](Caller& caller, int32_t x) -> Result<int32_t> {
    const Instance instance = *caller.instance();
    EXPECT_THAT(instance.func("fail")->call({i32(x)}), Traps(TrapCode::integer_divide_by_zero));
    EXPECT_THAT(instance.func("fault")->call({}), Traps(TrapCode::out_of_bounds_memory_access));
    return 7;
  });
  const Instance i = guest.load(kBounce);
  EXPECT_THAT(guest.call(i, "down", {i32(1)}), Returns(i32(8)));
  // Afterwards, the outer activation handles faults again.
  EXPECT_THAT(guest.call(i, "fault"), Traps(TrapCode::out_of_bounds_memory_access));
  EXPECT_THAT(guest.call(i, "down", {i32(1)}), Returns(i32(8)));
}

TEST(host_call, a_nested_trap_passed_on_has_the_whole_backtrace) {
  Guest guest;
  guest.linker.func("h", "up", [](Caller& caller, int32_t x) -> Result<int32_t> {
    Result<std::vector<Val>> r = caller.instance()->func("fail")->call({i32(x)});
    if (!r) return std::move(r).error();
    return 0;
  });
  const Instance i = guest.load(kBounce);
  const Result<std::vector<Val>> r = guest.call(i, "down", {i32(1)});
  ASSERT_THAT(r, Traps(TrapCode::integer_divide_by_zero));
  std::vector<std::string> names;
  for (const FrameInfo& frame : r.error().backtrace) names.push_back(frame.module_name + "!" + frame.function_name);
  EXPECT_THAT(names, ::testing::ElementsAre("bounce!fail", "h!up", "bounce!down"));
  EXPECT_TRUE(r.error().backtrace[1].host);
  EXPECT_NE(r.error().backtrace[2].offset, 0u);
}

TEST(host_call, an_error_of_the_host_has_a_backtrace_and_keeps_its_kind) {
  Guest guest;
  guest.linker.func("h", "up", [](int32_t code) -> Result<int32_t> {
    if (code == 1) return Error::exit(7);
    if (code == 2) return Error::trap(TrapCode::unreachable);
    return Error::host("no");
  });
  const Instance i = guest.load(kBounce);
  Result<std::vector<Val>> r = guest.call(i, "down", {i32(1)});
  ASSERT_THAT(r, Fails(ErrorKind::exit, "exit with code 7"));
  EXPECT_EQ(r.error().exit_code, 7);
  ASSERT_EQ(r.error().backtrace.size(), 2u);
  EXPECT_EQ(r.error().backtrace[0].function_name, "up");
  EXPECT_THAT(guest.call(i, "down", {i32(2)}), Traps(TrapCode::unreachable));
  EXPECT_THAT(guest.call(i, "down", {i32(3)}), Fails(ErrorKind::host, "no"));
}

TEST(host_call, exceptions_end_the_guest_and_nothing_else) {
  Guest guest;
  guest.linker.func("h", "up", [](int32_t x) -> int32_t {
    if (x == 0) throw std::runtime_error("out of luck");
    if (x == 1) throw 42;
    return x;
  });
  const Instance i = guest.load(kBounce);
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(guest.call(i, "down", {i32(0)}), Fails(ErrorKind::host, "exception: out of luck"));
    EXPECT_THAT(guest.call(i, "down", {i32(1)}), Fails(ErrorKind::host, "exception of unknown type"));
    EXPECT_THAT(guest.call(i, "down", {i32(2)}), Returns(i32(3)));
    EXPECT_THAT(guest.call(i, "fault"), Traps(TrapCode::out_of_bounds_memory_access));
  }
  const Func direct = Func::wrap(guest.store, [] { throw std::runtime_error("direct"); });
  EXPECT_THAT(direct.call({}), Fails(ErrorKind::host, "exception: direct"));
}

TEST(host_call, the_guest_sees_memory_that_the_host_has_grown) {
  for (const bool guard_pages : {true, false}) {
    Config config;
    config.guard_pages = guard_pages;
    Guest guest(config);
    guest.linker.func("h", "up", [](Caller& caller, int32_t) -> Result<int32_t> {
      Result<uint64_t> old_size = caller.memory0()->grow(1);
      if (!old_size) return std::move(old_size).error();
      return 0;
    });
    const Instance i = guest.load(kBounce);
    EXPECT_THAT(guest.call(i, "pages"), Returns(i32(2 + 9)));
    EXPECT_THAT(guest.call(i, "pages"), Returns(i32(3 + 9)));
    EXPECT_THAT(guest.call(i, "pages"), Returns(i32(4 + 9)));
    EXPECT_THAT(guest.call(i, "pages"), Fails(ErrorKind::limit, "cannot grow"));
    EXPECT_EQ(i.memory("memory")->size_pages(), 4u);
  }
}

TEST(host_call, more_results_than_parameters) {
  Guest guest;
  FuncType type;
  type.results.assign(100, ValType::i64);
  guest.linker.func("h", "many", type, [](Caller&, uint64_t* slots) -> Result<void> {
    for (uint64_t n = 0; n < 100; ++n) slots[n] = n;
    return {};
  });
  std::string text = "(module (import \"h\" \"many\" (func $many (result";
  for (int n = 0; n < 100; ++n) text += " i64";
  text += "))) (func (export \"last\") (result i64) (local i64) (call $many) (local.set 0)";
  for (int n = 0; n < 99; ++n) text += " drop";
  text += " (local.get 0)))";
  const Instance i = guest.load(text);
  EXPECT_THAT(guest.call(i, "last"), Returns(i64(99)));
  Result<std::vector<Val>> direct = guest.linker.get("h", "many")->func()->call({});
  ASSERT_THAT(direct, Succeeds());
  EXPECT_EQ((*direct)[99].i64(), 99);
}

TEST(host_call, a_store_destroyed_under_its_guest_lives_on) {
  static int finalized;
  finalized = 0;
  const Engine engine;
  auto store = std::make_unique<Store>(engine);
  runtime::Store* leaked = &store->impl();
  (void)store->new_externref(nullptr, [](void*) { ++finalized; });
  Linker linker(*store);
  linker.func("h", "destroy", [&] { store.reset(); });
  Result<Module> module = Module::compile(engine, wat(R"((module (import "h" "destroy" (func $destroy)) (memory 1)
    (func (export "f") (result i32) (call $destroy) (i32.store (i32.const 0) (i32.const 7)) (i32.load (i32.const 0)))))"));
  ASSERT_TRUE(module);
  Result<Instance> instance = linker.instantiate(*module);
  ASSERT_TRUE(instance);
  EXPECT_THAT(instance->func("f")->call({}), Returns(i32(7)));
  EXPECT_EQ(finalized, 0);
  const Store ended(std::move(*leaked->handle));
}

TEST(host_call, externrefs_are_finalized_with_the_store) {
  static int finalized;
  finalized = 0;
  int object = 5;
  {
    Guest guest;
    const auto finalize = +[](void* p) { finalized += *static_cast<int*>(p); };
    guest.linker.func("h", "get", [&] { return guest.store.new_externref(&object, finalize); });
    guest.linker.func("h", "use", [&](Val value) { return *static_cast<int32_t*>(Store::externref_data(value)); });
    const Instance i = guest.load(R"((module (import "h" "get" (func $get (result externref)))
      (import "h" "use" (func $use (param externref) (result i32))) (table $t 2 externref)
      (func (export "f") (result i32) (table.set $t (i32.const 1) (call $get)) (call $use (table.get $t (i32.const 1))))))");
    EXPECT_THAT(guest.call(i, "f"), Returns(i32(5)));
    EXPECT_EQ(finalized, 0);
  }
  EXPECT_EQ(finalized, 5);
}

// A host function of a table; its `data` points to a number of the linker's user.
template <int add>
HostFunction number(std::string_view module, std::string_view name) {
  const auto type = []() -> const FuncType& {
    static const FuncType type = {{}, {ValType::i32}};
    return type;
  };
  return {module, name, type, [](void* data, Caller&, uint64_t* slots) {
            slots[0] = static_cast<uint64_t>(*static_cast<int*>(data) + add);
            return Result<void>();
          }};
}

const HostFunction kTable[] = {number<1>("m", "a"), number<2>("m", "b"), number<3>("n", "a")};

TEST(linker, functions_of_a_table) {
  Guest guest;
  int data = 10;
  guest.linker.func("m", "b", [] { return 100; });
  guest.linker.func("m", "other", [] { return 200; });
  guest.linker.functions(kTable, &data);
  EXPECT_FALSE(guest.linker.get("m", "absent"));
  EXPECT_FALSE(guest.linker.get("a", "m"));
  const Instance i =
      guest.load(R"((module (import "m" "a" (func $a (result i32))) (import "m" "other" (func $other (result i32)))
    (import "m" "b" (func $b (result i32))) (import "n" "a" (func $na (result i32))) (import "m" "a" (func $again (result i32)))
    (func (export "f") (result i32 i32 i32 i32 i32) call $a call $other call $b call $na call $again)))");
  EXPECT_THAT(guest.call(i, "f"), Returns(i32(11), i32(200), i32(12), i32(13), i32(11)));
  EXPECT_EQ(guest.linker.get("m", "a")->inst, guest.linker.get("m", "a")->inst);
  EXPECT_THAT(guest.linker.get("m", "a")->func()->call({}), Returns(i32(11)));
}

TEST(linker, what_is_defined_behind_a_table_replaces_its_functions) {
  const std::string text = R"((module (import "m" "a" (func $a (result i32))) (import "m" "b" (func $b (result i32)))
    (func (export "f") (result i32 i32) call $a call $b)))";
  Guest guest;
  int data = 10, later = 20;
  guest.linker.functions(kTable, &data);
  EXPECT_THAT(guest.call(guest.load(text), "f"), Returns(i32(11), i32(12)));
  guest.linker.func("m", "a", [] { return 5; });
  EXPECT_THAT(guest.call(guest.load(text), "f"), Returns(i32(5), i32(12)));
  guest.linker.functions(std::span(kTable).first(1), &later);
  EXPECT_THAT(guest.call(guest.load(text), "f"), Returns(i32(21), i32(12)));
}

TEST(linker, a_table_is_matched_like_everything_else) {
  Guest guest;
  int data = 10;
  guest.linker.functions(kTable, &data);
  const Module wrong = *Module::compile(guest.engine, wat(R"((module (import "m" "a" (func (param i32)))))"));
  const Module missing = *Module::compile(guest.engine, wat(R"((module (import "m" "a" (func (result i32)))
    (import "m" "c" (func))))"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(guest.linker.instantiate(wrong).error().message, ::testing::HasSubstr("incompatible import type"));
    EXPECT_THAT(guest.linker.instantiate(missing).error().message, ::testing::HasSubstr("unknown import: \"m\" \"c\""));
  }
}

TEST(linker, any_number_of_modules_may_define_the_same_name) {
  constexpr int kModules = 40'000;
  Guest guest;
  const Global one = *Global::make(guest.store, {ValType::i32}, Val::i32(1));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kModules; ++i) guest.linker.define("module " + std::to_string(i), "memory", one);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));  // before a fix it took a minute
  EXPECT_TRUE(guest.linker.get("module " + std::to_string(kModules / 2), "memory"));
  EXPECT_FALSE(guest.linker.get("module", "memory"));
}

// Instances of destroyed stores are used again, together with the function instances that were made for them.
TEST(linker, each_store_has_its_own_functions_of_a_table) {
  const Engine engine;
  const Module module = *Module::compile(engine, wat(R"((module (import "m" "b" (func $b (result i32)))
    (import "m" "own" (func $own (result i32))) (table (export "t") funcref (elem $b))
    (func (export "f") (result i32 i32) call $b call $own)))"));
  for (int data = 0; data < 5; ++data) {
    Store store(engine);
    Linker linker(store);
    int number = data * 10;
    linker.func("m", "own", [data] { return data; });
    if (data != 2) linker.functions(kTable, &number);
    if (data == 2) linker.func("m", "b", [] { return 22; });                 // in between, one without the table
    if (data == 3) linker.functions(std::span(kTable).subspan(1), &number);  // or another
    const Instance instance = *linker.instantiate(module);
    EXPECT_THAT(instance.func("f")->call({}), Returns(i32(number + 2), i32(data)));
    const Func in_table(&store.impl(), instance.table("t")->get(0)->func());
    EXPECT_EQ(in_table.impl()->store(), &store.impl());
    EXPECT_THAT(in_table.call({}), Returns(i32(number + 2)));
  }
}

// What a module and an engine keep for later stores is used by all threads.
TEST(linker, stores_of_one_module_on_many_threads) {
  const Engine engine;
  const Module module = *Module::compile(engine, wat(R"((module (import "m" "b" (func $b (result i32))) (memory 1)
    (table $t 3 funcref) (func $one (result i32) (i32.const 1)) (elem (table $t) (i32.const 1) func $one)
    (func $deep (param i32) (local i64 i64 i64 i64 i64 i64 i64 i64) (local.set 8 (i64.const -1))
      (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "f") (param i32) (result i32)
      (if (i32.load (i32.const 8)) (then (return (i32.const -1))))
      (if (i32.eqz (ref.is_null (table.get $t (i32.const 0)))) (then (return (i32.const -2))))
      (i32.store (i32.const 8) (i32.const 1))
      (call $deep (local.get 0))
      (i32.add (call $b) (call_indirect $t (result i32) (i32.const 1)))
      (table.fill $t (i32.const 0) (table.get $t (i32.const 1)) (i32.const 3)))))"));
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&, id] {
      for (int round = 0; round < 100; ++round) {
        int data = id * 1000 + round;
        Store store(engine);
        Linker linker(store);
        linker.functions(kTable, &data);
        const Result<Instance> instance = linker.instantiate(module);
        ASSERT_TRUE(instance);
        EXPECT_THAT(instance->func("f")->call({i32(round % 20 == 0 ? 1000 : 3)}), Returns(i32(data + 3)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(linker, a_function_of_a_table_is_named_in_backtraces) {
  static const HostFunction table[] = {{"m", "fails", number<0>("", "").type,
                                        [](void*, Caller&, uint64_t*) { return Result<void>(Error::host("no")); }}};
  Guest guest;
  guest.linker.functions(table, nullptr);
  const Instance i = guest.load(R"((module (import "m" "fails" (func (result i32))) (export "f" (func 0))
    (func (export "g") (result i32) (call 0))))");
  for (const char* name : {"f", "g"}) {
    const auto result = guest.call(i, name);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().backtrace.at(0).module_name, "m");
    EXPECT_EQ(result.error().backtrace.at(0).function_name, "fails");
  }
}

}  // namespace
}  // namespace mini_wasm
