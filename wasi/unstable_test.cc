// wasi_unstable: the functions whose ABI differs from preview1.
#include "wasi/unstable.h"

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

class UnstableTest : public ::testing::Test {
 protected:
  UnstableTest() { dir.write("file", "0123456789"); }
  Errno call(const char* name, std::initializer_list<uint64_t> args) {
    return guest.call_in("wasi_unstable", name, args);
  }

  TempDir dir;
  Guest guest = Guest::in(dir);
};

TEST_F(UnstableTest, seek_numbers_whence_cur_end_set) {
  const uint32_t fd = guest.opened("file"), out = guest.alloc(8);
  ASSERT_EQ(call("fd_seek", {fd, 4, 2, out}), Errno::success);
  EXPECT_EQ(guest.get<FileSize>(out), 4u);
  ASSERT_EQ(call("fd_seek", {fd, 2, 0, out}), Errno::success);
  EXPECT_EQ(guest.get<FileSize>(out), 6u);
  ASSERT_EQ(call("fd_seek", {fd, static_cast<uint64_t>(-1), 1, out}), Errno::success);
  EXPECT_EQ(guest.get<FileSize>(out), 9u);
  EXPECT_EQ(call("fd_seek", {fd, 0, 3, out}), Errno::inval);
}

TEST_F(UnstableTest, filestat_has_a_link_count_of_32_bits) {
  const uint32_t fd = guest.opened("file"), out = guest.alloc(64), path = guest.put_text("file");
  const auto check = [&] {
    EXPECT_TRUE(guest.wrote_only({{out, 56}}));
    const auto stat = guest.get<unstable::Filestat>(out);
    EXPECT_EQ(stat.filetype, FileType::regular_file);
    EXPECT_EQ(stat.nlink, 1u);
    EXPECT_EQ(stat.size, 10u);
    EXPECT_GT(stat.ctim, 1'600'000'000'000'000'000u);
  };
  ASSERT_EQ(call("fd_filestat_get", {fd, out}), Errno::success);
  check();
  ASSERT_EQ(call("path_filestat_get", {3, 1, path, 4, out}), Errno::success);
  check();
  EXPECT_EQ(call("fd_filestat_get", {99, out}), Errno::badf);
  EXPECT_EQ(call("fd_filestat_get", {fd, Guest::kMemorySize - 55}), Errno::fault);
}

TEST_F(UnstableTest, clock_subscriptions_have_an_identifier) {
  unstable::Subscription clock{};
  clock.userdata = 5;
  clock.clock = {99, 1, 0, 1'000'000, 0, 0, {}};
  unstable::Subscription never = clock;
  never.userdata = 6;
  never.clock.timeout = ~Timestamp{0};
  const uint32_t in = guest.alloc(2 * sizeof(clock)), out = guest.alloc(64), count = guest.alloc(4);
  std::memcpy(guest.memory().data() + in, &never, sizeof(never));
  std::memcpy(guest.memory().data() + in + sizeof(clock), &clock, sizeof(clock));
  ASSERT_EQ(call("poll_oneoff", {in, out, 2, count}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), 1u);
  EXPECT_EQ(guest.get<Event>(out).userdata, 5u);
  EXPECT_TRUE(guest.wrote_only({{out, 32}, {count, 4}}));
  EXPECT_EQ(call("poll_oneoff", {in, out, 0, count}), Errno::inval);
  EXPECT_EQ(call("poll_oneoff", {in, out, 0xffff'ffff, count}), Errno::inval);
  EXPECT_EQ(call("poll_oneoff", {Guest::kMemorySize - 55, out, 1, count}), Errno::fault);
}

TEST_F(UnstableTest, descriptor_subscriptions_are_where_they_were) {
  const uint32_t fd = guest.opened("file");
  unstable::Subscription read{};
  read.tag = static_cast<uint8_t>(EventType::fd_read);
  read.fd = fd;
  const uint32_t in = guest.put(read), out = guest.alloc(32), count = guest.alloc(4);
  ASSERT_EQ(call("poll_oneoff", {in, out, 1, count}), Errno::success);
  EXPECT_EQ(guest.get<Event>(out).nbytes, 10u);
}

TEST_F(UnstableTest, everything_else_is_the_same) {
  const uint32_t fd = guest.opened("file"), buffer = guest.alloc(4), count = guest.alloc(4);
  ASSERT_EQ(call("fd_read", {fd, guest.put_iovecs({{buffer, 4}}), 1, count}), Errno::success);
  EXPECT_EQ(guest.text(buffer, 4), "0123");
}

}  // namespace
}  // namespace mini_wasm::wasi
