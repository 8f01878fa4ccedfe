// The file with the key of the code cache: how it is made, and which files are not accepted as one.
#include "runtime/cache/cache_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "scripts/file_content.h"
#include "scripts/temporary_directory.h"

namespace mini_wasm::runtime {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class cache_key : public ::testing::Test {
 protected:
  std::string path(const std::string& name = "key") const { return (directory_.path() / name).string(); }
  static std::string text_of(const CacheKey& key) { return {reinterpret_cast<const char*>(&key), sizeof(key)}; }
  // The key's bytes, or the error.
  static std::string obtain(const std::string& file) {
    const Result<CacheKey> key = obtain_cache_key(file);
    return key ? text_of(*key) : key.error().message;
  }
  static std::string content(const std::string& file) { return testing::file_content<std::string>(file); }
  static mode_t mode(const std::string& file) {
    struct stat info;
    EXPECT_EQ(stat(file.c_str(), &info), 0) << file;
    return info.st_mode & 07777;
  }
  size_t count() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator()));
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(cache_key, is_made_once) {
  const std::string first = obtain(path());
  ASSERT_EQ(first.size(), 32u) << first;
  EXPECT_EQ(obtain(path()), first);
  EXPECT_EQ(content(path()), first);
  EXPECT_EQ(mode(path()), 0600u);
  EXPECT_EQ(count(), 1u);
  EXPECT_NE(obtain(path("other")), first);
}

TEST_F(cache_key, folders_are_made_for_its_owner_alone) {
  const mode_t before = umask(0);
  EXPECT_EQ(obtain(path("a/b/key")).size(), 32u);
  umask(before);
  EXPECT_EQ(mode(path("a")), 0700u);
  EXPECT_EQ(mode(path("a/b")), 0700u);
  EXPECT_EQ(mode(path("a/b/key")), 0600u);
}

TEST_F(cache_key, of_others_or_open_to_them_is_none) {
  const std::string key = obtain(path());
  for (const mode_t bad : {0640, 0604, 0620, 0602, 0610, 0666, 0777}) {
    ASSERT_EQ(chmod(path().c_str(), bad), 0);
    EXPECT_THAT(obtain(path()), HasSubstr("permissions have to be 600"));
  }
  ASSERT_EQ(chmod(path().c_str(), 0400), 0);
  EXPECT_EQ(obtain(path()), key);
  ASSERT_EQ(link(path().c_str(), path("second").c_str()), 0);
  EXPECT_THAT(obtain(path()), HasSubstr("another name"));
  ASSERT_EQ(unlink(path("second").c_str()), 0);
  EXPECT_EQ(obtain(path()), key);
  if (chown(path().c_str(), 12345, static_cast<gid_t>(-1)) != 0) GTEST_SKIP() << "only root can give files away";
  EXPECT_THAT(obtain(path()), HasSubstr("another user's"));
}

TEST_F(cache_key, in_a_folder_that_others_may_write_to_is_none) {
  EXPECT_EQ(obtain(path("a/key")).size(), 32u);
  for (const mode_t bad : {0770, 0707, 01777}) {
    ASSERT_EQ(chmod(path("a").c_str(), bad), 0);
    EXPECT_THAT(obtain(path("a/key")), HasSubstr("others may write to the folder"));
    EXPECT_THAT(obtain(path("a/new")), HasSubstr("others may write to the folder"));
    EXPECT_FALSE(fs::exists(path("a/new")));
  }
  ASSERT_EQ(chmod(path("a").c_str(), 0755), 0);
  EXPECT_EQ(obtain(path("a/key")).size(), 32u);
  if (chown(path("a").c_str(), 12345, static_cast<gid_t>(-1)) != 0) GTEST_SKIP() << "only root can give files away";
  EXPECT_THAT(obtain(path("a/key")), HasSubstr("another user's"));
}

TEST_F(cache_key, that_is_none) {
  obtain(path());
  fs::create_symlink(path(), path("link"));
  fs::create_symlink("missing", path("dangling"));
  fs::create_directory(path("folder"));
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  for (const char* name : {"link", "dangling", "folder", "pipe"}) {
    EXPECT_THAT(obtain(path(name)), HasSubstr("not a regular file")) << name;
  }
  for (const size_t size : {0, 31, 33}) {
    std::ofstream(path("short"), std::ios::trunc) << std::string(size, 'x');
    ASSERT_EQ(chmod(path("short").c_str(), 0600), 0);
    EXPECT_THAT(obtain(path("short")), HasSubstr("32 bytes"));
    EXPECT_EQ(content(path("short")).size(), size);  // a file of somebody is left as it is
  }
  EXPECT_THAT(obtain(path("folder/")), HasSubstr("not the name of a file"));
  for (const std::string& nowhere : {path() + "/key", std::string("/dev/null/key"), std::string("/proc/none/key")}) {
    EXPECT_THAT(obtain(nowhere), HasSubstr(nowhere));
  }
}

TEST_F(cache_key, is_the_same_for_all_who_make_it_at_once) {
  for (int round = 0; round < 20; ++round) {
    const std::string file = path("key-" + std::to_string(round));
    int pipes[2];
    ASSERT_EQ(pipe(pipes), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        const std::string key = obtain(file);
        _exit(write(pipes[1], key.data(), 32) == 32 ? 0 : 1);
      }
      children.push_back(child);
    }
    std::set<std::string> keys;
    std::vector<std::thread> threads;
    std::vector<std::string> found(3);
    for (std::string& key : found) threads.emplace_back([&] { key = obtain(file); });
    for (std::thread& thread : threads) thread.join();
    for (const pid_t child : children) {
      int status = 1;
      waitpid(child, &status, 0);
      EXPECT_EQ(status, 0);
      std::string key(32, '?');
      EXPECT_EQ(read(pipes[0], key.data(), 32), 32);
      keys.insert(key);
    }
    keys.insert(found.begin(), found.end());
    EXPECT_EQ(keys.size(), 1u);
    EXPECT_EQ(*keys.begin(), content(file));
    close(pipes[0]);
    close(pipes[1]);
  }
  EXPECT_EQ(count(), 20u);  // no incomplete files
}

// Sets an environment variable while it exists.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = getenv(name)) old_ = old;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  ~Variable() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

TEST_F(cache_key, has_a_place_for_each_user) {
  const Variable home("HOME", "/home/me");
  {
    const Variable state("XDG_STATE_HOME", "/state");
    EXPECT_EQ(*default_cache_key_file(), "/state/mini-wasm/cache.key");
  }
  for (const char* none : {static_cast<const char*>(nullptr), "", "not/absolute"}) {
    const Variable state("XDG_STATE_HOME", none);
    EXPECT_EQ(*default_cache_key_file(), "/home/me/.local/state/mini-wasm/cache.key");
    const Variable nowhere("HOME", none);
    EXPECT_FALSE(default_cache_key_file());
  }
}

}  // namespace
}  // namespace mini_wasm::runtime
