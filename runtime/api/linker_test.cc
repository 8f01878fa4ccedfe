// Linkers of an engine: defined once, used by many stores, also on several threads.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr const char* kAdder = R"((module $adder (import "h" "add" (func $add (param i32 i32) (result i32)))
  (func (export "f") (param i32) (result i32) (call $add (local.get 0) (i32.const 1)))))";

class EngineLinker : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Result<std::vector<Val>> run(Store& store, const Linker& linker, const Module& module, int32_t x) {
    Result<Instance> instance = linker.instantiate(store, module);
    if (!instance) return std::move(instance).error();
    return instance->func("f")->call({i32(x)});
  }
  Module module(std::string_view text) {
    Result<Module> made = Module::from_text(engine_, text);
    EXPECT_THAT(made, Succeeds());
    return made ? *made : *Module::from_text(engine_, "");
  }

  Engine engine_{GetParam().config()};
  Linker linker_{engine_};
};
INSTANTIATE_TEST_SUITE_P(tiers, EngineLinker, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(EngineLinker, one_definition_serves_many_stores) {
  int calls = 0;
  linker_.func("h", "add", [&](int32_t a, int32_t b) { return ++calls, a + b; });
  const Module adder = module(kAdder);
  for (int32_t n = 0; n < 5; ++n) {
    Store store(engine_);
    EXPECT_THAT(run(store, linker_, adder, n), Returns(i32(n + 1)));
    EXPECT_THAT(run(store, linker_, adder, n), Returns(i32(n + 1)));
    EXPECT_EQ(linker_.get(store, "h", "add")->inst, linker_.get(store, "h", "add")->inst);
  }
  EXPECT_EQ(calls, 10);
}

TEST_P(EngineLinker, definitions_can_be_replaced_while_stores_keep_theirs) {
  const auto first = std::make_shared<int>(1);
  linker_.func("h", "add", [first](int32_t a, int32_t) { return a + *first; });
  const Module adder = module(kAdder);
  auto old_store = std::make_unique<Store>(engine_);
  const Instance old_one = *linker_.instantiate(*old_store, adder);
  linker_.func("h", "add", [](int32_t a, int32_t b) { return a * 100 + b; });
  Store store(engine_);
  EXPECT_THAT(run(store, linker_, adder, 3), Returns(i32(301)));
  EXPECT_THAT(old_one.func("f")->call({i32(3)}), Returns(i32(4)));
  EXPECT_EQ(first.use_count(), 2);
  old_store.reset();
  EXPECT_EQ(first.use_count(), 1);  // nobody needs the first definition any more
}

TEST_P(EngineLinker, definitions_outlive_the_linker) {
  Store store(engine_);
  std::optional<Instance> instance;
  {
    Linker linker(engine_);
    linker.func("h", "add", [n = std::make_unique<int>(5)](int32_t a, int32_t b) { return a + b + *n; });
    instance = *linker.instantiate(store, module(kAdder));
  }
  EXPECT_THAT(instance->func("f")->call({i32(1)}), Returns(i32(7)));
}

TEST_P(EngineLinker, functions_with_a_type_that_is_spelled_out) {
  linker_.func("h", "add", {{ValType::i32, ValType::i32}, {ValType::i32}},
               [](Caller&, uint64_t* slots) -> Result<void> {
                 slots[0] = static_cast<uint32_t>(slots[0] + slots[1] + 10);
                 return {};
               });
  Store store(engine_);
  EXPECT_THAT(run(store, linker_, module(kAdder), 1), Returns(i32(12)));
}

TEST_P(EngineLinker, a_shared_memory_is_one_in_all_stores) {
  linker_.define("h", "memory", *SharedMemory::make(engine_, {{1, 2}, false, true}));
  const Module counter = module(R"((module (import "h" "memory" (memory 1 2 shared))
    (func (export "f") (param i32) (result i32) (i32.atomic.rmw.add (i32.const 0) (local.get 0)))))");
  Store a(engine_), b(engine_);
  EXPECT_THAT(run(a, linker_, counter, 5), Returns(i32(0)));
  EXPECT_THAT(run(b, linker_, counter, 1), Returns(i32(5)));
  Linker of_store(a);
  of_store.define("h", "memory", *linker_.get(a, "h", "memory"));
  EXPECT_THAT(run(a, of_store, counter, 0), Returns(i32(6)));
  Linker own(b);
  own.define("h", "memory", *SharedMemory::make(engine_, {{1, 2}, false, true}));
  EXPECT_THAT(run(b, own, counter, 0), Returns(i32(0)));
}

TEST_P(EngineLinker, what_belongs_to_a_store_stays_there) {
  Store home(engine_), other(engine_);
  linker_.define("h", "add", Func::wrap(home, [](int32_t a, int32_t b) { return a + b; }));
  const Module adder = module(kAdder);
  EXPECT_THAT(run(home, linker_, adder, 1), Returns(i32(2)));
  EXPECT_THAT(run(other, linker_, adder, 1), Fails(ErrorKind::usage, "belongs to another store"));
  EXPECT_TRUE(linker_.get(home, "h", "add"));
  EXPECT_FALSE(linker_.get(other, "h", "add"));
  const Instance exporter =
      *linker_.instantiate(home, module(R"((module (func (export "add") (param i32 i32) (result i32)
    (i32.const 40))))"));
  linker_.instance("h", exporter);
  EXPECT_THAT(run(home, linker_, adder, 1), Returns(i32(40)));
}

// A host function of a table; its `data` points to a number.
template <int add>
HostFunction number(std::string_view name) {
  const auto type = []() -> const FuncType& {
    static const FuncType type = {{}, {ValType::i32}};
    return type;
  };
  return {"t", name, type, [](void* data, Caller&, uint64_t* slots) {
            slots[0] = static_cast<uint64_t>(*static_cast<int*>(data) + add);
            return Result<void>();
          }};
}
const HostFunction kTable[] = {number<1>("a"), number<2>("b")};
const HostFunction kOtherTable[] = {number<5>("b"), number<6>("c")};

TEST_P(EngineLinker, tables_and_definitions_hide_one_another_in_their_order) {
  int data = 10, other_data = 100;
  const Module all = module(R"((module (import "t" "a" (func $a (result i32))) (import "t" "b" (func $b (result i32)))
    (import "t" "c" (func $c (result i32)))
    (func (export "f") (param i32) (result i32 i32 i32) call $a call $b call $c)))");
  linker_.func("t", "c", [] { return 7; });
  linker_.functions(kTable, &data);
  Store store(engine_);
  EXPECT_THAT(run(store, linker_, all, 0), Returns(i32(11), i32(12), i32(7)));
  linker_.functions(kOtherTable, &other_data);
  EXPECT_THAT(run(store, linker_, all, 0), Returns(i32(11), i32(105), i32(106)));
  linker_.func("t", "b", [] { return 8; });
  EXPECT_THAT(run(store, linker_, all, 0), Returns(i32(11), i32(8), i32(106)));
  linker_.functions(kTable, &other_data);
  EXPECT_THAT(run(store, linker_, all, 0), Returns(i32(101), i32(102), i32(106)));
  EXPECT_THAT(linker_.get(store, "t", "a")->func()->call({}), Returns(i32(101)));
}

TEST_P(EngineLinker, failures_are_errors) {
  Store store(engine_);
  const Module adder = module(kAdder);
  EXPECT_THAT(run(store, linker_, adder, 1), Fails(ErrorKind::unlinkable, "\"h\" \"add\""));
  EXPECT_FALSE(linker_.get(store, "h", "add"));
  EXPECT_THAT(linker_.instantiate(adder), Fails(ErrorKind::usage, "needs a store"));
  EXPECT_FALSE(linker_.get("h", "add"));
  linker_.func("h", "add", [](int64_t a) { return a; });
  EXPECT_THAT(run(store, linker_, adder, 1), Fails(ErrorKind::unlinkable, "[i64] -> [i64]"));
  const Engine other_engine;
  Store elsewhere(other_engine);
  EXPECT_THAT(run(elsewhere, linker_, adder, 1), Fails(ErrorKind::usage, "different engines"));
  linker_.define("h", "add", *SharedMemory::make(other_engine, {{1, 2}, false, true}));
  EXPECT_THAT(run(store, linker_, adder, 1), Fails(ErrorKind::usage, "different engines"));
  Linker own(store);
  Store second(engine_);
  EXPECT_THAT(own.instantiate(second, adder), Fails(ErrorKind::usage, "another store"));
  EXPECT_FALSE(own.get(second, "h", "add"));
  linker_.define("h", "add", Func(nullptr, nullptr));
  EXPECT_THAT(run(store, linker_, adder, 1), Fails(ErrorKind::limit, ""));
  const Store moved = std::move(store);
  EXPECT_THAT(run(store, linker_, adder, 1), Fails(ErrorKind::limit, ""));
}

TEST_P(EngineLinker, a_host_function_has_its_name_in_backtraces) {
  linker_.func("h", "add", [](int32_t, int32_t) -> Result<int32_t> { return Error::host("no"); });
  Store store(engine_);
  const auto result = run(store, linker_, module(kAdder), 1);
  ASSERT_THAT(result, Fails(ErrorKind::host, "no"));
  EXPECT_EQ(result.error().backtrace[0].module_name + "!" + result.error().backtrace[0].function_name, "h!add");
}

TEST_P(EngineLinker, threads_instantiate_while_another_one_defines) {
  std::atomic<int> calls = 0;
  const auto define = [&](int32_t add) {
    linker_.func("h", "add", [&calls, add](int32_t a, int32_t b) { return ++calls, a + b + add; });
  };
  define(0);
  const Module adder = module(kAdder);
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&] {
      for (int round = 0; round < 25; ++round) {
        Store store(engine_);
        const auto result = run(store, linker_, adder, 1);
        ASSERT_THAT(result, Succeeds());
        EXPECT_GE((*result)[0].i32(), 2);
      }
    });
  }
  for (int32_t add = 1; add < 50; ++add) define(add);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calls, 100);
}

}  // namespace
}  // namespace mini_wasm
