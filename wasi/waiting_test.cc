// Calls that wait: an interrupt of the store ends each of them, whenever it comes, and calls of other threads run
// meanwhile. What is waited for never happens by itself, so that a call that is not ended makes the test hang.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "scripts/temporary_directory.h"
#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Long enough for busy machines.
constexpr auto kSoon = milliseconds(500);

// Standard input is an empty pipe, standard output a full one. 3 is a directory with two FIFOs, 4 a listening socket, 5
// and 6 are stream sockets on which no data arrives. Each function returns an errno.
constexpr const char* kGuest = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv" (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 40)
  (data (i32.const 0) "\40\00\00\00\10\00\00\00")             ;; 16 bytes at 64
  (data (i32.const 8) "\00\00\01\00\00\00\20\00")             ;; 2 MiB at 65536
  (data (i32.const 16) "inout")
  (data (i32.const 128) "\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\00\00\00\00")  ;; reading from 0
  (func (export "fd_read") (result i32) (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))
  (func (export "fd_read_of_a_socket") (result i32)
    (call $fd_read (i32.const 5) (i32.const 0) (i32.const 1) (i32.const 32)))
  (func (export "fd_write") (result i32) (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
  (func (export "fd_write_of_much") (result i32)
    (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 32)))
  (func (export "sock_accept") (result i32) (call $accept (i32.const 4) (i32.const 0) (i32.const 32)))
  (func (export "sock_recv") (result i32)
    (call $recv (i32.const 5) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 32) (i32.const 36)))
  (func (export "sock_recv_of_all") (result i32)
    (call $recv (i32.const 5) (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 32) (i32.const 36)))
  (func (export "sock_recv_peeking_at_all") (result i32)
    (call $recv (i32.const 5) (i32.const 0) (i32.const 1) (i32.const 3) (i32.const 32) (i32.const 36)))
  (func (export "sock_send") (result i32)  ;; the second finds no room
    (drop (call $send (i32.const 6) (i32.const 8) (i32.const 1) (i32.const 0) (i32.const 32)))
    (call $send (i32.const 6) (i32.const 8) (i32.const 1) (i32.const 0) (i32.const 32)))
  (func (export "poll_oneoff") (result i32)
    (call $poll (i32.const 128) (i32.const 192) (i32.const 1) (i32.const 32)))
  (func (export "sleep") (result i32)
    (i32.store (i32.const 272) (i32.const 1))
    (i64.store (i32.const 280) (i64.const -1))
    (i32.store8 (i32.const 264) (i32.const 0))
    (call $poll (i32.const 256) (i32.const 320) (i32.const 1) (i32.const 32)))
  (func (export "path_open_to_read") (result i32) (call $open_at (i32.const 16) (i32.const 2) (i64.const 2)))
  (func (export "path_open_to_write") (result i32) (call $open_at (i32.const 18) (i32.const 3) (i64.const 64)))
  (func $open_at (param i32 i32 i64) (result i32)
    (call $open (i32.const 3) (i32.const 0) (local.get 0) (local.get 1) (i32.const 0) (local.get 2) (i64.const 0)
      (i32.const 0) (i32.const 32)))
  (func (export "close_5") (result i32) (call $fd_close (i32.const 5)))
  (func (export "say") (result i32) (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 48)))))";

constexpr const char* kWaits[] = {
    "fd_read",   "fd_read_of_a_socket", "fd_write",           "fd_write_of_much",         "sock_accept",
    "sock_recv", "sock_recv_of_all",    "poll_oneoff",        "sock_recv_peeking_at_all", "sock_send",
    "sleep",     "path_open_to_read",   "path_open_to_write",
};

struct Pipe {
  int ends[2];
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  }
  ~Pipe() {
    for (const int end : ends) ::close(end);
  }
  Pipe(const Pipe&) = delete;
  int out() const { return ends[0]; }
  int in() const { return ends[1]; }
  void fill() const {
    const int flags = ::fcntl(in(), F_GETFL);
    ::fcntl(in(), F_SETFL, flags | O_NONBLOCK);
    while (::write(in(), "x", 1) == 1) {
    }
    ::fcntl(in(), F_SETFL, flags);
  }
};

struct SocketPair {
  int ends[2];
  SocketPair() {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  }
  ~SocketPair() {
    for (const int end : ends) ::close(end);
  }
  SocketPair(const SocketPair&) = delete;
};

struct Listener {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  Listener() {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const at = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd, at, size) != 0 || ::listen(fd, 4) != 0 || ::getsockname(fd, at, &size) != 0) std::abort();
  }
  ~Listener() { ::close(fd); }
  Listener(const Listener&) = delete;
  void connect() const {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ::close(client);
  }
};

class Waiting : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Waiting() {
    full.fill();
    for (const char* name : {"in", "out"}) EXPECT_EQ(::mkfifo((directory.path() / name).c_str(), 0600), 0);
    WasiConfig config;
    config.in = empty.out();
    config.out = full.in();
    config.err = said.in();
    config.preopens.push_back({directory.path().string(), "/"});
    config.sockets = {listener.fd, silent.ends[0], deaf.ends[0]};
    Result<Wasi> made = Wasi::make(std::move(config));
    EXPECT_TRUE(made);
    wasi = std::make_unique<Wasi>(std::move(*made));
  }
  // One guest of the program; each has a store of its own.
  struct Thread {
    explicit Thread(Waiting& test) : guest(GetParam().config()) {
      test.wasi->add_to(guest.linker);
      instance = guest.load(kGuest);
    }
    Result<std::vector<Val>> call(const char* name) { return guest.call(*instance, name); }
    Guest guest;
    std::optional<Instance> instance;
  };
  // Calls the function on another thread, runs `meanwhile` here while it (most likely) waits, then interrupts it.
  void interrupted_after(Thread& waiting, const char* name, const std::function<void()>& meanwhile) {
    std::thread other([&] { EXPECT_THAT(waiting.call(name), Traps(TrapCode::interrupted)) << name; });
    std::this_thread::sleep_for(milliseconds(10));
    meanwhile();
    const auto asked = Clock::now();
    waiting.guest.store.interrupt();
    other.join();
    EXPECT_LT(Clock::now() - asked, kSoon) << name;
    waiting.guest.store.clear_interrupt();
  }

  TemporaryDirectory directory;
  Pipe empty, full, said;
  Listener listener;
  SocketPair silent, deaf;
  std::unique_ptr<Wasi> wasi;
};
INSTANTIATE_TEST_SUITE_P(tiers, Waiting, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(Waiting, ends_with_an_interrupt) {
  Thread thread(*this);
  for (const char* name : kWaits) {
    interrupted_after(thread, name, [] {});
    thread.guest.store.interrupt();  // comes before the call
    EXPECT_THAT(thread.call(name), Traps(TrapCode::interrupted)) << name;
    thread.guest.store.clear_interrupt();
  }
}

// Interrupts before, during and after every step towards the wait.
TEST_P(Waiting, no_interrupt_is_lost) {
  Thread thread(*this);
  for (const char* name : kWaits) {
    for (int repetition = 0; repetition < 40; ++repetition) {
      std::atomic<bool> go = false;
      std::thread other([&] {
        while (!go) {
        }
        for (int spin = 0; spin < repetition * 200; ++spin) asm volatile("");
        thread.guest.store.interrupt();
      });
      go = true;
      EXPECT_THAT(thread.call(name), Traps(TrapCode::interrupted)) << name;
      other.join();
      thread.guest.store.clear_interrupt();
    }
  }
}

// Either the wait continues or the guest traps. The guest never sees a call that failed.
TEST_P(Waiting, goes_on_when_the_interrupt_is_taken_back) {
  Thread thread(*this);
  for (int repetition = 0; repetition < 40; ++repetition) {
    std::thread other([&] {
      for (int i = 0; i < repetition; ++i) {
        thread.guest.store.interrupt();
        thread.guest.store.clear_interrupt();
      }
      EXPECT_EQ(::write(empty.in(), "x", 1), 1);
    });
    const auto result = thread.call("fd_read");
    other.join();
    EXPECT_THAT(result, ::testing::AnyOf(Returns(i32(0)), Traps(TrapCode::interrupted)));
    char byte;
    if (!result) {
      EXPECT_EQ(::read(empty.out(), &byte, 1), 1);
    }
  }
}

TEST_P(Waiting, keeps_no_other_thread_from_its_calls) {
  Thread waiting(*this), other(*this);
  for (const char* name : kWaits) {
    interrupted_after(waiting, name, [&] { EXPECT_THAT(other.call("say"), Returns(i32(0))) << name; });
  }
}

TEST_P(Waiting, ends_when_there_is_something) {
  Thread thread(*this);
  const auto returns_after = [&](const char* name, const std::function<void()>& happens) {
    std::thread other([&] {
      std::this_thread::sleep_for(milliseconds(10));
      happens();
    });
    EXPECT_THAT(thread.call(name), Returns(i32(0))) << name;
    other.join();
  };
  const auto write_to = [](int fd, size_t size) {
    return [=] { EXPECT_EQ(::write(fd, "0123456789abcdef", size), static_cast<ssize_t>(size)); };
  };
  returns_after("fd_read", write_to(empty.in(), 1));
  returns_after("poll_oneoff", write_to(empty.in(), 1));
  returns_after("fd_read_of_a_socket", write_to(silent.ends[1], 1));
  returns_after("sock_recv", write_to(silent.ends[1], 1));
  returns_after("sock_recv_of_all", [&] {
    for (int i = 0; i < 16; ++i) write_to(silent.ends[1], 1)();
  });
  returns_after("sock_recv_peeking_at_all", write_to(silent.ends[1], 16));
  returns_after("sock_accept", [&] { listener.connect(); });
  // The pipe takes all of it, in parts.
  returns_after("fd_write_of_much", [&] {
    std::string read(size_t{3} << 20, ' ');
    for (size_t size = 0; size < (size_t{2} << 20) + 65536;) {
      const ssize_t piece = ::read(full.out(), read.data(), read.size());
      if (piece <= 0) break;
      size += static_cast<size_t>(piece);
    }
  });
  // Somebody who opens the other end of a FIFO need not write anything.
  int end = -1;
  returns_after("path_open_to_read", [&] { end = ::open((directory.path() / "in").c_str(), O_WRONLY | O_NONBLOCK); });
  EXPECT_GE(end, 0);
  ::close(end);
  returns_after("path_open_to_write", [&] { end = ::open((directory.path() / "out").c_str(), O_RDONLY | O_NONBLOCK); });
  EXPECT_GE(end, 0);
  ::close(end);
}

// A terminal whose open file another process may share: its mode must not change.
TEST_P(Waiting, ends_at_a_terminal) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(master, 0);
  ASSERT_EQ(::grantpt(master) | ::unlockpt(master), 0);
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(slave, 0);
  WasiConfig config;
  config.in = slave;
  config.out = slave;
  Result<Wasi> made = Wasi::make(std::move(config));
  ASSERT_THAT(made, Succeeds());
  *wasi = std::move(*made);
  Thread thread(*this);
  for (const char* name : {"fd_read", "fd_write_of_much", "poll_oneoff"}) interrupted_after(thread, name, [] {});
  EXPECT_EQ(::fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(::write(master, "typed\n", 6), 6);
  EXPECT_THAT(thread.call("fd_read"), Returns(i32(0)));
  const auto memory = thread.instance->memory("memory")->data();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(memory.data()) + 64, 6), "typed\n");
  ::close(slave);
  ::close(master);
}

// The number is free at once; the socket stays open until the wait is over.
TEST_P(Waiting, another_thread_may_close_what_is_waited_for) {
  Thread waiting(*this), other(*this);
  ::close(std::exchange(silent.ends[0], -1));
  ASSERT_EQ(::write(silent.ends[1], "x", 1), 1);
  EXPECT_THAT(waiting.call("sock_recv"), Returns(i32(0)));  // compiled from now on
  std::thread thread([&] { EXPECT_THAT(waiting.call("sock_recv"), Returns(i32(0))); });
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_THAT(other.call("close_5"), Returns(i32(0)));
  EXPECT_EQ(::send(silent.ends[1], "x", 1, MSG_NOSIGNAL), 1);
  thread.join();
  EXPECT_EQ(::send(silent.ends[1], "x", 1, MSG_NOSIGNAL), -1);  // closed by now
  EXPECT_THAT(other.call("close_5"), Returns(i32(8)));          // badf
}

// When no descriptor is left for it, an interrupt is noticed all the same.
TEST_P(Waiting, ends_without_a_descriptor_for_the_interrupt) {
  Thread thread(*this);
  std::vector<int> taken;
  for (int fd; (fd = ::dup(0)) >= 0;) taken.push_back(fd);
  interrupted_after(thread, "fd_read", [] {});
  for (const int fd : taken) ::close(fd);
}

// --- wasi-threads

// Thread n runs function n of the table. main waits in a function of its own, or does not wait.
std::string program(const char* thread, const char* main) {
  return std::string(R"((module
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "env" "memory" (memory 1 1 shared))
    (export "memory" (memory 0))
    (func $read (i32.store (i32.const 4) (i32.const 16))
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func $write (i32.store (i32.const 20) (i32.const 16))
      (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
    (func $poll_for_ever
      (i32.store (i32.const 48) (i32.const 1)) (i64.store (i32.const 56) (i64.const -1))
      (drop (call $poll (i32.const 32) (i32.const 128) (i32.const 1) (i32.const 24))))
    (func $nap
      (i32.store (i32.const 216) (i32.const 1)) (i64.store (i32.const 224) (i64.const 20000000))
      (drop (call $poll (i32.const 200) (i32.const 300) (i32.const 1) (i32.const 400))))
    (func $connection (drop (call $accept (i32.const 4) (i32.const 0) (i32.const 24))))
    (func $wait (drop (memory.atomic.wait32 (i32.const 500) (i32.const 0) (i64.const -1))))
    (func $exits (call $nap) (call $exit (i32.const 7)))
    (func $traps (call $nap) (unreachable))
    (func (export "wasi_thread_start") (param i32 i32) (call $)") +
         thread + ")) (func (export \"_start\") (drop (call $spawn (i32.const 0))) (call $" + main + ")))";
}

class WaitingThreads : public Waiting {
 protected:
  Result<int32_t> run(const std::string& text) {
    Config config = GetParam().config();
    EXPECT_TRUE(config.feature("threads", true));
    const Engine engine(config);
    Result<Module> module = Module::compile(engine, wat(text));
    if (!module) return std::move(module).error();
    return wasi->run_threads(engine, *module);
  }
};
INSTANTIATE_TEST_SUITE_P(tiers, WaitingThreads, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

constexpr const char* kThreadWaits[] = {"read", "write", "poll_for_ever", "connection", "wait"};

TEST_P(WaitingThreads, end_when_main_returns) {
  for (const char* wait : kThreadWaits) {
    const Result<int32_t> code = run(program(wait, "nap"));
    ASSERT_THAT(code, Succeeds()) << wait;
    EXPECT_EQ(*code, 0) << wait;
  }
}

TEST_P(WaitingThreads, main_ends_with_an_exit_or_a_trap_of_another_thread) {
  for (const char* wait : kThreadWaits) {
    const Result<int32_t> code = run(program("exits", wait));
    ASSERT_THAT(code, Succeeds()) << wait;
    EXPECT_EQ(*code, 7) << wait;
    const Result<int32_t> trap = run(program("traps", wait));
    ASSERT_FALSE(trap) << wait;
    EXPECT_EQ(trap.error().trap_code, TrapCode::unreachable) << wait;
  }
}

}  // namespace
}  // namespace mini_wasm
