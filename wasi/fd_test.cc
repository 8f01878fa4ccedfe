// Functions on descriptors: status, flags, rights, sizes, times, preopens.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

class FdTest : public EveryStorage {
 protected:
  FdTest() { dir.write("file", "0123456789"); }
  Fdstat fdstat(uint32_t fd) {
    const uint32_t out = guest.alloc(sizeof(Fdstat));
    EXPECT_EQ(guest.call("fd_fdstat_get", {fd, out}), Errno::success);
    EXPECT_TRUE(guest.wrote_only({{out, sizeof(Fdstat)}}));
    return guest.get<Fdstat>(out);
  }
  Filestat filestat(uint32_t fd) {
    const uint32_t out = guest.alloc(sizeof(Filestat));
    EXPECT_EQ(guest.call("fd_filestat_get", {fd, out}), Errno::success);
    EXPECT_TRUE(guest.wrote_only({{out, sizeof(Filestat)}}));
    return guest.get<Filestat>(out);
  }

  TempDir dir{GetParam()};
  Guest guest = Guest::in(dir, GetParam());
};
INSTANTIATE_EVERY_STORAGE(FdTest);

TEST_P(FdTest, fdstat_tells_type_flags_and_rights) {
  const Fdstat root = fdstat(3);
  EXPECT_EQ(root.filetype, FileType::directory);
  EXPECT_EQ(root.flags, 0);
  EXPECT_EQ(root.rights_base, rights::kDirectory);
  EXPECT_EQ(root.rights_inheriting, rights::kDirectory | rights::kFile);
  const Fdstat file = fdstat(guest.opened("file", {.fdflags = fd_flags::kAppend, .base = rights::fd_read}));
  EXPECT_EQ(file.filetype, FileType::regular_file);
  EXPECT_EQ(file.flags, fd_flags::kAppend);
  EXPECT_EQ(file.rights_base, rights::kFile & ~(rights::fd_write | rights::fd_allocate | rights::fd_filestat_set_size));
  EXPECT_EQ(file.rights_inheriting, 0u);
}

TEST_P(FdTest, flags_can_be_set_but_not_those_fixed_at_opening) {
  const uint32_t fd = guest.opened("file", {});
  EXPECT_EQ(fdstat(fd).flags, 0);
  const FdFlags both = fd_flags::kAppend | fd_flags::kNonblock;
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", {fd, both}), Errno::success);
  EXPECT_EQ(fdstat(fd).flags, both);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", {fd, 0}), Errno::success);
  EXPECT_EQ(fdstat(fd).flags, 0);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", {fd, fd_flags::kSync}), Errno::notsup);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", {fd, 32}), Errno::inval);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", {fd, 0x10000}), Errno::inval);
}

TEST_P(FdTest, sync_flags_are_kept_and_reported) {
  EXPECT_EQ(fdstat(guest.opened("file", {.fdflags = fd_flags::kDsync})).flags, fd_flags::kDsync);
  const uint32_t fd = guest.opened("file", {.fdflags = fd_flags::kSync});
  EXPECT_EQ(fdstat(fd).flags & fd_flags::kSync, fd_flags::kSync);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", {fd, uint64_t{fdstat(fd).flags} | fd_flags::kAppend}), Errno::success);
}

TEST_P(FdTest, rights_only_shrink) {
  const uint32_t fd = guest.opened("file", {.base = rights::fd_read | rights::fd_seek});
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", {fd, rights::fd_read | rights::fd_write, 0}), Errno::notcapable);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", {fd, ~uint64_t{0}, 0}), Errno::notcapable);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", {fd, rights::fd_seek, 0}), Errno::success);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", {fd, rights::fd_read | rights::fd_seek, 0}), Errno::notcapable);
  const uint32_t buffer = guest.alloc(4);
  EXPECT_EQ(guest.call("fd_read", {fd, guest.put_iovecs({{buffer, 4}}), 1, guest.alloc(4)}), Errno::notcapable);
}

TEST_P(FdTest, inherited_rights_shrink_too) {
  const Rights inheriting = rights::fd_read | rights::kPath;
  const uint32_t sub = guest.opened(".", {.oflags = o_flags::kDirectory});
  ASSERT_EQ(guest.call("fd_fdstat_set_rights", {sub, rights::kPath, inheriting}), Errno::success);
  EXPECT_EQ(guest.open_error("file", {.base = rights::fd_write, .inheriting = 0, .dir = sub}), Errno::notcapable);
  EXPECT_EQ(fdstat(guest.opened(".", {.base = 0, .inheriting = rights::fd_write, .dir = sub})).rights_inheriting,
            inheriting);
  EXPECT_EQ(guest.open_error("file", {.base = rights::fd_read, .inheriting = 0, .dir = sub}), Errno::success);
}

TEST_P(FdTest, filestat_is_the_hosts) {
  if (in_memory()) GTEST_SKIP() << "memory_files_test.cc has what it is in memory";
  const Filestat stat = filestat(guest.opened("file"));
  struct stat host;
  ASSERT_EQ(::stat((dir / "file").c_str(), &host), 0);
  EXPECT_EQ(stat.filetype, FileType::regular_file);
  EXPECT_EQ(stat.size, 10u);
  EXPECT_EQ(stat.nlink, 1u);
  EXPECT_EQ(stat.ino, host.st_ino);
  EXPECT_EQ(stat.dev, host.st_dev);
  EXPECT_EQ(stat.mtim / 1'000'000'000, static_cast<uint64_t>(host.st_mtim.tv_sec));
  EXPECT_EQ(stat.pad[0], 0);
}

TEST_P(FdTest, a_size_can_be_set_up_and_down_but_not_beyond_the_hosts_range) {
  const uint32_t fd = guest.opened("file", {});
  EXPECT_EQ(guest.call("fd_filestat_set_size", {fd, 4}), Errno::success);
  EXPECT_EQ(dir.read("file"), "0123");
  EXPECT_EQ(guest.call("fd_filestat_set_size", {fd, 6}), Errno::success);
  EXPECT_EQ(dir.read("file"), std::string("0123\0\0", 6));
  EXPECT_EQ(guest.call("fd_filestat_set_size", {fd, uint64_t{1} << 63}), Errno::inval);
  EXPECT_EQ(guest.call("fd_filestat_set_size", {3, 0}), Errno::isdir);
}

TEST_P(FdTest, times_can_be_set_and_left_alone) {
  const uint32_t fd = guest.opened("file", {});
  const uint64_t old = filestat(fd).atim;
  EXPECT_EQ(guest.call("fd_filestat_set_times", {fd, 5, 1'500'000'007, fst_flags::kMtim}), Errno::success);
  EXPECT_EQ(filestat(fd).mtim, 1'500'000'007u);
  EXPECT_EQ(filestat(fd).atim, old);
  EXPECT_EQ(guest.call("fd_filestat_set_times", {fd, 5, 0, fst_flags::kAtim | fst_flags::kMtimNow}), Errno::success);
  EXPECT_EQ(filestat(fd).atim, 5u);
  EXPECT_GT(filestat(fd).mtim, 1'600'000'000'000'000'000u);
}

TEST_P(FdTest, contradictory_or_unknown_time_flags_are_inval) {
  const uint32_t fd = guest.opened("file", {});
  for (const uint64_t flags : {3u, 12u, 15u, 16u, 0x8000u, 0x10001u}) {
    EXPECT_EQ(guest.call("fd_filestat_set_times", {fd, 0, 0, flags}), Errno::inval) << flags;
  }
}

TEST_P(FdTest, allocate_grows_and_never_shrinks) {
  const uint32_t fd = guest.opened("file", {});
  const Errno first = guest.call("fd_allocate", {fd, 5, 100});
  if (first == Errno::notsup) GTEST_SKIP() << "this file system cannot allocate";
  EXPECT_EQ(first, Errno::success);
  EXPECT_EQ(filestat(fd).size, 105u);
  EXPECT_EQ(guest.call("fd_allocate", {fd, 0, 10}), Errno::success);
  EXPECT_EQ(filestat(fd).size, 105u);
  EXPECT_EQ(guest.call("fd_allocate", {fd, 0, 0}), Errno::inval);
  EXPECT_EQ(guest.call("fd_allocate", {fd, ~uint64_t{0}, 1}), Errno::inval);
  EXPECT_EQ(guest.call("fd_allocate", {fd, uint64_t{1} << 62, uint64_t{1} << 62}), Errno::fbig);
  EXPECT_EQ(guest.call("fd_allocate", {3, 0, 1}), Errno::isdir);
}

TEST_P(FdTest, advice_is_checked) {
  const uint32_t fd = guest.opened("file");
  for (uint64_t advice = 0; advice < 6; ++advice) {
    EXPECT_EQ(guest.call("fd_advise", {fd, 0, 0, advice}), Errno::success) << advice;
  }
  EXPECT_EQ(guest.call("fd_advise", {fd, 0, 0, 6}), Errno::inval);
  EXPECT_EQ(guest.call("fd_advise", {fd, 0, 0, 256}), Errno::inval);
  EXPECT_EQ(guest.call("fd_advise", {fd, ~uint64_t{0}, 1, 0}), Errno::inval);
  EXPECT_EQ(guest.call("fd_advise", {3, 0, 0, 0}), Errno::badf);
}

TEST_P(FdTest, sync_works_on_files_and_directories) {
  const uint32_t fd = guest.opened("file");
  EXPECT_EQ(guest.call("fd_sync", {fd}), Errno::success);
  EXPECT_EQ(guest.call("fd_datasync", {fd}), Errno::success);
  EXPECT_EQ(guest.call("fd_sync", {3}), Errno::success);
}

TEST_P(FdTest, preopens_follow_the_standard_streams) {
  WasiConfig config;
  config.preopens = {{dir.path().string(), "/data", false}, {dir.path().string(), ".", true}};
  Guest two(config);
  const uint32_t out = two.alloc(8), name = two.alloc(16);
  ASSERT_EQ(two.call("fd_prestat_get", {3, out}), Errno::success);
  EXPECT_TRUE(two.wrote_only({{out, 8}}));
  EXPECT_EQ(two.get<Prestat>(out).tag, 0);
  EXPECT_EQ(two.get<Prestat>(out).name_len, 5u);
  ASSERT_EQ(two.call("fd_prestat_dir_name", {3, name, 16}), Errno::success);
  EXPECT_EQ(two.text(name, 5), "/data");
  EXPECT_TRUE(two.wrote_only({{name, 5}}));
  ASSERT_EQ(two.call("fd_prestat_get", {4, out}), Errno::success);
  EXPECT_EQ(two.get<Prestat>(out).name_len, 1u);
  EXPECT_EQ(two.call("fd_prestat_get", {5, out}), Errno::badf);
  EXPECT_EQ(two.call("fd_prestat_get", {0, out}), Errno::badf);
  EXPECT_EQ(two.call("fd_prestat_dir_name", {3, name, 4}), Errno::nametoolong);
  EXPECT_EQ(two.call("fd_prestat_dir_name", {0, name, 16}), Errno::badf);
  EXPECT_TRUE(two.wrote_only({}));
}

TEST_P(FdTest, a_directory_opened_by_path_is_no_preopen) {
  const uint32_t sub = guest.opened(".", {.oflags = o_flags::kDirectory});
  EXPECT_EQ(guest.call("fd_prestat_get", {sub, guest.alloc(8)}), Errno::badf);
}

TEST_P(FdTest, setting_flags_of_a_standard_stream_does_not_touch_the_hosts) {
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  WasiConfig config;
  config.in = pipe_fds[0];
  Guest reader(config);
  EXPECT_EQ(reader.call("fd_fdstat_set_flags", {0, fd_flags::kNonblock}), Errno::success);
  EXPECT_EQ(::fcntl(pipe_fds[0], F_GETFL) & O_NONBLOCK, 0);
  const uint32_t out = reader.alloc(24);
  EXPECT_EQ(reader.call("fd_fdstat_get", {0, out}), Errno::success);
  EXPECT_EQ(reader.get<Fdstat>(out).flags, fd_flags::kNonblock);
  const uint32_t buffer = reader.alloc(4);
  EXPECT_EQ(reader.call("fd_read", {0, reader.put_iovecs({{buffer, 4}}), 1, reader.alloc(4)}), Errno::again);
  ASSERT_EQ(::write(pipe_fds[1], "ab", 2), 2);
  EXPECT_EQ(reader.read(0, 4), "ab");
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
}

TEST_P(FdTest, standard_input_cannot_be_written_nor_standard_output_read) {
  int pair[2];
  ASSERT_EQ(::pipe(pair), 0);
  WasiConfig config;
  config.in = pair[0];
  config.out = pair[1];
  Guest stdio(config);
  EXPECT_EQ(stdio.write(0, "x"), Errno::notcapable);
  EXPECT_EQ(stdio.call("fd_read", {1, stdio.put_iovecs({{stdio.alloc(4), 4}}), 1, stdio.alloc(4)}), Errno::notcapable);
  ::close(pair[0]);
  ::close(pair[1]);
}

TEST_P(FdTest, standard_input_is_neither_a_way_into_a_directory_nor_for_changing_a_file) {
  if (in_memory()) GTEST_SKIP() << "standard input is a file of the host";
  const int directory = ::open(dir.path().c_str(), O_RDONLY), file = ::open((dir / "file").c_str(), O_RDWR);
  WasiConfig config;
  config.in = directory;
  Guest in_directory(config);
  EXPECT_EQ(in_directory.open_error("file", {.base = 0, .inheriting = 0, .dir = 0}), Errno::notcapable);
  EXPECT_EQ(in_directory.path_call("path_unlink_file", 0, "file"), Errno::notcapable);
  EXPECT_EQ(in_directory.call("fd_readdir", {0, in_directory.alloc(64), 64, 0, in_directory.alloc(4)}),
            Errno::notcapable);
  config.in = file;
  Guest from_file(config);
  EXPECT_EQ(from_file.call("fd_filestat_set_times", {0, 0, 0, 10}), Errno::notcapable);
  EXPECT_EQ(from_file.call("fd_filestat_set_size", {0, 0}), Errno::notcapable);
  EXPECT_EQ(from_file.write(0, "x"), Errno::notcapable);
  EXPECT_EQ(from_file.read(0, 4), "0123");
  ::close(directory);
  ::close(file);
}

TEST_P(FdTest, a_terminal_looks_like_one_to_isatty) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) GTEST_SKIP() << "no pseudo-terminals";
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  WasiConfig config;
  config.out = terminal;
  Guest on_terminal(config);
  const uint32_t out = on_terminal.alloc(24);
  ASSERT_EQ(on_terminal.call("fd_fdstat_get", {1, out}), Errno::success);
  EXPECT_EQ(on_terminal.get<Fdstat>(out).filetype, FileType::character_device);
  EXPECT_EQ(on_terminal.get<Fdstat>(out).rights_base & (rights::fd_seek | rights::fd_tell), 0u);
  EXPECT_EQ(on_terminal.write(1, "\x1b[1m"), Errno::success);
  char text[8];
  EXPECT_EQ(::read(master, text, sizeof(text)), 4);  // escape sequences reach the terminal unchanged
  ::close(terminal);
  ::close(master);
}

TEST(wasi_errno, every_host_error_has_a_guest_error) {
  EXPECT_EQ(errno_from_host(0), Errno::success);
  EXPECT_EQ(errno_from_host(ENOENT), Errno::noent);
  EXPECT_EQ(errno_from_host(EAGAIN), Errno::again);
  EXPECT_EQ(errno_from_host(EOPNOTSUPP), Errno::notsup);
  EXPECT_EQ(errno_from_host(EXDEV), Errno::xdev);
  EXPECT_EQ(errno_from_host(99999), Errno::io);
  EXPECT_EQ(static_cast<int>(Errno::notcapable), 76);
}

}  // namespace
}  // namespace mini_wasm::wasi
