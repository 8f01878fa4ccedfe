#include "jit/code_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "spec-tests/support/guest.h"

namespace mini_wasm::jit {
namespace {

// Pages of the range that are in memory.
size_t resident(const uint8_t* at, size_t bytes) {
  std::vector<unsigned char> pages(bytes / 4096);
  if (mincore(const_cast<uint8_t*>(at), bytes, pages.data()) != 0) return ~size_t{0};
  size_t count = 0;
  for (unsigned char page : pages) count += page & 1;
  return count;
}

void expect_nothing_writable_and_executable() {
  std::ifstream maps("/proc/self/maps");
  size_t executable = 0;
  for (std::string line; std::getline(maps, line);) {
    const std::string rights = line.substr(line.find(' ') + 1, 4);
    executable += rights[2] == 'x';
    EXPECT_FALSE(rights[1] == 'w' && rights[2] == 'x') << line;
  }
  EXPECT_GT(executable, 0u);
}

TEST(code_memory, what_is_written_in_one_view_is_seen_in_the_other) {
  CodeMemory memory;
  ASSERT_TRUE(memory.usable());
  uint8_t* code = memory.allocate(100);
  ASSERT_NE(code, nullptr);
  EXPECT_NE(memory.writable(code), code);
  std::memset(memory.writable(code), 0xc3, 100);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(code[i], 0xc3);
  EXPECT_TRUE(memory.contains(code));
  EXPECT_FALSE(memory.contains(memory.writable(code)));
  EXPECT_FALSE(memory.contains(&memory));
  reinterpret_cast<void (*)()>(code)();  // it runs: a return
}

TEST(code_memory, freed_pieces_are_joined_and_used_again) {
  CodeMemory memory;
  uint8_t* a = memory.allocate(64);
  uint8_t* b = memory.allocate(50);  // rounded
  uint8_t* c = memory.allocate(64);
  uint8_t* d = memory.allocate(64);
  EXPECT_EQ(b - a, 64);
  EXPECT_EQ(c - b, 64);
  memory.free(a, 64);
  memory.free(c, 64);
  EXPECT_EQ(memory.allocate(128), d + 64);  // neither is large enough
  memory.free(b, 50);
  EXPECT_EQ(memory.allocate(192), a);  // all three are one
  memory.free(nullptr, 64);
  EXPECT_EQ(memory.allocate(CodeMemory::kReserved), nullptr);
  EXPECT_EQ(memory.allocate(CodeMemory::kReserved + 1), nullptr);
}

TEST(code_memory, freed_pages_go_back_to_the_system) {
  CodeMemory memory;
  constexpr size_t kBytes = 1 << 20;
  uint8_t* code = memory.allocate(kBytes);
  std::memset(memory.writable(code), 0xcc, kBytes);
  const auto* page = reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(code) + 4095) & ~uintptr_t{4095});
  EXPECT_EQ(resident(page, kBytes - 4096), kBytes / 4096 - 1);
  memory.free(code, kBytes);
  EXPECT_LE(resident(page, kBytes - 8192), 1u);
  EXPECT_EQ(*memory.writable(code + kBytes / 2), 0);
}

TEST(code_memory, nothing_is_ever_writable_and_executable) {
  using namespace mini_wasm::testing;
  Config config;
  config.tier = Tier::jit;
  Guest guest(config);
  const Instance i = guest.load(R"((module (func $g (param i32) (result i32) (local.get 0))
    (func (export "f") (param i32) (result i32) (call $g (local.get 0)))))");
  expect_nothing_writable_and_executable();
  EXPECT_THAT(guest.call(i, "f", {i32(5)}), Returns(i32(5)));
  expect_nothing_writable_and_executable();
}

TEST(code_memory, a_forked_child_gets_none) {
  CodeMemory memory;
  uint8_t* const before = memory.allocate(16);
  ASSERT_NE(before, nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool right = memory.allocate(16) == nullptr;
    memory.free(before, 16);  // the parent's: left alone
    _exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_NE(memory.allocate(16), before);
}

}  // namespace
}  // namespace mini_wasm::jit
