// Memories that get no reservation of 8 GiB. They behave like others, except that each access is checked.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runtime/instance/module_inst.h"
#include "runtime/memory/memory_pool.h"
#include "runtime/test_settings.h"
#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/new_processes.h"
#include "spec-tests/support/sanitizers.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr std::string_view kAccessor = R"((module (memory (export "m") 1)
  (func (export "get") (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func (export "put") (param i32 i32) (i32.store8 offset=0xfffffff0 (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))";

// Repeated, so that each function has been compiled on tiers that compile.
void expect_works(Guest& guest, const Instance& i) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(guest.call(i, "get", {i32(65516)}), Returns(i32(0)));
    for (const int32_t at : {65517, -1, -65536, 1 << 30}) {
      EXPECT_THAT(guest.call(i, "get", {i32(at)}), Traps(TrapCode::out_of_bounds_memory_access)) << at;
    }
    for (const int32_t at : {0, 16, 65536, -1}) {
      EXPECT_THAT(guest.call(i, "put", {i32(at), i32(1)}), Traps(TrapCode::out_of_bounds_memory_access)) << at;
    }
  }
  EXPECT_THAT(guest.call(i, "grow", {i32(1)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "get", {i32(65517)}), Returns(i32(0)));
}

class FewAddresses : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  void SetUp() override {
    runtime::test_settings.few_addresses = true;
    runtime::test_settings.guards_wanted = 0;
  }
  void TearDown() override { runtime::test_settings.few_addresses = false; }
  uint64_t wanted() const { return GetParam().guard_pages ? 1 : 0; }
};

// Code of the same module with checks and without, side by side. Later the instances come from the pool.
TEST_P(FewAddresses, instances_of_one_module) {
  Guest guest(GetParam().config());
  const Module module = *Module::compile(guest.engine, wat(kAccessor));
  for (uint32_t n = 0; n < 3; ++n) {
    guest.store = Store(guest.engine);
    runtime::test_settings.guards_wanted = n;  // first the first memory gets no guard pages, then the second
    for (uint32_t i = 0; i < 2; ++i) {
      const Result<Instance> made = Instance::make(guest.store, module, {});
      ASSERT_THAT(made, Succeeds());
      expect_works(guest, *made);
      // An instance with guard pages uses code without checks, also when it comes from the pool.
      const bool usual = (n + i) % 2 == 0 || !GetParam().guard_pages;
      EXPECT_EQ(made->impl()->code == &module.impl()->code(), usual);
    }
    EXPECT_EQ(guest.engine.memories_without_guard(), wanted() * (n + 1));
  }
}

// An instance that imports such a memory checks as well. Calls between the two kinds of code must not mix them up.
TEST_P(FewAddresses, memory_that_is_imported) {
  Guest guest(GetParam().config());
  guest.load("(module (memory 1))");
  const Instance owner = guest.load(kAccessor);
  guest.linker.instance("owner", owner);
  const Instance user =
      guest.load(R"((module (import "owner" "m" (memory 1)) (import "owner" "get" (func $get (param i32) (result i32)))
    (func (export "get") (param i32) (result i32) (i32.load offset=16 (local.get 0)))
    (func (export "both") (param i32) (result i32) (i32.add (i32.load (local.get 0)) (call $get (local.get 0))))
    (func (export "put") (param i32 i32) (i32.store8 offset=0xfffffff0 (local.get 0) (local.get 1)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
  expect_works(guest, user);
  EXPECT_THAT(guest.call(user, "both", {i32(131068)}), Traps(TrapCode::out_of_bounds_memory_access));
  EXPECT_THAT(guest.call(user, "both", {i32(131052)}), Returns(i32(0)));
}

// One memory with guard pages and one without in the same instance, in both orders.
TEST_P(FewAddresses, several_memories_of_one_instance) {
  for (int first = 0; first < 2; ++first) {
    Guest guest(GetParam().config());
    runtime::test_settings.guards_wanted = static_cast<uint32_t>(first);
    const Instance i = guest.load(R"((module (memory 1) (memory $b 1)
      (func (export "get") (param i32) (result i32) (i32.add (i32.load8_u (i32.const 0)) (i32.load8_u $b (local.get 0))))
      (func (export "first") (param i32) (result i32) (i32.load8_u (local.get 0)))))");
    for (int round = 0; round < 3; ++round) {
      for (const char* name : {"get", "first"}) {
        EXPECT_THAT(guest.call(i, name, {i32(65535)}), Returns(i32(0)));
        EXPECT_THAT(guest.call(i, name, {i32(65536)}), Traps(TrapCode::out_of_bounds_memory_access));
        EXPECT_THAT(guest.call(i, name, {i32(-1)}), Traps(TrapCode::out_of_bounds_memory_access));
      }
    }
  }
}

TEST_P(FewAddresses, data_is_there_and_memories_are_shared) {
  Config config = GetParam().config();
  ASSERT_TRUE(config.feature("threads", true));
  Guest guest(config);
  guest.load("(module (memory 1))");
  const Instance i = guest.load(R"((module (memory 1 2 shared) (data (i32.const 8) "\2a")
    (func (export "get") (param i32) (result i32) (i32.atomic.load (local.get 0)))
    (func (export "wait") (param i32) (result i32)
      (memory.atomic.wait32 (local.get 0) (i32.const 1) (i64.const 0)))))");
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(guest.call(i, "get", {i32(8)}), Returns(i32(42)));
    EXPECT_THAT(guest.call(i, "get", {i32(65536)}), Traps(TrapCode::out_of_bounds_memory_access));
    EXPECT_THAT(guest.call(i, "wait", {i32(65536)}), Traps(TrapCode::out_of_bounds_memory_access));
  }
}

INSTANTIATE_TEST_SUITE_P(tiers, FewAddresses, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

// Runs `body` in a child process that may use 2 GiB of addresses; its exit code is 0 when `body` returns true.
template <class F>
void with_little_address_space(F body) {
  if (testing::kSanitizerOwnsProcess) GTEST_SKIP() << "the sanitizer needs terabytes of its own";
  die_in_new_processes();
  const auto child = [&] {
    const rlimit limit = {rlim_t{2} << 30, rlim_t{2} << 30};
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
    _exit(body() ? 0 : 1);
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "");
}

// Several of them have room to grow, and there is room for machine code.
TEST(few_addresses_death, memories_take_what_there_is) {
  const std::vector<uint8_t> bytes = wat(kAccessor);
  for (const bool guard_pages : {true, false}) {
    with_little_address_space([&] {
      Config config;
      config.guard_pages = guard_pages;
      config.tier = Tier::jit;
      Guest guest(config);
      const Module module = *Module::compile(guest.engine, bytes);
      for (int n = 0; n < 5; ++n) {
        const Result<Instance> i = Instance::make(guest.store, module, {});
        if (!i || !i->memory("m")->grow(1000) || i->memory("m")->grow(60'000)) return false;
        const Result<std::vector<Val>> in = i->func("get")->call({Val::i32(65'000'000)});
        const Result<std::vector<Val>> beyond = i->func("get")->call({Val::i32(-1)});
        if (!in || beyond || beyond.error().trap_code != TrapCode::out_of_bounds_memory_access) return false;
      }
      return guest.engine.memories_without_guard() == (guard_pages ? 5 : 0);
    });
  }
}

// More memories than reservations of 8 GiB fit into the addresses of a process.
TEST(few_addresses, more_memories_than_guards) {
  if (testing::kSanitizerOwnsProcess) GTEST_SKIP() << "the sanitizer has addresses of its own";
  constexpr uint32_t kCount = 20'000;
  const StoreLimits limits = {.instances = kCount, .memories = kCount};
  Guest guest(limits);
  const Module module = *Module::compile(guest.engine, wat(kAccessor));
  std::optional<Instance> last;
  for (uint32_t n = 0; n < kCount; ++n) {
    Result<Instance> made = Instance::make(guest.store, module, {});
    ASSERT_THAT(made, Succeeds()) << n;
    last = *made;
  }
  EXPECT_GE(guest.engine.memories_without_guard(), kCount - runtime::kMostGuardedReservations);
  EXPECT_THAT(guest.call(*last, "get", {i32(65516)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(*last, "get", {i32(65517)}), Traps(TrapCode::out_of_bounds_memory_access));
  EXPECT_THAT(guest.call(*last, "grow", {i32(16384)}), Returns(i32(1)));
}

}  // namespace
}  // namespace mini_wasm
