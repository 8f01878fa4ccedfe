#include "runtime/memory/memory.h"

#include <gtest/gtest.h>

#include <cstring>

namespace mini_wasm::runtime {
namespace {

constexpr uint64_t kPage = 65536;
constexpr uint64_t kNoLimit = ~uint64_t{0};

MemoryType pages(uint64_t min, std::optional<uint64_t> max = std::nullopt) { return {{min, max}}; }

MemoryType pages_64(uint64_t min, std::optional<uint64_t> max = std::nullopt) {
  MemoryType type = pages(min, max);
  type.is_64 = true;
  return type;
}

TEST(memory, starts_zeroed_with_its_declared_minimum) {
  MemInst memory;
  ASSERT_TRUE(memory.allocate(pages(2), kNoLimit, Bounds::guarded));
  EXPECT_EQ(memory.size, 2 * kPage);
  EXPECT_EQ(memory.size_pages(), 2u);
  EXPECT_TRUE(memory.guarded);
  EXPECT_EQ(memory.reserved, kGuardedReservation);
  EXPECT_EQ(memory.base[0], 0);
  EXPECT_EQ(memory.base[2 * kPage - 1], 0);
}

TEST(memory, growing_keeps_the_base_and_the_content_and_adds_zeros) {
  for (const Bounds bounds : {Bounds::guarded, Bounds::checked}) {
    MemInst memory;
    ASSERT_TRUE(memory.allocate(pages(1, 3), kNoLimit, bounds));
    uint8_t* base = memory.base;
    std::memset(base, 7, kPage);
    EXPECT_EQ(memory.grow(2), 1);
    EXPECT_EQ(memory.base, base);
    EXPECT_EQ(memory.base[kPage - 1], 7);
    EXPECT_EQ(memory.base[kPage], 0);
    memory.base[3 * kPage - 1] = 1;
    EXPECT_EQ(memory.grow(0), 3);
    EXPECT_EQ(memory.grow(1), kGrowFailed);
    EXPECT_EQ(memory.size_pages(), 3u);
  }
}

TEST(memory, growing_by_absurd_amounts_fails_without_wrapping) {
  for (const Bounds bounds : {Bounds::guarded, Bounds::checked}) {
    MemInst memory;
    ASSERT_TRUE(memory.allocate(pages(1), kNoLimit, bounds));
    for (const uint64_t delta : {uint64_t{65536}, uint64_t{1} << 48, (uint64_t{1} << 48) - 1, kNoLimit}) {
      EXPECT_EQ(memory.grow(delta), kGrowFailed) << delta;
    }
    EXPECT_EQ(memory.size, kPage);
  }
}

TEST(memory, four_gibibytes_exactly) {
  MemInst memory;
  ASSERT_TRUE(memory.allocate(pages(0), kNoLimit, Bounds::guarded));
  EXPECT_EQ(memory.grow(65536), 0);
  EXPECT_EQ(memory.size, uint64_t{1} << 32);
  memory.base[memory.size - 1] = 1;
  EXPECT_EQ(memory.grow(1), kGrowFailed);
  EXPECT_TRUE(memory.contains(memory.size, 0));
  EXPECT_TRUE(memory.contains(memory.size - 1, 1));
  EXPECT_FALSE(memory.contains(memory.size, 1));
  EXPECT_FALSE(memory.contains(memory.size - 1, ~uint64_t{0}));
}

TEST(memory, the_limit_of_the_store_holds_at_allocation_and_growth) {
  MemInst too_big;
  const Result<void> r = too_big.allocate(pages(3), 2 * kPage, Bounds::guarded);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().kind, ErrorKind::limit);
  MemInst memory;
  // One byte more than two pages is not a third page.
  ASSERT_TRUE(memory.allocate(pages(1), 2 * kPage + 1, Bounds::guarded));
  EXPECT_EQ(memory.grow(1), 1);
  EXPECT_EQ(memory.grow(1), kGrowFailed);
}

TEST(memory, huge_declared_sizes_are_errors) {
  for (const uint64_t min : {uint64_t{1} << 47, (uint64_t{1} << 48) - 1, uint64_t{1} << 48}) {
    MemInst memory;
    const Result<void> r = memory.allocate(pages_64(min), kNoLimit, Bounds::guarded);
    ASSERT_FALSE(r) << min;
    EXPECT_EQ(r.error().kind, ErrorKind::limit);
  }
}

TEST(memory, a_64_bit_memory_without_maximum_is_checked_and_grows) {
  MemInst memory;
  ASSERT_TRUE(memory.allocate(pages_64(1), kNoLimit, Bounds::guarded));
  EXPECT_FALSE(memory.guarded);
  EXPECT_EQ(memory.grow(100), 1);
  memory.base[101 * kPage - 1] = 1;
}

TEST(memory, one_byte_pages) {
  MemoryType type = pages(3, 10);
  type.page_size_log2 = 0;
  MemInst memory;
  ASSERT_TRUE(memory.allocate(type, kNoLimit, Bounds::guarded));
  EXPECT_FALSE(memory.guarded);
  EXPECT_EQ(memory.size, 3u);
  EXPECT_EQ(memory.grow(7), 3);
  EXPECT_EQ(memory.grow(1), kGrowFailed);
  EXPECT_FALSE(memory.contains(10, 1));
}

TEST(memory, pages_of_one_byte_can_all_be_counted) {
  MemoryType type = pages(1);
  type.page_size_log2 = 0;
  MemInst memory;
  ASSERT_TRUE(memory.allocate(type, kNoLimit, Bounds::guarded));
  EXPECT_EQ(memory.grow(0xffff'ffff), kGrowFailed);  // 2^32 pages would be 0 as an i32
  EXPECT_EQ(memory.grow(0xffff'fffe), 1);
  EXPECT_EQ(memory.size_pages(), 0xffff'ffffu);
  EXPECT_EQ(memory.grow(1), kGrowFailed);
  memory.base[memory.size - 1] = 1;
  EXPECT_FALSE(memory.contains(memory.size, 1));

  type.limits.max = uint64_t{1} << 32;
  EXPECT_FALSE(is_valid(type));
  type.limits.max = 0xffff'ffff;
  EXPECT_TRUE(is_valid(type));
  type.page_size_log2 = 3;
  EXPECT_FALSE(is_valid(type));
}

TEST(memory, instances_are_told_the_base) {
  MemInst memory;
  ASSERT_TRUE(memory.allocate(pages(1), kNoLimit, Bounds::checked));
  InstanceContext context;
  memory.add_user(context);
  EXPECT_EQ(context.memory_base, memory.base);
  context.memory_base = nullptr;
  memory.grow(1);
  EXPECT_EQ(context.memory_base, memory.base);
}

}  // namespace
}  // namespace mini_wasm::runtime
