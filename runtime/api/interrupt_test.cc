// Deadlines, handles that interrupt a store which may be gone, and host functions that wait. On every tier where a guest
// has to be stopped.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/sanitizers.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using Clock = Deadline::Clock;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TrapCode kInterrupted = TrapCode::interrupted;

constexpr const char* kGuest = R"((module (import "h" "call" (func $call (param i32) (result i32)))
  (func (export "spin") (loop $again (br $again)))
  (func (export "count") (param i32) (result i32)
    (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 1))
  (func (export "call") (param i32) (result i32) (call $call (local.get 0)))))";

class Deadlines : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Guest guest_{GetParam().config()};
};
INSTANTIATE_TEST_SUITE_P(tiers, Deadlines, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(Deadlines, one_stops_what_runs_and_nothing_after_it) {
  guest_.linker.func("h", "call", [](int32_t x) { return x; });
  const Instance i = guest_.load(kGuest);
  for (int round = 0; round < 3; ++round) {
    const auto begin = Clock::now();
    EXPECT_THAT(guest_.store.run_until(begin + milliseconds(20), [&] { return guest_.call(i, "spin"); }),
                Traps(kInterrupted));
    EXPECT_GE(Clock::now() - begin, milliseconds(20));
    EXPECT_LT(Clock::now() - begin, seconds(10));
    EXPECT_THAT(guest_.call(i, "call", {i32(5)}), Returns(i32(5)));
  }
  EXPECT_THAT(guest_.store.run_until(Clock::now() + hours(1), [&] { return guest_.call(i, "count", {i32(1000)}); }),
              Returns(i32(1)));
  // One that has passed, and those that never will.
  EXPECT_THAT(guest_.store.run_until(Clock::now(), [&] { return guest_.call(i, "call", {i32(5)}); }),
              Traps(kInterrupted));
  EXPECT_THAT(guest_.store.run_until(Clock::time_point::min(), [&] { return guest_.call(i, "call", {i32(5)}); }),
              Traps(kInterrupted));
  EXPECT_THAT(guest_.store.run_until(Clock::time_point::max(), [&] { return guest_.call(i, "call", {i32(5)}); }),
              Returns(i32(5)));
  EXPECT_THAT(guest_.call(i, "call", {i32(5)}), Returns(i32(5)));
}

// The deadline comes at every moment around the end of the call.
TEST_P(Deadlines, one_that_comes_when_the_call_returns_does_not_leak) {
  guest_.linker.func("h", "call", [](int32_t x) { return x; });
  const Instance i = guest_.load(kGuest);
  int stopped = 0, ended = 0;
  const auto latest = Clock::now() + seconds(3);
  for (int round = 0; round < 400 && Clock::now() < latest; ++round) {
    const auto deadline = Clock::now() + microseconds(round % 100);
    const auto result =
        guest_.store.run_until(deadline, [&] { return guest_.call(i, "count", {i32(round * 20 + 1)}); });
    ++(result ? ended : stopped);
    ASSERT_THAT(guest_.call(i, "count", {i32(10)}), Returns(i32(1))) << round;
  }
  EXPECT_GT(stopped + ended, 0);
}

TEST_P(Deadlines, they_nest) {
  const Instance* self = nullptr;
  milliseconds inner_time{0};
  guest_.linker.func("h", "call", [&](Caller& caller, int32_t x) -> Result<int32_t> {
    auto result = caller.store().run_until(Clock::now() + inner_time, [&] { return guest_.call(*self, "spin"); });
    EXPECT_THAT(result, Traps(kInterrupted));
    if (x == 0) return std::move(result).error();
    return x;
  });
  const Instance i = guest_.load(kGuest);
  self = &i;
  // The inner one passes first: the outer call goes on.
  inner_time = milliseconds(10);
  EXPECT_THAT(guest_.store.run_until(Clock::now() + hours(1), [&] { return guest_.call(i, "call", {i32(6)}); }),
              Returns(i32(6)));
  // The outer one passes first, and stays passed when the inner one ends.
  inner_time = milliseconds(1000 * 3600);
  const auto nested = guest_.store.run_until(Clock::now() + milliseconds(10), [&]() -> Result<std::vector<Val>> {
    EXPECT_THAT(guest_.call(i, "call", {i32(6)}), Traps(kInterrupted));
    return guest_.call(i, "count", {i32(1)});
  });
  EXPECT_THAT(nested, Traps(kInterrupted));
  EXPECT_THAT(guest_.call(i, "count", {i32(1)}), Returns(i32(1)));
}

TEST_P(Deadlines, an_interrupt_of_the_embedder_stays) {
  guest_.linker.func("h", "call", [&](int32_t x) { return guest_.store.interrupt(), x; });
  const Instance i = guest_.load(kGuest);
  EXPECT_THAT(guest_.store.run_until(Clock::now() + hours(1), [&] { return guest_.call(i, "call", {i32(6)}); }),
              Traps(kInterrupted));
  EXPECT_THAT(guest_.call(i, "count", {i32(1)}), Traps(kInterrupted));
  // To take it back does not take back a deadline.
  const auto result = guest_.store.run_until(Clock::now() - seconds(1), [&] {
    guest_.store.clear_interrupt();
    return guest_.call(i, "count", {i32(1)});
  });
  EXPECT_THAT(result, Traps(kInterrupted));
  EXPECT_THAT(guest_.call(i, "count", {i32(1)}), Returns(i32(1)));
}

TEST_P(Deadlines, many_stores_on_many_threads) {
  const Module module = *Module::from_text(guest_.engine, kGuest);
  std::vector<std::thread> threads;
  for (int n = 0; n < 8; ++n) {
    threads.emplace_back([&, n] {
      Store store(guest_.engine);
      Linker linker(store);
      linker.func("h", "call", [](int32_t x) { return x; });
      const Instance i = *linker.instantiate(module);
      for (int round = 0; round < 10; ++round) {
        const auto deadline = Clock::now() + milliseconds(1 + (n + round) % 5);
        EXPECT_THAT(store.run_until(deadline, [&] { return i.func("spin")->call({}); }), Traps(kInterrupted));
        EXPECT_THAT(i.func("count")->call({i32(1)}), Returns(i32(1)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(deadline, it_may_outlive_its_store_and_engine) {
  std::optional<Deadline> passed, later;
  {
    const Engine engine;
    Store store(engine);
    passed = std::move(*Deadline::begin(store, Clock::now()));
    later = std::move(*Deadline::begin(store, Clock::now() + milliseconds(5)));
  }
  std::this_thread::sleep_for(milliseconds(20));
  passed.reset();
  later.reset();
  Store store((Engine()));
  // Also when the work itself destroys the store.
  const auto result = store.run_until(Clock::now() + hours(1), [&]() -> Result<void> {
    store = Store(Engine());
    return {};
  });
  EXPECT_THAT(result, Succeeds());
  Store moved = std::move(store);
  EXPECT_THAT(store.run_until(Clock::now() + hours(1), [] { return Result<void>(); }), Fails(ErrorKind::limit, ""));
}

TEST(deadline, the_timers_thread_takes_no_signals) {
  Guest guest;
  guest.linker.func("h", "call", [](int32_t x) { return x; });
  const Instance i = guest.load(kGuest);
  static std::atomic<int> on_other_thread;
  static pthread_t self;
  on_other_thread = 0;
  self = pthread_self();
  struct sigaction action = {}, before;
  action.sa_handler = [](int) { on_other_thread += pthread_equal(self, pthread_self()) == 0; };
  sigaction(SIGUSR1, &action, &before);
  const auto result = guest.store.run_until(Clock::now() + milliseconds(50), [&] {
    sigset_t usr1, old;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, &old);  // so that only another thread could take it
    kill(getpid(), SIGUSR1);
    auto spun = guest.call(i, "spin");
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
    return spun;
  });
  EXPECT_THAT(result, Traps(kInterrupted));
  EXPECT_EQ(on_other_thread, 0);
  sigaction(SIGUSR1, &before, nullptr);
}

// The child has only the thread that forked; its deadlines hold all the same, and new ones can be made.
TEST(deadline, holds_in_a_child_of_fork) {
  if (kThreadSanitizer) GTEST_SKIP() << "a child of fork may start no thread under ThreadSanitizer";
  Guest guest;
  guest.linker.func("h", "call", [](int32_t x) { return x; });
  const Instance i = guest.load(kGuest);
  EXPECT_THAT(guest.store.run_until(Clock::now() + milliseconds(1), [&] { return guest.call(i, "spin"); }),
              Traps(kInterrupted));  // from here on, there is a thread
  Store idle(guest.engine);
  std::mutex mutex;
  std::condition_variable changed;
  bool waits = false, done = false;
  std::thread other([&] {  // has a deadline that the child must not look after
    const Result<Deadline> deadline = Deadline::begin(idle, Clock::now() + milliseconds(100));
    std::unique_lock lock(mutex);
    waits = true;
    changed.notify_all();
    changed.wait(lock, [&] { return done; });
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waits; });
  }
  pid_t child = -1;
  const auto result = guest.store.run_until(Clock::now() + milliseconds(200), [&] {
    child = fork();
    return guest.call(i, "spin");
  });
  if (child == 0) {
    alarm(20);
    const bool stopped = !result && result.error().trap_code == kInterrupted;
    const auto again = guest.store.run_until(Clock::now() + milliseconds(5), [&] { return guest.call(i, "spin"); });
    const bool stopped_again = !again && again.error().trap_code == kInterrupted;
    _exit(stopped && stopped_again ? 0 : 1);
  }
  EXPECT_THAT(result, Traps(kInterrupted));
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  {
    const std::lock_guard lock(mutex);
    done = true;
    changed.notify_all();
  }
  other.join();
}

// --- Handles

TEST(interrupt_handle, interrupts_its_store_wherever_that_was_moved) {
  Guest guest;
  guest.linker.func("h", "call", [](int32_t x) { return x; });
  const Instance i = guest.load(kGuest);
  const InterruptHandle handle = guest.store.interrupt_handle();
  Store moved = std::move(guest.store);
  EXPECT_FALSE(guest.store.interrupt_handle().interrupt());
  std::thread other([handle] {
    std::this_thread::sleep_for(milliseconds(5));
    EXPECT_TRUE(handle.interrupt());
  });
  EXPECT_THAT(i.func("spin")->call({}), Traps(kInterrupted));
  other.join();
  EXPECT_THAT(i.func("call")->call({i32(1)}), Traps(kInterrupted));
  EXPECT_TRUE(handle.clear_interrupt());
  EXPECT_THAT(i.func("call")->call({i32(1)}), Returns(i32(1)));
}

TEST(interrupt_handle, outlives_its_store) {
  const Engine engine;
  InterruptHandle handle;
  EXPECT_FALSE(handle.interrupt() || handle.clear_interrupt());
  {
    Store store(engine);
    handle = store.interrupt_handle();
    EXPECT_TRUE(handle.interrupt());
  }
  EXPECT_FALSE(handle.interrupt() || handle.clear_interrupt());
}

TEST(interrupt_handle, may_be_used_while_the_store_ends) {
  const Engine engine;
  for (int round = 0; round < 50; ++round) {
    auto store = std::make_unique<Store>(engine);
    std::atomic<bool> gone = false;
    std::thread other([&gone, handle = store->interrupt_handle()] {
      while (handle.interrupt()) handle.clear_interrupt();
      gone = true;
    });
    std::this_thread::sleep_for(microseconds(round * 10));
    store.reset();
    other.join();
    EXPECT_TRUE(gone);
  }
}

// --- Host functions that wait

TEST_P(Deadlines, a_host_function_that_waits_is_woken) {
  guest_.linker.func("h", "call", [](Caller& caller, int32_t) -> Result<int32_t> {
    std::mutex mutex;
    std::condition_variable answer;
    const HostBlock block(caller.store(), [&] {
      const std::lock_guard lock(mutex);
      answer.notify_all();
    });
    std::unique_lock lock(mutex);
    while (!block.interrupted()) answer.wait(lock);
    return Error::trap(kInterrupted);
  });
  const Instance i = guest_.load(kGuest);
  EXPECT_THAT(guest_.store.run_until(Clock::now() + milliseconds(10), [&] { return guest_.call(i, "call", {i32(0)}); }),
              Traps(kInterrupted));
  std::thread other([handle = guest_.store.interrupt_handle()] {
    std::this_thread::sleep_for(milliseconds(5));
    handle.interrupt();
  });
  EXPECT_THAT(guest_.call(i, "call", {i32(0)}), Traps(kInterrupted));
  other.join();
}

TEST(host_block, has_a_descriptor_to_wait_for) {
  Guest guest;
  guest.linker.func("h", "call", [](Caller& caller, int32_t) -> Result<int32_t> {
    const HostBlock block(caller.store(), {});
    struct pollfd event = {block.descriptor(), POLLIN, 0};
    EXPECT_EQ(poll(&event, 1, 0), 0);
    EXPECT_EQ(poll(&event, 1, 10'000), 1);
    EXPECT_TRUE(block.interrupted());
    return Error::trap(kInterrupted);
  });
  const Instance i = guest.load(kGuest);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(guest.store.run_until(Clock::now() + milliseconds(10), [&] { return guest.call(i, "call", {i32(0)}); }),
                Traps(kInterrupted));
  }
}

// A function that waits calls the guest, which calls another one that waits; and coroutines may end in any order.
TEST(host_block, there_may_be_several) {
  Guest guest;
  int outer = 0, inner = 0, innermost = 0;
  const HostBlock first(guest.store, [&] { ++outer; });
  auto second = std::make_unique<HostBlock>(guest.store, [&] { ++inner; });
  const HostBlock third(guest.store, [&] { ++innermost; });
  guest.store.interrupt();
  second.reset();
  guest.store.clear_interrupt();
  EXPECT_EQ(outer, 2);
  EXPECT_EQ(inner, 1);
  EXPECT_EQ(innermost, 2);
  EXPECT_FALSE(first.interrupted());
  Store moved = std::move(guest.store);
  const HostBlock of_none(guest.store, [] {});
  EXPECT_FALSE(of_none.interrupted());
  EXPECT_LT(of_none.descriptor(), 0);
}

}  // namespace
}  // namespace mini_wasm
