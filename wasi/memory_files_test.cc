// Files in memory: what they may hold, how they are shared, and how the embedder sees them. That they behave as files of
// the host do is tested together with those (EveryStorage).
#include <set>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

WasiFiles files_of(const WasiFileLimits& limits, const std::vector<std::pair<std::string, std::string>>& files = {}) {
  Result<WasiFiles> made = WasiFiles::make(files, limits);
  EXPECT_TRUE(made);
  return *std::move(made);
}

Guest guest_with(const std::vector<WasiConfig::Preopen>& preopens) {
  WasiConfig config;
  config.preopens = preopens;
  return Guest(std::move(config));
}
Guest guest_with(const WasiFiles& files) { return guest_with({{"", "/", false, files}}); }

Errno pwrite(Guest& guest, uint32_t fd, std::string_view text, uint64_t offset, Size* written = nullptr) {
  const uint32_t list = guest.put_iovecs({{guest.put_text(text), static_cast<Size>(text.size())}});
  const uint32_t count = guest.alloc(4);
  const Errno error = guest.call("fd_pwrite", {fd, list, 1, offset, count});
  if (written != nullptr) *written = guest.get<Size>(count);
  return error;
}

// --- Limits

TEST(memory_files, bytes_are_limited_for_all_files_together) {
  WasiFiles files = files_of({.bytes = 10}, {{"a", "0123"}});
  Guest guest = guest_with(files);
  const uint32_t b = guest.created("b");
  Size written = 0;
  EXPECT_EQ(pwrite(guest, b, "abcdefgh", 0, &written), Errno::success);
  EXPECT_EQ(written, 6u);  // as much as there is room for
  EXPECT_EQ(pwrite(guest, b, "x", 6), Errno::nospc);
  EXPECT_EQ(pwrite(guest, b, "X", 5), Errno::success);  // what is there can be replaced
  EXPECT_EQ(guest.call("fd_filestat_set_size", {b, 7}), Errno::nospc);
  EXPECT_EQ(guest.call("fd_allocate", {b, 0, 7}), Errno::nospc);
  EXPECT_EQ(guest.symlink("t", "link"), Errno::nospc);
  EXPECT_EQ(files.bytes(), 10u);
  EXPECT_EQ(guest.call("fd_filestat_set_size", {b, 2}), Errno::success);
  EXPECT_EQ(files.bytes(), 6u);
  EXPECT_EQ(guest.symlink("t", "link"), Errno::success);
  EXPECT_EQ(*files.read("b"), "ab");
}

TEST(memory_files, a_removed_file_takes_room_until_it_is_closed) {
  WasiFiles files = files_of({.bytes = 4}, {{"a", "0123"}});
  Guest guest = guest_with(files);
  const uint32_t a = guest.opened("a");
  EXPECT_EQ(guest.path_call("path_unlink_file", 3, "a"), Errno::success);
  EXPECT_EQ(files.bytes(), 4u);
  EXPECT_EQ(guest.write(guest.created("b"), "x"), Errno::nospc);
  EXPECT_EQ(guest.read(a, 10), "0123");
  EXPECT_EQ(guest.call("fd_close", {a}), Errno::success);
  EXPECT_EQ(files.bytes(), 0u);
}

TEST(memory_files, what_no_limit_allows_fails_before_anything_is_allocated) {
  for (const uint64_t limit : {uint64_t{1} << 20, ~uint64_t{0}}) {
    WasiFiles files = files_of({.bytes = limit});
    Guest guest = guest_with(files);
    const uint32_t fd = guest.created("f");
    const bool limited = limit != ~uint64_t{0};
    for (const uint64_t size : {uint64_t{1} << 60, (uint64_t{1} << 62) + 5}) {
      EXPECT_EQ(pwrite(guest, fd, "x", size), limited ? Errno::fbig : Errno::nospc);
      EXPECT_EQ(guest.call("fd_filestat_set_size", {fd, size}), limited ? Errno::fbig : Errno::nospc);
      EXPECT_EQ(guest.call("fd_allocate", {fd, 0, size}), limited ? Errno::fbig : Errno::nospc);
    }
    EXPECT_EQ(files.bytes(), 0u);
    EXPECT_EQ(files.read("f")->size(), 0u);
  }
}

TEST(memory_files, holes_count_and_are_zeros) {
  WasiFiles files = files_of({.bytes = 100});
  Guest guest = guest_with(files);
  EXPECT_EQ(pwrite(guest, guest.created("f"), "xy", 8), Errno::success);
  EXPECT_EQ(*files.read("f"), std::string(8, '\0') + "xy");
  EXPECT_EQ(files.bytes(), 10u);
}

TEST(memory_files, entries_are_limited) {
  WasiFiles files = files_of({.entries = 3}, {{"dir/file", ""}});
  Guest guest = guest_with(files);
  EXPECT_EQ(guest.link("dir/file", "one"), Errno::success);
  EXPECT_EQ(guest.link("dir/file", "two"), Errno::nospc);
  EXPECT_EQ(guest.symlink("x", "two"), Errno::nospc);
  EXPECT_EQ(guest.path_call("path_create_directory", 3, "two"), Errno::nospc);
  EXPECT_EQ(guest.open_error("two", {.oflags = o_flags::kCreat}), Errno::nospc);
  EXPECT_EQ(guest.rename("one", "two"), Errno::success);  // needs no room
  EXPECT_EQ(guest.rename("two", "dir/two"), Errno::success);
  EXPECT_EQ(guest.path_call("path_unlink_file", 3, "dir/two"), Errno::success);
  EXPECT_EQ(guest.symlink("x", "two"), Errno::success);
  Result<void> more = files.write("more", "");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::limit);
}

TEST(memory_files, names_have_at_most_255_bytes) {
  Guest guest = guest_with(files_of({}));
  const std::string longest(255, 'x'), longer(256, 'x');
  EXPECT_EQ(guest.path_call("path_create_directory", 3, longest), Errno::success);
  EXPECT_EQ(guest.open_error(longest), Errno::success);
  EXPECT_EQ(guest.path_call("path_create_directory", 3, longer), Errno::nametoolong);
  EXPECT_EQ(guest.open_error(longer, {.oflags = o_flags::kCreat}), Errno::nametoolong);
  EXPECT_EQ(guest.open_error(longer + "/x"), Errno::nametoolong);
  EXPECT_EQ(guest.rename(longest, longer), Errno::nametoolong);
  EXPECT_EQ(guest.symlink("x", longer), Errno::nametoolong);
  EXPECT_EQ(guest.stat(longer), Errno::nametoolong);
}

// A guest makes them with mkdirat, one in the other. Nothing may recurse over them.
TEST(memory_files, directories_may_be_nested_as_deep_as_there_are_entries) {
  WasiFiles files = files_of({});
  std::string path;
  for (int i = 0; i < 60'000; ++i) path += "d/";
  ASSERT_TRUE(files.make_directory("top/" + path));
  EXPECT_FALSE(files.make_directory("top/" + path + std::string(10'000, 'x').insert(5'000, "/")));
  Guest guest = guest_with(files);
  EXPECT_EQ(guest.rename("top", "top/d/d/d/inside"), Errno::inval);
  EXPECT_EQ(guest.rename("top", "moved"), Errno::success);
  EXPECT_TRUE(files.list("moved/" + path));
}

// --- Directories

TEST(memory_files, a_large_directory_is_listed_completely) {
  WasiFiles files = files_of({});
  for (int i = 0; i < 60'000; ++i) ASSERT_TRUE(files.write("f" + std::to_string(i), ""));
  Guest guest = guest_with(files);
  const Size size = 60'000;
  const uint32_t buffer = guest.alloc(size), used = guest.alloc(4);
  size_t found = 0;
  DirCookie cookie = 0;
  do {
    ASSERT_EQ(guest.call("fd_readdir", {3, buffer, size, cookie, used}), Errno::success);
    for (Size at = 0; at + sizeof(Dirent) <= guest.get<Size>(used);) {
      const Dirent head = guest.get<Dirent>(buffer + at);
      at += sizeof(Dirent) + head.namlen;
      if (at > guest.get<Size>(used)) break;
      cookie = head.next;
      ++found;
    }
  } while (guest.get<Size>(used) == size);
  EXPECT_EQ(found, 60'002u);
}

// A program that gives every file another name must come to an end.
TEST(memory_files, what_is_renamed_while_it_is_listed_keeps_its_place) {
  WasiFiles files = files_of({});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(files.write("f" + std::to_string(i), ""));
  Guest guest = guest_with(files);
  const uint32_t buffer = guest.alloc(100), used = guest.alloc(4);
  std::set<std::string> seen;
  for (DirCookie cookie = 2;;) {
    ASSERT_EQ(guest.call("fd_readdir", {3, buffer, 100, cookie, used}), Errno::success);
    if (guest.get<Size>(used) == 0) break;
    const Dirent head = guest.get<Dirent>(buffer);
    const std::string name = guest.text(buffer + sizeof(Dirent), head.namlen);
    EXPECT_TRUE(seen.insert(name).second) << name;
    ASSERT_EQ(guest.rename(name, name + ".bak"), Errno::success);
    cookie = head.next;
  }
  EXPECT_EQ(seen.size(), 20u);
}

TEST(memory_files, nothing_can_be_made_in_a_removed_directory) {
  WasiFiles files = files_of({}, {{"file", "x"}});
  ASSERT_TRUE(files.make_directory("dir"));
  Guest guest = guest_with(files);
  const uint32_t dir = guest.opened("dir", {.oflags = o_flags::kDirectory});
  ASSERT_EQ(guest.path_call("path_remove_directory", 3, "dir"), Errno::success);
  EXPECT_EQ(guest.path_call("path_create_directory", dir, "new"), Errno::noent);
  EXPECT_EQ(guest.open_error("new", {.oflags = o_flags::kCreat, .dir = dir}), Errno::noent);
  EXPECT_EQ(guest.symlink("x", "new", dir), Errno::noent);
  EXPECT_EQ(guest.link("file", "new", 0, 3, dir), Errno::noent);
  EXPECT_EQ(guest.rename("file", "new", 3, dir), Errno::noent);
  EXPECT_EQ(guest.stat(".", 0, nullptr, dir), Errno::success);
  ASSERT_EQ(guest.path_call("path_create_directory", 3, "dir"), Errno::success);  // another one
  EXPECT_EQ(guest.stat("new", 0, nullptr, dir), Errno::noent);
  EXPECT_EQ(guest.call("fd_close", {dir}), Errno::success);
  EXPECT_EQ(*files.read("file"), "x");
}

TEST(memory_files, filestat_counts_names_and_directories) {
  WasiFiles files = files_of({}, {{"file", "0123456789"}, {"dir/inner/file", ""}});
  Guest guest = guest_with(files);
  Filestat file, other, dir;
  ASSERT_EQ(guest.link("file", "dir/hard"), Errno::success);
  ASSERT_EQ(guest.stat("file", 0, &file), Errno::success);
  ASSERT_EQ(guest.stat("dir/hard", 0, &other), Errno::success);
  ASSERT_EQ(guest.stat("dir", 0, &dir), Errno::success);
  EXPECT_EQ(file.size, 10u);
  EXPECT_EQ(file.nlink, 2u);
  EXPECT_EQ(file.ino, other.ino);
  EXPECT_EQ(file.dev, dir.dev);
  EXPECT_NE(file.ino, dir.ino);
  EXPECT_EQ(dir.nlink, 3u);
  EXPECT_EQ(file.mtim, 0u);  // made by the embedder
  EXPECT_GT(file.ctim, 1'600'000'000'000'000'000u);
  ASSERT_EQ(guest.rename("dir/inner", "inner"), Errno::success);
  ASSERT_EQ(guest.stat("dir", 0, &dir), Errno::success);
  EXPECT_EQ(dir.nlink, 2u);
}

// --- Several directories, several programs

TEST(memory_files, nothing_moves_from_one_tree_to_another_or_to_the_host) {
  TempDir host;
  host.write("h", "host");
  Guest guest = guest_with({{"", "/a", false, files_of({}, {{"a", "A"}})},
                            {"", "/b", false, files_of({}, {{"b", "B"}})},
                            {host.path().string(), "/h"}});
  const struct {
    const char* name;
    uint32_t dir;
  } all[] = {{"a", 3}, {"b", 4}, {"h", 5}};
  for (const auto& from : all) {
    for (const auto& to : all) {
      if (from.dir == to.dir) continue;
      EXPECT_EQ(guest.rename(from.name, "moved", from.dir, to.dir), Errno::xdev) << from.name << to.name;
      EXPECT_EQ(guest.link(from.name, "linked", 0, from.dir, to.dir), Errno::xdev) << from.name << to.name;
    }
  }
  Filestat a, b;
  ASSERT_EQ(guest.stat("a", 0, &a, 3), Errno::success);
  ASSERT_EQ(guest.stat("b", 0, &b, 4), Errno::success);
  EXPECT_NE(a.dev, b.dev);
}

TEST(memory_files, one_tree_in_two_directories_is_one_device) {
  WasiFiles files = files_of({}, {{"file", "x"}});
  Guest guest = guest_with({{"", "/a", false, files}, {"", "/b", false, files}, {"", "/ro", true, files}});
  Filestat a, b;
  ASSERT_EQ(guest.stat("file", 0, &a, 3), Errno::success);
  ASSERT_EQ(guest.stat("file", 0, &b, 4), Errno::success);
  EXPECT_EQ(a.dev, b.dev);
  EXPECT_EQ(a.ino, b.ino);
  EXPECT_EQ(guest.rename("file", "moved", 3, 4), Errno::success);
  EXPECT_EQ(guest.rename("moved", "file", 4, 5), Errno::rofs);
}

TEST(memory_files, are_shared_by_programs_and_outlive_them) {
  WasiFiles files = files_of({});
  {
    Guest writer = guest_with(files), reader = guest_with({{"", "/", true, files}});
    const uint32_t fd = writer.created("file");
    EXPECT_EQ(writer.write(fd, "one"), Errno::success);
    EXPECT_EQ(reader.read(reader.opened("file", {.base = rights::fd_read}), 10), "one");
    EXPECT_EQ(reader.open_error("file", {.base = rights::fd_write}), Errno::rofs);
    ASSERT_TRUE(files.write("file", "two by the embedder"));
    EXPECT_EQ(writer.write(fd, "!"), Errno::success);
  }
  EXPECT_EQ(*files.read("file"), "two!by the embedder");
}

// --- The embedder

TEST(memory_files, the_embedder_reads_and_changes_them) {
  WasiFiles files = files_of({}, {{"/a/b/c", "content"}, {"top", "t"}});
  EXPECT_EQ(*files.read("a/b/c"), "content");
  EXPECT_EQ(*files.read("a//./b/c"), "content");
  EXPECT_TRUE(files.make_link("b/c", "a/link"));
  EXPECT_EQ(*files.read("a/link"), "b/c");
  EXPECT_TRUE(files.make_directory("a/b"));
  const auto top = *files.list();
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].name, "a");
  EXPECT_EQ(top[0].kind, WasiFiles::Entry::Kind::directory);
  EXPECT_EQ(top[1].name, "top");
  EXPECT_EQ(top[1].size, 1u);
  EXPECT_TRUE(files.write("top", "another"));
  EXPECT_EQ(*files.read("top"), "another");
  EXPECT_TRUE(files.remove("top"));
  EXPECT_FALSE(files.remove("a"));
  EXPECT_EQ(files.list()->size(), 1u);
}

TEST(memory_files, the_embedder_gets_an_error_that_names_the_path) {
  WasiFiles files = files_of({.bytes = 10}, {{"file", ""}, {"dir/x", ""}});
  ASSERT_TRUE(files.make_link("dir", "link"));
  const auto text = [](const auto& result) { return result ? std::string("success") : result.error().message; };
  for (const char* path : {"..", "dir/../x", "file/x", "dir", "link", "link/x", "", "/"}) {
    const Result<void> written = files.write(path, "x");
    ASSERT_FALSE(written) << path;
    EXPECT_EQ(written.error().kind, ErrorKind::usage) << path;
    EXPECT_NE(text(written).find(path), std::string::npos) << path;
  }
  EXPECT_FALSE(files.write(std::string("a\0b", 3), "x"));
  EXPECT_FALSE(files.write(std::string(256, 'x'), "x"));
  const Result<void> large = files.write("large", std::string(11, 'x'));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::limit);
  for (const char* path : {"missing", "dir", "file/x"}) EXPECT_FALSE(files.read(path)) << path;
  EXPECT_FALSE(files.list("file"));
  EXPECT_FALSE(files.remove(""));
  EXPECT_FALSE(files.remove("missing"));
}

// Whatever a guest makes, the embedder can name it.
TEST(memory_files, names_of_the_guest_are_those_of_the_embedder) {
  WasiFiles files = files_of({});
  Guest guest = guest_with(files);
  guest.created("caf\xc3\xa9\n");
  ASSERT_EQ(files.list()->size(), 1u);
  EXPECT_EQ((*files.list())[0].name, "caf\xc3\xa9\n");
  EXPECT_TRUE(files.read("caf\xc3\xa9\n"));
}

}  // namespace
}  // namespace mini_wasm::wasi
