// path_open: flags, rights, file types, unusual paths.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

class PathOpen : public EveryStorage {
 protected:
  PathOpen() {
    dir.write("file", "0123456789");
    dir.mkdir("sub/deep");
    dir.write("sub/inner", "inner");
    dir.symlink("file", "link");
    dir.symlink("sub", "sublink");
    dir.symlink("missing", "dangling");
    dir.symlink("loop", "loop");
  }
  Errno open_keeping_links(const char* path, OFlags oflags = 0) {
    return guest.open_error(path, {.oflags = oflags, .lookup = 0, .base = rights::fd_read});
  }

  TempDir dir{GetParam()};
  Guest guest = Guest::in(dir, GetParam());
};
INSTANTIATE_EVERY_STORAGE(PathOpen);

TEST_P(PathOpen, gives_a_descriptor_and_writes_only_that) {
  const uint32_t path = guest.put_text("sub/inner"), out = guest.alloc(4);
  ASSERT_EQ(guest.call("path_open", {3, 0, path, 9, 0, rights::fd_read, 0, 0, out}), Errno::success);
  EXPECT_EQ(guest.get<uint32_t>(out), 4u);
  EXPECT_TRUE(guest.wrote_only({{out, 4}}));
  EXPECT_EQ(guest.read(4, 10), "inner");
}

TEST_P(PathOpen, finds_its_way_through_dots_slashes_and_links) {
  for (const char* path : {"./sub/inner", "sub//inner", "sub/../sub/./inner", "sublink/inner", "sublink/../sub/inner",
                           "sub/deep/../../sublink/deep/../inner"}) {
    EXPECT_EQ(guest.read(guest.opened(path), 10), "inner") << path;
  }
}

TEST_P(PathOpen, creates_truncates_and_excludes) {
  EXPECT_EQ(guest.open_error("new", {}), Errno::noent);
  EXPECT_EQ(guest.write(guest.created("new"), "abc"), Errno::success);
  EXPECT_EQ(guest.open_error("new", {.oflags = o_flags::kCreat | o_flags::kExcl}), Errno::exist);
  guest.opened("new", {.oflags = o_flags::kCreat});
  EXPECT_EQ(dir.read("new"), "abc");
  guest.opened("new", {.oflags = o_flags::kTrunc});
  EXPECT_EQ(dir.read("new"), "");
  EXPECT_EQ(guest.open_error("missing/new", {.oflags = o_flags::kCreat}), Errno::noent);
  EXPECT_EQ(guest.open_error("file/new", {.oflags = o_flags::kCreat}), Errno::notdir);
}

TEST_P(PathOpen, creates_through_a_dangling_link_unless_exclusive) {
  EXPECT_EQ(guest.open_error("dangling", {.oflags = o_flags::kCreat | o_flags::kExcl}), Errno::exist);
  EXPECT_FALSE(dir.exists("missing"));
  guest.opened("dangling", {.oflags = o_flags::kCreat});
  EXPECT_TRUE(dir.exists("missing"));
}

TEST_P(PathOpen, truncating_needs_no_right_to_write_but_does_not_give_it) {
  const uint32_t fd = guest.opened("file", {.oflags = o_flags::kTrunc, .base = rights::fd_read, .inheriting = 0});
  EXPECT_EQ(dir.read("file"), "");
  EXPECT_EQ(guest.write(fd, "x"), Errno::badf);
}

TEST_P(PathOpen, follows_the_last_link_only_when_asked) {
  EXPECT_EQ(guest.read(guest.opened("link"), 2), "01");
  EXPECT_EQ(open_keeping_links("link"), Errno::loop);
  EXPECT_THAT(open_keeping_links("sublink", o_flags::kDirectory), ::testing::AnyOf(Errno::loop, Errno::notdir));
  EXPECT_EQ(open_keeping_links("sublink/inner"), Errno::success);
  EXPECT_EQ(open_keeping_links("sublink/"), Errno::success);
  EXPECT_EQ(guest.open_error("loop"), Errno::loop);
  EXPECT_EQ(guest.open_error("loop/x"), Errno::loop);
  EXPECT_EQ(guest.open_error("dangling"), Errno::noent);
}

TEST_P(PathOpen, forty_links_are_followed_and_no_more) {
  dir.symlink("file", "l0");
  for (int i = 1; i < 50; ++i) dir.symlink("l" + std::to_string(i - 1), "l" + std::to_string(i));
  EXPECT_EQ(guest.open_error("l39"), Errno::success);
  EXPECT_EQ(guest.open_error("l40"), Errno::loop);
}

TEST_P(PathOpen, a_trailing_slash_demands_a_directory) {
  EXPECT_EQ(guest.open_error("file/"), Errno::notdir);
  EXPECT_EQ(guest.open_error("file///"), Errno::notdir);
  EXPECT_EQ(guest.open_error("link/"), Errno::notdir);
  EXPECT_EQ(guest.open_error("file/."), Errno::notdir);
  EXPECT_EQ(guest.open_error("missing/"), Errno::noent);
  EXPECT_EQ(guest.open_error("new/", {.oflags = o_flags::kCreat}), Errno::isdir);
  EXPECT_FALSE(dir.exists("new"));
  EXPECT_EQ(guest.open_error("sub/"), Errno::success);
  EXPECT_EQ(guest.open_error("sublink//"), Errno::success);
}

TEST_P(PathOpen, directories_open_for_reading_only) {
  EXPECT_EQ(guest.open_error("sub", {.base = rights::fd_read}), Errno::success);
  EXPECT_EQ(guest.open_error("sub", {.base = rights::fd_write}), Errno::isdir);
  EXPECT_EQ(guest.open_error("sub", {.oflags = o_flags::kDirectory, .base = rights::fd_write}), Errno::isdir);
  EXPECT_EQ(guest.open_error("sub", {.oflags = o_flags::kTrunc}), Errno::isdir);
  EXPECT_EQ(guest.open_error("sub", {.oflags = o_flags::kDirectory}), Errno::success);
  EXPECT_EQ(guest.open_error("file", {.oflags = o_flags::kDirectory}), Errno::notdir);
  EXPECT_EQ(guest.open_error("x", {.oflags = o_flags::kCreat | o_flags::kDirectory}), Errno::inval);
}

TEST_P(PathOpen, a_directory_does_not_get_rights_that_make_no_sense_for_it) {
  const uint32_t fd = guest.opened("sub", {.oflags = o_flags::kDirectory});
  EXPECT_EQ(guest.context().fds().find(Fd{fd})->base & rights::kFile & ~rights::kDirectory, 0u);
}

TEST_P(PathOpen, unknown_flags_are_inval) {
  EXPECT_EQ(guest.open_error("file", {.oflags = 16}), Errno::inval);
  EXPECT_EQ(guest.open_error("file", {.fdflags = 32}), Errno::inval);
  EXPECT_EQ(guest.open_error("file", {.lookup = 2}), Errno::inval);
}

TEST_P(PathOpen, needs_the_rights_to_open_create_and_truncate) {
  const auto open_without = [&](Rights missing, OFlags oflags) {
    const uint32_t fd = guest.opened(".", {.oflags = o_flags::kDirectory});
    EXPECT_EQ(
        guest.call("fd_fdstat_set_rights", {fd, rights::kDirectory & ~missing, rights::kDirectory | rights::kFile}),
        Errno::success);
    return guest.open_error("file", {.oflags = oflags, .base = rights::fd_read, .inheriting = 0, .dir = fd});
  };
  EXPECT_EQ(open_without(rights::path_open, 0), Errno::notcapable);
  EXPECT_EQ(open_without(rights::path_create_file, 0), Errno::success);
  EXPECT_EQ(open_without(rights::path_create_file, o_flags::kCreat), Errno::notcapable);
  EXPECT_EQ(open_without(rights::path_filestat_set_size, o_flags::kTrunc), Errno::notcapable);
  EXPECT_EQ(dir.read("file"), "0123456789");
}

// Programs ask for no rights, or for a few, and still use the result for everything.
TEST_P(PathOpen, rights_are_what_the_directory_hands_down) {
  const uint32_t none = guest.opened("sub", {.oflags = o_flags::kDirectory, .base = 0, .inheriting = 0});
  EXPECT_EQ(guest.call("fd_readdir", {none, guest.alloc(400), 400, 0, guest.alloc(4)}), Errno::success);
  EXPECT_EQ(guest.open_error("inner", {.base = rights::fd_read, .inheriting = 0, .dir = none}), Errno::success);
  EXPECT_EQ(guest.stat("inner", 0, nullptr, none), Errno::success);
  EXPECT_EQ(guest.path_call("path_create_directory", none, "new"), Errno::success);

  const uint32_t read = guest.opened("file", {.base = rights::fd_read, .inheriting = 0});
  EXPECT_EQ(guest.call("fd_seek", {read, 4, 0, guest.alloc(8)}), Errno::success);
  EXPECT_EQ(guest.read(read, 3), "456");
  EXPECT_EQ(guest.call("fd_filestat_get", {read, guest.alloc(64)}), Errno::success);
  EXPECT_EQ(guest.call("fd_advise", {read, 0, 1, 0}), Errno::success);
  // The same errors as on the host.
  EXPECT_EQ(guest.write(read, "x"), Errno::badf);
  EXPECT_EQ(guest.call("fd_filestat_set_size", {read, 1}), Errno::inval);
  EXPECT_EQ(guest.call("fd_allocate", {read, 0, 100}), Errno::badf);

  const uint32_t write = guest.opened("file", {.base = rights::fd_write, .inheriting = 0});
  EXPECT_EQ(guest.write(write, "x"), Errno::success);
  EXPECT_EQ(guest.call("fd_filestat_set_size", {write, 5}), Errno::success);
  const uint32_t buffer = guest.alloc(8);
  EXPECT_EQ(guest.call("fd_read", {write, guest.put_iovecs({{buffer, 8}}), 1, guest.alloc(4)}), Errno::badf);
}

// Rights that a guest has given up explicitly are also missing in what it opens below.
TEST_P(PathOpen, narrowed_rights_are_handed_down) {
  const uint32_t fd = guest.opened(".", {.oflags = o_flags::kDirectory});
  const Rights base = rights::path_open, inheriting = rights::path_open | rights::fd_read;
  ASSERT_EQ(guest.call("fd_fdstat_set_rights", {fd, base, inheriting}), Errno::success);
  const uint32_t sub = guest.opened("sub", {.oflags = o_flags::kDirectory, .base = 0, .inheriting = 0, .dir = fd});
  EXPECT_EQ(guest.stat("inner", 0, nullptr, sub), Errno::notcapable);
  EXPECT_EQ(guest.open_error("inner", {.base = rights::fd_write, .inheriting = 0, .dir = sub}), Errno::notcapable);
  const uint32_t inner = guest.opened("inner", {.base = rights::fd_read, .inheriting = 0, .dir = sub});
  EXPECT_EQ(guest.read(inner, 2), "in");
  EXPECT_EQ(guest.call("fd_seek", {inner, 0, 0, guest.alloc(8)}), Errno::notcapable);
  EXPECT_EQ(guest.call("fd_fdstat_set_rights", {inner, rights::fd_seek, 0}), Errno::notcapable);
}

TEST_P(PathOpen, rights_to_allocate_and_to_resize_open_for_writing) {
  const uint32_t resize = guest.opened("file", {.base = rights::fd_filestat_set_size, .inheriting = 0});
  EXPECT_EQ(guest.call("fd_filestat_set_size", {resize, 4}), Errno::success);
  EXPECT_EQ(dir.read("file"), "0123");
  const uint32_t allocate = guest.opened("file", {.base = rights::fd_read | rights::fd_allocate, .inheriting = 0});
  EXPECT_EQ(guest.call("fd_allocate", {allocate, 0, 6}), Errno::success);
  EXPECT_EQ(guest.read(allocate, 10), std::string("0123\0\0", 6));
  for (const uint32_t fd : {resize, allocate}) EXPECT_EQ(guest.write(fd, "x"), Errno::badf);
  // If one of them is not possible, the others still are.
  const uint32_t sub = guest.opened("sub", {.base = rights::kAll & ~rights::fd_write});
  EXPECT_EQ(guest.call("fd_readdir", {sub, guest.alloc(8), 8, 0, guest.alloc(4)}), Errno::success);
  EXPECT_EQ(guest.open_error("sub", {.oflags = o_flags::kTrunc, .base = rights::fd_allocate}), Errno::isdir);
}

TEST_P(PathOpen, odd_texts_are_refused) {
  EXPECT_EQ(guest.open_error(""), Errno::noent);
  EXPECT_EQ(guest.open_error(std::string("file\0", 5)), Errno::inval);
  EXPECT_EQ(guest.open_error(std::string("file\0/../../etc", 15)), Errno::inval);
  EXPECT_EQ(guest.open_error("f\xff"), Errno::ilseq);
  EXPECT_EQ(guest.open_error("\xc0\xaf"), Errno::ilseq);  // a slash, encoded in too many bytes
  EXPECT_EQ(guest.open_error(std::string(300, 'x')), Errno::nametoolong);
  EXPECT_EQ(guest.open_error(std::string(5000, 'x')), Errno::nametoolong);
  std::string dots;
  while (dots.size() < 5000) dots += "./";
  EXPECT_EQ(guest.open_error(dots), Errno::nametoolong);
}

TEST_P(PathOpen, a_descriptor_that_is_no_directory_is_notdir) {
  EXPECT_EQ(guest.open_error("x", {.dir = guest.opened("file")}), Errno::notdir);
  EXPECT_EQ(guest.open_error("x", {.base = 0, .inheriting = 0, .dir = 77}), Errno::badf);
}

// As on the host; waiting_test.cc tests waiting.
TEST_P(PathOpen, does_not_wait_for_the_other_end_of_a_fifo_in_non_blocking_mode) {
  if (in_memory()) GTEST_SKIP() << "no FIFOs in memory";
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0666), 0);
  constexpr FdFlags kNonblock = fd_flags::kNonblock;
  EXPECT_EQ(guest.open_error("fifo", {.fdflags = kNonblock, .base = rights::fd_write}), Errno::nxio);
  const uint32_t fd = guest.opened("fifo", {.fdflags = kNonblock, .base = rights::kFile & ~rights::fd_write});
  EXPECT_EQ(guest.open_error("fifo", {.base = rights::fd_write}), Errno::success);  // a reader exists now
  const uint32_t out = guest.alloc(24);
  ASSERT_EQ(guest.call("fd_fdstat_get", {fd, out}), Errno::success);
  EXPECT_EQ(guest.get<Fdstat>(out).flags, kNonblock);
  EXPECT_EQ(guest.call("fd_close", {fd}), Errno::success);
}

TEST_P(PathOpen, a_fifo_whose_other_end_is_open_is_in_blocking_mode) {
  if (in_memory()) GTEST_SKIP() << "no FIFOs in memory";
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0666), 0);
  const int writer = ::open((dir / "fifo").c_str(), O_RDWR);
  const uint32_t fd = guest.opened("fifo", {.base = rights::kFile & ~rights::fd_write}), out = guest.alloc(24);
  ASSERT_EQ(guest.call("fd_fdstat_get", {fd, out}), Errno::success);
  EXPECT_EQ(guest.get<Fdstat>(out).flags, 0);
  ASSERT_EQ(::write(writer, "hi", 2), 2);
  EXPECT_EQ(guest.read(fd, 4), "hi");
  ::close(writer);
}

TEST_P(PathOpen, host_descriptors_are_not_handed_to_child_processes) {
  if (in_memory()) GTEST_SKIP() << "no descriptors of the host";
  for (const char* name : {"file", "sub"}) {
    const int host = guest.context().fds().find(Fd{guest.opened(name)})->file->poll_descriptor();
    EXPECT_EQ(::fcntl(host, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  }
}

}  // namespace
}  // namespace mini_wasm::wasi
