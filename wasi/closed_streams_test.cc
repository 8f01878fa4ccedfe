// Programs whose host has closed some of the standard streams. These are closed for the guest as well (EBADF), no
// matter what is opened later, and no other file becomes a stream.
#include "spec-tests/support/closed_streams.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

using namespace mini_wasm::testing;
using wasi::Guest;

int closed_for(Guest& guest) {
  const uint32_t stat = guest.alloc(24);
  int closed = 0;
  for (uint32_t fd = 0; fd < 3; ++fd) {
    const Errno error = guest.call("fd_fdstat_get", {fd, stat});
    if (error != Errno::success && error != Errno::badf) return -1;
    closed |= static_cast<int>(error == Errno::badf) << fd;
  }
  return closed;
}

TEST(closed_streams, whatever_the_guest_opens) {
  for (const auto strategy : {Sandbox::Strategy::walk, Sandbox::best_strategy()}) {
    for (int closed = 0; closed < kStreamSets; ++closed) {
      const TempDir dir;
      dir.mkdir("d");
      dir.write("d/file", "text");
      dir.symlink("d/file", "link");
      const auto work = [&] {
        Guest guest = Guest::in(dir, strategy);
        if (closed_for(guest) != closed) return 99;
        uint32_t fd = 0;  // in the guest, its own files may have the free numbers
        for (const char* path : {"d/file", "d/../link", "d", "new"}) {
          Guest::Opening how;
          if (std::string_view(path) == "new") how.oflags = o_flags::kCreat;
          if (std::string_view(path) == "d") how.oflags = o_flags::kDirectory;
          if (guest.open(path, how, fd) != Errno::success || closed_now() != closed) return 100;
        }
        const uint32_t buffer = guest.alloc(1000), used = guest.alloc(4);
        if (guest.call("fd_readdir", {3, buffer, 1000, 0, used}) != Errno::success) return 101;
        const uint32_t name = guest.put_text("link"), stat = guest.alloc(64);
        if (guest.call("path_filestat_get", {3, 1, name, 4, stat}) != Errno::success) return 102;
        Guest second = Guest::in(dir, strategy);  // while files of the first are open
        return closed_now() == closed ? closed_for(second) : 103;
      };
      EXPECT_EQ(with_closed_streams(closed, work), closed);
    }
  }
}

TEST(closed_streams, connections_that_are_accepted) {
  const TempDir dir;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, (dir / "s").c_str());
  const auto* at = reinterpret_cast<const sockaddr*>(&address);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_TRUE(::bind(listener, at, sizeof address) == 0 && ::listen(listener, 9) == 0);
  for (int closed = 0; closed < kStreamSets; ++closed) {
    const int client = socket(AF_UNIX, SOCK_STREAM, 0);
    const auto work = [&] {
      WasiConfig config;
      config.sockets.push_back(listener);
      Guest guest(config);
      const uint32_t fd = guest.alloc(4);
      if (::connect(client, at, sizeof address) != 0) return 100;
      if (closed_for(guest) != closed) return 101;
      if (guest.call("sock_accept", {3, 0, fd}) != Errno::success) return 102;
      return closed_now();
    };
    EXPECT_EQ(with_closed_streams(closed, work), closed);
    close(client);
  }
  close(listener);
}

// For a moment, a file that another thread opens has a free low number, before it is moved to a higher one.
TEST(closed_streams, made_while_another_thread_opens_files) {
  const TempDir dir;
  dir.write("file", "another guest's");
  const auto work = [&] {
    std::atomic<bool> stop{false};
    std::thread opens([&] {
      Guest other = Guest::in(dir);
      for (uint32_t fd = 0; !stop;) {
        other.forget_allocations();
        if (other.open("file", {.base = rights::fd_read}, fd) == Errno::success) other.call("fd_close", {fd});
      }
    });
    int result = 7;
    for (int i = 0; i < 200 && result == 7; ++i) {
      Guest guest;
      result = closed_for(guest);
    }
    stop = true;
    opens.join();
    return result;
  };
  EXPECT_EQ(with_closed_streams(7, work), 7);
}

// A stream is the file that the embedder named, even if it was opened late and is closed on exec.
TEST(closed_streams, a_file_of_the_embedders_at_a_low_number) {
  const TempDir dir;
  EXPECT_EQ(with_closed_streams(2,
                                [&] {
                                  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
                                  if (::open((dir / "out").c_str(), flags, 0600) != 1) return 100;
                                  Guest guest;
                                  const uint32_t text = guest.put_text("hello"), written = guest.alloc(4);
                                  const uint32_t list = guest.put_iovecs({{text, 5}});
                                  return static_cast<int>(guest.call("fd_write", {1, list, 1, written}));
                                }),
            0);
  EXPECT_EQ(dir.read("out"), "hello");
}

constexpr std::string_view kProgram = R"((module
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 3) (data (i32.const 70000) "x")
  (func (export "sleep") (result i32)
    (i32.store offset=16 (i32.const 0) (i32.const 1)) (i64.store offset=24 (i32.const 0) (i64.const 1))
    (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
  (func $closed (param $fd i32) (result i32) (i32.eq (i32.const 8) (call $fdstat (local.get $fd) (i32.const 0))))
  (func (export "closed") (result i32)
    (i32.or (call $closed (i32.const 0)) (i32.or (i32.shl (call $closed (i32.const 1)) (i32.const 1))
                                                 (i32.shl (call $closed (i32.const 2)) (i32.const 2)))))
  ;; a buffer of zeros, which where code lies would be instructions
  (func (export "write") (param i32) (result i32)
    (i32.store (i32.const 200) (i32.const 70001)) (i32.store (i32.const 204) (i32.const 60000))
    (call $write (local.get 0) (i32.const 200) (i32.const 1) (i32.const 208)))))";

TEST(closed_streams, whatever_the_engine_opens) {
  const TempDir dir, cache;
  for (const spec::TierCase& tier : spec::kTiers) {
    Config config = tier.config();
    config.cache_dir = cache.path().string();
    config.cache_key_file = (cache / "key").string();
    const auto work = [&](int closed) {
      WasiConfig streams;
      streams.preopens.push_back({dir.path().string(), "/", false});
      Result<Wasi> early = Wasi::make(streams);
      const Engine engine(config);
      const Result<Module> module = Module::compile(engine, wat(kProgram));
      for (int i = 0; i < 4; ++i) {
        Result<Wasi> late = Wasi::make(streams);
        for (Wasi* wasi : {&*early, &*late}) {
          Store store(engine);
          Linker linker(store);
          wasi->add_to(linker);
          const Result<Instance> instance = linker.instantiate(*module);
          const auto call = [&](const char* name, std::initializer_list<Val> args = {}) {
            return instance->func(name)->call(args)->front().i32();
          };
          if (call("sleep") != 0 || call("closed") != closed) return 100;
          for (int fd = 0; fd < 3; ++fd) {
            if ((closed >> fd & 1) != 0 && call("write", {Val::i32(fd)}) != 8) return 101;
          }
          if (closed_now() != closed || call("closed") != closed) return 102;
        }
      }
      return 0;
    };
    for (int closed = 0; closed < kStreamSets; ++closed) {
      EXPECT_EQ(with_closed_streams(closed, [&] { return work(closed); }), 0) << tier.name << ' ' << closed;
    }
  }
}

}  // namespace
}  // namespace mini_wasm::wasi
