// Shared memories between threads. Each thread has a store and an instance of its own. The guests rely on exact
// results, so that a lost update or wake-up gives a wrong number or a test that does not end.
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr MemoryType kOnePage{{1, 1}, /*is_64=*/false, /*shared=*/true};
constexpr int kThreads = 4;

class SharedMemories : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  static Config config() {
    Config config = GetParam().config();
    EXPECT_TRUE(config.feature("threads", true));
    return config;
  }
  SharedMemory make(const MemoryType& type = kOnePage) {
    Result<SharedMemory> made = SharedMemory::make(engine, type);
    if (!made) ADD_FAILURE() << made.error().to_string();
    return *made;
  }
  Module compile(std::string_view text) {
    Result<Module> module = Module::compile(engine, wat(text));
    if (!module) ADD_FAILURE() << module.error().to_string();
    return *module;
  }
  uint32_t word_at(const SharedMemory& memory, size_t at) {
    return __atomic_load_n(reinterpret_cast<uint32_t*>(memory.data().data() + at), __ATOMIC_SEQ_CST);
  }

  Engine engine{config()};
};

INSTANTIATE_TEST_SUITE_P(tiers, SharedMemories, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

// A store with an instance of `module`, whose import "env" "memory" is the shared memory.
class Agent {
 public:
  Agent(const Module& module, const SharedMemory& memory, const Engine& engine) : store(engine), linker(store) {
    Result<Memory> mine = memory.in(store);
    EXPECT_TRUE(mine);
    linker.define("env", "memory", *mine);
    Result<Instance> made = linker.instantiate(module);
    EXPECT_THAT(made, Succeeds());
    if (made) instance = *made;
  }
  Result<std::vector<Val>> call(std::string_view name, std::initializer_list<Val> args = {}) {
    return instance->func(name)->call(args);
  }

  Store store;
  Linker linker;
  std::optional<Instance> instance;
};

// Runs `body(agent, number)` on `count` threads at once.
void on_threads(int count, const Module& module, const SharedMemory& memory, const Engine& engine,
                const std::function<void(Agent&, int)>& body) {
  std::vector<std::thread> threads;
  for (int n = 0; n < count; ++n) {
    threads.emplace_back([&, n] {
      Agent agent(module, memory, engine);
      body(agent, n);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(SharedMemories, threads_add_atomically) {
  const SharedMemory memory = make();
  const Module module = compile(R"((module (memory (import "env" "memory") 1 1 shared)
    (func (export "run") (param $n i32)
      (loop $l
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
        (drop (i64.atomic.rmw8.add_u (i32.const 9) (i64.const 1)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))");
  on_threads(kThreads, module, memory, engine,
             [](Agent& agent, int) { EXPECT_THAT(agent.call("run", {i32(20'000)}), Succeeds()); });
  EXPECT_EQ(word_at(memory, 0), kThreads * 20'000u);
  EXPECT_EQ(word_at(memory, 8), (kThreads * 20'000u % 256) << 8);  // the bytes beside it are untouched
}

// A mutex with three states (free, locked, locked with waiting threads) around additions that are not atomic.
TEST_P(SharedMemories, a_mutex_of_wait_and_notify_excludes) {
  const SharedMemory memory = make();
  const Module module = compile(R"((module (memory (import "env" "memory") 1 1 shared)
    (func $lock (local $c i32)
      (if (local.tee $c (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1)))
        (then
          (if (i32.ne (local.get $c) (i32.const 2))
            (then (local.set $c (i32.atomic.rmw.xchg (i32.const 0) (i32.const 2)))))
          (loop $l
            (if (local.get $c)
              (then
                (drop (memory.atomic.wait32 (i32.const 0) (i32.const 2) (i64.const -1)))
                (local.set $c (i32.atomic.rmw.xchg (i32.const 0) (i32.const 2)))
                (br $l)))))))
    (func $unlock
      (if (i32.ne (i32.atomic.rmw.sub (i32.const 0) (i32.const 1)) (i32.const 1))
        (then
          (i32.atomic.store (i32.const 0) (i32.const 0))
          (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))))
    (func (export "run") (param $n i32)
      (loop $l
        (call $lock)
        (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1)))
        (call $unlock)
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))");
  on_threads(kThreads, module, memory, engine,
             [](Agent& agent, int) { EXPECT_THAT(agent.call("run", {i32(50'000)}), Succeeds()); });
  EXPECT_EQ(word_at(memory, 64), kThreads * 50'000u);
  EXPECT_EQ(word_at(memory, 0), 0u);
}

// Two threads pass a number to each other, and each waits for the other at every step. One lost wake-up makes the test
// hang.
TEST_P(SharedMemories, no_wake_up_is_lost) {
  const SharedMemory memory = make();
  const Module module = compile(R"((module (memory (import "env" "memory") 1 1 shared)
    (func (export "run") (param $mine i32) (param $last i32) (local $now i32)
      (loop $l
        (local.set $now (i32.atomic.load (i32.const 32)))
        (if (i32.lt_u (local.get $now) (local.get $last))
          (then
            (if (i32.eq (i32.and (local.get $now) (i32.const 1)) (local.get $mine))
              (then
                (i32.atomic.store (i32.const 32) (i32.add (local.get $now) (i32.const 1)))
                (drop (memory.atomic.notify (i32.const 32) (i32.const 1))))
              (else (drop (memory.atomic.wait32 (i32.const 32) (local.get $now) (i64.const -1)))))
            (br $l)))))))");
  on_threads(2, module, memory, engine,
             [](Agent& agent, int n) { EXPECT_THAT(agent.call("run", {i32(n), i32(20'000)}), Succeeds()); });
  EXPECT_EQ(word_at(memory, 32), 20'000u);
}

TEST_P(SharedMemories, notify_wakes_as_many_as_it_says_at_that_address_only) {
  const SharedMemory memory = make();
  const Module module = compile(R"((module (memory (import "env" "memory") 1 1 shared)
    (func (export "wait") (param i32) (result i32)
      (memory.atomic.wait64 (local.get 0) (i64.const 0) (i64.const -1)))
    (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))))");
  std::atomic<int> woken{0};
  std::thread waiters([&] {
    on_threads(3, module, memory, engine, [&](Agent& agent, int) {
      EXPECT_THAT(agent.call("wait", {i32(8)}), Returns(i32(0)));
      ++woken;
    });
  });
  Agent agent(module, memory, engine);
  EXPECT_THAT(agent.call("notify", {i32(8), i32(0)}), Returns(i32(0)));
  EXPECT_THAT(agent.call("notify", {i32(12), i32(-1)}), Returns(i32(0)));
  int32_t total = 0;
  while (total < 2) total += (*agent.call("notify", {i32(8), i32(2 - total)}))[0].i32();
  EXPECT_EQ(total, 2);
  while (woken < 2) std::this_thread::yield();
  EXPECT_EQ(woken, 2);
  while (total < 3) total += (*agent.call("notify", {i32(8), i32(-1)}))[0].i32();
  waiters.join();
  EXPECT_EQ(total, 3);
}

TEST_P(SharedMemories, waiting_ends_after_the_timeout) {
  const SharedMemory memory = make();
  const Module module = compile(R"((module (memory (import "env" "memory") 1 1 shared)
    (func (export "wait") (param i64) (result i32)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get 0)))))");
  Agent agent(module, memory, engine);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(agent.call("wait", {i64(20'000'000)}), Returns(i32(2)));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20));
}

// An interrupt must reach a thread that waits, one that is about to wait, and one that spins.
TEST_P(SharedMemories, an_interrupt_ends_waiting) {
  const SharedMemory memory = make();
  const Module module = compile(R"((module (memory (import "env" "memory") 1 1 shared)
    (func (export "wait") (param $timeout i64) (result i32)
      (i32.atomic.store (i32.const 4) (i32.const 1))
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get $timeout)))))");
  for (int round = 0; round < 200; ++round) {
    const int64_t timeout = round % 2 == 0 ? -1 : INT64_MAX;
    std::memset(memory.data().data(), 0, 8);
    Agent agent(module, memory, engine);
    std::thread thread([&] { EXPECT_THAT(agent.call("wait", {i64(timeout)}), Traps(TrapCode::interrupted)); });
    while (word_at(memory, 4) == 0) std::this_thread::yield();
    if (round % 4 >= 2) std::this_thread::sleep_for(std::chrono::microseconds(round));
    agent.store.interrupt();
    thread.join();
    agent.store.clear_interrupt();
    EXPECT_THAT(agent.call("wait", {i64(0)}), Returns(i32(2)));
  }
}

TEST_P(SharedMemories, growth_in_one_store_is_seen_in_all) {
  const SharedMemory memory = make({{1, 64}, false, true});
  const Module module = compile(R"((module (memory (import "env" "memory") 1 64 shared)
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "size") (result i32) (memory.size))
    (func (export "touch") (result i32)  ;; the last word that there is
      (i32.atomic.rmw.add (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (i32.const 1)))))");
  Agent agent(module, memory, engine);
  uint8_t* const base = memory.data().data();
  std::atomic<int32_t> grown{0};
  on_threads(kThreads, module, memory, engine, [&](Agent& other, int) {
    for (int i = 0; i < 20; ++i) {
      if ((*other.call("grow"))[0].i32() != -1) ++grown;
      EXPECT_THAT(other.call("touch"), Succeeds());
    }
  });
  EXPECT_EQ(grown, 63);  // every page was granted exactly once
  EXPECT_THAT(agent.call("size"), Returns(i32(64)));
  EXPECT_THAT(agent.call("touch"), Succeeds());
  EXPECT_EQ(memory.data().data(), base);
  EXPECT_EQ(memory.data().size(), size_t{64} << 16);
}

TEST_P(SharedMemories, the_exported_memory_of_one_store_is_imported_into_another) {
  Store owner(engine);
  Result<Instance> exports = Linker(owner).instantiate(compile(R"((module (memory (export "m") 1 2 shared)
    (data (i32.const 16) "\2a")))"));
  ASSERT_TRUE(exports);
  std::optional<SharedMemory> memory = SharedMemory::of(*exports->memory("m"));
  ASSERT_TRUE(memory);
  const Module module = compile(R"((module (memory (import "env" "memory") 1 2 shared)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))))");
  Agent agent(module, *memory, engine);
  EXPECT_THAT(agent.call("load", {i32(16)}), Returns(i32(42)));
  EXPECT_THAT(agent.call("load", {i32(65536)}), Traps(TrapCode::out_of_bounds_memory_access));
  // The memory lives longer than the store that made it.
  owner = Store(engine);
  EXPECT_THAT(agent.call("load", {i32(16)}), Returns(i32(42)));
  EXPECT_EQ(memory->in(agent.store)->impl(), memory->in(agent.store)->impl());
}

TEST_P(SharedMemories, what_is_not_one_is_refused) {
  EXPECT_THAT(SharedMemory::make(engine, {{1, 1}}), Fails(ErrorKind::usage, "not a valid shared memory type"));
  EXPECT_THAT(SharedMemory::make(engine, {{1, std::nullopt}, false, true}), Fails(ErrorKind::usage, "not a valid"));
  EXPECT_THAT(SharedMemory::make(engine, {{2, 1}, false, true}), Fails(ErrorKind::usage, "not a valid"));
  EXPECT_THAT(SharedMemory::make(engine, {{2, 4}, false, true}, 65536), Fails(ErrorKind::limit, "pages"));
  Store store(engine);
  EXPECT_THAT(Memory::make(store, {{1, std::nullopt}, false, true}), Fails(ErrorKind::usage, "not a valid"));
  const Result<Memory> unshared = Memory::make(store, {{1, 1}});
  EXPECT_FALSE(SharedMemory::of(*unshared));

  const SharedMemory memory = make();
  const Engine other_engine(config());
  Store foreign(other_engine);
  EXPECT_THAT(memory.in(foreign), Fails(ErrorKind::usage, "different engines"));
  StoreLimits limits;
  limits.memories = 1;
  Store small(engine, limits);
  EXPECT_THAT(memory.in(small), Succeeds());
  EXPECT_THAT(memory.in(small), Succeeds());  // the store has the same memory already
  EXPECT_THAT(make().in(small), Fails(ErrorKind::limit, "memories at most"));

  Linker linker(store);
  linker.define("env", "memory", *unshared);
  const Module wants_shared = compile(R"((module (memory (import "env" "memory") 1 1 shared)))");
  EXPECT_THAT(linker.instantiate(wants_shared), Fails(ErrorKind::unlinkable, "shared"));
  linker.define("env", "memory", *memory.in(store));
  EXPECT_THAT(linker.instantiate(compile(R"((module (memory (import "env" "memory") 1 1)))")),
              Fails(ErrorKind::unlinkable, "shared"));
  EXPECT_THAT(linker.instantiate(wants_shared), Succeeds());
}

TEST(shared_memories, need_the_feature) {
  Config config;
  ASSERT_TRUE(config.feature("threads", false));
  Guest guest(config);
  EXPECT_THAT(guest.try_load("(module (memory 1 1 shared))"), Fails(ErrorKind::malformed, "--wasm=threads"));
  EXPECT_THAT(guest.try_load("(module (memory 1) (func (atomic.fence)))"),
              Fails(ErrorKind::malformed, "--wasm=threads"));
}

}  // namespace
}  // namespace mini_wasm
