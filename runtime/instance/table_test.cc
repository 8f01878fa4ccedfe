#include "runtime/instance/table.h"

#include <gtest/gtest.h>

namespace mini_wasm::runtime {
namespace {

TableType table_type(uint64_t min, std::optional<uint64_t> max = std::nullopt) {
  return {ValType::funcref, {min, max}};
}

int64_t grow(TableInst& table, uint64_t delta, Slot init) {
  int64_t old_size = kGrowFailed;
  EXPECT_EQ(table.grow(nullptr, delta, init, old_size), TrapCode::none);
  return old_size;
}

TEST(table, starts_filled_with_the_initial_value) {
  TableInst table;
  ASSERT_TRUE(table.allocate(nullptr, table_type(3), 42, 100));
  EXPECT_EQ(table.size, 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(table.elements[i], 42u);
}

TEST(table, grows_up_to_its_maximum) {
  TableInst table;
  ASSERT_TRUE(table.allocate(nullptr, table_type(0, 4), 0, 100));
  EXPECT_EQ(grow(table, 1, 7), 0);
  EXPECT_EQ(grow(table, 3, 8), 1);
  EXPECT_EQ(grow(table, 1, 9), kGrowFailed);
  EXPECT_EQ(grow(table, ~uint64_t{0}, 9), kGrowFailed);
  EXPECT_EQ(grow(table, 0, 9), 4);
  EXPECT_EQ(table.elements[0], 7u);
  EXPECT_EQ(table.elements[3], 8u);
}

TEST(table, many_small_steps_keep_the_content) {
  TableInst table;
  ASSERT_TRUE(table.allocate(nullptr, table_type(0), 0, 100'000));
  for (uint64_t i = 0; i < 100'000; ++i) ASSERT_EQ(grow(table, 1, i), static_cast<int64_t>(i));
  EXPECT_EQ(grow(table, 1, 0), kGrowFailed);
  for (uint64_t i = 0; i < 100'000; ++i) ASSERT_EQ(table.elements[i], i);
}

TEST(table, sizes_that_no_machine_has_are_errors) {
  TableType type = table_type(~uint64_t{0} / 16);
  type.is_64 = true;
  TableInst table;
  const Result<void> r = table.allocate(nullptr, type, 0, ~uint64_t{0});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().kind, ErrorKind::limit);
  TableInst small;
  EXPECT_FALSE(small.allocate(nullptr, table_type(11), 0, 10));
}

TEST(table, contains_never_wraps) {
  TableInst table;
  ASSERT_TRUE(table.allocate(nullptr, table_type(4), 0, 100));
  EXPECT_TRUE(table.contains(4, 0));
  EXPECT_TRUE(table.contains(0, 4));
  EXPECT_FALSE(table.contains(5, 0));
  EXPECT_FALSE(table.contains(1, ~uint64_t{0}));
}

}  // namespace
}  // namespace mini_wasm::runtime
