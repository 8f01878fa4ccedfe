// The limits that an embedder sets: the exact value of each, and that reaching one is only an error.
#include <gtest/gtest.h>

#include "spec-tests/support/guest.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

TEST(limits, bytes_of_memory) {
  for (const bool guard_pages : {true, false}) {
    Config config;
    config.guard_pages = guard_pages;
    Guest guest(config, {.memory_bytes = 3 * 65536});
    EXPECT_THAT(guest.try_load("(module (memory 4))"), Fails(ErrorKind::limit, "cannot allocate a memory of 4 pages"));
    const Instance i = guest.load(R"((module (memory (export "m") 1)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
    EXPECT_THAT(guest.call(i, "grow", {i32(3)}), Returns(i32(-1)));
    EXPECT_THAT(guest.call(i, "grow", {i32(2)}), Returns(i32(1)));
    EXPECT_THAT(guest.call(i, "grow", {i32(1)}), Returns(i32(-1)));
    EXPECT_THAT(guest.call(i, "grow", {i32(-1)}), Returns(i32(-1)));
    EXPECT_THAT(guest.call(i, "grow", {i32(0)}), Returns(i32(3)));
    EXPECT_THAT(i.memory("m")->grow(1), Fails(ErrorKind::limit, "cannot grow by 1 pages"));
  }
}

TEST(limits, elements_of_tables) {
  Guest guest(StoreLimits{.table_elements = 10});
  EXPECT_THAT(guest.try_load("(module (table 11 funcref))"), Fails(ErrorKind::limit, "cannot allocate a table of 11"));
  EXPECT_THAT(guest.try_load("(module (table 0xffffffff funcref))"), Fails(ErrorKind::limit, "4294967295"));
  const Instance i = guest.load(R"((module (table $t (export "t") 1 externref)
    (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null extern) (local.get 0)))))");
  EXPECT_THAT(guest.call(i, "grow", {i32(10)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "grow", {i32(9)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "grow", {i32(1)}), Returns(i32(-1)));
  EXPECT_THAT(i.table("t")->grow(1, Val::null(ValType::externref)), Fails(ErrorKind::limit, "cannot grow by 1"));
}

TEST(limits, tables_without_bound_do_not_crash) {
  Guest guest(StoreLimits{.table_elements = ~uint64_t{0}});
  // 32 GiB of pointers: the machine may grant or refuse it; the process must survive either way.
  const Result<Table> huge =
      Table::make(guest.store, {ValType::funcref, {uint64_t{1} << 60}, true}, Val::null(ValType::funcref));
  EXPECT_THAT(huge, Fails(ErrorKind::limit, "cannot allocate a table"));
}

TEST(limits, numbers_of_instances_memories_and_tables) {
  Guest guest(StoreLimits{.instances = 3, .memories = 2, .tables = 2});
  guest.load("(module (memory 1) (table 1 funcref))");
  guest.load("(module (memory 1) (table 1 funcref))");
  EXPECT_THAT(guest.try_load("(module (memory 1))"), Fails(ErrorKind::limit, "2 memories at most"));
  EXPECT_THAT(guest.try_load("(module (table 1 funcref))"), Fails(ErrorKind::limit, "2 tables at most"));
  // The failed attempts used nothing: there is still room for a third instance.
  guest.load("(module)");
  EXPECT_THAT(guest.try_load("(module)"), Fails(ErrorKind::limit, "3 instances at most"));
  EXPECT_THAT(Memory::make(guest.store, {{1}}), Fails(ErrorKind::limit, "2 memories at most"));
}

TEST(limits, failed_instantiations_give_their_objects_back) {
  Guest guest(StoreLimits{.memory_bytes = 65536, .instances = 2, .memories = 3});
  for (int round = 0; round < 100; ++round) {
    EXPECT_THAT(guest.try_load("(module (memory 2))"), Fails(ErrorKind::limit, "cannot allocate"));
  }
  guest.load("(module (memory 1))");
}

constexpr const char* kDeep = R"((module (func $f (export "f") (param i32) (result i32)
  (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
    (else (i32.const 0)))))";

// The tables of a pooled instance are either used up by the failed attempt or still complete.
TEST(limits, a_failed_instantiation_leaves_a_whole_instance) {
  const Engine engine;
  const Module module = *Module::compile(engine, wat(R"((module (table 3 funcref) (table $t 4 funcref)
    (func $f (export "f") (result i32) (i32.const 7)) (elem (table $t) (i32.const 1) func $f)
    (func (export "call") (result i32) (call_indirect $t (result i32) (i32.const 1)))))"));
  for (int round = 0; round < 12; ++round) {
    StoreLimits limits;
    if (round % 3 == 1) limits.tables = static_cast<uint32_t>(round % 2);
    if (round % 3 == 2) limits.table_elements = static_cast<uint32_t>(2 + round % 2);
    Store store(engine, limits);
    const Result<Instance> instance = Instance::make(store, module, {});
    ASSERT_EQ(static_cast<bool>(instance), round % 3 == 0) << round;
    if (instance) {
      EXPECT_THAT(instance->func("call")->call({}), Returns(i32(7)));
    }
  }
}

TEST(limits, depth_of_the_stack) {
  Config config;
  config.stack_size = 65536;
  Guest guest(config);
  const Instance i = guest.load(std::string(kDeep) + ")");
  EXPECT_THAT(guest.call(i, "f", {i32(500)}), Returns(i32(500)));
  for (int round = 0; round < 3; ++round) {
    const Result<std::vector<Val>> r = guest.call(i, "f", {i32(1'000'000)});
    ASSERT_THAT(r, Traps(TrapCode::call_stack_exhausted));
    EXPECT_EQ(r.error().backtrace.size(), 100u);
    EXPECT_THAT(guest.call(i, "f", {i32(500)}), Returns(i32(500)));
  }
}

TEST(limits, a_larger_stack_goes_deeper) {
  Config config;
  config.stack_size = uint64_t{1} << 30;
  {
    Guest guest(config);
    const Instance i = guest.load(std::string(kDeep) + ")");
    EXPECT_THAT(guest.call(i, "f", {i32(500'000)}), Returns(i32(500'000)));
  }
  // Compiled code takes a word of the machine stack for a call; the interpreter takes nothing.
  config.tier = Tier::interpreter;
  Guest guest(config);
  const Instance i = guest.load(std::string(kDeep) + ")");
  EXPECT_THAT(guest.call(i, "f", {i32(1'000'000)}), Returns(i32(1'000'000)));
  Guest small((Config()));
  EXPECT_THAT(small.call(small.load(std::string(kDeep) + ")"), "f", {i32(500'000)}),
              Traps(TrapCode::call_stack_exhausted));
}

TEST(limits, stacks_of_no_size_or_of_all_there_is) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, uint64_t{1} << 62}) {
    Config config;
    config.stack_size = size;
    Guest guest(config);
    const Instance i = guest.load(std::string(kDeep) + ")");
    const Result<std::vector<Val>> r = guest.call(i, "f", {i32(1'000'000)});
    ASSERT_FALSE(r) << size;
    EXPECT_TRUE(r.error().kind == ErrorKind::limit || r.error().trap_code == TrapCode::call_stack_exhausted) << size;
  }
}

// Nested calls from the host begin at the guest's current position and never overwrite its frames.
TEST(limits, the_stack_is_shared_with_nested_calls) {
  Config config;
  config.stack_size = 65536;
  Guest guest(config);
  guest.linker.func("h", "again", [](Caller& caller, int32_t depth) -> Result<int32_t> {
    Result<std::vector<Val>> r = caller.instance()->func("f")->call({i32(depth)});
    if (!r) return std::move(r).error();
    return (*r)[0].i32();
  });
  const Instance i = guest.load(R"((module (import "h" "again" (func $again (param i32) (result i32)))
    (func $f (export "f") (param i32) (result i32) (local i64 i64 i64 i64)
      (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $again (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0))))))");
  EXPECT_THAT(guest.call(i, "f", {i32(100)}), Returns(i32(100)));
  EXPECT_THAT(guest.call(i, "f", {i32(5000)}), Traps(TrapCode::call_stack_exhausted));
  EXPECT_THAT(guest.call(i, "f", {i32(100)}), Returns(i32(100)));
}

TEST(limits, memory_types_of_the_embedder_are_checked) {
  Guest guest;
  EXPECT_THAT(Memory::make(guest.store, {{65537}}), Fails(ErrorKind::usage, "not a valid memory type"));
  EXPECT_THAT(Memory::make(guest.store, {{2, 1}}), Fails(ErrorKind::usage, "not a valid memory type"));
  EXPECT_THAT(Table::make(guest.store, {ValType::i32, {1}}, i32(0)), Fails(ErrorKind::usage, "not a valid table type"));
  EXPECT_THAT(Table::make(guest.store, {ValType::funcref, {1}}, i32(0)), Fails(ErrorKind::usage, "expected funcref"));
}

}  // namespace
}  // namespace mini_wasm
