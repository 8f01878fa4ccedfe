// Traps, faults, signal handlers, interruption, threads, fork.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csetjmp>
#include <thread>

#include "spec-tests/support/guest.h"
#include "spec-tests/support/new_processes.h"
#include "spec-tests/support/sanitizers.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr const char* kTraps = R"((module $traps (memory (export "m") 1) (table 2 funcref)
  (type $v (func))
  (func (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
  (func (export "far") (param i32) (result i64) (i64.load offset=0xffffffff (local.get 0)))
  (func (export "store") (param i32) (i64.store (local.get 0) (i64.const -1)))
  (func (export "byte") (param i32) (result i32) (i32.load8_s (local.get 0)))
  (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 1) (local.get 1)))
  (func (export "null") (call_indirect (type $v) (i32.const 1)))
  (func (export "element") (call_indirect (type $v) (i32.const 2)))
  (func (export "unreachable") unreachable)
  (func (export "spin") (loop $l (br $l)))
  (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func $middle (param i32) (result i32) (i32.add (i32.const 1) (call $inner (local.get 0))))
  (func (export "outer") (param i32) (result i32) (call $middle (local.get 0)))))";

TEST(trap, every_access_out_of_bounds) {
  for (const bool guard_pages : {true, false}) {
    Config config;
    config.guard_pages = guard_pages;
    Guest guest(config);
    const Instance i = guest.load(kTraps);
    const auto oob = Traps(TrapCode::out_of_bounds_memory_access);
    EXPECT_THAT(guest.call(i, "load", {i32(65536 - 8)}), Returns(i32(0)));
    for (const int32_t at : {65536 - 7, 65536 - 4, 65536, 0x7fffffff, INT32_MIN, -1, -4}) {
      EXPECT_THAT(guest.call(i, "load", {i32(at)}), oob) << at;
      EXPECT_THAT(guest.call(i, "far", {i32(at)}), oob) << at;
    }
    EXPECT_THAT(guest.call(i, "store", {i32(65536 - 8)}), Returns());
    EXPECT_THAT(guest.call(i, "byte", {i32(65535)}), Returns(i32(-1)));
    EXPECT_THAT(guest.call(i, "byte", {i32(65536)}), oob);
    for (const int32_t at : {65536 - 7, 65536, -1}) EXPECT_THAT(guest.call(i, "store", {i32(at)}), oob) << at;
    EXPECT_THAT(guest.call(i, "fill", {i32(65536), i32(0)}), Returns());
    EXPECT_THAT(guest.call(i, "fill", {i32(65537), i32(0)}), oob);
    EXPECT_THAT(guest.call(i, "fill", {i32(0), i32(65537)}), oob);
    EXPECT_EQ(i.memory("m")->data()[0], 0);  // nothing was written before the trap
  }
}

TEST(trap, calls_through_tables) {
  Guest guest;
  const Instance i = guest.load(kTraps);
  EXPECT_THAT(guest.call(i, "null"), Traps(TrapCode::uninitialized_element));
  EXPECT_THAT(guest.call(i, "element"), Traps(TrapCode::undefined_element));
  EXPECT_THAT(guest.call(i, "unreachable"), Fails(ErrorKind::trap, "trap: unreachable"));
}

TEST(trap, backtraces_name_functions_and_offsets) {
  Guest guest;
  const Instance i = guest.load(kTraps);
  const Result<std::vector<Val>> r = guest.call(i, "outer", {i32(0)});
  ASSERT_THAT(r, Traps(TrapCode::integer_divide_by_zero));
  const std::vector<FrameInfo>& frames = r.error().backtrace;
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].function_name, "inner");
  EXPECT_EQ(frames[1].function_name, "middle");
  EXPECT_EQ(frames[2].function_name, "outer");
  EXPECT_EQ(frames[0].module_name, "traps");
  EXPECT_LT(frames[0].offset, frames[1].offset);
  EXPECT_LT(frames[1].offset, frames[2].offset);
  EXPECT_EQ(to_string(frames).substr(0, 28), "  0: traps!inner (func[9]) a");
  const Result<std::vector<Val>> fault = guest.call(i, "load", {i32(-1)});
  ASSERT_EQ(fault.error().backtrace.size(), 1u);
  EXPECT_EQ(fault.error().backtrace[0].function_name, "load");
  EXPECT_NE(fault.error().backtrace[0].offset, 0u);
}

TEST(trap, the_store_is_as_good_as_new_afterwards) {
  Guest guest;
  const Instance i = guest.load(kTraps);
  for (int round = 0; round < 1000; ++round) {
    EXPECT_THAT(guest.call(i, "load", {i32(-1)}), Traps(TrapCode::out_of_bounds_memory_access));
    EXPECT_THAT(guest.call(i, "outer", {i32(1)}), Returns(i32(2)));
  }
}

TEST(trap, faults_leave_the_signal_mask_alone) {
  Guest guest;
  const Instance i = guest.load(kTraps);
  sigset_t before, after;
  sigemptyset(&before);
  sigaddset(&before, SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(guest.call(i, "load", {i32(-1)}), Traps(TrapCode::out_of_bounds_memory_access));
  sigemptyset(&before);
  pthread_sigmask(SIG_SETMASK, &before, &after);
  EXPECT_TRUE(sigismember(&after, SIGUSR1));
  EXPECT_FALSE(sigismember(&after, SIGSEGV));
}

TEST(trap, faults_work_on_an_alternate_stack_too) {
  Guest guest;
  const Instance i = guest.load(kTraps);
  std::vector<char> memory(65536);
  stack_t alternate = {}, old = {};
  alternate.ss_sp = memory.data();
  alternate.ss_size = memory.size();
  sigaltstack(&alternate, &old);
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(guest.call(i, "load", {i32(-1)}), Traps(TrapCode::out_of_bounds_memory_access));
  }
  sigaltstack(&old, nullptr);
}

volatile int* no_address() { return nullptr; }

// UBSan would report the write before it happens.
__attribute__((no_sanitize("undefined", "address"))) void crash() { *no_address() = 1; }

TEST(trap_death, a_fault_of_the_host_is_not_ours) {
  die_in_new_processes();
  Guest guest;
  guest.load(kTraps);  // installs our handler
  if (testing::kSanitizerOwnsProcess) GTEST_SKIP() << "the sanitizer has a handler of its own";
  EXPECT_EXIT(crash(), ::testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(raise(SIGSEGV), ::testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(raise(SIGBUS), ::testing::KilledBySignal(SIGBUS), "");
  // The same in a host function that a guest has called, even when the address is in the guest's memory.
  guest.linker.func("h", "crash", [](Caller& caller) { caller.memory0()->data().data()[65536] = 1; });
  const Instance i = guest.load(R"((module (import "h" "crash" (func $c)) (memory 1) (func (export "f") (call $c))))");
  EXPECT_EXIT((void)guest.call(i, "f"), ::testing::KilledBySignal(SIGSEGV), "");
}

// The embedder has installed its handler before ours. This runs in a process of its own because our handler is
// installed only once.
TEST(trap_death, the_embedders_own_handler_gets_its_faults) {
  die_in_new_processes();
  const auto body = [] {
    struct sigaction action = {};
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = [](int, siginfo_t* info, void*) { _exit(info->si_addr == nullptr ? 33 : 34); };
    sigaction(SIGSEGV, &action, nullptr);
    Guest guest;
    const Instance i = guest.load(kTraps);
    if (guest.call(i, "load", {i32(-1)}).error().trap_code != TrapCode::out_of_bounds_memory_access) _exit(1);
    crash();
  };
  EXPECT_EXIT(body(), ::testing::ExitedWithCode(33), "");
  const auto plain = [] {
    signal(SIGBUS, [](int) { _exit(44); });
    Guest guest;
    guest.load(kTraps);
    raise(SIGBUS);
  };
  EXPECT_EXIT(plain(), ::testing::ExitedWithCode(44), "");
}

TEST(trap, an_interrupt_from_another_thread_stops_a_loop) {
  Guest guest;
  const Instance i = guest.load(kTraps);
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    guest.store.interrupt();
  });
  EXPECT_THAT(guest.call(i, "spin"), Traps(TrapCode::interrupted));
  other.join();
  // The interrupt stays until it is cleared.
  EXPECT_THAT(guest.call(i, "outer", {i32(1)}), Traps(TrapCode::interrupted));
  const Result<Instance> later = guest.try_load("(module (func $f (loop $l (br $l))) (start $f))");
  EXPECT_THAT(later, Traps(TrapCode::interrupted));
  guest.store.clear_interrupt();
  EXPECT_THAT(guest.call(i, "outer", {i32(1)}), Returns(i32(2)));
}

TEST(trap, stores_on_several_threads_do_not_disturb_each_other) {
  const Engine engine;
  Result<Module> module = Module::compile(engine, wat(kTraps));
  ASSERT_TRUE(module);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&engine, &module] {
      for (int round = 0; round < 50; ++round) {
        Store store(engine);
        Result<Instance> i = Instance::make(store, *module, {});
        ASSERT_THAT(i, Succeeds());
        EXPECT_THAT(i->func("load")->call({i32(-1)}), Traps(TrapCode::out_of_bounds_memory_access));
        EXPECT_THAT(i->func("outer")->call({i32(0)}), Traps(TrapCode::integer_divide_by_zero));
        EXPECT_THAT(i->func("outer")->call({i32(1)}), Returns(i32(2)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(trap, a_store_may_move_between_threads_and_outlive_them) {
  Guest guest;
  const Instance i = guest.load(kTraps);
  for (int t = 0; t < 2; ++t) {
    std::thread([&] {
      EXPECT_THAT(guest.call(i, "load", {i32(-1)}), Traps(TrapCode::out_of_bounds_memory_access));
    }).join();
  }
  EXPECT_THAT(guest.call(i, "outer", {i32(1)}), Returns(i32(2)));
}

TEST(trap, a_store_in_a_store) {
  Guest outer, inner;
  const Instance j = inner.load(kTraps);
  outer.linker.func("h", "inner", [&](Caller&, int32_t at) { return inner.call(j, "load", {i32(at)}) ? 1 : 0; });
  const Instance i = outer.load(R"((module (import "h" "inner" (func $inner (param i32) (result i32))) (memory 1)
    (func (export "f") (param i32 i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.load (local.get 1))))))");
  EXPECT_THAT(outer.call(i, "f", {i32(0), i32(0)}), Returns(i32(1)));
  EXPECT_THAT(outer.call(i, "f", {i32(-1), i32(0)}), Returns(i32(0)));
  EXPECT_THAT(outer.call(i, "f", {i32(-1), i32(-1)}), Traps(TrapCode::out_of_bounds_memory_access));
}

TEST(trap, a_forked_child_goes_on) {
  Guest guest;
  const Instance i = guest.load(kTraps);
  const pid_t child = fork();
  if (child == 0) {
    const bool faults = guest.call(i, "load", {i32(-1)}).error().trap_code == TrapCode::out_of_bounds_memory_access;
    guest.load("(module (memory 1))");
    _exit(faults && guest.call(i, "outer", {i32(1)}) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace mini_wasm
