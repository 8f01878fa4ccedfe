// fd_readdir: entries, cookies, entries that are cut off at the end of the buffer, directories of any size.
#include <algorithm>
#include <set>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

struct Entry {
  Dirent head;
  std::string name;
};

class ReaddirTest : public EveryStorage {
 protected:
  // The complete entries in one buffer, starting at `cookie`; `used` is set to the number of bytes in it.
  std::vector<Entry> read(DirCookie cookie, Size size, Size* used_out = nullptr, uint32_t fd = 3) {
    guest.forget_allocations();
    const uint32_t buffer = guest.alloc(size), used = guest.alloc(4);
    EXPECT_EQ(guest.call("fd_readdir", {fd, buffer, size, cookie, used}), Errno::success);
    const Size filled = guest.get<Size>(used);
    EXPECT_LE(filled, size);
    EXPECT_TRUE(guest.wrote_only({{buffer, filled}, {used, 4}}));
    std::vector<Entry> entries;
    for (Size at = 0; filled - at >= sizeof(Dirent);) {
      const Dirent head = guest.get<Dirent>(buffer + at);
      at += sizeof(Dirent);
      if (filled - at < head.namlen) break;
      entries.push_back({head, guest.text(buffer + at, head.namlen)});
      at += head.namlen;
    }
    if (used_out != nullptr) *used_out = filled;
    return entries;
  }

  // Reads like wasi-libc: continues with the cookie of the last complete entry, until a buffer is not full.
  std::multiset<std::string> read_all(Size buffer_size) {
    std::multiset<std::string> names;
    DirCookie cookie = 0;
    for (int rounds = 0; rounds < 100'000; ++rounds) {
      Size used = 0;
      const std::vector<Entry> entries = read(cookie, buffer_size, &used);
      for (const Entry& entry : entries) names.insert(entry.name);
      if (!entries.empty()) cookie = entries.back().head.next;
      if (used < buffer_size) return names;
    }
    ADD_FAILURE() << "no end";
    return names;
  }

  TempDir dir{GetParam()};
  Guest guest = Guest::in(dir, GetParam());
};
INSTANTIATE_EVERY_STORAGE(ReaddirTest);

TEST_P(ReaddirTest, lists_dot_and_dot_dot_and_the_types_of_files) {
  dir.write("file", "");
  dir.mkdir("sub");
  dir.symlink("file", "link");
  std::map<std::string, Dirent> entries;
  for (const Entry& entry : read(0, 4096)) entries[entry.name] = entry.head;
  ASSERT_EQ(entries.size(), 5u);
  EXPECT_EQ(entries["."].type, FileType::directory);
  EXPECT_EQ(entries[".."].type, FileType::directory);
  EXPECT_EQ(entries["file"].type, FileType::regular_file);
  EXPECT_EQ(entries["sub"].type, FileType::directory);
  EXPECT_EQ(entries["link"].type, FileType::symbolic_link);
  Filestat stat;
  ASSERT_EQ(guest.stat("file", 0, &stat), Errno::success);
  EXPECT_EQ(entries["file"].ino, stat.ino);
}

// The guest must not learn the inode of the parent, and 0 would mean that the entry was removed.
TEST_P(ReaddirTest, dot_dot_has_the_inode_of_the_directory_itself) {
  dir.mkdir("sub");
  for (const char* name : {".", "sub"}) {
    Filestat stat;
    ASSERT_EQ(guest.stat(name, 0, &stat), Errno::success);
    const uint32_t fd = guest.opened(name, {.oflags = o_flags::kDirectory});
    size_t dots = 0;
    for (const Entry& entry : read(0, 4096, nullptr, fd)) {
      if (entry.name != "." && entry.name != "..") continue;
      EXPECT_EQ(entry.head.ino, stat.ino) << entry.name;
      ++dots;
    }
    EXPECT_EQ(dots, 2u);
  }
}

TEST_P(ReaddirTest, any_buffer_that_holds_one_entry_lists_everything_once) {
  std::multiset<std::string> expected = {".", ".."};
  for (int i = 0; i < 300; ++i) {
    const std::string name = "file-" + std::to_string(i) + std::string(static_cast<size_t>(i % 40), 'x');
    dir.write(name, "");
    expected.insert(name);
  }
  for (const Size size : {80u, 100u, 256u, 4096u, 65536u}) EXPECT_EQ(read_all(size), expected) << size;
}

TEST_P(ReaddirTest, the_last_entry_is_cut_off_where_the_buffer_ends) {
  dir.write("a-rather-long-name", "");
  for (Size size = 0; size < 120; ++size) {
    Size used = 0;
    read(0, size, &used);
    const Size whole = 3 * 24 + 1 + 2 + 18;
    EXPECT_EQ(used, std::min(size, whole));
  }
}

TEST_P(ReaddirTest, a_cookie_can_be_used_again) {
  for (int i = 0; i < 20; ++i) dir.write("f" + std::to_string(i), "");
  const std::vector<Entry> all = read(0, 8192);
  ASSERT_EQ(all.size(), 22u);
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    const std::vector<Entry> rest = read(all[i].head.next, 8192);
    ASSERT_EQ(rest.size(), all.size() - i - 1);
    EXPECT_EQ(rest.front().name, all[i + 1].name);
  }
  EXPECT_TRUE(read(all.back().head.next, 8192).empty());
}

// Programs keep cookies in 32 bits, and use the values of telldir unchanged.
TEST_P(ReaddirTest, cookies_count_entries) {
  for (int i = 0; i < 2000; ++i) dir.write("f" + std::to_string(i), "");
  DirCookie expected = 0;
  for (Size used = 500; used == 500;) {
    for (const Entry& entry : read(expected, 500, &used)) EXPECT_EQ(entry.head.next, ++expected);
  }
  EXPECT_EQ(expected, 2002u);
}

TEST_P(ReaddirTest, a_cookie_stays_what_it_is_while_entries_come_and_go) {
  for (int i = 0; i < 200; ++i) dir.write("f" + std::to_string(i), "");
  const std::vector<Entry> all = read(0, 32768);
  ASSERT_EQ(all.size(), 202u);
  for (size_t i = 0; i < 100; ++i) {
    if (all[i].name[0] == 'f') dir.remove(all[i].name);
  }
  std::vector<Entry> rest = read(all[99].head.next, 32768);
  ASSERT_EQ(rest.size(), 102u);
  for (size_t i = 0; i < rest.size(); ++i) {
    EXPECT_EQ(rest[i].name, all[100 + i].name);
    EXPECT_EQ(rest[i].head.next, all[100 + i].head.next);
  }
  // From the place of a removed entry, the next one is the first that remains, no matter what else is new.
  for (int i = 0; i < 50; ++i) dir.write("new" + std::to_string(i), "");
  for (const size_t i : {20u, 50u, 99u, 120u, 30u}) {
    rest = read(all[i].head.next, 32768);
    std::erase_if(rest, [](const Entry& entry) { return entry.name[0] != 'f'; });
    ASSERT_FALSE(rest.empty());
    size_t next = std::max<size_t>(i + 1, 100);
    while (next < all.size() && all[next].name[0] != 'f') ++next;
    EXPECT_EQ(rest[0].name, all[next].name) << i;
  }
}

TEST_P(ReaddirTest, a_cookie_that_nobody_gave_out_counts_from_the_beginning) {
  for (int i = 0; i < 50; ++i) dir.write("f" + std::to_string(i), "");
  const std::vector<Entry> all = read(0, 8192);
  const uint32_t fresh = guest.opened(".", {.oflags = o_flags::kDirectory});
  std::vector<Entry> rest = read(40, 8192, nullptr, fresh);
  ASSERT_EQ(rest.size(), 12u);
  EXPECT_EQ(rest[0].name, all[40].name);
  // With an entry that is kept because the buffer was too small.
  Size used = 0;
  EXPECT_TRUE(read(10, 20, &used, fresh).empty());
  EXPECT_EQ(used, 20u);
  EXPECT_EQ(read(11, 8192, nullptr, fresh)[0].name, all[11].name);
  EXPECT_TRUE(read(10, 20, &used, fresh).empty());
  EXPECT_EQ(read(10, 8192, nullptr, fresh)[0].name, all[10].name);
  // Beyond the last entry, although there were more before.
  for (int i = 10; i < 50; ++i) dir.remove("f" + std::to_string(i));
  rest = read(0, 8192, nullptr, fresh);
  ASSERT_EQ(rest.size(), 12u);
  for (DirCookie more = 0; more < 5; ++more) {
    EXPECT_TRUE(read(rest.back().head.next + more, 8192, nullptr, fresh).empty()) << more;
  }
}

// A program that reads a directory again and again does not run out of cookies.
TEST_P(ReaddirTest, numbers_mean_what_has_been_listed_last) {
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 50; ++i) dir.write("f" + std::to_string(round) + "-" + std::to_string(i), "");
    EXPECT_EQ(read(0, 8192).back().head.next, 52u);
    for (int i = 0; i < 50; ++i) dir.remove("f" + std::to_string(round) + "-" + std::to_string(i));
  }
}

// A seek to the first position looks the same as a new start.
TEST_P(ReaddirTest, a_cookie_survives_a_start_that_finds_nothing_new) {
  for (int i = 0; i < 300; ++i) dir.write("f" + std::to_string(i), "");
  const std::vector<Entry> all = read(0, 65536);
  ASSERT_EQ(all.size(), 302u);
  read(0, 500);
  for (size_t i = 150; i < 250; ++i) {
    if (all[i].name[0] == 'f') dir.remove(all[i].name);
  }
  EXPECT_EQ(read(all[270].head.next, 500)[0].name, all[271].name);
  EXPECT_EQ(read(all[140].head.next, 500)[0].name, all[141].name);
}

TEST_P(ReaddirTest, cookie_zero_sees_what_was_created_since) {
  EXPECT_EQ(read(0, 4096).size(), 2u);
  dir.write("new", "");
  EXPECT_EQ(read(0, 4096).size(), 3u);
}

TEST_P(ReaddirTest, removing_what_was_listed_does_not_hide_the_rest) {
  for (int i = 0; i < 500; ++i) dir.write("f" + std::to_string(i), "");
  DirCookie cookie = 0;
  int removed = 0;
  for (Size used = 200; used == 200;) {
    for (const Entry& entry : read(cookie, 200, &used)) {
      cookie = entry.head.next;
      if (entry.name[0] == 'f') dir.remove(entry.name), ++removed;
    }
  }
  EXPECT_EQ(removed, 500);
}

TEST_P(ReaddirTest, made_up_cookies_do_no_harm) {
  for (int i = 0; i < 50; ++i) dir.write("f" + std::to_string(i), "");
  const uint32_t buffer = guest.alloc(4096), used = guest.alloc(4);
  for (const uint64_t cookie : {uint64_t{52}, uint64_t{53}, uint64_t{12345}, uint64_t{1} << 32, uint64_t{1} << 62,
                                (uint64_t{1} << 63) - 1, uint64_t{1} << 63, ~uint64_t{0}}) {
    EXPECT_EQ(guest.call("fd_readdir", {3, buffer, 4096, cookie, used}), Errno::success);
    EXPECT_TRUE(guest.wrote_only({{used, 4}}));
    EXPECT_EQ(guest.get<uint32_t>(used), 0u) << cookie;  // beyond the end
  }
  EXPECT_EQ(read(0, 65536).size(), 52u);
}

// Everything that is listed can be used, and a directory that looks empty is empty: names of the host that are not
// UTF-8 are shown in characters of a private plane.
TEST_P(ReaddirTest, names_that_are_not_utf8_can_be_used) {
  dir.mkdir("d");
  const std::string names[] = {"good", "b\xff", "\xc3", "\xc3\xa9", "\xf4\x8f\xbf\x83", "\xed\xa0\x80"};
  for (const std::string& name : names) dir.write("d/" + name, name);
  const uint32_t fd = guest.opened("d", {.oflags = o_flags::kDirectory});
  size_t found = 0;
  for (const Entry& entry : read(0, 4096, nullptr, fd)) {
    if (entry.name[0] == '.') continue;
    ++found;
    const std::string path = "d/" + entry.name;
    const std::string content = guest.read(guest.opened(path), 20);
    EXPECT_NE(std::find(std::begin(names), std::end(names), content), std::end(names));
    EXPECT_TRUE(dir.exists("d/" + content));
    EXPECT_EQ(guest.stat(path), Errno::success);
    EXPECT_EQ(guest.path_call("path_unlink_file", 3, path), Errno::success);
    EXPECT_FALSE(dir.exists("d/" + content));
  }
  EXPECT_EQ(found, std::size(names));
  EXPECT_EQ(guest.path_call("path_remove_directory", 3, "d"), Errno::success);
  dir.symlink("to\xfe", "link");
  std::string target;
  ASSERT_EQ(guest.readlink("link", &target), Errno::success);
  EXPECT_EQ(guest.symlink(target, "copy"), Errno::success);
  EXPECT_EQ(dir.read_symlink("copy"), "to\xfe");
}

TEST_P(ReaddirTest, a_file_is_notdir) {
  dir.write("file", "");
  const uint32_t fd = guest.opened("file");
  EXPECT_EQ(guest.call("fd_readdir", {fd, guest.alloc(64), 64, 0, guest.alloc(4)}), Errno::notdir);
}

TEST_P(ReaddirTest, two_descriptors_of_one_directory_have_positions_of_their_own) {
  for (int i = 0; i < 10; ++i) dir.write("f" + std::to_string(i), "");
  const uint32_t other = guest.opened(".", {.oflags = o_flags::kDirectory});
  const std::vector<Entry> first = read(0, 100);
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(read(0, 8192, nullptr, other).size(), 12u);
  EXPECT_EQ(read(first.back().head.next, 8192).size(), 12u - first.size());
}

}  // namespace
}  // namespace mini_wasm::wasi
