// Reading, writing and seeking.
#include <fcntl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <utility>

#include "spec-tests/support/refused_system_calls.h"
#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

class IoTest : public EveryStorage {
 protected:
  IoTest() { dir.write("file", "0123456789"); }
  Errno seek(uint32_t fd, int64_t offset, uint32_t whence, uint64_t* position = nullptr) {
    const uint32_t out = guest.alloc(8);
    const Errno error = guest.call("fd_seek", {fd, static_cast<uint64_t>(offset), whence, out});
    if (position != nullptr) *position = guest.get<uint64_t>(out);
    EXPECT_TRUE(guest.wrote_only({{out, error == Errno::success ? 8u : 0u}}));
    return error;
  }

  TempDir dir{GetParam()};
  Guest guest = Guest::in(dir, GetParam());
};
INSTANTIATE_EVERY_STORAGE(IoTest);

TEST_P(IoTest, read_fills_buffers_in_turn_and_touches_nothing_else) {
  const uint32_t fd = guest.opened("file"), a = guest.alloc(3), b = guest.alloc(100), count = guest.alloc(4);
  const uint32_t list = guest.put_iovecs({{a, 3}, {b, 0}, {b, 100}});
  ASSERT_EQ(guest.call("fd_read", {fd, list, 3, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), 10u);
  EXPECT_EQ(guest.text(a, 3), "012");
  EXPECT_EQ(guest.text(b, 7), "3456789");
  EXPECT_TRUE(guest.wrote_only({{a, 3}, {b, 7}, {count, 4}}));
  EXPECT_EQ(guest.read(fd, 5), "");
}

TEST_P(IoTest, write_gathers_buffers_in_turn) {
  const uint32_t fd = guest.created("new"), count = guest.alloc(4);
  const uint32_t list = guest.put_iovecs({{guest.put_text("ab"), 2}, {guest.put_text("cde"), 3}});
  ASSERT_EQ(guest.call("fd_write", {fd, list, 2, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), 5u);
  EXPECT_TRUE(guest.wrote_only({{count, 4}}));
  EXPECT_EQ(dir.read("new"), "abcde");
}

TEST_P(IoTest, pread_and_pwrite_leave_the_position_alone) {
  const uint32_t fd = guest.opened("file", {}), buffer = guest.alloc(4), count = guest.alloc(4);
  ASSERT_EQ(guest.call("fd_pread", {fd, guest.put_iovecs({{buffer, 4}}), 1, 8, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), 2u);
  EXPECT_EQ(guest.text(buffer, 2), "89");
  EXPECT_TRUE(guest.wrote_only({{buffer, 2}, {count, 4}}));
  ASSERT_EQ(guest.call("fd_pwrite", {fd, guest.put_iovecs({{guest.put_text("XY"), 2}}), 1, 4, count}), Errno::success);
  EXPECT_EQ(dir.read("file"), "0123XY6789");
  EXPECT_EQ(guest.read(fd, 3), "012");
  for (const char* name : {"fd_pread", "fd_pwrite"}) {
    EXPECT_EQ(guest.call(name, {fd, guest.put_iovecs({{buffer, 4}}), 1, ~uint64_t{0}, count}), Errno::inval);
  }
}

TEST_P(IoTest, a_list_longer_than_the_host_takes_goes_in_pieces) {
  const uint32_t fd = guest.created("many"), text = guest.put_text("x"), count = guest.alloc(4);
  const Size n = 3000;
  const uint32_t list = guest.alloc(n * sizeof(Iovec));
  for (Size i = 0; i < n; ++i) {
    const Iovec one{text, 1};
    std::memcpy(guest.memory().data() + list + i * sizeof(Iovec), &one, sizeof(one));
  }
  ASSERT_EQ(guest.call("fd_write", {fd, list, n, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), n);
  EXPECT_EQ(dir.read("many").size(), n);
  ASSERT_EQ(seek(fd, 0, 0), Errno::success);
  ASSERT_EQ(guest.call("fd_read", {fd, list, n, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), n);
}

TEST_P(IoTest, buffers_outside_memory_or_wrapping_are_a_fault_before_anything_is_read) {
  const uint32_t fd = guest.opened("file"), count = guest.alloc(4), good = guest.alloc(4);
  for (const Iovec bad :
       {Iovec{Guest::kMemorySize - 2, 4}, Iovec{0xffff'fff0, 0x20}, Iovec{16, 0xffff'ffff}, Iovec{0xffff'ffff, 1}}) {
    const uint32_t list = guest.put_iovecs({{good, 4}, bad});
    EXPECT_EQ(guest.call("fd_read", {fd, list, 2, count}), Errno::fault);
    EXPECT_TRUE(guest.wrote_only({}));
  }
  const uint32_t list = guest.put_iovecs({{good, 4}});
  EXPECT_EQ(guest.call("fd_read", {fd, list, 0x2000'0001, count}), Errno::fault);
  EXPECT_EQ(guest.call("fd_read", {fd, list, 0xffff'ffff, count}), Errno::fault);
  EXPECT_EQ(guest.read(fd, 4), "0123");
}

TEST_P(IoTest, buffers_may_overlap_each_other_and_the_list) {
  const uint32_t fd = guest.opened("file"), buffer = guest.alloc(8), count = guest.alloc(4);
  ASSERT_EQ(guest.call("fd_read", {fd, guest.put_iovecs({{buffer, 4}, {buffer + 2, 4}}), 2, count}), Errno::success);
  EXPECT_EQ(guest.text(buffer, 6), "014567");
  const uint32_t list = guest.alloc(16);
  const Iovec onto_itself[] = {{list, 2}, {buffer, 4}};
  std::memcpy(guest.memory().data() + list, onto_itself, sizeof(onto_itself));
  ASSERT_EQ(guest.call("fd_read", {fd, list, 2, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), 2u);
  EXPECT_EQ(guest.text(list, 2), "89");
}

TEST_P(IoTest, misaligned_lists_and_results_work) {
  const uint32_t fd = guest.opened("file"), buffer = guest.alloc(4), list = guest.alloc(16) + 1;
  const uint32_t count = guest.alloc(8) + 3;
  const Iovec one{buffer, 4};
  std::memcpy(guest.memory().data() + list, &one, sizeof(one));
  ASSERT_EQ(guest.call("fd_read", {fd, list, 1, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), 4u);
}

TEST_P(IoTest, no_buffers_are_no_bytes) {
  const uint32_t fd = guest.opened("file"), count = guest.alloc(4);
  ASSERT_EQ(guest.call("fd_read", {fd, 0, 0, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), 0u);
}

TEST_P(IoTest, directories_are_isdir) {
  const uint32_t list = guest.put_iovecs({{guest.alloc(4), 4}}), out = guest.alloc(8);
  EXPECT_EQ(guest.call("fd_read", {3, list, 1, out}), Errno::isdir);
  EXPECT_EQ(guest.call("fd_write", {3, list, 1, out}), Errno::isdir);
  EXPECT_EQ(guest.call("fd_pread", {3, list, 1, 0, out}), Errno::isdir);
  EXPECT_EQ(guest.call("fd_pwrite", {3, list, 1, 0, out}), Errno::isdir);
  EXPECT_EQ(guest.call("fd_seek", {3, 0, 0, out}), Errno::isdir);
  EXPECT_EQ(guest.call("fd_tell", {3, out}), Errno::isdir);
}

TEST_P(IoTest, seek_goes_from_start_position_and_end) {
  const uint32_t fd = guest.opened("file");
  uint64_t position = 0;
  EXPECT_EQ(seek(fd, 4, 0, &position), Errno::success);
  EXPECT_EQ(position, 4u);
  EXPECT_EQ(seek(fd, -1, 1, &position), Errno::success);
  EXPECT_EQ(position, 3u);
  EXPECT_EQ(seek(fd, -2, 2, &position), Errno::success);
  EXPECT_EQ(position, 8u);
  EXPECT_EQ(guest.read(fd, 9), "89");
  EXPECT_EQ(seek(fd, 100, 2, &position), Errno::success);
  EXPECT_EQ(position, 110u);
  const uint32_t out = guest.alloc(8);
  EXPECT_EQ(guest.call("fd_tell", {fd, out}), Errno::success);
  EXPECT_EQ(guest.get<uint64_t>(out), 110u);
}

TEST_P(IoTest, seeking_before_the_start_or_by_an_unknown_whence_is_inval) {
  const uint32_t fd = guest.opened("file");
  EXPECT_EQ(seek(fd, -1, 0), Errno::inval);
  EXPECT_EQ(seek(fd, -11, 2), Errno::inval);
  EXPECT_EQ(seek(fd, std::numeric_limits<int64_t>::min(), 1), Errno::inval);
  EXPECT_EQ(seek(fd, 0, 3), Errno::inval);
  EXPECT_EQ(seek(fd, 0, 256), Errno::inval);
}

TEST_P(IoTest, the_right_to_tell_allows_to_seek_by_nothing_only) {
  const uint32_t fd = guest.opened("file");
  ASSERT_EQ(guest.call("fd_fdstat_set_rights", {fd, rights::fd_tell, 0}), Errno::success);
  EXPECT_EQ(seek(fd, 0, 1), Errno::success);
  EXPECT_EQ(seek(fd, 1, 1), Errno::notcapable);
  const uint32_t seeks = guest.opened("file");
  ASSERT_EQ(guest.call("fd_fdstat_set_rights", {seeks, rights::fd_seek, 0}), Errno::success);
  EXPECT_EQ(guest.call("fd_tell", {seeks, guest.alloc(8)}), Errno::success);
}

TEST_P(IoTest, appending_ignores_the_position) {
  const uint32_t fd = guest.opened("file", {.fdflags = fd_flags::kAppend});
  EXPECT_EQ(guest.write(fd, "ab"), Errno::success);
  EXPECT_EQ(seek(fd, 0, 0), Errno::success);
  EXPECT_EQ(guest.write(fd, "c"), Errno::success);
  EXPECT_EQ(dir.read("file"), "0123456789abc");
}

TEST_P(IoTest, a_pipe_has_no_position_and_a_closed_one_is_epipe_without_a_signal) {
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  WasiConfig config;
  config.out = pipe_fds[1];
  Guest writer(config);
  EXPECT_EQ(writer.call("fd_seek", {1, 0, 0, writer.alloc(8)}), Errno::spipe);
  ::close(pipe_fds[0]);
  EXPECT_EQ(writer.write(1, "nobody reads this"), Errno::pipe);
  EXPECT_EQ(writer.write(1, "nor this"), Errno::pipe);
  sigset_t pending;
  ASSERT_EQ(sigpending(&pending), 0);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
  ::close(pipe_fds[1]);
}

TEST_P(IoTest, a_short_read_from_a_pipe_is_reported) {
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  ASSERT_EQ(::write(pipe_fds[1], "abc", 3), 3);
  WasiConfig config;
  config.in = pipe_fds[0];
  Guest reader(config);
  EXPECT_EQ(reader.read(0, 100), "abc");
  ::close(pipe_fds[1]);
  EXPECT_EQ(reader.read(0, 100), "");
  ::close(pipe_fds[0]);
}

// More empty buffers than the host accepts in one call, before the first buffer that has room.
TEST_P(IoTest, empty_buffers_do_not_hide_a_real_one) {
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  WasiConfig config;
  config.in = pipe_fds[0];
  config.out = pipe_fds[1];
  Guest both(config);
  constexpr Size kEmpty = 3000;
  const uint32_t list = both.alloc((kEmpty + 1) * sizeof(Iovec)), count = both.alloc(4), text = both.put_text("abc");
  std::memset(both.memory().data() + list, 0, kEmpty * sizeof(Iovec));
  const Iovec real{text, 3};
  std::memcpy(both.memory().data() + list + kEmpty * sizeof(Iovec), &real, sizeof(real));
  ASSERT_EQ(both.call("fd_write", {1, list, kEmpty + 1, count}), Errno::success);
  EXPECT_EQ(both.get<Size>(count), 3u);
  std::memset(both.memory().data() + text, 0, 3);
  ASSERT_EQ(both.call("fd_read", {0, list, kEmpty + 1, count}), Errno::success);
  EXPECT_EQ(both.get<Size>(count), 3u);
  EXPECT_EQ(both.text(text, 3), "abc");
  for (const int fd : pipe_fds) ::close(fd);
}

// Reads from an empty pipe, and writes to a full one.
void transfer_only_empty_buffers() {
  int pipe_fds[2];
  ASSERT_EQ(::pipe2(pipe_fds, O_NONBLOCK), 0);
  WasiConfig config;
  config.in = pipe_fds[0];
  config.out = pipe_fds[1];
  Guest both(config);
  constexpr Size kEmpty = 3000;
  const uint32_t list = both.alloc(kEmpty * sizeof(Iovec)), count = both.alloc(4);
  std::memset(both.memory().data() + list, 0, kEmpty * sizeof(Iovec));
  const char bytes[4096] = {};
  for (const uint32_t fd : {0, 1}) {
    while (fd == 1 && ::write(pipe_fds[1], bytes, sizeof(bytes)) > 0) continue;
    ::fcntl(pipe_fds[fd], F_SETFL, 0);
    for (const Size length : {Size{0}, Size{1}, kEmpty}) {
      ASSERT_EQ(both.call(fd == 0 ? "fd_read" : "fd_write", {fd, list, length, count}), Errno::success) << length;
      EXPECT_EQ(both.get<Size>(count), 0u);
    }
  }
  for (const int fd : pipe_fds) ::close(fd);
}

TEST_P(IoTest, empty_buffers_wait_for_nothing) { transfer_only_empty_buffers(); }
TEST_P(IoTest, empty_buffers_wait_for_nothing_where_the_system_cannot_say_that_it_would_wait) {
  testing::where_system_calls_fail({SYS_preadv2, SYS_pwritev2}, EOPNOTSUPP, transfer_only_empty_buffers);
}

// A guest may be at either end of a pseudo-terminal.
TEST_P(IoTest, both_ends_of_a_terminal_can_be_read_and_written) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) GTEST_SKIP() << "no pseudo-terminals";
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  termios raw;
  ASSERT_EQ(::tcgetattr(terminal, &raw), 0);
  ::cfmakeraw(&raw);
  ASSERT_EQ(::tcsetattr(terminal, TCSANOW, &raw), 0);
  for (const auto& [guests, ours] : {std::pair(master, terminal), std::pair(terminal, master)}) {
    WasiConfig config;
    config.in = guests;
    config.out = guests;
    Guest at_end(config);
    char bytes[8] = {};
    ASSERT_EQ(::write(ours, "in", 2), 2);
    EXPECT_EQ(at_end.read(0, 8), "in");
    EXPECT_EQ(at_end.write(1, "out"), Errno::success);
    ASSERT_EQ(::read(ours, bytes, sizeof(bytes)), 3);
    EXPECT_STREQ(bytes, "out");
  }
  ::close(terminal);
  ::close(master);
}

// Non-blocking mode may be set by the guest on its own descriptor, or by the host on one that it lends. Nothing waits,
// and a large write reports how many bytes were written.
TEST_P(IoTest, a_descriptor_in_non_blocking_mode_says_again) {
  for (const bool by_host : {true, false}) {
    int pipe_fds[2];
    ASSERT_EQ(::pipe(pipe_fds), 0);
    if (by_host) {
      for (const int fd : pipe_fds) ASSERT_EQ(::fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    }
    WasiConfig config;
    config.in = pipe_fds[0];
    config.out = pipe_fds[1];
    Guest both(config);
    for (const uint32_t fd : {0u, 1u}) {
      if (by_host) break;
      ASSERT_EQ(both.call("fd_fdstat_set_flags", {fd, fd_flags::kNonblock}), Errno::success);
    }
    const uint32_t list = both.put_iovecs({{0, 200'000}}), count = both.alloc(4);
    EXPECT_EQ(both.call("fd_read", {0, list, 1, count}), Errno::again);
    ASSERT_EQ(both.call("fd_write", {1, list, 1, count}), Errno::success);
    EXPECT_EQ(both.get<Size>(count), 65536u);  // the capacity of a pipe on Linux
    EXPECT_EQ(both.call("fd_write", {1, list, 1, count}), Errno::again);
    EXPECT_EQ((::fcntl(pipe_fds[1], F_GETFL) & O_NONBLOCK) != 0, by_host);
    for (const int fd : pipe_fds) ::close(fd);
  }
}

TEST_P(IoTest, transfers_of_any_size_are_complete) {
  constexpr Size kLarge = 5'000'001;
  guest.memory().resize(2 * kLarge + (1 << 20));
  for (Size i = 0; i < kLarge; ++i) guest.memory()[(1 << 20) + i] = static_cast<uint8_t>(i * 7 >> 3);
  const uint32_t fd = guest.created("large"), count = guest.alloc(4);
  const uint32_t from = guest.put_iovecs({{1 << 20, kLarge}}), to = guest.put_iovecs({{(1 << 20) + kLarge, kLarge}});
  ASSERT_EQ(guest.call("fd_write", {fd, from, 1, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), kLarge);
  ASSERT_EQ(guest.call("fd_pread", {fd, to, 1, 0, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), kLarge);
  EXPECT_EQ(std::memcmp(guest.memory().data() + (1 << 20), guest.memory().data() + (1 << 20) + kLarge, kLarge), 0);
}

}  // namespace
}  // namespace mini_wasm::wasi
