// What the engine knows about native stacks, and what collections find on them.
#include "runtime/system/native_stack.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "runtime/system/virtual_memory.h"
#include "spec-tests/embedding/fiber.h"
#include "spec-tests/support/refused_system_calls.h"

namespace mini_wasm::embedding {
namespace {

using namespace mini_wasm::testing;
using runtime::StackBounds;

// On AArch64 the GNU C library makes no thread with a smaller one.
constexpr size_t kStack = runtime::kFrameScale * (size_t{128} << 10);

// The stack as a value; an unknown one if there is none.
StackBounds find(uintptr_t here) {
  StackBounds other;
  const StackBounds* const found = runtime::find_native_stack(here, other);
  return found != nullptr ? *found : StackBounds();
}

// --- Stacks --------------------------------------------------------------------------------------------------------

TEST(native_stack, a_threads_own) {
  const StackBounds main = find(runtime::stack_address());
  EXPECT_EQ(main.kind, StackBounds::Kind::thread);
  run_on_thread(kStack, [&] {
    const uintptr_t here = runtime::stack_address();
    const StackBounds stack = find(here);
    EXPECT_EQ(stack.kind, StackBounds::Kind::thread);
    EXPECT_LE(stack.high - stack.low, kStack);
    EXPECT_TRUE(stack.contains(here));
    EXPECT_FALSE(main.contains(here));
  });
}

void one_that_is_announced_and_one_that_is_not() {
  for (const bool announced : {false, true}) {
    Fiber fiber(kStack, announced, [&] {
      const uintptr_t here = runtime::stack_address();
      const StackBounds stack = find(here);
      EXPECT_EQ(stack.kind, announced ? StackBounds::Kind::announced : StackBounds::Kind::unknown);
      EXPECT_EQ(stack.contains(here), announced);
      const StackBounds seen = runtime::look_at_native_stack(here);
      EXPECT_EQ(seen.high, here);
      EXPECT_EQ(seen.low, here - runtime::kUnknownRoom);
    });
    fiber.resume();
  }
}

// A fiber's stack may be an array in a function.
TEST(native_stack, one_within_a_threads_own) {
  char array[4096] = {};
  const auto here = reinterpret_cast<uintptr_t>(array) + 100;
  {
    const NativeStack stack(array, sizeof(array));
    EXPECT_EQ(find(here).high, reinterpret_cast<uintptr_t>(array) + sizeof(array));
  }
  EXPECT_EQ(find(here).kind, StackBounds::Kind::thread);
}

TEST(native_stack, many_that_come_and_go) {
  std::mt19937 random(7);
  std::map<uintptr_t, std::unique_ptr<NativeStack>> stacks;
  for (int round = 0; round < 20'000; ++round) {
    const uintptr_t low = 0x10000 + random() % 512 * 0x1000;
    if (random() % 2 == 0) {
      if (stacks.find(low) == stacks.end()) {
        stacks[low] = std::make_unique<NativeStack>(reinterpret_cast<void*>(low), 0x800);
      }
    } else {
      stacks.erase(low);
    }
    const uintptr_t at = 0x10000 + random() % (512 * 0x1000);
    const bool there = stacks.find(at & ~uintptr_t{0xfff}) != stacks.end() && (at & 0xfff) < 0x800;
    const StackBounds found = find(at);
    ASSERT_EQ(found.kind == StackBounds::Kind::announced, there) << round;
    if (there) {
      ASSERT_TRUE(found.contains(at) && runtime::is_announced(found));
    }
  }
}

void what_can_be_read() {
  const uintptr_t page = runtime::os_page_size();
  constexpr size_t kPages = 100;
  auto* const memory =
      static_cast<uint8_t*>(mmap(nullptr, kPages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const auto at = [&](size_t number) { return reinterpret_cast<uintptr_t>(memory) + number * page; };
  for (size_t i = 0; i < kPages; ++i) memory[i * page] = static_cast<uint8_t>(i);
  mprotect(memory + 10 * page, page, PROT_NONE);
  munmap(memory + 90 * page, page);
  EXPECT_EQ(runtime::readable_below(at(50) + 8, at(0)), at(11));
  EXPECT_EQ(runtime::readable_below(at(89) + 8, at(0)), at(11));
  EXPECT_EQ(runtime::readable_below(at(50), at(40) + 100), at(40) + 100);
  EXPECT_EQ(runtime::readable_below(at(50), at(50)), at(50));
  std::vector<uint8_t> copy(kPages * page);
  EXPECT_EQ(runtime::copy_readable(copy.data(), at(20) + 16, 80 * page), 70 * page - 16);
  EXPECT_EQ(copy[page - 16], 21);
  EXPECT_EQ(copy[69 * page - 16], 89);
  EXPECT_EQ(runtime::copy_readable(copy.data(), at(90), 8), 0u);
  munmap(memory, kPages * page);
}

// Runs `work` on a thread with less room than the compiler needs.
void run_with_little_room(const std::function<void()>& work) {
  run_on_thread(kStack,
                [&] { call_with_room(find(runtime::stack_address()).low, runtime::kFrameScale * 16384, work); });
}

TEST(native_stack, work_that_needs_more_room_has_it) {
  run_with_little_room([] {
    bool done = false;
    EXPECT_TRUE(runtime::run_with_room([&] {
      const uintptr_t here = runtime::stack_address();
      done = find(here).room_below(here) >= runtime::kCompilerRoom;
    }));
    EXPECT_TRUE(done);
  });
}

TEST(native_stack, work_on_another_stack_may_run_out_of_memory) {
  run_with_little_room([] { EXPECT_THROW(runtime::run_with_room([] { throw std::bad_alloc(); }), std::bad_alloc); });
}

// --- What collections find -----------------------------------------------------------------------------------------

void count(void* at) { ++*static_cast<int*>(at); }

// While `work` runs, a reference exists only in the frame of this function.
template <class Work>
[[gnu::noinline]] void hold_reference(Store& store, int& finalized, const Work& work) {
  volatile uint64_t held = store.new_externref(&finalized, count).bits();
  work();
  held = held + 1;
}

// Collects twice: the first collection finds dead objects, the next one runs their finalizers.
[[gnu::noinline]] void collect(Store& store) {
  volatile char clear[4096];
  for (volatile char& byte : clear) byte = 0;
  for (int i = 0; i < 2; ++i) store.collect_garbage();
}

void a_fibers_references_live_without_any_guest() {
  for (const bool announced : {false, true}) {
    int finalized = 0;
    Guest guest;
    std::optional<Fiber> fiber;
    fiber.emplace(kStack, announced, [&] {
      hold_reference(guest.store, finalized, [&] {
        collect(guest.store);
        EXPECT_EQ(finalized, 0) << announced;
        fiber->suspend();
        collect(guest.store);
        EXPECT_EQ(finalized, 0) << announced;
        fiber->suspend();
      });
    });
    for (int round = 0; round < 2; ++round) {
      fiber->resume();
      collect(guest.store);
      EXPECT_EQ(finalized, 0) << announced;
    }
    fiber->resume();
    fiber.reset();
    collect(guest.store);
    EXPECT_EQ(finalized, 1) << announced;
  }
}

// The references are in a host function that a guest has called.
void a_suspended_host_functions_references_live() {
  for (const bool announced : {false, true}) {
    for (const bool other_thread : {false, true}) {
      int finalized = 0;
      Guest guest;
      std::optional<Fiber> fiber;
      guest.linker.func("h", "pause", [&] { hold_reference(guest.store, finalized, [&] { fiber->suspend(); }); });
      const Instance i = guest.load(R"((module (import "h" "pause" (func $pause))
        (func (export "f") (call $pause))))");
      fiber.emplace(kStack, announced, [&] { EXPECT_THAT(guest.call(i, "f"), Returns()); });
      fiber->resume();
      const auto look = [&] {
        collect(guest.store);
        EXPECT_EQ(finalized, 0);
      };
      other_thread ? std::thread(look).join() : look();
      fiber->resume();
      fiber.reset();
      collect(guest.store);
      EXPECT_EQ(finalized, 1);
    }
  }
}

// The host function waits while another thread uses the store.
void a_waiting_threads_references_live() {
  int finalized = 0;
  Guest guest;
  guest.linker.func("h", "wait", [&] {
    hold_reference(guest.store, finalized, [&] { std::thread([&] { collect(guest.store); }).join(); });
    EXPECT_EQ(finalized, 0);
  });
  const Instance i = guest.load(R"((module (import "h" "wait" (func $wait)) (func (export "f") (call $wait))))");
  run_on_thread(4 * kStack, [&] { EXPECT_THAT(guest.call(i, "f"), Returns()); });
  collect(guest.store);
  EXPECT_EQ(finalized, 1);
}

// Compiled code saves registers there while it allocates in C++.
TEST(native_stack, references_on_the_machine_stack_live) {
  std::string locals, make, sum = "(i32.const 0)";
  constexpr int kLocals = 20;
  for (int i = 0; i < kLocals; ++i) {
    const std::string n = std::to_string(i);
    locals += "(local $r" + n + " (ref null $s))";
    make += "(local.set $r" + n + " (struct.new $s (i32.const 1)))";
    sum = "(i32.add " + sum + " (struct.get $s 0 (local.get $r" + n + ")))";
  }
  for (const spec::TierCase& tier : spec::kTiers) {
    Config config = tier.config();
    config.gc_stress = true;
    Guest guest(config);
    const Instance i = guest.load("(module (type $s (struct (field i32))) (func (export \"f\") (param $n i32)" +
                                  std::string("(result i32) (local $t i32)") + locals + make + R"(
      (loop $l
        (drop (struct.new $s (local.get $n)))
        (local.set $t (i32.add (local.get $t) )" +
                                  sum + R"())
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $t))))");
    EXPECT_THAT(guest.call(i, "f", {i32(50)}), Returns(i32(50 * kLocals))) << tier.name;
  }
}

// One is in a register that a local has in a loop, and nowhere else: its slot has the one of the round before.
TEST(native_stack, a_reference_in_a_saved_register_lives) {
  for (const spec::TierCase& tier : spec::kTiers) {
    Config config = tier.config();
    config.gc_stress = true;
    Guest guest(config);
    const Instance i = guest.load(R"((module (type $s (struct (field i32)))
      (func (export "f") (param $n i32) (result i32) (local $t i32) (local $r (ref null $s))
        (loop $l
          (local.set $r (struct.new $s (local.get $n)))
          (drop (struct.new $s (i32.const 1000)))
          (local.set $t (i32.add (local.get $t) (struct.get $s 0 (local.get $r))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $t))))");
    EXPECT_THAT(guest.call(i, "f", {i32(50)}), Returns(i32(50 * 51 / 2))) << tier.name;
  }
}

void references_of_any_number_of_announced_stacks_live() {
  constexpr size_t kFibers = 40;
  std::vector<int> finalized(kFibers);
  Guest guest;
  std::vector<std::optional<Fiber>> fibers(kFibers);
  for (size_t i = 0; i < kFibers; ++i) {
    fibers[i].emplace(kStack, true,
                      [&, i] { hold_reference(guest.store, finalized[i], [&] { fibers[i]->suspend(); }); });
    fibers[i]->resume();
  }
  collect(guest.store);
  EXPECT_EQ(finalized, std::vector<int>(kFibers));
  // Nothing is read from stacks that no longer exist, although other memory may be at the same addresses.
  for (size_t i = 0; i < kFibers; i += 2) {
    fibers[i]->resume();
    fibers[i].reset();
  }
  collect(guest.store);
  for (size_t i = 0; i < kFibers; ++i) EXPECT_EQ(finalized[i], 1 - static_cast<int>(i % 2)) << i;
  for (size_t i = 1; i < kFibers; i += 2) fibers[i]->resume();
}

// As documented: of the stacks that were not announced, the last eight.
void references_of_the_last_unknown_stacks_live() {
  constexpr size_t kFibers = 8;
  std::vector<int> finalized(kFibers);
  Guest guest;
  std::vector<std::optional<Fiber>> fibers(kFibers);
  for (size_t i = 0; i < kFibers; ++i) {
    fibers[i].emplace(kStack, false,
                      [&, i] { hold_reference(guest.store, finalized[i], [&] { fibers[i]->suspend(); }); });
    fibers[i]->resume();
  }
  collect(guest.store);
  EXPECT_EQ(finalized, std::vector<int>(kFibers));
  // The old contents can no longer be read.
  for (std::optional<Fiber>& fiber : fibers) {
    fiber->resume();
    fiber.reset();
    guest.store.collect_garbage();
  }
}

// --- Whether or not the system permits process_vm_readv -------------------------------------------------------------

struct Reading {
  const char* name;
  void (*run)();
  friend void PrintTo(const Reading& reading, std::ostream* out) { *out << reading.name; }
};
constexpr Reading kReadings[] = {
    {"one_that_is_announced_and_one_that_is_not", one_that_is_announced_and_one_that_is_not},
    {"what_can_be_read", what_can_be_read},
    {"a_fibers_references_live_without_any_guest", a_fibers_references_live_without_any_guest},
    {"a_suspended_host_functions_references_live", a_suspended_host_functions_references_live},
    {"a_waiting_threads_references_live", a_waiting_threads_references_live},
    {"references_of_any_number_of_announced_stacks_live", references_of_any_number_of_announced_stacks_live},
    {"references_of_the_last_unknown_stacks_live", references_of_the_last_unknown_stacks_live},
};
class native_stack_is_read : public ::testing::TestWithParam<Reading> {};
INSTANTIATE_TEST_SUITE_P(stacks, native_stack_is_read, ::testing::ValuesIn(kReadings),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(native_stack_is_read, by_the_system) { GetParam().run(); }

TEST_P(native_stack_is_read, through_a_pipe) {
  where_system_calls_fail({SYS_process_vm_readv}, EPERM, [] {
    char byte = 0, copy = 0;
    const iovec from = {&byte, 1}, to = {&copy, 1};
    EXPECT_EQ(process_vm_readv(getpid(), &to, 1, &from, 1, 0), -1);
    GetParam().run();
  });
}

}  // namespace
}  // namespace mini_wasm::embedding
