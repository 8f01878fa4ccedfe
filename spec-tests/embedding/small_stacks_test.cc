// Guests on threads with small stacks.
#include <limits.h>

#include <optional>

#include "spec-tests/embedding/fiber.h"

namespace mini_wasm::embedding {
namespace {

using namespace mini_wasm::testing;
using small_stacks = OnTiers;
INSTANTIATE_TEST_SUITE_P(tiers, small_stacks, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

constexpr const char* kGuest = R"((module
  (import "h" "again" (func $again (param i32) (result i32)))
  (import "h" "collect" (func $collect))
  (type $node (struct (field (ref null $node)) (field i32)))
  (memory 1) (table 4 funcref) (tag $e (param i32))
  (type $unary (func (param i32) (result i32)))
  (elem (i32.const 0) $fib)
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $forever (export "forever") (param i32) (result i32)
    (i32.add (i32.const 1) (call $forever (local.get 0))))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "list") (param i32) (result i32) (local $l (ref null $node))
    (loop $more
      (local.set $l (struct.new $node (local.get $l) (local.get 0)))
      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (call $collect)
    (struct.get $node 1 (local.get $l)))
  (func $throw (param i32) (throw $e (local.get 0)))
  (func (export "catch") (param i32) (result i32)
    (block $h (result i32) (try_table (catch $e $h) (call $throw (local.get 0))) (i32.const 0)))
  (func (export "nest") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $again (i32.sub (local.get 0) (i32.const 1)))))))))";

struct SmallGuest {
  Guest guest;
  std::optional<Instance> instance;

  explicit SmallGuest(const Config& config) : guest(config) {
    guest.linker.func("h", "again", [this](int32_t n) -> Result<int32_t> {
      auto r = call("nest", n);
      if (!r) return std::move(r).error();
      return (*r)[0].i32();
    });
    guest.linker.func("h", "collect", [this] { guest.store.collect_garbage(); });
    instance = guest.load(kGuest);
  }
  Result<std::vector<Val>> call(const char* name, int32_t argument) {
    return guest.call(*instance, name, {i32(argument)});
  }
};

Config config_of(const spec::TierCase& tier) {
  Config config = tier.config();
  config.max_host_depth = 1'000'000;
  return config;
}

// Everything that is compiled or translated at its first call is compiled while running on the small stack.
TEST_P(small_stacks, whatever_needs_no_native_stack_runs) {
  for (const size_t size : {16, 20, 32, 48, 64, 96, 136, 256}) {
    if (size * kKiB < static_cast<size_t>(PTHREAD_STACK_MIN)) continue;
    SmallGuest small(config_of(GetParam()));
    run_on_thread(size * kKiB, [&] {
      for (int round = 0; round < 4; ++round) {
        EXPECT_THAT(small.call("fib", 15), Returns(i32(610))) << size;
        EXPECT_THAT(small.call("list", 50000), Returns(i32(1))) << size;
        EXPECT_THAT(small.call("catch", 5), Returns(i32(5))) << size;
        EXPECT_THAT(small.call("grow", 1), Returns(i32(round + 1))) << size;
        EXPECT_THAT(small.call("divide", 0), Traps(TrapCode::integer_divide_by_zero)) << size;
        EXPECT_THAT(small.call("load", -1), Traps(TrapCode::out_of_bounds_memory_access)) << size;
        EXPECT_THAT(small.call("forever", 0), Traps(TrapCode::call_stack_exhausted)) << size;
      }
    });
  }
}

// Functions that are called for the first time when hardly any stack is left: they run or trap, and nothing below the
// stack is written. (Without sanitizers, translating and compiling need so little stack that they would fit even if
// they were not done on a stack of their own.)
TEST_P(small_stacks, first_calls_where_the_stack_ends) {
  constexpr int kFunctions = 48;
  std::string text = "(module (memory 1) (global $g (mut i32) (i32.const 0))";
  for (int i = 0; i < kFunctions; ++i) {
    text += "(func (export \"f" + std::to_string(i) + "\") (param i32) (result i32)";
    for (int depth = 0; depth < 20; ++depth) text += " (block (loop (br_if 1 (i32.ne (local.get 0) (i32.const 9)))";
    text += " (global.set $g (i32.load (i32.const 0)))";
    for (int depth = 0; depth < 20; ++depth) text += "))";
    text += " (i32.add (local.get 0) (i32.const " + std::to_string(i) + ")))";
  }
  Guest guest(config_of(GetParam()));
  const Instance instance = guest.load((text + ")").c_str());
  int ran = 0;
  for (int i = 0; i < kFunctions; ++i) {
    const Func func = *instance.func("f" + std::to_string(i));
    Result<std::vector<Val>> result = Error();
    Fiber fiber(64 * kKiB, true, [&] {
      call_with_room(reinterpret_cast<uintptr_t>(fiber.stack().low()), kKiB * static_cast<size_t>(5 + i / 2),
                     [&] { result = func.call({i32(1)}); });
    });
    fiber.resume();
    if (result) {
      ++ran;
      EXPECT_THAT(result, Returns(i32(1 + i)));
    } else {
      EXPECT_THAT(result, Traps(TrapCode::call_stack_exhausted));
    }
  }
  EXPECT_GT(ran, kFunctions / 4);
  EXPECT_LT(ran, kFunctions);
}

TEST_P(small_stacks, calls_through_the_host_trap_before_the_stack_ends) {
  for (const size_t size : {16, 20, 24, 32, 48, 64, 96, 136, 256, 1024, 8192}) {
    if (size * kKiB < static_cast<size_t>(PTHREAD_STACK_MIN)) continue;
    SmallGuest small(config_of(GetParam()));
    run_on_thread(size * kKiB, [&] {
      for (int round = 0; round < 3; ++round) {
        const auto result = small.call("nest", 1'000'000);
        EXPECT_THAT(result, Traps(TrapCode::call_stack_exhausted)) << size;
        if (size >= 48) {
          EXPECT_THAT(small.call("nest", 4), Returns(i32(4))) << size;
        }
      }
    });
  }
}

}  // namespace
}  // namespace mini_wasm::embedding
