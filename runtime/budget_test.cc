// StoreLimits::total_bytes and may_grow: what counts, the exact limits, on every tier.
#include <gtest/gtest.h>

#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr uint64_t kPage = 65536;

constexpr const char* kGrower = R"((module
  (type $bytes (array (mut i8)))
  (memory (export "m") 1) (memory $other 0) (table $t (export "t") 10 funcref)
  (global $kept (mut (ref null $bytes)) (ref.null $bytes))
  (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "other") (param i32) (result i32) (memory.grow $other (local.get 0)))
  (func (export "table") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
  (func (export "keep") (param i32) (global.set $kept (array.new_default $bytes (local.get 0))))
  (func (export "churn") (param i32)
    (loop $more
      (drop (array.new_default $bytes (i32.const 60000)))
      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))";

class Budgets : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Config config() const { return GetParam().config(); }
};
INSTANTIATE_TEST_SUITE_P(tiers, Budgets, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(Budgets, memories_tables_and_objects_share_it) {
  Guest guest(config(), {.total_bytes = 10 * kPage});
  const Instance i = guest.load(kGrower);
  EXPECT_EQ(guest.store.used_bytes(), kPage + 80);
  EXPECT_THAT(guest.call(i, "memory", {i32(9)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "memory", {i32(3)}), Returns(i32(1)));
  EXPECT_THAT(guest.call(i, "other", {i32(2)}), Returns(i32(0)));
  EXPECT_EQ(guest.store.used_bytes(), 6 * kPage + 80);
  EXPECT_THAT(guest.call(i, "table", {i32(2 * 8192)}), Returns(i32(10)));
  EXPECT_THAT(guest.call(i, "keep", {i32(40000)}), Succeeds());
  EXPECT_THAT(guest.call(i, "keep", {i32(200000)}), Traps(TrapCode::out_of_memory));
  EXPECT_THAT(guest.call(i, "memory", {i32(1)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "table", {i32(1)}), Returns(i32(10 + 2 * 8192)));
  EXPECT_THAT(guest.call(i, "table", {i32(8192)}), Returns(i32(-1)));
  EXPECT_THAT(i.memory("m")->grow(1), Fails(ErrorKind::limit, "cannot grow"));
  EXPECT_THAT(i.table("t")->grow(8192, Val::null(ValType::funcref)), Fails(ErrorKind::limit, "cannot grow"));
  // The failed attempts took nothing. Growing by nothing needs nothing.
  EXPECT_THAT(guest.call(i, "memory", {i32(0)}), Returns(i32(4)));
  EXPECT_LE(guest.store.used_bytes(), 10 * kPage);
}

TEST_P(Budgets, the_last_byte_is_had) {
  Guest guest(config(), {.total_bytes = 4 * kPage + 80});
  const Instance i = guest.load(kGrower);
  EXPECT_THAT(guest.call(i, "memory", {i32(4)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "memory", {i32(3)}), Returns(i32(1)));
  EXPECT_EQ(guest.store.used_bytes(), 4 * kPage + 80);
  EXPECT_THAT(guest.call(i, "table", {i32(1)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "keep", {i32(1)}), Traps(TrapCode::out_of_memory));
}

TEST_P(Budgets, what_dies_makes_room_again) {
  Guest guest(config(), {.total_bytes = 6 * kPage});
  const Instance i = guest.load(kGrower);
  EXPECT_THAT(guest.call(i, "churn", {i32(200)}), Succeeds());
  guest.store.collect_garbage();
  EXPECT_THAT(guest.call(i, "memory", {i32(4)}), Returns(i32(1)));
}

TEST_P(Budgets, instances_that_fail_give_back) {
  Guest guest(config(), {.memories = 5, .total_bytes = 8 * kPage});
  guest.load("(module (memory 2) (table 100 funcref))");
  const uint64_t used = guest.store.used_bytes();
  for (int round = 0; round < 20; ++round) {
    EXPECT_THAT(guest.try_load("(module (memory 3) (table 100 funcref) (memory 4))"),
                Fails(ErrorKind::limit, "its limit is 524288 bytes in all"));
    EXPECT_THAT(guest.try_load("(module (memory 1) (table 1000000 funcref))"), Fails(ErrorKind::limit, "no table of"));
    EXPECT_EQ(guest.store.used_bytes(), used);
  }
  EXPECT_THAT(Memory::make(guest.store, {{7, {}}}), Fails(ErrorKind::limit, "no memory of 7 pages more"));
  EXPECT_THAT(Table::make(guest.store, {ValType::funcref, {1 << 20, {}}}, Val::null(ValType::funcref)),
              Fails(ErrorKind::limit, "no table of"));
  EXPECT_EQ(guest.store.used_bytes(), used);
}

struct Asked {
  std::vector<Growth> growths;
  bool answer = true;
  static bool ask(void* data, const Growth& growth) {
    static_cast<Asked*>(data)->growths.push_back(growth);
    return static_cast<Asked*>(data)->answer;
  }
};

TEST_P(Budgets, the_embedder_is_asked_and_may_refuse) {
  Asked asked;
  Guest guest(config(), {.may_grow = &Asked::ask, .may_grow_data = &asked});
  const Instance i = guest.load(kGrower);
  ASSERT_EQ(asked.growths.size(), 2u);  // for the table and for the memory that is not empty
  asked.growths.clear();
  EXPECT_THAT(guest.call(i, "memory", {i32(2)}), Returns(i32(1)));
  ASSERT_EQ(asked.growths.size(), 1u);
  EXPECT_EQ(asked.growths[0].kind, Growth::Kind::memory);
  EXPECT_EQ(asked.growths[0].bytes, 2 * kPage);
  EXPECT_EQ(asked.growths[0].used, kPage + 80);
  EXPECT_THAT(guest.call(i, "table", {i32(5)}), Returns(i32(10)));
  EXPECT_EQ(asked.growths.back().kind, Growth::Kind::table);
  EXPECT_EQ(asked.growths.back().bytes, 40u);
  asked.answer = false;
  EXPECT_THAT(guest.call(i, "memory", {i32(1)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "table", {i32(1)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(i, "keep", {i32(100)}), Traps(TrapCode::out_of_memory));
  EXPECT_EQ(asked.growths.back().kind, Growth::Kind::gc_heap);
  EXPECT_TRUE(guest.store.new_externref(nullptr).is_null());
  EXPECT_THAT(guest.try_load("(module (memory 1))"), Fails(ErrorKind::limit, ""));
  EXPECT_EQ(guest.store.used_bytes(), 3 * kPage + 120);
  asked.answer = true;
  EXPECT_THAT(guest.call(i, "memory", {i32(1)}), Returns(i32(3)));
  EXPECT_THAT(guest.call(i, "keep", {i32(100)}), Succeeds());
}

TEST_P(Budgets, a_shared_memory_counts_where_it_is_made_and_where_it_grows) {
  Config with_threads = config();
  ASSERT_TRUE(with_threads.feature("threads", true));
  Guest guest(with_threads, {.total_bytes = 4 * kPage});
  const Instance maker = guest.load(R"((module (memory (export "m") 2 10 shared)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
  EXPECT_EQ(guest.store.used_bytes(), 2 * kPage);
  const SharedMemory shared = *SharedMemory::of(*maker.memory("m"));
  Store other(guest.engine, {.total_bytes = 3 * kPage});
  Linker linker(other);
  linker.define("m", "m", *shared.in(other));
  const Module module = *Module::compile(guest.engine, wat(R"((module (memory (import "m" "m") 1 10 shared)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))"));
  const Instance user = *linker.instantiate(module);
  EXPECT_EQ(other.used_bytes(), 0u);
  EXPECT_THAT(user.func("grow")->call({i32(4)}), Returns(i32(-1)));
  EXPECT_THAT(user.func("grow")->call({i32(3)}), Returns(i32(2)));
  EXPECT_EQ(other.used_bytes(), 3 * kPage);
  EXPECT_EQ(guest.store.used_bytes(), 2 * kPage);
  EXPECT_THAT(guest.call(maker, "grow", {i32(3)}), Returns(i32(-1)));
  EXPECT_THAT(guest.call(maker, "grow", {i32(2)}), Returns(i32(5)));
}

}  // namespace
}  // namespace mini_wasm
