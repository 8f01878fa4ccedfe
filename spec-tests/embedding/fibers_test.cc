// Guests on stacks that are not the thread's own. The engine has been told about some of them and not about others.
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/store.h"
#include "spec-tests/embedding/fiber.h"

namespace mini_wasm::embedding {
namespace {

using namespace mini_wasm::testing;
using fibers = OnTiers;
INSTANTIATE_TEST_SUITE_P(tiers, fibers, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

constexpr const char* kGuest = R"((module
  (import "h" "pause" (func $pause)) (import "h" "again" (func $again (param i32) (result i32)))
  (memory 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "pause_and_load") (param i32) (result i32)
    (i32.store (i32.const 8) (i32.const 77))
    (call $pause)
    (i32.load (local.get 0)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (call $pause) (i32.const 1))
      (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
  (func $forever (export "forever") (param i32) (result i32)
    (i32.add (i32.const 1) (call $forever (local.get 0))))
  (func (export "sum") (param i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $s))
  (func (export "nest") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $again (i32.sub (local.get 0) (i32.const 1))))))))
)";

const auto kExhausted = Traps(TrapCode::call_stack_exhausted);
const auto kOutOfBounds = Traps(TrapCode::out_of_bounds_memory_access);

// A store with an instance; the host function `pause` suspends the fiber that runs it.
struct Tenant {
  Guest guest;
  std::optional<Instance> instance;
  Fiber* fiber = nullptr;

  explicit Tenant(const Config& config) : guest(config) {
    guest.linker.func("h", "pause", [this] {
      if (fiber != nullptr) fiber->suspend();
    });
    guest.linker.func("h", "again", [this](int32_t n) -> Result<int32_t> {
      auto r = call("nest", n);
      if (!r) return std::move(r).error();
      return (*r)[0].i32();
    });
    instance = guest.load(kGuest);
  }
  Result<std::vector<Val>> call(const char* name, int32_t argument) {
    return guest.call(*instance, name, {i32(argument)});
  }
};

TEST_P(fibers, recursion_without_end_traps_on_any_stack) {
  for (const size_t size : {16 * kKiB, 32 * kKiB, 64 * kKiB, 1024 * kKiB}) {
    for (const bool announced : {false, true}) {
      Tenant tenant(GetParam().config());
      Fiber fiber(size, announced, [&] {
        for (int round = 0; round < 3; ++round) {
          EXPECT_THAT(tenant.call("sum", 10000), Returns(i32(50005000))) << size;
          EXPECT_THAT(tenant.call("forever", 0), kExhausted) << size;
          EXPECT_THAT(tenant.call("load", -1), kOutOfBounds) << size;
        }
        EXPECT_THAT(tenant.call("deep", 10000), Returns(i32(10001))) << size;
      });
      fiber.resume();
    }
  }
}

TEST_P(fibers, calls_through_the_host_trap_before_the_stack_ends) {
  for (const size_t size : {16 * kKiB, 24 * kKiB, 64 * kKiB, 128 * kKiB, 1024 * kKiB}) {
    for (const bool announced : {false, true}) {
      Config config = GetParam().config();
      config.max_host_depth = 1'000'000;
      Tenant tenant(config);
      // The stack looks like heap memory, with other memory below it, so that its end cannot be found. The engine then
      // assumes a certain size (kUnknownRoom), which must exist.
      const size_t bytes = announced ? size : size + runtime::kUnknownRoom;
      Fiber fiber(bytes, announced, [&] {
        for (int round = 0; round < 3; ++round) {
          EXPECT_THAT(tenant.call("nest", 1'000'000), kExhausted) << bytes;
          if (bytes >= 64 * kKiB) {
            EXPECT_THAT(tenant.call("nest", 3), Returns(i32(3))) << bytes;
          }
        }
      });
      fiber.resume();
    }
  }
}

// A larger announced stack allows more nested calls.
TEST_P(fibers, an_announced_stack_is_used) {
  int32_t depth[2] = {};
  for (const bool large : {false, true}) {
    Config config = GetParam().config();
    config.max_host_depth = 1'000'000;
    Tenant tenant(config);
    Fiber fiber((large ? 512 : 128) * kKiB, true, [&] {
      for (int32_t n = 1; tenant.call("nest", n); ++n) depth[large] = n;
    });
    fiber.resume();
  }
  EXPECT_GT(depth[0], 5);
  EXPECT_GT(depth[1], 3 * depth[0]);
}

// Guests run on a thread in an order that is not last in, first out.
TEST_P(fibers, stores_take_turns_on_a_thread) {
  for (const bool announced : {false, true}) {
    Tenant a(GetParam().config()), b(GetParam().config());
    const auto life = [&](Tenant& tenant) {
      return [&] {
        for (int round = 0; round < 4; ++round) {
          EXPECT_THAT(tenant.call("pause_and_load", 8), Returns(i32(77)));
          EXPECT_THAT(tenant.call("pause_and_load", 65536), kOutOfBounds);
          // Uses more of the value stack than before.
          EXPECT_THAT(tenant.call("deep", 3000 << round), Returns(i32((3000 << round) + 1)));
        }
      };
    };
    Fiber first(256 * kKiB, announced, life(a)), second(256 * kKiB, announced, life(b));
    a.fiber = &first, b.fiber = &second;
    while (!first.done() || !second.done()) {
      if (!first.done()) first.resume();
      if (!second.done()) second.resume();
    }
    EXPECT_THAT((a.fiber = nullptr, a.call("load", 65536)), kOutOfBounds);
  }
}

TEST_P(fibers, a_suspended_guest_goes_on_on_another_thread) {
  for (const bool announced : {false, true}) {
    Tenant tenant(GetParam().config()), busy(GetParam().config());
    Fiber fiber(256 * kKiB, announced, [&] {
      for (int round = 0; round < 4; ++round) {
        EXPECT_THAT(tenant.call("pause_and_load", 8), Returns(i32(77)));
        EXPECT_THAT(tenant.call("pause_and_load", 65536), kOutOfBounds);
        EXPECT_THAT(tenant.call("deep", 5000), Returns(i32(5001)));
        EXPECT_THAT(tenant.call("forever", 0), kExhausted);
      }
    });
    tenant.fiber = &fiber;
    while (!fiber.done()) {
      std::thread([&] { fiber.resume(); }).join();
      EXPECT_THAT(busy.call("load", 65536), kOutOfBounds);
      if (!fiber.done()) fiber.resume();
    }
  }
}

// The frames of the second call are where the first one would continue.
TEST_P(fibers, calls_of_one_store_that_end_in_the_wrong_order) {
  for (const bool announced : {false, true}) {
    Tenant tenant(GetParam().config());
    Fiber* running = nullptr;
    const auto resume = [&](Fiber& fiber) {
      tenant.fiber = running = &fiber;
      fiber.resume();
    };
    Fiber first(256 * kKiB, announced, [&] {
      EXPECT_THAT(tenant.call("deep", 2000), Fails(ErrorKind::usage, "a call that began later"));
      EXPECT_THAT(tenant.call("forever", 0), kExhausted);  // begins above the frames of the other call
    });
    Fiber second(256 * kKiB, announced, [&] {
      EXPECT_THAT(tenant.call("deep", 1000), Returns(i32(1001)));
      EXPECT_THAT(tenant.call("pause_and_load", 65536), kOutOfBounds);
    });
    resume(first);
    resume(second);
    resume(first);
    EXPECT_TRUE(first.done());
    resume(second);
    resume(second);
    EXPECT_TRUE(second.done());
    tenant.fiber = nullptr;
    EXPECT_THAT(tenant.call("deep", 10000), Returns(i32(10001)));
    EXPECT_EQ(tenant.guest.store.impl().execution().activation(), nullptr);
  }
}

}  // namespace
}  // namespace mini_wasm::embedding
