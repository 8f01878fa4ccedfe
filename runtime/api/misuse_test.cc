// What embedders do wrong, or do where nobody expects it. It is an error or it works, but it is never undefined; what no
// error can report, debug builds find. (Values of the wrong type or store: value_check_test.cc. Stacks, signals, unloading:
// spec-tests/embedding. Memory that runs out: spec-tests/out_of_memory.)
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr const char* kGuest = R"((module $guest (import "h" "call" (func $call (param i32) (result i32)))
  (memory (export "memory") 1 3) (global (export "global") (mut i32) (i32.const 5)) (table (export "table") 2 funcref)
  (func (export "call") (param i32) (result i32) (i32.add (call $call (local.get 0)) (i32.load (i32.const 0))))
  (func (export "trap") (i32.store (i32.const -1) (i32.const 0)))))";

class Misuse : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Guest guest_{GetParam().config()};
};
INSTANTIATE_TEST_SUITE_P(tiers, Misuse, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(Misuse, a_host_function_that_moves_its_store) {
  std::optional<Store> moved;
  guest_.linker.func("h", "call", [&](Caller& caller, int32_t x) {
    moved.emplace(std::move(guest_.store));
    EXPECT_EQ(&caller.store(), &*moved);
    EXPECT_TRUE(guest_.store.empty());
    return x;
  });
  const Instance i = guest_.load(kGuest);
  EXPECT_THAT(guest_.call(i, "call", {i32(4)}), Returns(i32(4)));
  EXPECT_THAT(guest_.linker.instantiate(*Module::from_text(guest_.engine, "")), Fails(ErrorKind::limit, ""));
}

TEST_P(Misuse, a_store_that_its_guest_still_needs_goes_on_by_itself) {
  auto store = std::make_unique<Store>(guest_.engine);
  const InterruptHandle handle = store->interrupt_handle();
  Store* left = nullptr;
  Linker linker(*store);
  linker.func("h", "call", [&](Caller& caller, int32_t x) -> Result<int32_t> {
    if (x == 0) return 1;
    store.reset();
    left = &caller.store();
    EXPECT_FALSE(left->empty());
    EXPECT_TRUE(handle.interrupt() && handle.clear_interrupt());
    const Val object = *left->make_externref(std::make_unique<int>(3));
    EXPECT_EQ(**left->externref_as<std::unique_ptr<int>>(object), 3);
    auto nested = caller.instance()->func("call")->call({i32(0)});
    if (!nested) return std::move(nested).error();
    return (*nested)[0].i32() + 10;
  });
  const Instance i = *linker.instantiate(*Module::from_text(guest_.engine, kGuest));
  EXPECT_THAT(i.func("call")->call({i32(7)}), Returns(i32(11)));
  const Store ended(std::move(*left));
}

TEST_P(Misuse, a_definition_that_is_replaced_while_it_runs) {
  Linker linker(guest_.engine);
  const auto text = std::make_shared<std::string>("still here");
  linker.func("h", "call", [&linker, text](int32_t x) {
    linker.func("h", "call", [](int32_t) { return 0; });
    EXPECT_EQ(*text, "still here");
    return x;
  });
  const Instance i = *linker.instantiate(guest_.store, *Module::from_text(guest_.engine, kGuest));
  EXPECT_THAT(guest_.call(i, "call", {i32(4)}), Returns(i32(4)));
}

TEST_P(Misuse, a_host_function_that_instantiates_in_its_own_store) {
  guest_.linker.func("h", "call", [&](Caller& caller, int32_t x) -> Result<int32_t> {
    if (x == 0) return 0;
    Result<Instance> inner = guest_.linker.instantiate(*Module::from_text(guest_.engine, kGuest));
    if (!inner) return std::move(inner).error();
    EXPECT_THAT(inner->memory("memory")->write(0, int32_t{50}), Succeeds());
    EXPECT_THAT(caller.memory0()->grow(1), Succeeds());
    auto result = inner->func("call")->call({i32(x - 1)});
    if (!result) return std::move(result).error();
    return (*result)[0].i32();
  });
  const Instance i = guest_.load(kGuest);
  EXPECT_THAT(guest_.call(i, "call", {i32(3)}), Returns(i32(150)));
}

TEST_P(Misuse, traps_within_traps) {
  int depth = 0;
  guest_.linker.func("h", "call", [&](Caller& caller, int32_t x) -> Result<int32_t> {
    const Instance self = *caller.instance();
    EXPECT_THAT(self.func("trap")->call({}), Traps(TrapCode::out_of_bounds_memory_access));
    if (++depth < 10) {
      EXPECT_THAT(self.func("call")->call({i32(x)}), Fails(ErrorKind::host, "exception: deep"));
    }
    EXPECT_THAT(self.func("trap")->call({}), Traps(TrapCode::out_of_bounds_memory_access));
    throw std::runtime_error("deep");
  });
  const Instance i = guest_.load(kGuest);
  EXPECT_THAT(guest_.call(i, "call", {i32(1)}), Fails(ErrorKind::host, "exception: deep"));
  EXPECT_EQ(depth, 10);
  EXPECT_THAT(guest_.call(i, "trap"), Traps(TrapCode::out_of_bounds_memory_access));
}

TEST_P(Misuse, a_start_function_that_fails_in_every_way) {
  int round = 0;
  guest_.linker.func("h", "start", [&]() -> Result<void> {
    if (round == 0) return Error::exit(3);
    if (round == 1) throw 5;
    if (round == 2) return Exception::make(guest_.store, *Tag::make(guest_.store, FuncType()), {})->to_error();
    return Error::trap(TrapCode::unreachable);
  });
  const Module module = *Module::from_text(guest_.engine, "(import \"h\" \"start\" (func $s)) (start $s)");
  for (const ErrorKind kind : {ErrorKind::exit, ErrorKind::host, ErrorKind::exception, ErrorKind::trap}) {
    EXPECT_THAT(guest_.linker.instantiate(module), Fails(kind, "")) << round;
    ++round;
  }
  guest_.linker.func("h", "start", [] {});
  EXPECT_THAT(guest_.linker.instantiate(module), Succeeds());
}

TEST_P(Misuse, a_callback_of_a_null_function) {
  guest_.linker.func("h", "call", std::function<int32_t(int32_t)>());
  const Instance i = guest_.load(kGuest);
  EXPECT_THAT(guest_.call(i, "call", {i32(1)}), Fails(ErrorKind::host, "exception: "));
}

// One store is handed from thread to thread: one at a time is allowed, also in a host function.
TEST_P(Misuse, threads_that_take_turns) {
  guest_.linker.func("h", "call", [&](Caller& caller, int32_t x) -> Result<int32_t> {
    if (x == 0) return 1;
    Result<std::vector<Val>> nested = Error();
    std::thread([&] { nested = caller.instance()->func("call")->call({i32(x - 1)}); }).join();
    if (!nested) return std::move(nested).error();
    return (*nested)[0].i32() + 1;
  });
  const Instance i = guest_.load(kGuest);
  for (int round = 0; round < 3; ++round) {
    std::thread([&] { EXPECT_THAT(guest_.call(i, "call", {i32(3)}), Returns(i32(4))); }).join();
  }
}

// --- What debug builds find

TEST(misuse_death, a_handle_after_its_store) {
#ifdef NDEBUG
  GTEST_SKIP() << "only debug builds find this";
#else
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto guest = std::make_unique<Guest>();
  guest->linker.func("h", "call", [](int32_t x) { return x; });
  const Instance i = guest->load(kGuest);
  const Func func = *i.func("call");
  const auto typed = *func.typed<int32_t(int32_t)>();
  const Memory memory = *i.memory("memory");
  const Global global = *i.global("global");
  const Table table = *i.table("table");
  guest.reset();
  constexpr const char* kMessage = "a handle is used after its store is gone";
  EXPECT_DEATH((void)func.call({i32(1)}), kMessage);
  EXPECT_DEATH((void)typed(1), kMessage);
  EXPECT_DEATH((void)memory.data(), kMessage);
  EXPECT_DEATH((void)memory.read<int>(0), kMessage);
  EXPECT_DEATH((void)global.get(), kMessage);
  EXPECT_DEATH((void)table.get(0), kMessage);
  EXPECT_DEATH((void)i.func("call"), kMessage);
#endif
}

TEST(misuse_death, two_threads_in_one_store) {
#ifdef NDEBUG
  GTEST_SKIP() << "only debug builds find this";
#else
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto both = [] {
    Guest guest;
    const Instance i = guest.load("(module (func (export \"spin\") (loop $l (br $l))))");
    std::thread first([&] { (void)guest.call(i, "spin"); });
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    (void)guest.call(i, "spin");
    first.join();
  };
  EXPECT_DEATH(both(), "a store is used by two threads at once");
#endif
}

}  // namespace
}  // namespace mini_wasm
