// Functions on names: creating, removing, renaming, linking, metadata; with dots and trailing slashes as in POSIX.
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

class PathTest : public EveryStorage {
 protected:
  PathTest() {
    dir.write("file", "content");
    dir.mkdir("sub");
    dir.write("sub/inner", "");
    dir.mkdir("empty");
    dir.symlink("file", "link");
    dir.symlink("empty", "dirlink");
    dir.symlink("missing", "dangling");
  }
  Errno mkdir(const char* path) { return guest.path_call("path_create_directory", 3, path); }
  Errno rmdir(const char* path) { return guest.path_call("path_remove_directory", 3, path); }
  Errno unlink(const char* path) { return guest.path_call("path_unlink_file", 3, path); }

  TempDir dir{GetParam()};
  Guest guest = Guest::in(dir, GetParam());
};
INSTANTIATE_EVERY_STORAGE(PathTest);

TEST_P(PathTest, create_directory) {
  EXPECT_EQ(mkdir("new"), Errno::success);
  EXPECT_EQ(mkdir("new"), Errno::exist);
  EXPECT_EQ(mkdir("slash/"), Errno::success);
  EXPECT_TRUE(dir.exists("slash"));
  EXPECT_EQ(mkdir("sub/more//"), Errno::success);
  EXPECT_EQ(mkdir("dirlink/through"), Errno::success);
  EXPECT_TRUE(dir.exists("empty/through"));
  EXPECT_EQ(mkdir("missing/new"), Errno::noent);
  EXPECT_EQ(mkdir("file/new"), Errno::notdir);
  for (const char* path : {".", "sub/.", "sub/..", "sub/../", "file", "link", "dangling", "dangling/", "dirlink/"}) {
    EXPECT_EQ(mkdir(path), Errno::exist) << path;
  }
  EXPECT_EQ(mkdir(""), Errno::noent);
}

TEST_P(PathTest, remove_directory) {
  EXPECT_EQ(rmdir("sub"), Errno::notempty);
  EXPECT_EQ(rmdir("file"), Errno::notdir);
  EXPECT_EQ(rmdir("file/"), Errno::notdir);
  EXPECT_EQ(rmdir("dirlink"), Errno::notdir);
  EXPECT_EQ(rmdir("dirlink/"), Errno::notdir);
  EXPECT_EQ(rmdir("empty/."), Errno::inval);
  EXPECT_EQ(rmdir("sub/.."), Errno::notempty);
  EXPECT_EQ(rmdir("."), Errno::inval);
  EXPECT_EQ(rmdir("missing"), Errno::noent);
  EXPECT_EQ(rmdir("missing/."), Errno::noent);
  EXPECT_EQ(rmdir("empty/"), Errno::success);
  EXPECT_FALSE(dir.exists("empty"));
}

TEST_P(PathTest, unlink_file) {
  EXPECT_EQ(unlink("sub"), Errno::isdir);
  EXPECT_EQ(unlink("sub/"), Errno::isdir);
  EXPECT_EQ(unlink("sub/."), Errno::isdir);
  EXPECT_EQ(unlink("sub/.."), Errno::isdir);
  EXPECT_EQ(unlink("file/"), Errno::notdir);
  EXPECT_EQ(unlink("link/"), Errno::notdir);
  EXPECT_EQ(unlink("dirlink/"), Errno::notdir);
  EXPECT_EQ(unlink("missing"), Errno::noent);
  EXPECT_EQ(unlink("missing/"), Errno::noent);
  EXPECT_EQ(unlink("dirlink"), Errno::success);
  EXPECT_TRUE(dir.exists("empty"));
  EXPECT_EQ(unlink("link"), Errno::success);
  EXPECT_EQ(unlink("dangling"), Errno::success);
  EXPECT_EQ(unlink("file"), Errno::success);
  EXPECT_FALSE(dir.exists("file"));
}

TEST_P(PathTest, rename) {
  EXPECT_EQ(guest.rename("file", "sub/moved"), Errno::success);
  EXPECT_EQ(dir.read("sub/moved"), "content");
  EXPECT_EQ(guest.rename("sub/moved", "sub/inner"), Errno::success);
  EXPECT_EQ(dir.read("sub/inner"), "content");
  EXPECT_EQ(guest.rename("missing", "x"), Errno::noent);
  EXPECT_EQ(guest.rename("sub/inner", "missing/x"), Errno::noent);
  EXPECT_EQ(guest.rename("sub", "sub/below"), Errno::inval);
  EXPECT_EQ(guest.rename("sub/inner", "empty"), Errno::isdir);
  EXPECT_EQ(guest.rename("empty", "sub/inner"), Errno::notdir);
  EXPECT_EQ(guest.rename("empty", "sub"), Errno::notempty);
  EXPECT_EQ(guest.rename("sub", "empty"), Errno::success);
  EXPECT_EQ(dir.read("empty/inner"), "content");
}

TEST_P(PathTest, rename_moves_links_and_not_what_they_point_to) {
  EXPECT_EQ(guest.rename("link", "moved"), Errno::success);
  EXPECT_TRUE(dir.is_symlink("moved"));
  EXPECT_EQ(guest.rename("file", "dirlink"), Errno::success);
  EXPECT_EQ(dir.read("dirlink"), "content");
  EXPECT_TRUE(dir.exists("empty"));
}

TEST_P(PathTest, rename_with_slashes_and_dots) {
  EXPECT_EQ(guest.rename("file/", "x"), Errno::notdir);
  EXPECT_EQ(guest.rename("file", "x/"), Errno::notdir);
  EXPECT_EQ(guest.rename("file", "sub/inner/"), Errno::notdir);
  EXPECT_EQ(guest.rename("dirlink/", "x"), Errno::notdir);
  EXPECT_EQ(guest.rename("empty/", "moved/"), Errno::success);
  EXPECT_TRUE(dir.exists("moved"));
  for (const char* path : {".", "sub/.", "sub/.."}) {
    EXPECT_EQ(guest.rename(path, "x"), Errno::busy);
    EXPECT_EQ(guest.rename("sub", path), Errno::busy);
  }
}

TEST_P(PathTest, link) {
  EXPECT_EQ(guest.link("file", "sub/hard"), Errno::success);
  Filestat stat;
  EXPECT_EQ(guest.stat("file", 0, &stat), Errno::success);
  EXPECT_EQ(stat.nlink, 2u);
  EXPECT_EQ(guest.link("file", "sub/hard"), Errno::exist);
  EXPECT_EQ(guest.link("file", "sub"), Errno::exist);
  EXPECT_EQ(guest.link("file", "dangling"), Errno::exist);
  EXPECT_EQ(guest.link("file", "sub/."), Errno::exist);
  EXPECT_EQ(guest.link("file", "x/"), Errno::noent);
  EXPECT_EQ(guest.link("file", "link/"), Errno::exist);
  EXPECT_EQ(guest.link("file/", "x"), Errno::notdir);
  EXPECT_EQ(guest.link("link/", "x"), Errno::notdir);
  EXPECT_EQ(guest.link("sub", "x"), Errno::perm);
  EXPECT_EQ(guest.link("sub/", "x"), Errno::perm);
  EXPECT_EQ(guest.link("missing", "x"), Errno::noent);
}

TEST_P(PathTest, link_names_the_link_itself_unless_told_to_follow) {
  EXPECT_EQ(guest.link("link", "kept"), Errno::success);
  EXPECT_TRUE(dir.is_symlink("kept"));
  EXPECT_EQ(guest.link("link", "followed", lookup_flags::kSymlinkFollow), Errno::success);
  EXPECT_FALSE(dir.is_symlink("followed"));
  EXPECT_EQ(guest.link("dangling", "x", lookup_flags::kSymlinkFollow), Errno::noent);
  EXPECT_EQ(guest.link("file", "x", 2), Errno::inval);
}

TEST_P(PathTest, symlink) {
  EXPECT_EQ(guest.symlink("../file", "sub/up"), Errno::success);
  EXPECT_EQ(dir.read_symlink("sub/up"), "../file");
  EXPECT_EQ(guest.open_error("sub/up"), Errno::success);
  EXPECT_EQ(guest.symlink("x", "file"), Errno::exist);
  EXPECT_EQ(guest.symlink("x", "sub/"), Errno::exist);
  EXPECT_EQ(guest.symlink("x", "file/"), Errno::notdir);
  EXPECT_EQ(guest.symlink("x", "link/"), Errno::notdir);
  EXPECT_EQ(guest.symlink("x", "new/"), Errno::noent);
  EXPECT_EQ(guest.symlink("x", "sub/."), Errno::exist);
  EXPECT_EQ(guest.symlink("", "new"), Errno::noent);
  EXPECT_EQ(guest.symlink("x", ""), Errno::noent);
  EXPECT_EQ(guest.symlink("/etc/passwd", "new"), Errno::perm);
  EXPECT_EQ(guest.symlink(std::string("a\0b", 3), "new"), Errno::inval);
  EXPECT_EQ(guest.symlink("\xff", "new"), Errno::ilseq);
  EXPECT_FALSE(dir.exists("new"));
}

TEST_P(PathTest, readlink) {
  std::string text;
  EXPECT_EQ(guest.readlink("link", &text), Errno::success);
  EXPECT_EQ(text, "file");
  EXPECT_EQ(guest.readlink("file"), Errno::inval);
  EXPECT_EQ(guest.readlink("sub"), Errno::inval);
  EXPECT_EQ(guest.readlink("dirlink/"), Errno::inval);
  EXPECT_EQ(guest.readlink("link/"), Errno::notdir);
  EXPECT_EQ(guest.readlink("dangling/"), Errno::noent);
  EXPECT_EQ(guest.readlink("sub/."), Errno::inval);
  EXPECT_EQ(guest.readlink("missing"), Errno::noent);
}

TEST_P(PathTest, readlink_cuts_off_at_the_buffer_and_touches_nothing_behind) {
  const uint32_t path = guest.put_text("link"), buffer = guest.alloc(3), used = guest.alloc(4);
  ASSERT_EQ(guest.call("path_readlink", {3, path, 4, buffer, 3, used}), Errno::success);
  EXPECT_EQ(guest.get<Size>(used), 3u);
  EXPECT_EQ(guest.text(buffer, 3), "fil");
  EXPECT_TRUE(guest.wrote_only({{buffer, 3}, {used, 4}}));
  ASSERT_EQ(guest.call("path_readlink", {3, path, 4, buffer, 0, used}), Errno::success);
  EXPECT_EQ(guest.get<Size>(used), 0u);
}

TEST_P(PathTest, filestat) {
  Filestat stat;
  EXPECT_EQ(guest.stat("link", lookup_flags::kSymlinkFollow, &stat), Errno::success);
  EXPECT_EQ(stat.filetype, FileType::regular_file);
  EXPECT_EQ(stat.size, 7u);
  EXPECT_EQ(guest.stat("link", 0, &stat), Errno::success);
  EXPECT_EQ(stat.filetype, FileType::symbolic_link);
  EXPECT_EQ(stat.size, 4u);
  EXPECT_EQ(guest.stat("dirlink/", 0, &stat), Errno::success);
  EXPECT_EQ(stat.filetype, FileType::directory);
  for (const char* path : {".", "sub", "sub/", "sub/.", "sub/..", "dirlink", "dirlink/."}) {
    EXPECT_EQ(guest.stat(path, lookup_flags::kSymlinkFollow, &stat), Errno::success) << path;
    EXPECT_EQ(stat.filetype, FileType::directory) << path;
  }
  EXPECT_EQ(guest.stat("file/"), Errno::notdir);
  EXPECT_EQ(guest.stat("link/"), Errno::notdir);
  EXPECT_EQ(guest.stat("missing"), Errno::noent);
  EXPECT_EQ(guest.stat("dangling"), Errno::noent);
  EXPECT_EQ(guest.stat("dangling", 0), Errno::success);
  EXPECT_EQ(guest.stat("file", 2), Errno::inval);
  EXPECT_EQ(guest.stat(""), Errno::noent);
}

TEST_P(PathTest, filestat_set_times) {
  const auto set = [&](const char* path, LookupFlags lookup, FstFlags flags) {
    return guest.call("path_filestat_set_times",
                      {3, lookup, guest.put_text(path), std::strlen(path), 1'000'000'001, 2'000'000'002, flags});
  };
  Filestat stat, link;
  EXPECT_EQ(set("link", lookup_flags::kSymlinkFollow, fst_flags::kAtim | fst_flags::kMtim), Errno::success);
  EXPECT_EQ(guest.stat("file", 0, &stat), Errno::success);
  EXPECT_EQ(stat.atim, 1'000'000'001u);
  EXPECT_EQ(stat.mtim, 2'000'000'002u);
  EXPECT_EQ(guest.stat("link", 0, &link), Errno::success);
  EXPECT_NE(link.mtim, 2'000'000'002u);
  EXPECT_EQ(set("link", 0, fst_flags::kMtim), Errno::success);
  EXPECT_EQ(guest.stat("link", 0, &link), Errno::success);
  EXPECT_EQ(link.mtim, 2'000'000'002u);
  EXPECT_EQ(set("file/", 0, fst_flags::kMtim), Errno::notdir);
  EXPECT_EQ(set("file", 0, 3), Errno::inval);
  EXPECT_EQ(set("file", 0, 16), Errno::inval);
  EXPECT_EQ(set("file", 2, 0), Errno::inval);
  EXPECT_EQ(set("missing", 0, 0), Errno::noent);
}

}  // namespace
}  // namespace mini_wasm::wasi
