// The table of descriptors: numbering, limit, closing, renumbering.
#include "wasi/fd_table.h"

#include <fcntl.h>
#include <unistd.h>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

Descriptor null_device() {
  Descriptor descriptor;
  descriptor.file = std::make_unique<HostFile>(HostFd::own(::open("/dev/null", O_RDWR | O_CLOEXEC)), FileType::unknown,
                                               Sandbox(Sandbox::Strategy::walk));
  descriptor.base = rights::kFile;
  return descriptor;
}

bool is_open(int host_fd) { return ::fcntl(host_fd, F_GETFD) >= 0; }

TEST(wasi_fd_table, gives_the_lowest_free_number) {
  FdTable fds(10);
  for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(*fds.insert(null_device()), Fd{i});
  EXPECT_EQ(fds.close(Fd{1}), Errno::success);
  EXPECT_EQ(*fds.insert(null_device()), Fd{1});
  EXPECT_EQ(*fds.insert(null_device()), Fd{3});
}

TEST(wasi_fd_table, refuses_one_more_than_the_limit) {
  FdTable fds(2);
  EXPECT_TRUE(fds.insert(null_device()).ok());
  EXPECT_TRUE(fds.insert(null_device()).ok());
  EXPECT_EQ(fds.insert(null_device()).error(), Errno::mfile);
  EXPECT_EQ(fds.append(null_device()).error(), Errno::mfile);
  EXPECT_EQ(fds.close(Fd{0}), Errno::success);
  EXPECT_TRUE(fds.insert(null_device()).ok());
}

TEST(wasi_fd_table, closing_closes_the_host_descriptor_once) {
  FdTable fds(4);
  const Fd fd = *fds.insert(null_device());
  const int host = fds.find(fd)->file->poll_descriptor();
  EXPECT_EQ(fds.close(fd), Errno::success);
  EXPECT_FALSE(is_open(host));
  EXPECT_EQ(fds.close(fd), Errno::badf);
}

TEST(wasi_fd_table, renumbering_closes_the_target_and_frees_the_source) {
  FdTable fds(2);
  const Fd from = *fds.insert(null_device()), to = *fds.insert(null_device());
  const int kept = fds.find(from)->file->poll_descriptor(), closed = fds.find(to)->file->poll_descriptor();
  EXPECT_EQ(fds.renumber(from, to), Errno::success);
  EXPECT_TRUE(is_open(kept));
  EXPECT_FALSE(is_open(closed));
  EXPECT_EQ(fds.find(to)->file->poll_descriptor(), kept);
  EXPECT_EQ(fds.find(from), nullptr);
  EXPECT_TRUE(fds.insert(null_device()).ok());  // the number of open ones has decreased
}

TEST(wasi_fd_table, renumbering_needs_both_ends_open) {
  FdTable fds(4);
  const Fd fd = *fds.insert(null_device());
  EXPECT_EQ(fds.renumber(fd, Fd{1}), Errno::badf);
  EXPECT_EQ(fds.renumber(fd, Fd{0xffff'ffff}), Errno::badf);
  EXPECT_EQ(fds.renumber(Fd{7}, fd), Errno::badf);
  EXPECT_EQ(fds.renumber(Fd{7}, Fd{7}), Errno::badf);
  EXPECT_EQ(fds.renumber(fd, fd), Errno::success);
  EXPECT_TRUE(is_open(fds.find(fd)->file->poll_descriptor()));
}

TEST(wasi_fd_table, a_thousand_renumberings_leak_nothing) {
  TempDir dir;
  dir.write("a", "a");
  Guest guest = Guest::in(dir);
  const auto open_host_fds = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  const auto before = open_host_fds();
  const uint32_t to = guest.opened("a");
  for (int i = 0; i < 1000; ++i) {
    guest.forget_allocations();
    const uint32_t from = guest.opened("a");
    ASSERT_EQ(guest.call("fd_renumber", {from, to}), Errno::success);
  }
  EXPECT_EQ(open_host_fds(), before + 1);
  EXPECT_EQ(guest.read(to, 1), "a");
}

TEST(wasi_fd_table, the_guests_limit_is_reached_before_a_file_is_created_or_truncated) {
  TempDir dir;
  dir.write("full", "content");
  WasiConfig config;
  config.preopens = {{dir.path().string(), "/", false}};
  config.max_open_files = 5;
  Guest guest(config);
  while (guest.open_error("full", {.base = 0}) == Errno::success) guest.forget_allocations();
  EXPECT_EQ(guest.open_error("full", {.oflags = o_flags::kTrunc}), Errno::mfile);
  EXPECT_EQ(guest.open_error("new", {.oflags = o_flags::kCreat}), Errno::mfile);
  EXPECT_EQ(dir.read("full"), "content");
  EXPECT_FALSE(dir.exists("new"));
}

TEST(wasi_fd_table, standard_streams_that_the_host_lacks_are_closed_for_the_guest) {
  WasiConfig config;
  config.in = -1;
  config.out = 12345;
  Guest guest(config);
  EXPECT_EQ(guest.call("fd_fdstat_get", {0, guest.alloc(24)}), Errno::badf);
  EXPECT_EQ(guest.call("fd_fdstat_get", {1, guest.alloc(24)}), Errno::badf);
  EXPECT_EQ(guest.call("fd_fdstat_get", {2, guest.alloc(24)}), Errno::success);
}

TEST(wasi_fd_table, closing_a_standard_stream_leaves_the_hosts_open) {
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  {
    WasiConfig config;
    config.out = pipe_fds[1];
    Guest guest(config);
    EXPECT_EQ(guest.write(1, "x"), Errno::success);
    EXPECT_EQ(guest.call("fd_close", {1}), Errno::success);
    EXPECT_EQ(guest.write(1, "x"), Errno::badf);
  }
  EXPECT_TRUE(is_open(pipe_fds[1]));
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
}

}  // namespace
}  // namespace mini_wasm::wasi
