#include "jit/code_memory.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "jit/backend.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/sanitizers.h"

namespace mini_wasm::jit {
namespace {

constexpr size_t kMost = size_t{1} << 30;
struct DefaultMemory : CodeMemory {
  DefaultMemory() : CodeMemory(kMost) {}
};

// The number of pages in the range that are in memory.
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

// The bytes of return instructions.
#if defined(__aarch64__)
constexpr uint8_t kReturns[] = {0xc0, 0x03, 0x5f, 0xd6};
#else
constexpr uint8_t kReturns[] = {0xc3, 0xc3, 0xc3, 0xc3};
#endif
void write_returns(const CodeMemory& memory, uint8_t* code, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) memory.writable(code)[i] = kReturns[i % std::size(kReturns)];
  publish_code(code, bytes);
}
bool are_returns(const uint8_t* code, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) {
    if (code[i] != kReturns[i % std::size(kReturns)]) return false;
  }
  return true;
}

// Parameter: whether the pages come from a file.
class code_memory_pages : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(from_file, code_memory_pages, ::testing::Bool());

TEST_P(code_memory_pages, what_is_written_in_one_view_is_seen_in_the_other) {
  CodeMemory memory(kMost, GetParam());
  ASSERT_TRUE(memory.usable());
  uint8_t* code = memory.allocate(100);
  ASSERT_NE(code, nullptr);
  EXPECT_NE(memory.writable(code), code);
  write_returns(memory, code, 100);
  EXPECT_TRUE(are_returns(code, 100));
  EXPECT_TRUE(memory.contains(code));
  EXPECT_FALSE(memory.contains(memory.writable(code)));
  EXPECT_FALSE(memory.contains(&memory));
  reinterpret_cast<void (*)()>(code)();  // the code, a return instruction, can run
}

TEST_P(code_memory_pages, freed_pieces_are_joined_and_used_again) {
  CodeMemory memory(kMost, GetParam());
  uint8_t* a = memory.allocate(64);
  uint8_t* b = memory.allocate(50);  // rounded up to kAlignment
  uint8_t* c = memory.allocate(64);
  uint8_t* d = memory.allocate(64);
  EXPECT_EQ(b - a, 64);
  EXPECT_EQ(c - b, 64);
  memory.free(a, 64);
  memory.free(c, 64);
  EXPECT_EQ(memory.allocate(128), d + 64);  // none of the free ranges is large enough
  memory.free(b, 50);
  EXPECT_EQ(memory.allocate(192), a);  // the three free ranges were joined
  memory.free(nullptr, 64);
  EXPECT_EQ(memory.allocate(kMost), nullptr);
  EXPECT_EQ(memory.allocate(kMost + 1), nullptr);
}

TEST_P(code_memory_pages, freed_pages_go_back_to_the_system) {
  CodeMemory memory(kMost, GetParam());
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

// Runs `work` in a child process that `make` makes. Returns the result of `work`; -1 when the child dies.
template <class Make, class Work>
int in_child(Make make, Work work) {
  const pid_t child = static_cast<pid_t>(make());
  if (child == 0) _exit(work());
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
int bare_fork() { return static_cast<int>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }  // without fork handlers

TEST_P(code_memory_pages, a_forked_child_has_its_own_at_the_same_place) {
  CodeMemory memory(kMost, GetParam());
  uint8_t* const a = memory.allocate(64);
  uint8_t* const b = memory.allocate(1 << 20);
  write_returns(memory, a, 64);
  write_returns(memory, b, 1 << 20);
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    char ignored;
    bool right = read(go[0], &ignored, 1) == 1;
    right &= are_returns(b, 1 << 20);
    reinterpret_cast<void (*)()>(a)();
    uint8_t* const c = memory.allocate(64);  // only in the child's copy
    right &= c == b + (1 << 20);
    write_returns(memory, c, 64);
    reinterpret_cast<void (*)()>(c)();
    memory.free(a, 64);
    right &= memory.allocate(64) == a;
    std::memset(memory.writable(a), 0x11, 64);
    _exit(right && a[5] == 0x11 ? 0 : 1);
  }
  // The parent frees this code and uses the memory for other code; the child must not notice.
  memory.free(b, 1 << 20);
  uint8_t* const other = memory.allocate(1 << 20);
  EXPECT_EQ(other, b);
  std::memset(memory.writable(other), 0xcc, 1 << 20);
  ASSERT_EQ(write(go[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(are_returns(a, 64));
  uint8_t* const c = memory.allocate(64);
  EXPECT_EQ(c, b + (1 << 20));
  EXPECT_EQ(*memory.writable(c), 0) << "written by the child";
  close(go[0]), close(go[1]);
}

TEST_P(code_memory_pages, what_is_free_is_free_in_the_child_and_costs_nothing) {
  CodeMemory memory(kMost, GetParam());
  constexpr size_t kBytes = 1 << 20;
  uint8_t* const a = memory.allocate(kBytes);
  uint8_t* const b = memory.allocate(kBytes);
  uint8_t* const c = memory.allocate(kBytes);
  for (uint8_t* piece : {a, b, c}) std::memset(memory.writable(piece), static_cast<int>(piece == b) + 1, kBytes);
  memory.free(b, kBytes);
  const auto page = [](const uint8_t* at) {
    return reinterpret_cast<const uint8_t*>((reinterpret_cast<uintptr_t>(at) + 4095) & ~uintptr_t{4095});
  };
  EXPECT_EQ(in_child(fork,
                     [&] {
                       bool right = resident(page(b), kBytes - 4096) <= 1 && memory.allocate(kBytes) == b;
                       for (size_t i = 0; i < kBytes; ++i) right &= a[i] == 1 && c[i] == 1;
                       return right ? 0 : 1;
                     }),
            0);
}

TEST(code_memory, each_of_several_and_of_grandchildren) {
  DefaultMemory memories[3];
  uint8_t* pieces[3];
  for (int i = 0; i < 3; ++i) {
    pieces[i] = memories[i].allocate(16);
    *memories[i].writable(pieces[i]) = static_cast<uint8_t>(10 + i);
  }
  const auto grandchild = [&] {
    for (int i = 0; i < 3; ++i) {
      if (*pieces[i] != 20 + i || !memories[i].is_ours()) return 1;
      *memories[i].writable(pieces[i]) = 0;
    }
    return DefaultMemory().usable() ? 0 : 1;
  };
  EXPECT_EQ(in_child(fork,
                     [&] {
                       for (int i = 0; i < 3; ++i) {
                         if (*pieces[i] != 10 + i) return 1;
                         *memories[i].writable(pieces[i]) = static_cast<uint8_t>(20 + i);
                       }
                       const int result = in_child(fork, grandchild);
                       for (int i = 0; i < 3; ++i) {
                         if (*pieces[i] != 20 + i) return 2;
                       }
                       return result;
                     }),
            0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*pieces[i], 10 + i);
}

TEST_P(code_memory_pages, a_child_without_fork_handlers_gets_none) {
  CodeMemory memory(kMost, GetParam());
  uint8_t* const before = memory.allocate(16);
  ASSERT_NE(before, nullptr);
  EXPECT_EQ(in_child(bare_fork,
                     [&] {
                       const bool right = !memory.is_ours() && memory.allocate(16) == nullptr;
                       memory.free(before, 16);  // memory of the parent: nothing happens
                       return right && DefaultMemory().is_ours() ? 0 : 1;
                     }),
            0);
  EXPECT_TRUE(memory.is_ours());
  EXPECT_NE(memory.allocate(16), before);
}

TEST(code_memory, neither_view_tells_where_the_other_is) {
  if (mini_wasm::testing::kThreadSanitizer) GTEST_SKIP() << "the sanitizer says where mappings lie";
  std::set<uintptr_t> places, distances;
  constexpr int kCount = 8;
  DefaultMemory memories[kCount];
  for (CodeMemory& memory : memories) {
    uint8_t* const code = memory.allocate(16);
    const auto run = reinterpret_cast<uintptr_t>(code), write = reinterpret_cast<uintptr_t>(memory.writable(code));
    const uintptr_t distance = std::max(run, write) - std::min(run, write);
    EXPECT_GT(distance, kMost + 4096) << "side by side";
    places.insert(run), places.insert(write);
    distances.insert(distance);
  }
  EXPECT_EQ(places.size(), size_t{2} * kCount);
  EXPECT_EQ(distances.size(), size_t{kCount});
  // If the system chose the addresses, mappings that are made one after the other would be neighbours.
  size_t far = 0;
  for (auto at = places.begin(), next = std::next(at); next != places.end(); ++at, ++next) {
    far += *next - *at > (uintptr_t{1} << 36);
  }
  EXPECT_GT(far, places.size() / 2);
}

TEST_P(code_memory_pages, no_descriptor_is_left_open) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  const auto before = count();
  const CodeMemory memory(kMost, GetParam());
  EXPECT_TRUE(memory.usable());
  EXPECT_EQ(count(), before);
  EXPECT_EQ(in_child(fork, [&] { return count() == before && memory.is_ours() ? 0 : 1; }), 0);
  EXPECT_EQ(count(), before);
}

}  // namespace
}  // namespace mini_wasm::jit
