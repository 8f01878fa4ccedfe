// Store::interrupt during instructions that work on many bytes, on every tier. After they have reported that they run,
// the guests execute no loops and no calls, so that only the instruction itself can stop them early.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using Clock = std::chrono::steady_clock;

struct Long {
  const char* name;
  const char* once;  // code without branches that takes a good part of a second when it is repeated
  int times;
};

// Memory: 32 MiB; table: a million elements; $bytes, $refs: arrays of the same size; $data, $elems: segments of several
// pieces.
constexpr Long kLong[] = {
    {"memory_fill", "(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x2000000))", 400},
    {"memory_copy_up", "(memory.copy (i32.const 0x100) (i32.const 0) (i32.const 0x1ffff00))", 400},
    {"memory_copy_down", "(memory.copy (i32.const 0) (i32.const 0x100) (i32.const 0x1ffff00))", 400},
    {"memory_init", "(memory.init $data (i32.const 0) (i32.const 0) (i32.const 1000000))", 4000},
    {"table_fill", "(table.fill $t (i32.const 0) (ref.func $f) (i32.const 1000000))", 1000},
    {"table_copy", "(table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 999999))", 1000},
    {"table_init", "(table.init $t $elems (i32.const 0) (i32.const 0) (i32.const 100000))", 8000},
    {"array_fill", "(array.fill $b (local.get $bytes) (i32.const 0) (i32.const 1) (i32.const 0x1000000))", 1000},
    {"array_copy",
     "(array.copy $b $b (local.get $bytes) (i32.const 1) (local.get $bytes) (i32.const 0) "
     "(i32.const 0xffffff))",
     1000},
    {"array_init_data", "(array.init_data $b $data (local.get $bytes) (i32.const 0) (i32.const 0) (i32.const 1000000))",
     4000},
    {"array_init_elem", "(array.init_elem $r $elems (local.get $refs) (i32.const 0) (i32.const 0) (i32.const 100000))",
     8000},
    {"array_new", "(drop (array.new $b (i32.const 1) (local.get $many)))", 400},
    {"array_new_vectors", "(drop (array.new $v (v128.const i64x2 1 2) (i32.const 0x100000)))", 400},
    {"array_new_default", "(drop (array.new_default $b (local.get $many)))", 800},
    {"array_new_data", "(drop (array.new_data $b $data (i32.const 0) (i32.const 1000000)))", 8000},
    {"array_new_elem", "(drop (array.new_elem $r $elems (i32.const 0) (i32.const 100000)))", 8000},
};

std::string module_of(const Long& work) {
  std::string text = R"((module
    (import "host" "running" (func $running))
    (type $b (array (mut i8))) (type $v (array (mut v128))) (type $r (array (mut funcref)))
    (memory 512) (table $t 1000000 funcref)
    (func $f) (elem $elems func)";
  for (int i = 0; i < 100'000; ++i) text += " $f";
  text += ") (data $data \"" + std::string(1'000'000, 'x') + R"(")
    (func (export "work") (local $bytes (ref null $b)) (local $refs (ref null $r)) (local $many i32)
      (local.set $bytes (array.new_default $b (i32.const 0x1000000)))
      (local.set $refs (array.new_default $r (i32.const 100000)))
      (local.set $many (i32.const 0x1000000))
      (call $running))";
  for (int i = 0; i < work.times; ++i) text += work.once;
  return text + "))";
}

class Interruption : public ::testing::TestWithParam<spec::TierCase> {};

INSTANTIATE_TEST_SUITE_P(tiers, Interruption, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(Interruption, ends_an_instruction_that_works_on_much) {
  for (const Long& work : kLong) {
    Guest guest(GetParam().config());
    std::atomic<bool> running = false;
    guest.linker.func("host", "running", [&] { running = true; });
    const Instance instance = guest.load(module_of(work));
    Clock::time_point asked;
    std::thread other([&] {
      while (!running) std::this_thread::yield();
      // After the call has begun, which would notice the interrupt.
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      asked = Clock::now();
      guest.store.interrupt();
    });
    const auto result = guest.call(instance, "work");
    const auto ended = Clock::now();
    other.join();
    EXPECT_THAT(result, Traps(TrapCode::interrupted)) << work.name;
    EXPECT_LT(ended - asked, std::chrono::milliseconds(500)) << work.name;
    guest.store.clear_interrupt();
  }
}

// An interrupt that comes and goes at any time must not be taken for the end of the stack.
TEST_P(Interruption, is_no_end_of_the_stack_when_it_is_taken_back) {
  Guest guest(GetParam().config());
  const Instance instance = guest.load(R"((module
    (func $leaf (param i32) (result i32) (local.get 0))
    (func $f (param i32) (result i32) (call $leaf (call $leaf (local.get 0))))
    (func (export "work") (param i32) (result i32)
      (loop $again
        (drop (call $f (local.get 0)))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 0))))");
  const std::jthread other([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      guest.store.interrupt();
      guest.store.clear_interrupt();
    }
  });
  int ended = 0;
  const auto latest = Clock::now() + std::chrono::seconds(5);
  while (ended < 2000 && Clock::now() < latest) {
    const auto result = guest.call(instance, "work", {i32(1000)});
    if (result) continue;
    ++ended;
    ASSERT_THAT(result, Traps(TrapCode::interrupted));
  }
  EXPECT_GT(ended, 0);
}

// The interrupt comes before, while, or after the table grows. With enough attempts, some come in the middle.
TEST_P(Interruption, ends_the_growing_of_a_table) {
  bool ended = false;
  for (int attempt = 0; attempt < 50 && !ended; ++attempt) {
    Guest guest(GetParam().config());
    std::atomic<bool> running = false;
    guest.linker.func("host", "running", [&] { running = true; });
    const Instance instance = guest.load(R"((module
      (import "host" "running" (func $running))
      (table $a 0 funcref) (table $b 0 funcref) (global $grown (export "grown") (mut i32) (i32.const 0))
      (func $f (export "f"))
      (func (export "size") (result i32) (table.size $b))
      (func (export "work")
        (call $running)
        (drop (table.grow $a (ref.func $f) (i32.const 100000)))
        (global.set $grown (i32.const 1))
        (drop (table.grow $b (ref.func $f) (i32.const 10000000)))
        (global.set $grown (i32.const 2)))))");
    std::thread other([&] {
      while (!running) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      guest.store.interrupt();
    });
    const auto result = guest.call(instance, "work");
    other.join();
    guest.store.clear_interrupt();
    ended = !result && same(instance.global("grown")->get(), i32(1));
    if (!ended) continue;
    EXPECT_THAT(result, Traps(TrapCode::interrupted));
    EXPECT_THAT(guest.call(instance, "size"), Returns(i32(0)));
  }
  EXPECT_TRUE(ended);
}

TEST_P(Interruption, ends_an_instantiation_that_copies_much) {
  const std::string large(1'000'000, 'x');
  const std::string modules[] = {"(module (memory 16) (data (i32.const 0) \"" + large + "\"))",
                                 "(module (table 1000000 funcref (ref.func $f)) (func $f))"};
  for (const std::string& text : modules) {
    Guest guest(GetParam().config());
    guest.store.interrupt();
    EXPECT_THAT(guest.try_load(text), Traps(TrapCode::interrupted));
    guest.store.clear_interrupt();
    EXPECT_THAT(guest.try_load(text), Succeeds());
  }
}

}  // namespace
}  // namespace mini_wasm
