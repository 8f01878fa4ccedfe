#include "runtime/memory/memory_pool.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include "runtime/memory/memory.h"
#include "runtime/system/virtual_memory.h"

namespace mini_wasm::runtime {
namespace {

constexpr uint64_t kPage = 65536;

Config pool_of(uint32_t size, uint64_t bytes = uint64_t{64} << 20) {
  Config config;
  config.pool_size = size;
  config.pool_bytes = bytes;
  return config;
}

// Whether the address can be read. The system reads it for us, so no signal is raised.
bool can_access(const uint8_t* at) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  const bool readable = write(ends[1], at, 1) == 1;
  close(ends[0]), close(ends[1]);
  return readable;
}

bool all_zero(const uint8_t* at, uint64_t bytes) {
  return std::all_of(at, at + bytes, [](uint8_t byte) { return byte == 0; });
}

uint64_t pages_in_memory(uint8_t* at, uint64_t bytes) {
  std::vector<unsigned char> resident(bytes / os_page_size());
  if (mincore(at, bytes, resident.data()) != 0) return ~uint64_t{0};
  return static_cast<uint64_t>(std::count_if(resident.begin(), resident.end(), [](auto r) { return (r & 1) != 0; }));
}

std::shared_ptr<PageTemplate> content_of(uint64_t bytes, int value) {
  return PageTemplate::make(bytes, [&](uint8_t* at) { std::memset(at, value, bytes); });
}

TEST(memory_pool, a_slot_is_used_again_and_reads_as_zero) {
  for (const uint64_t bytes : {uint64_t{4096}, kPage, 3 * kPage, 100 * kPage}) {
    MemoryPool pool(pool_of(4));
    uint8_t* first = nullptr;
    for (int round = 0; round < 4; ++round) {
      std::optional<MemorySlot> slot = pool.take(bytes, nullptr);
      ASSERT_TRUE(slot);
      if (round == 0) first = slot->base;
      EXPECT_EQ(slot->base, first);
      EXPECT_TRUE(all_zero(slot->base, bytes));
      EXPECT_FALSE(can_access(slot->base + bytes));
      for (uint64_t at = 0; at < bytes; at += 4096 * static_cast<uint64_t>(1 + round)) slot->base[at + 7] = 1;
      slot->base[bytes - 1] = 2;
      pool.give_back(*std::move(slot));
      EXPECT_EQ(pool.free_slots(), 1u);
    }
  }
}

TEST(memory_pool, more_runs_of_pages_than_are_listed) {
  MemoryPool pool(pool_of(4));
  for (int round = 0; round < 3; ++round) {
    std::optional<MemorySlot> slot = pool.take(64 * kPage, nullptr);
    ASSERT_TRUE(slot && all_zero(slot->base, 64 * kPage));
    for (uint64_t at = 0; at < 64 * kPage; at += 2 * 4096) slot->base[at] = 1;
    pool.give_back(*std::move(slot));
  }
}

TEST(memory_pool, what_was_grown_is_gone) {
  MemoryPool pool(pool_of(4));
  for (const uint64_t grown : {2 * kPage, 40 * kPage}) {
    MemorySlot slot = pool.take(kPage, nullptr).value();
    ASSERT_TRUE(commit_pages(slot.base + kPage, grown - kPage));
    slot.accessible = grown;
    std::memset(slot.base, 0xee, grown);
    pool.give_back(std::move(slot));
    slot = pool.take(kPage, nullptr).value();
    EXPECT_TRUE(all_zero(slot.base, kPage));
    EXPECT_FALSE(can_access(slot.base + kPage));
    EXPECT_FALSE(can_access(slot.base + grown - 1));
    pool.give_back(std::move(slot));
    slot = pool.take(grown, nullptr).value();
    EXPECT_TRUE(all_zero(slot.base, grown));
    EXPECT_FALSE(can_access(slot.base + grown));
    pool.give_back(std::move(slot));
  }
}

TEST(memory_pool, content_is_there_again_and_never_anothers) {
  MemoryPool pool(pool_of(1));
  const auto a = content_of(2 * kPage, 'a'), b = content_of(kPage, 'b');
  ASSERT_TRUE(a && b);
  const std::pair<std::shared_ptr<PageTemplate>, uint64_t> tenants[] = {
      {a, 3 * kPage}, {a, 3 * kPage}, {b, kPage},     {nullptr, 4 * kPage}, {a, 2 * kPage},
      {b, 5 * kPage}, {nullptr, 0},   {a, 9 * kPage}, {nullptr, kPage},     {b, kPage}};
  for (const auto& [content, bytes] : tenants) {
    MemorySlot slot = pool.take(bytes, content).value();
    const uint64_t filled = content == nullptr ? 0 : content->bytes();
    EXPECT_TRUE(std::all_of(slot.base, slot.base + filled, [&](uint8_t byte) { return byte == *content->data(); }));
    EXPECT_TRUE(all_zero(slot.base + filled, bytes - filled));
    EXPECT_FALSE(can_access(slot.base + bytes));
    for (uint64_t at = 0; at < bytes; at += 3 * 4096) slot.base[at] = 'x';
    pool.give_back(std::move(slot));
    EXPECT_LE(pool.free_slots(), 1u);
  }
  EXPECT_EQ(a->data()[0], 'a');
  EXPECT_EQ(b->data()[0], 'b');
}

TEST(memory_pool, a_slot_with_the_same_content_is_taken_first) {
  MemoryPool pool(pool_of(8));
  const auto a = content_of(kPage, 'a');
  MemorySlot with = pool.take(2 * kPage, a).value(), without = pool.take(2 * kPage, nullptr).value();
  const uint8_t* const base = with.base;
  pool.give_back(std::move(with));
  pool.give_back(std::move(without));
  EXPECT_EQ(pool.take(2 * kPage, a)->base, base);  // nobody gives these two slots back
  EXPECT_NE(pool.take(2 * kPage, a)->base, base);
}

TEST(memory_pool, content_that_nobody_wants_any_more_is_let_go) {
  MemoryPool pool(pool_of(8));
  std::weak_ptr<PageTemplate> watched;
  {
    auto a = content_of(kPage, 'a');
    watched = a;
    MemorySlot first = pool.take(kPage, a).value(), second = pool.take(kPage, a).value();
    pool.give_back(std::move(first));
    pool.retire(*a);
    EXPECT_EQ(pool.free_slots(), 0u);
    pool.give_back(std::move(second));
    EXPECT_EQ(pool.free_slots(), 0u);
  }
  EXPECT_TRUE(watched.expired());
}

TEST(memory_pool, keeps_no_more_than_it_may) {
  MemoryPool pool(pool_of(2));
  MemorySlot slots[3] = {pool.take(kPage, nullptr).value(), pool.take(kPage, nullptr).value(),
                         pool.take(kPage, nullptr).value()};
  ValueStack stacks[3] = {pool.take_stack(), pool.take_stack(), pool.take_stack()};
  for (MemorySlot& slot : slots) pool.give_back(std::move(slot));
  for (const ValueStack& stack : stacks) pool.give_back_stack(stack, true);
  EXPECT_EQ(pool.free_slots(), 2u);
  EXPECT_EQ(pool.free_stacks(), 2u);
  MemoryPool none(pool_of(0));
  EXPECT_FALSE(none.serves(kPage));
  none.give_back_stack(none.take_stack(), true);
  EXPECT_EQ(none.free_stacks(), 0u);
}

TEST(memory_pool, bytes_beyond_the_limit_go_back_to_the_system) {
  for (const auto& [limit, kept] : {std::pair{uint64_t{0}, uint64_t{0}}, std::pair{8 * kPage, 8 * kPage}}) {
    MemoryPool pool(pool_of(4, limit));
    MemorySlot slots[2] = {pool.take(8 * kPage, nullptr).value(), pool.take(8 * kPage, nullptr).value()};
    uint8_t* const bases[2] = {slots[0].base, slots[1].base};
    for (MemorySlot& slot : slots) {
      std::memset(slot.base, 1, 8 * kPage);
      pool.give_back(std::move(slot));
    }
    EXPECT_LE(pages_in_memory(bases[0], 8 * kPage) + pages_in_memory(bases[1], 8 * kPage), kept / os_page_size());
    EXPECT_EQ(pool.free_slots(), 2u);
  }
}

// Memory beyond the end of a smaller memory is not kept, because nobody would count it.
TEST(memory_pool, what_cannot_be_accessed_takes_no_memory) {
  MemoryPool pool(pool_of(1));
  MemorySlot slot = pool.take(10 * kPage, nullptr).value();
  uint8_t* const base = slot.base;
  std::memset(base, 1, 10 * kPage);
  pool.give_back(std::move(slot));
  slot = pool.take(kPage, nullptr).value();
  ASSERT_EQ(slot.base, base);
  pool.give_back(std::move(slot));
  EXPECT_LE(pages_in_memory(base, 10 * kPage), kPage / os_page_size());
}

// After the first use the system is not asked, if only a small part can be new.
TEST(memory_pool, a_slot_that_is_zeroed_as_a_whole) {
  MemoryPool pool(pool_of(1));
  for (int round = 0; round < 6; ++round) {
    for (const uint64_t from : {0 * kPage, 1 * kPage, 2 * kPage}) {
      MemorySlot slot = pool.take(3 * kPage, nullptr).value();
      ASSERT_TRUE(all_zero(slot.base, 3 * kPage)) << round;
      if (round % 2 == 0) std::memset(slot.base + from, 1, kPage);
      slot.base[3 * kPage - 1] = 1;
      pool.give_back(std::move(slot));
    }
  }
}

void expect_zero(const MemoryPool& pool, const ValueStack& stack, uint64_t accessible) {
  EXPECT_TRUE(all_zero(stack.base, accessible));
  for (const uint64_t at : {accessible, pool.deep_stack_bytes() - 1, pool.deep_stack_bytes()}) {
    EXPECT_EQ(can_access(stack.base + at), at < accessible);
  }
}

TEST(memory_pool, a_stack_comes_back_zeroed) {
  Config config = pool_of(2);
  config.stack_size = uint64_t{1} << 20;
  MemoryPool pool(config);
  ValueStack stack;
  for (const uint64_t used : {uint64_t{100}, uint64_t{1} << 16, (uint64_t{1} << 20) + 4096}) {
    stack = pool.take_stack();
    const uint64_t accessible =
        used > pool.shallow_stack_bytes() ? pool.deep_stack_bytes() : pool.shallow_stack_bytes();
    if (used > pool.shallow_stack_bytes() && stack.deep_for == 0) {
      expect_zero(pool, stack, pool.shallow_stack_bytes());
      ASSERT_TRUE(pool.deepen(stack));
    }
    expect_zero(pool, stack, accessible);
    std::memset(stack.base, 0xcc, used);
    pool.give_back_stack(stack, true);
    expect_zero(pool, stack, accessible);
  }
  // The stack stays deep for a while; then it is as in the beginning.
  int stores = 0;
  while ((stack = pool.take_stack()).deep_for != 0) {
    ASSERT_LT(++stores, 1000);
    std::memset(stack.base, 0xcc, uint64_t{1} << 17);
    pool.give_back_stack(stack, true);
  }
  EXPECT_GT(stores, 1);
  expect_zero(pool, stack, pool.shallow_stack_bytes());
  EXPECT_LE(pages_in_memory(stack.base, pool.deep_stack_bytes()), pool.shallow_stack_bytes() / os_page_size());
  ASSERT_TRUE(pool.deepen(stack));
  expect_zero(pool, stack, pool.deep_stack_bytes());
  pool.give_back_stack(stack, true);
}

// No fault handler is wanted, so nobody notices which part of a stack was used.
TEST(memory_pool, without_guard_pages_a_stack_is_deep_from_the_beginning) {
  Config config = pool_of(2);
  config.guard_pages = false;
  MemoryPool pool(config);
  EXPECT_EQ(pool.shallow_stack_bytes(), pool.deep_stack_bytes());
  for (int round = 0; round < 3; ++round) {
    const ValueStack stack = pool.take_stack();
    expect_zero(pool, stack, pool.deep_stack_bytes());
    std::memset(stack.base, 0xcc, pool.deep_stack_bytes());
    pool.give_back_stack(stack, true);
  }
}

// The system must be asked about the pages of this process, not about those of the process that asked first. Daemons
// close all descriptors that they do not know; files that they open later get the same numbers.
TEST(memory_pool, a_content_whose_file_the_host_has_closed) {
  const pid_t child = fork();
  if (child == 0) {
    MemoryPool pool{Config()};
    std::shared_ptr<PageTemplate> content = content_of(kPage, 'a');
    std::vector<int> hosts;
    for (int fd = 3; fd < 100; ++fd) close(fd);
    for (int i = 0; i < 50; ++i) hosts.push_back(memfd_create("host", 0));
    for (const int fd : hosts) {
      if (ftruncate(fd, static_cast<off_t>(kPage)) != 0 || pwrite(fd, "secret", 6, 0) != 6) _exit(1);
    }
    std::optional<MemorySlot> slot = pool.take(2 * kPage, content);
    bool right = slot && slot->base[0] == 'a' && slot->base[kPage - 1] == 'a' && slot->base[kPage] == 0;
    for (int i = 0; right && i < 3; ++i) {
      slot->base[i * 100] = 'x';
      pool.give_back(*slot);
      slot = pool.take(2 * kPage, content);
      right = slot && slot->base[i * 100] == 'a';
    }
    content.reset();
    slot.reset();
    char text[6];
    for (const int fd : hosts) right &= pread(fd, text, 6, 0) == 6 && std::memcmp(text, "secret", 6) == 0;
    _exit(right ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(memory_pool, a_child_of_fork_cleans_its_own_pages) {
  MemoryPool pool(pool_of(2));
  pool.give_back(pool.take(8 * kPage, nullptr).value());
  const pid_t child = fork();
  if (child == 0) {
    MemorySlot slot = pool.take(8 * kPage, nullptr).value();
    std::memset(slot.base + 2 * kPage, 1, kPage);
    ValueStack stack = pool.take_stack();
    const bool deepened = pool.deepen(stack);
    std::memset(stack.base, 1, kPage);
    pool.give_back(std::move(slot));
    pool.give_back_stack(stack, true);
    slot = pool.take(8 * kPage, nullptr).value();
    _exit(deepened && all_zero(slot.base, 8 * kPage) && all_zero(pool.take_stack().base, kPage) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// Memories of all kinds, in any order, in one MemInst after the other, as stores make them.
TEST(memory_pool, no_tenant_sees_what_another_wrote) {
  std::mt19937 random(5);
  const auto below = [&](uint64_t n) { return random() % n; };
  for (const uint64_t limit : {uint64_t{0}, 4 * kPage, uint64_t{64} << 20}) {
    MemoryPool pool(pool_of(2, limit));
    const std::shared_ptr<PageTemplate> contents[] = {nullptr, content_of(kPage, 'a'), content_of(4096, 'b')};
    for (int round = 0; round < 300; ++round) {
      MemoryType type;
      type.limits.min = 1 + below(20);
      type.limits.max = type.limits.min + below(3) * below(100);
      type.is_64 = below(3) == 0;
      const auto& content = contents[below(3)];
      MemInst memory;
      ASSERT_TRUE(memory.allocate(type, ~uint64_t{0}, Bounds::guarded, &pool, content));
      ASSERT_EQ(memory.size, type.limits.min * kPage);
      const uint64_t filled = content == nullptr ? 0 : content->bytes();
      ASSERT_EQ(memory.has_content(), content != nullptr);
      ASSERT_TRUE(filled == 0 || std::memcmp(memory.base, content->data(), filled) == 0);
      ASSERT_TRUE(all_zero(memory.base + filled, memory.size - filled));
      ASSERT_FALSE(can_access(memory.base + memory.size));
      if (const uint64_t by = below(50); memory.grow(by) != kGrowFailed && by != 0) {
        ASSERT_TRUE(all_zero(memory.base + memory.size - kPage, kPage));
      }
      for (uint64_t writes = below(300); writes-- > 0;) memory.base[(random() * uint64_t{4099}) % memory.size] = 0x5a;
      if (below(4) == 0) std::memset(memory.base, 0xa5, memory.size);
    }
  }
}

TEST(memory_pool, memories_it_does_not_serve_have_addresses_of_their_own) {
  MemoryPool pool(pool_of(4));
  {
    MemInst shared;
    MemoryType type{{1, 2}};
    type.shared = true;
    ASSERT_TRUE(shared.allocate(type, ~uint64_t{0}, Bounds::guarded, &pool));
    MemInst huge;
    type = {{1, (uint64_t{16} << 30) / kPage}};
    type.is_64 = true;
    ASSERT_TRUE(huge.allocate(type, ~uint64_t{0}, Bounds::guarded, &pool));
  }
  EXPECT_EQ(pool.free_slots(), 0u);
  Config checked = pool_of(4);
  checked.guard_pages = false;
  EXPECT_FALSE(MemoryPool(checked).serves(kPage));
}

}  // namespace
}  // namespace mini_wasm::runtime
