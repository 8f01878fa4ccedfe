// Processes that fork: parent and child each continue with their own code, on every tier, whatever the other one does.
// A child that could not get its own copy of the code interprets.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using spec::TierCase;

// Modules with different `base` are different. There are enough functions that some are compiled and others are not.
std::string module_text(int base) {
  std::string text = R"((module (import "host" "fork" (func $fork (param i32) (result i32)))
    (memory (export "memory") 1) (table funcref (elem $step)) (type $t (func (param i32) (result i32)))
    (tag $tag (param i32))
    (func $step (param i32) (result i32) (i32.add (local.get 0) (i32.const )" +
                     std::to_string(base) + R"()))
    (func $throws (param i32) (throw $tag (local.get 0)))
    (func (export "f") (param i32) (result i32) (local $i i32)
      (loop $again (result i32)
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set 0 (call_indirect (type $t) (local.get 0) (i32.const 0)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 10)))
        (call $step (local.get 0))))
    (func (export "never_called_before") (param i32) (result i32) (call $step (call $step (local.get 0))))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "catch") (param i32) (result i32)
      (block $h (result i32) (try_table (catch $tag $h) (call $throws (local.get 0))) (i32.const -1)))
    (func (export "forks") (param i32) (result i32)
      (i32.add (call $step (call $fork (local.get 0))) (call $step (i32.const 0))))
  )";
  for (int i = 0; i < 50; ++i) {
    text += "(func (export \"g" + std::to_string(i) +
            "\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const " + std::to_string(base + i) + ")))\n";
  }
  return text + ")";
}

// A program with one instance.
struct Program {
  explicit Program(const Engine& engine, int base, std::function<int32_t(int32_t)> fork = {})
      : base(base), module(*Module::compile(engine, wat(module_text(base)))), store(engine), linker(store) {
    linker.func("host", "fork", std::move(fork));
    instance = *linker.instantiate(module);
  }
  int32_t call(const char* name, int32_t argument) {
    const Result<std::vector<Val>> result = instance->func(name)->call({i32(argument)});
    return result ? result->front().i32() : -1000;
  }
  // Whether calls, exceptions, loads and traps of the instance work as they should.
  bool works() {
    bool right = true;
    for (int i = 0; i < 5; ++i) right &= call("f", i) == i + 11 * base && call("catch", i) == i;
    for (int i = 0; i < 50; ++i) right &= call(("g" + std::to_string(i)).c_str(), 3) == 3 * (base + i);
    right &= call("never_called_before", 5) == 5 + 2 * base && call("load", 8) == 0;
    const auto faults = instance->func("load")->call({i32(-1)});
    const bool named = !faults && faults.error().backtrace.size() == 1;
    return right && named && faults.error().trap_code == TrapCode::out_of_bounds_memory_access;
  }

  int base;
  Module module;
  Store store;
  Linker linker;
  std::optional<Instance> instance;
};

// The result of `work` in a child process that `make` makes.
template <class Make>
bool holds_in_child(Make make, const std::function<bool()>& work) {
  const pid_t child = static_cast<pid_t>(make());
  if (child == 0) _exit(work() ? 0 : 1);
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
int bare_fork() { return static_cast<int>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }  // without fork handlers

class fork_tiers : public ::testing::TestWithParam<TierCase> {
 protected:
  Config config() const {
    Config config = GetParam().config();
    config.hot_after = 1;
    return config;
  }
};
INSTANTIATE_TEST_SUITE_P(all, fork_tiers, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(fork_tiers, the_child_keeps_what_the_parent_drops) {
  const Engine engine(config());
  std::optional<Program> a(std::in_place, engine, 11);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(a->call("f", i), i + 121);
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    char ignored;
    const bool told = read(go[0], &ignored, 1) == 1;
    _exit(told && a->works() && Program(engine, 33).works() ? 0 : 1);
  }
  a.reset();
  for (int base = 100; base < 105; ++base) EXPECT_TRUE(Program(engine, base).works());
  ASSERT_EQ(write(go[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  close(go[0]), close(go[1]);
}

TEST_P(fork_tiers, the_parent_keeps_what_the_child_drops) {
  const Engine engine(config());
  std::optional<Program> a(std::in_place, engine, 11);
  EXPECT_EQ(a->call("f", 0), 121);
  EXPECT_TRUE(holds_in_child(fork, [&] {
    a.reset();
    for (int base = 100; base < 105; ++base) {
      if (!Program(engine, base).works()) return false;
    }
    return true;
  }));
  EXPECT_TRUE(a->works());
}

TEST_P(fork_tiers, several_engines_and_generations) {
  const Engine first(config()), second(config());
  Program a(first, 11), b(second, 22);
  EXPECT_EQ(a.call("f", 0), 121);
  EXPECT_TRUE(holds_in_child(fork, [&] {
    const Engine third(config());
    Program c(third, 33);
    const bool right = c.call("f", 0) == 11 * 33 && holds_in_child(fork, [&] {
                         return a.works() && b.works() && c.works() && Program(first, 44).works();
                       });
    return right && a.works() && b.works() && c.works();
  }));
  EXPECT_TRUE(a.works() && b.works());
}

TEST_P(fork_tiers, in_a_host_function_while_guest_code_runs) {
  const Engine engine(config());
  pid_t child = 0;
  Program program(engine, 11, [&](int32_t argument) {
    child = fork();
    return child == 0 ? argument : 2 * argument;
  });
  const int32_t result = program.call("forks", 100);
  if (child == 0) _exit(result == 100 + 22 && program.works() ? 0 : 1);
  EXPECT_EQ(result, 200 + 22);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(program.works());
}

TEST_P(fork_tiers, without_fork_handlers_everything_is_interpreted) {
  const Engine engine(config());
  std::optional<Program> a(std::in_place, engine, 11);
  EXPECT_EQ(a->call("f", 0), 121);
  {
    const Program pooled(engine, 11);
  }  // leaves an instance behind
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  const pid_t child = bare_fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    char ignored;
    bool right = read(go[0], &ignored, 1) == 1 && a->works() && a->works();
    Store store(engine);
    Linker linker(store);
    linker.func("host", "fork", std::function<int32_t(int32_t)>());
    const Result<Instance> again = linker.instantiate(a->module);
    right &= again && again->func("f")->call({i32(0)})->front().i32() == 121;
    _exit(right && Program(engine, 33).works() && Program(Engine(config()), 44).works() ? 0 : 1);
  }
  // In the meantime the parent makes and frees code in the memory that both share.
  for (int base = 100; base < 105; ++base) EXPECT_TRUE(Program(engine, base).works());
  ASSERT_EQ(write(go[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(a->works());
  close(go[0]), close(go[1]);
}

// Frames of machine code that are running in the child cannot continue in the interpreter, so they trap.
TEST_P(fork_tiers, without_fork_handlers_in_a_host_function) {
  const Engine engine(config());
  pid_t child = 0;
  Program program(engine, 11, [&](int32_t argument) {
    child = bare_fork();
    return argument;
  });
  const Result<std::vector<Val>> result = program.instance->func("forks")->call({i32(100)});
  if (child == 0) {
    const bool returned = result && result->front().i32() == 122;
    const bool trapped = !result && result.error().trap_code == TrapCode::out_of_memory;
    const Tier tier = GetParam().tier;
    const bool right = (returned && tier != Tier::jit) || (trapped && tier != Tier::interpreter);
    _exit(right && program.works() ? 0 : 1);
  }
  EXPECT_THAT(result, Returns(i32(122)));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// Each process has its own memories: nothing that a guest writes is seen in another process.
TEST_P(fork_tiers, memories_are_not_shared) {
  Config with_threads = config();
  ASSERT_TRUE(with_threads.feature("threads", true));
  const Engine engine(with_threads);
  const Module module = *Module::compile(engine, wat(R"((module (memory $m 1 1) (memory $s 1 1 shared)
    (data (memory $m) (i32.const 0) "a") (global $g (mut i32) (i32.const 0)) (table $t 1 funcref)
    (func (export "set") (param i32) (global.set $g (local.get 0)) (i32.store $m (i32.const 4) (local.get 0))
      (i32.atomic.store $s (i32.const 4) (local.get 0)))
    (func (export "get") (result i32) (i32.add (global.get $g)
      (i32.add (i32.load $m (i32.const 4)) (i32.atomic.load $s (i32.const 4)))))))"));
  for (int round = 0; round < 3; ++round) {  // new, from the pool, with its content as a template
    Store store(engine);
    const Instance instance = *Instance::make(store, module, {});
    const auto set = [&](int32_t value) { return instance.func("set")->call({i32(value)}).has_value(); };
    const auto get = [&] { return instance.func("get")->call({})->front().i32(); };
    ASSERT_TRUE(set(1));
    EXPECT_TRUE(holds_in_child(fork, [&] { return get() == 3 && set(10) && get() == 30; }));
    EXPECT_EQ(get(), 3);
  }
}

#if MINI_WASM_JIT

// Another thread makes and drops code all the time.
TEST(fork, while_another_thread_compiles) {
  Config config;
  config.tier = Tier::jit;
  const Engine engine(config);
  Program program(engine, 11);
  std::atomic<bool> stop{false};
  std::thread other([&] {
    for (int base = 50; !stop; ++base) {
      const Engine own(config);
      if (!Program(own, base).works()) std::abort();
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(holds_in_child(fork, [&] { return program.works(); })) << i;
  }
  stop = true;
  other.join();
  EXPECT_TRUE(program.works());
}

#endif

// Another thread takes and releases all that belongs to the process and not to an engine: the fault handler, the list of
// announced stacks, the list of code memories. A child that found one of them locked would wait forever.
TEST_P(fork_tiers, while_another_thread_makes_engines) {
  std::atomic<bool> stop{false};
  std::thread other([&] {
    std::vector<std::byte> pages(size_t{64} << 10);
    while (!stop) {
      const Engine own(config());
      const NativeStack stack(pages.data(), pages.size());
      Store store(own);
      (void)Instance::make(store, *Module::compile(own, wat("(module (memory 1))")), {});
    }
  });
  const auto makes_one = [&] {
    const Engine own(config());
    const NativeStack stack(&stop, sizeof stop);
    return Program(own, 7).works();
  };
  // Under an emulator, a fork takes seconds.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int i = 0; i < 100 && std::chrono::steady_clock::now() < end; ++i) {
    EXPECT_TRUE(holds_in_child(fork, makes_one)) << i;
  }
  stop = true;
  other.join();
  EXPECT_TRUE(makes_one());
}

}  // namespace
}  // namespace mini_wasm
