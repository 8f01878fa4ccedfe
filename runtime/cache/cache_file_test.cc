// What a cache directory may contain, by accident or on purpose, and how it is handled.
#include "runtime/cache/cache_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "scripts/temporary_directory.h"

namespace mini_wasm::runtime {
namespace {

namespace fs = std::filesystem;

std::span<const uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class cache_file : public ::testing::Test {
 protected:
  std::string dir() const { return directory_.path().string(); }
  fs::path path(const std::string& name) const { return directory_.path() / (name + ".code"); }
  void write(const std::string& name, std::string_view content) const {
    NewCacheFile file(dir(), name);
    file.append(bytes(content));
    file.publish();
    EXPECT_TRUE(file.ok());
  }
  // The file's content, or "none".
  std::string read(const std::string& name) const {
    const auto file = CacheFile::open(dir(), name);
    if (!file) return "none";
    std::string text(file->size(), '?');
    EXPECT_TRUE(file->read(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
    return text;
  }
  // Makes the file look as if it was last used that many seconds ago.
  static void age(const fs::path& path, int seconds) {
    fs::last_write_time(path, fs::last_write_time(path) - std::chrono::seconds(seconds));
  }
  size_t count() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator()));
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(cache_file, is_there_once_it_is_complete) {
  {
    NewCacheFile file(dir(), "a");
    file.append(bytes("....."));
    file.append(bytes(" world"));
    file.overwrite(0, bytes("hello"));
    EXPECT_EQ(file.size(), 11u);
    EXPECT_EQ(read("a"), "none");
    file.publish();
  }
  EXPECT_EQ(read("a"), "hello world");
  EXPECT_EQ(read("b"), "none");
  struct stat info;
  ASSERT_EQ(stat(path("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(cache_file, that_is_given_up_leaves_nothing) {
  {
    NewCacheFile(dir(), "a").append(bytes("hello"));
  }
  EXPECT_EQ(count(), 0u);
}

TEST_F(cache_file, stays_as_it_was_opened) {
  write("a", "old");
  const auto old = CacheFile::open(dir(), "a");
  write("a", "new one");
  EXPECT_EQ(read("a"), "new one");
  std::string text(3, '?');
  ASSERT_TRUE(old->read(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  EXPECT_EQ(text, "old");
}

TEST_F(cache_file, does_not_read_beyond_the_end) {
  write("a", "hello");
  const auto file = CacheFile::open(dir(), "a");
  fs::resize_file(path("a"), 3);  // changed by somebody else
  uint8_t to[5];
  EXPECT_FALSE(file->read(0, to));
  EXPECT_FALSE(file->read(3, {to, 1}));
  EXPECT_FALSE(file->read(100, {to, 1}));
}

TEST_F(cache_file, that_others_may_write_to_is_not_ours) {
  write("a", "hello");
  for (const mode_t mode : {0620, 0602, 0666}) {
    ASSERT_EQ(chmod(path("a").c_str(), mode), 0);
    EXPECT_EQ(read("a"), "none");
  }
  ASSERT_EQ(chmod(path("a").c_str(), 0644), 0);
  EXPECT_EQ(read("a"), "hello");
}

TEST_F(cache_file, of_another_user_is_not_ours) {
  write("a", "hello");
  if (chown(path("a").c_str(), 12345, static_cast<gid_t>(-1)) != 0) GTEST_SKIP() << "only root can give files away";
  EXPECT_EQ(read("a"), "none");
  write("a", "mine");  // the directory is ours, so the name is ours as well
  EXPECT_EQ(read("a"), "mine");
}

TEST_F(cache_file, that_is_none) {
  write("a", "hello");
  fs::create_symlink(path("a"), path("link"));
  fs::create_directory(path("directory"));
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", path("device"));
  for (const char* name : {"link", "directory", "pipe", "device"}) EXPECT_EQ(read(name), "none") << name;
  write("link", "instead of it");
  EXPECT_EQ(read("a"), "hello");
  EXPECT_EQ(read("link"), "instead of it");
  write("pipe", "instead of it");
  EXPECT_EQ(read("pipe"), "instead of it");
  NewCacheFile file(dir(), "directory");
  file.publish();
  EXPECT_FALSE(file.ok());
}

TEST_F(cache_file, directories_are_made) {
  const std::string deep = dir() + "/one/two";
  NewCacheFile file(deep, "a");
  file.publish();
  EXPECT_TRUE(file.ok());
  struct stat info;
  for (const std::string& made : {deep, dir() + "/one"}) {
    ASSERT_EQ(stat(made.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
  }
}

TEST_F(cache_file, directories_are_made_where_we_are) {
  const fs::path before = fs::current_path();
  fs::current_path(directory_.path());
  for (const char* name : {"x", "y/z", "./v//w/"}) {
    NewCacheFile file(name, "a");
    file.publish();
    EXPECT_TRUE(file.ok()) << name;
    EXPECT_NE(CacheFile::open(name, "a"), nullptr) << name;
  }
  fs::current_path(before);
}

TEST_F(cache_file, where_none_can_be) {
  write("a", "hello");
  for (const std::string& no_directory : {path("a").string(), path("a").string() + "/b", std::string("/dev/null")}) {
    NewCacheFile file(no_directory, "a");
    file.append(bytes("hello"));
    file.publish();
    EXPECT_FALSE(file.ok());
    EXPECT_EQ(CacheFile::open(no_directory, "a"), nullptr);
    trim_cache(no_directory, 0);
  }
}

TEST_F(cache_file, the_least_recently_used_go_first) {
  for (const char* name : {"a", "b", "c", "d"}) write(name, std::string(100, 'x'));
  age(path("a"), 40);
  age(path("b"), 30);
  age(path("c"), 20);
  age(path("d"), 10);
  EXPECT_NE(read("a"), "none");  // reading counts as use
  trim_cache(dir(), 300);
  EXPECT_EQ(read("b"), "none");
  EXPECT_NE(read("c"), "none");
  trim_cache(dir(), 299);
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(read("d"), "none");
}

TEST_F(cache_file, trimming_takes_only_what_is_ours) {
  write("a", "hello");
  std::ofstream(directory_.path() / "letter.txt") << "dear";
  fs::create_symlink(directory_.path() / "letter.txt", path("link"));
  fs::create_directory(path("directory"));
  std::ofstream(directory_.path() / "b.code.1-0.tmp") << "abandoned";
  age(directory_.path() / "b.code.1-0.tmp", 7200);
  std::ofstream(directory_.path() / "b.code.1-1.tmp") << "being written";
  trim_cache(dir(), 0);
  EXPECT_FALSE(fs::exists(path("a")));
  EXPECT_FALSE(fs::exists(directory_.path() / "b.code.1-0.tmp"));
  for (const char* kept : {"letter.txt", "link.code", "directory.code", "b.code.1-1.tmp"}) {
    EXPECT_TRUE(fs::exists(directory_.path() / kept)) << kept;
  }
}

}  // namespace
}  // namespace mini_wasm::runtime
