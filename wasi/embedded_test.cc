// Programs that see nothing of the host: streams, files, clocks and random numbers are the embedder's. The same program
// does the same in each run and on each tier. Functions of the embedder may throw and call guests.
#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using std::chrono::milliseconds;

class Embedded : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  struct Program {
    Program(WasiConfig config, std::string_view text) : guest(GetParam().config()) {
      Result<Wasi> made = Wasi::make(std::move(config));
      EXPECT_THAT(made, Succeeds());
      wasi = std::make_unique<Wasi>(std::move(*made));
      wasi->add_to(guest.linker);
      instance = guest.load(text);
    }
    Result<std::vector<Val>> call(const char* name) { return guest.call(*instance, name); }
    Guest guest;
    std::unique_ptr<Wasi> wasi;
    std::optional<Instance> instance;
  };
};
INSTANTIATE_TEST_SUITE_P(tiers, Embedded, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

// Copies its input, the time before and after a sleep of an hour, and random bytes to standard output and to a file, then
// writes the listing of its directory, and exits with 42.
constexpr const char* kDeterministic = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $stat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func $resolution (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "new.txt")
  (func $must (param i32) (if (local.get 0) (then unreachable)))
  (func $put (param $fd i32) (param $from i32) (param $size i32)
    (i32.store (i32.const 16) (local.get $from)) (i32.store (i32.const 20) (local.get $size))
    (call $must (call $write (local.get $fd) (i32.const 16) (i32.const 1) (i32.const 24))))
  (func (export "_start") (local $file i32)
    (call $must (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 7) (i32.const 9)
      (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 32)))
    (local.set $file (i32.load (i32.const 32)))
    (i32.store (i32.const 16) (i32.const 256)) (i32.store (i32.const 20) (i32.const 100))
    (call $must (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
    (call $put (local.get $file) (i32.const 256) (i32.load (i32.const 24)))
    (call $must (call $time (i32.const 0) (i64.const 0) (i32.const 512)))
    (call $must (call $time (i32.const 1) (i64.const 0) (i32.const 520)))
    (i32.store (i32.const 144) (i32.const 1))
    (i64.store (i32.const 152) (i64.const 3600000000000))
    (call $must (call $poll (i32.const 128) (i32.const 192) (i32.const 1) (i32.const 40)))
    (call $must (call $yield))
    (call $must (call $time (i32.const 1) (i64.const 0) (i32.const 528)))
    (call $must (call $time (i32.const 2) (i64.const 0) (i32.const 536)))
    (call $must (call $resolution (i32.const 1) (i32.const 544)))
    (call $must (call $random (i32.const 552) (i32.const 27)))
    (call $must (call $stat (local.get $file) (i32.const 600)))
    (call $put (i32.const 1) (i32.const 512) (i32.const 152))
    (call $put (local.get $file) (i32.const 512) (i32.const 152))
    (call $must (call $readdir (i32.const 3) (i32.const 1024) (i32.const 4096) (i64.const 0) (i32.const 40)))
    (call $put (i32.const 1) (i32.const 1024) (i32.load (i32.const 40)))
    (call $exit (i32.const 42)))))";

struct Outcome {
  std::string out, file;
  int32_t code = -1;
  bool operator==(const Outcome&) const = default;
};

Outcome run_deterministic(const Config& tier, uint64_t seed) {
  WasiBuffer out;
  WasiFiles files = *WasiFiles::make({{"b", "2"}, {"a", "1"}});
  WasiConfig config;
  config.in = "some input";
  config.out = out;
  config.preopens.push_back({"", "/", false, files});
  config.clock = WasiClock::virtual_time(1'000'000);
  config.random = wasi_random_from_seed(seed);
  Guest guest(tier);
  Result<Wasi> wasi = Wasi::make(std::move(config));
  EXPECT_THAT(wasi, Succeeds());
  wasi->add_to(guest.linker);
  const Result<int32_t> code = wasi->run(guest.load(kDeterministic));
  EXPECT_THAT(code, Succeeds());
  return {out.text(), *files.read("new.txt"), code ? *code : -1};
}

TEST_P(Embedded, two_runs_give_the_same_bytes_on_every_tier) {
  const auto begin = std::chrono::steady_clock::now();
  const Outcome first = run_deterministic(GetParam().config(), 7);
  EXPECT_EQ(first.code, 42);
  EXPECT_EQ(first.file, "some input" + first.out.substr(0, 152));
  const auto number = [&](size_t at) {
    uint64_t value;
    std::memcpy(&value, first.out.data() + at, sizeof(value));
    return value;
  };
  EXPECT_EQ(number(0), number(8) - 1000);
  EXPECT_GE(number(16) - number(8), 3'600'000'000'000u);  // the sleep, which took no time here:
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
  EXPECT_EQ(number(32), 1u);
  EXPECT_EQ(run_deterministic(GetParam().config(), 7), first);
  EXPECT_EQ(run_deterministic(config_of(Tier::interpreter), 7), first);
  EXPECT_NE(run_deterministic(GetParam().config(), 8), first);
}

// --- Functions of the embedder

constexpr const char* kStreams = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 4)
  (data (i32.const 0) "\40\00\00\00\04\00\00\00\44\00\00\00\04\00\00\00")  ;; 4 bytes at 64 and at 68
  (data (i32.const 64) "onetwo!!")
  (func (export "read") (result i32) (call $read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 32)))
  (func (export "write") (result i32) (call $write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 32)))
  (func (export "write_many") (result i32) (local $at i32)  ;; one byte 1100 times, which takes two pieces
    (local.set $at (i32.const 16384))
    (loop $next
      (i32.store (local.get $at) (i32.const 64)) (i32.store offset=4 (local.get $at) (i32.const 1))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 25184))))
    (call $write (i32.const 1) (i32.const 16384) (i32.const 1100) (i32.const 32)))
  (func (export "say") (result i32) (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 36)))
  (func (export "close") (result i32) (call $close (i32.const 1)))
  (func (export "time") (result i32) (call $time (i32.const 0) (i64.const 0) (i32.const 40)))
  (func (export "random") (result i32) (call $random (i32.const 40) (i32.const 8)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "sleep") (result i32)
    (i32.store (i32.const 144) (i32.const 1))
    (i64.store (i32.const 152) (i64.const 1000000000))
    (call $poll (i32.const 128) (i32.const 192) (i32.const 1) (i32.const 40)))))";

TEST_P(Embedded, an_exception_of_a_stream_ends_the_guest_and_leaves_the_program_usable) {
  bool throws = true;
  WasiConfig config;
  config.in = WasiRead([&](std::span<uint8_t>) -> Result<size_t> {
    if (throws) throw std::runtime_error("no input");
    return 0;
  });
  config.out = WasiWrite([&](std::string_view) -> Result<void> {
    if (throws) throw 7;
    return {};
  });
  Program program(std::move(config), kStreams);
  EXPECT_THAT(program.call("read"), Fails(ErrorKind::host, "no input"));
  EXPECT_THAT(program.call("write"), Fails(ErrorKind::host, "exception"));
  throws = false;
  EXPECT_THAT(program.call("read"), Returns(i32(0)));
  EXPECT_THAT(program.call("write"), Returns(i32(0)));
}

TEST_P(Embedded, a_stream_may_call_the_guest) {
  Program* self = nullptr;
  WasiBuffer err;
  WasiConfig config;
  config.err = err;
  config.in = WasiRead([&](std::span<uint8_t> buffer) -> Result<size_t> {
    EXPECT_THAT(self->call("say"), Returns(i32(0)));
    EXPECT_THAT(self->call("grow"), Succeeds());  // the memory stays where it is
    buffer[0] = 'I';
    return 1;
  });
  Program program(std::move(config), kStreams);
  self = &program;
  EXPECT_THAT(program.call("read"), Returns(i32(0)));
  EXPECT_EQ(program.instance->memory("memory")->data()[64], 'I');
  EXPECT_EQ(err.text(), "onet");
}

// The file is kept until the call is done.
TEST_P(Embedded, a_stream_may_be_closed_while_it_is_written_to) {
  Program* self = nullptr;
  std::string said;
  WasiConfig config;
  config.out = WasiWrite([&](std::string_view bytes) -> Result<void> {
    said += bytes;
    EXPECT_THAT(self->call("close"), Returns(i32(said.size() == 1 ? 0 : 8)));
    return {};
  });
  Program program(std::move(config), kStreams);
  self = &program;
  EXPECT_THAT(program.call("write_many"), Returns(i32(0)));
  EXPECT_EQ(said, std::string(1100, 'o'));
  EXPECT_THAT(program.call("write"), Returns(i32(8)));  // badf
}

TEST_P(Embedded, a_clock_a_generator_and_a_trace_that_call_the_guest_end_it) {
  Program* self = nullptr;
  const auto call = [&] { EXPECT_THAT(self->call("say"), Fails(ErrorKind::host, "must not call a guest")); };
  WasiConfig config;
  config.clock = WasiClock{.realtime = [&] { return call(), uint64_t{1}; }, .monotonic = [] { return uint64_t{1}; }};
  config.random = [&](std::span<uint8_t>) { call(); };
  Program program(config, kStreams);
  self = &program;
  EXPECT_THAT(program.call("time"), Returns(i32(0)));
  EXPECT_THAT(program.call("random"), Returns(i32(0)));
  config.trace = [&](std::string_view) { call(); };
  Program traced(config, kStreams);
  self = &traced;
  EXPECT_THAT(traced.call("grow"), Succeeds());
  EXPECT_THAT(traced.call("close"), Returns(i32(0)));
}

TEST_P(Embedded, a_sleep_on_a_clock_that_stands_still_ends_with_an_interrupt) {
  std::atomic<int> slept = 0;
  WasiConfig config;
  config.clock = WasiClock{.realtime = [] { return uint64_t{1}; },
                           .monotonic = [] { return uint64_t{1}; },
                           .sleep = [&](uint64_t nanoseconds) { slept += nanoseconds == 1'000'000'000; }};
  Program program(config, kStreams);
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(50));
    program.guest.store.interrupt();
  });
  EXPECT_THAT(program.call("sleep"), Traps(TrapCode::interrupted));
  other.join();
  EXPECT_GE(slept, 1);
  EXPECT_LE(slept, 2000);  // no busy loop
}

TEST_P(Embedded, a_clock_without_sleep_is_looked_at_until_the_time_has_come) {
  std::atomic<uint64_t> now = 1;
  WasiConfig config;
  config.clock = WasiClock{.realtime = [&] { return now.load(); }, .monotonic = [&] { return now.load(); }};
  Program program(config, kStreams);
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(20));
    now = 1'000'000'001;
  });
  EXPECT_THAT(program.call("sleep"), Returns(i32(0)));
  other.join();
}

TEST(embedded, virtual_time_never_goes_back) {
  const WasiClock clock = WasiClock::virtual_time(5, 3);
  EXPECT_EQ(clock.monotonic(), 5u);
  EXPECT_EQ(clock.realtime(), 8u);
  clock.sleep(100);
  EXPECT_EQ(clock.monotonic(), 111u);
  for (int i = 0; i < 3; ++i) clock.sleep(~uint64_t{0} / 2);
  EXPECT_EQ(clock.monotonic(), ~uint64_t{0});
  EXPECT_EQ(clock.monotonic(), ~uint64_t{0});
}

TEST(embedded, a_clock_needs_both_of_its_functions) {
  WasiConfig config;
  config.clock = WasiClock{.realtime = [] { return uint64_t{1}; }};
  EXPECT_THAT(Wasi::make(config), Fails(ErrorKind::usage, "monotonic"));
}

// --- Threads

// Each of eight threads makes a file of its own, writes its number to it and to standard output, and removes a shared
// file that all of them make.
constexpr const char* kThreads = R"((module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (export "memory" (memory 0))
  (global $done i32 (i32.const 0))
  (func $put (param $fd i32) (param $at i32)
    (i32.store (local.get $at) (local.get $at)) (i32.store offset=4 (local.get $at) (i32.const 4))
    (drop (call $write (local.get $fd) (local.get $at) (i32.const 1) (i32.add (local.get $at) (i32.const 16)))))
  (func (export "wasi_thread_start") (param $id i32) (param $n i32) (local $at i32) (local $i i32)
    (local.set $at (i32.mul (i32.add (local.get $n) (i32.const 1)) (i32.const 256)))
    (i32.store8 offset=64 (local.get $at) (i32.add (local.get $n) (i32.const 48)))
    (i32.store16 offset=80 (local.get $at) (i32.const 0x7878))  ;; "xx"
    (if (call $open (i32.const 3) (i32.const 0) (i32.add (local.get $at) (i32.const 64)) (i32.const 1) (i32.const 9)
          (i64.const 64) (i64.const 0) (i32.const 0) (i32.add (local.get $at) (i32.const 32)))
      (then unreachable))
    (loop $again
      (call $put (i32.load offset=32 (local.get $at)) (local.get $at))
      (call $put (i32.const 1) (local.get $at))
      (drop (call $open (i32.const 3) (i32.const 0) (i32.add (local.get $at) (i32.const 80)) (i32.const 2) (i32.const 1)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.add (local.get $at) (i32.const 36))))
      (drop (call $unlink (i32.const 3) (i32.add (local.get $at) (i32.const 80)) (i32.const 2)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))
    (drop (i32.atomic.rmw.add (global.get $done) (i32.const 1)))
    (drop (memory.atomic.notify (global.get $done) (i32.const 1))))
  (func (export "_start") (local $n i32) (local $seen i32)
    (loop $start
      (drop (call $spawn (local.get $n)))
      (br_if $start (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 8))))
    (loop $wait
      (local.set $seen (i32.atomic.load (global.get $done)))
      (if (i32.lt_u (local.get $seen) (i32.const 8))
        (then (drop (memory.atomic.wait32 (global.get $done) (local.get $seen) (i64.const -1))) (br $wait))))))
)";

TEST_P(Embedded, threads_use_one_tree_and_one_buffer) {
  WasiFiles files = *WasiFiles::make();
  WasiBuffer out;
  WasiConfig wasi_config;
  wasi_config.out = out;
  wasi_config.preopens.push_back({"", "/", false, files});
  Result<Wasi> wasi = Wasi::make(std::move(wasi_config));
  ASSERT_THAT(wasi, Succeeds());
  Config config = GetParam().config();
  ASSERT_TRUE(config.feature("threads", true));
  const Engine engine(config);
  Result<Module> module = Module::compile(engine, wat(kThreads));
  ASSERT_THAT(module, Succeeds());
  // The embedder looks at the files meanwhile.
  std::atomic<bool> stop = false;
  std::thread looker([&] {
    while (!stop) EXPECT_TRUE(files.list());
  });
  const Result<int32_t> code = wasi->run_threads(engine, *module);
  stop = true;
  looker.join();
  ASSERT_THAT(code, Succeeds());
  EXPECT_EQ(*code, 0);
  EXPECT_EQ(out.text().size(), 8u * 50 * 4);
  for (int n = 0; n < 8; ++n) EXPECT_EQ(files.read(std::to_string(n))->size(), 200u);
  EXPECT_EQ(files.list()->size(), 8u);
}

}  // namespace
}  // namespace mini_wasm
