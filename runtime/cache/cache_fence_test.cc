// Which directories a guest cannot have together with a code cache.
#include "runtime/cache/cache_fence.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "scripts/temporary_directory.h"
#include "spec-tests/support/mount_namespace.h"

namespace mini_wasm::runtime {
namespace {

namespace fs = std::filesystem;

class cache_fence : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  void make(const std::string& name) const { fs::create_directories(path(name)); }
  static Result<CacheFence> preopen(const std::string& dir) {
    const int fd = open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT_GE(fd, 0) << dir;
    Result<CacheFence> fence = CacheFence::around_preopen(dir, fd);
    close(fd);  // a guest may close it
    return fence;
  }
  // Whether such a cache and such a directory conflict. The order in which they come must make no difference.
  static bool meet(const std::string& cache, const std::string& key, const std::string& dir) {
    bool refused = false;
    {
      const Result<CacheFence> first = CacheFence::around_cache(cache, key);
      EXPECT_TRUE(first) << first.error().message;
      refused = !preopen(dir);
    }
    const Result<CacheFence> first = preopen(dir);
    EXPECT_TRUE(first) << first.error().message;
    EXPECT_EQ(!CacheFence::around_cache(cache, key), refused) << cache << " " << key << " " << dir;
    return refused;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(cache_fence, stands_between_a_cache_and_what_is_above_or_in_it) {
  for (const char* dir : {"a/cache/deep", "a/keys/deep", "b", "cache"}) make(dir);
  std::ofstream(path("a/keys/key")) << "x";
  const std::string cache = path("a/cache"), key = path("a/keys/key");
  for (const std::string& dir : {path("a/cache"), path("a"), path(""), std::string("/"), path("a/cache/deep"),
                                 path("a/cache/../cache/."), path("a/keys"), path("a/keys/deep"), path("b/../a")}) {
    EXPECT_TRUE(meet(cache, key, dir)) << dir;
  }
  for (const std::string& dir : {path("b"), path("cache")}) EXPECT_FALSE(meet(cache, key, dir)) << dir;
}

TEST_F(cache_fence, stands_before_anything_is_there) {
  make("a");
  make("b");
  const std::string cache = path("a/new/cache"), key = path("a/other/key");
  EXPECT_TRUE(meet(cache, path("b/key"), path("a")));
  EXPECT_TRUE(meet(path("b/cache"), key, path("a")));
  EXPECT_TRUE(meet(cache, key, path("")));
  EXPECT_FALSE(meet(cache, key, path("b")));
  EXPECT_FALSE(fs::exists(path("a/new")));
}

TEST_F(cache_fence, stands_around_links) {
  for (const char* dir : {"real/cache", "mine", "keys", "guest"}) make(dir);
  const std::string key = path("keys/key");
  fs::create_symlink(path("real/cache"), path("mine/absolute"));
  fs::create_symlink("../real/cache", path("mine/relative"));
  fs::create_symlink("absolute", path("mine/twice"));
  fs::create_symlink("real", path("above"));
  for (const char* cache : {"mine/absolute", "mine/relative", "mine/twice", "above/cache", "above/cache/new"}) {
    EXPECT_TRUE(meet(path(cache), key, path("real"))) << cache;
    EXPECT_TRUE(meet(path("guest"), path(cache) + std::string("/key"), path("real"))) << cache;
    // Whoever may write to the directory of a link decides where the link leads.
    EXPECT_EQ(meet(path(cache), key, path("mine")), std::string(cache).starts_with("mine"));
    EXPECT_FALSE(meet(path(cache), key, path("guest")));
  }
  // A directory that is preopened by the name of a link.
  EXPECT_TRUE(meet(path("real/cache"), key, path("above")));
  EXPECT_TRUE(meet(path("real/cache"), key, path("mine/twice")));
  fs::create_symlink("loop", path("loop"));
  EXPECT_FALSE(meet(path("loop"), key, path("guest")));
  EXPECT_TRUE(meet(path("loop"), key, path("")));
}

TEST_F(cache_fence, of_paths_that_are_not_absolute) {
  make("a/cache");
  make("b");
  const fs::path before = fs::current_path();
  fs::current_path(path("a"));
  EXPECT_TRUE(meet("cache", "key", path("a")));
  EXPECT_TRUE(meet("./cache/", "key", "."));
  EXPECT_TRUE(meet("cache", "../b/key", "../b"));
  EXPECT_TRUE(meet("cache", "key", ".."));
  EXPECT_FALSE(meet("cache", "key", "../b"));
  fs::current_path(before);
}

TEST_F(cache_fence, falls_when_its_owner_goes) {
  make("a");
  std::optional<Result<CacheFence>> cache = CacheFence::around_cache(path("a"), path("a/key"));
  ASSERT_TRUE(*cache);
  CacheFence other = std::move(**cache);
  cache.reset();
  EXPECT_FALSE(preopen(path("a")));
  {
    const Result<CacheFence> second = CacheFence::around_cache(path("a"), path("a/key"));
    other = CacheFence();
    EXPECT_FALSE(preopen(path("a")));
  }
  EXPECT_TRUE(preopen(path("a")));
}

TEST_F(cache_fence, stands_where_a_directory_is_mounted_once_more) {
  for (const char* dir : {"real/user/cache", "guest/x/my mount", "other", "far", "keys"}) make(dir);
  std::ofstream(path("keys/key")) << "x";
  std::ofstream(path("other/file")) << "x";
  mounts::in_mount_namespace([&] {
    const std::string cache = path("real/user/cache"), key = path("keys/key"), door = path("guest/x/my mount");
    EXPECT_FALSE(meet(cache, key, path("guest")));
    EXPECT_FALSE(meet(cache, key, path("other")));
    ASSERT_TRUE(mounts::bind_mount(path("real"), door));
    for (const std::string& dir : {door, path("guest/x"), path("guest")}) EXPECT_TRUE(meet(cache, key, dir)) << dir;
    EXPECT_FALSE(meet(cache, key, path("far")));
    // A mount inside a mount.
    ASSERT_TRUE(mounts::bind_mount(path("guest"), path("far")));
    ASSERT_TRUE(mounts::bind_mount(path("real/user"), path("far/x")));
    EXPECT_TRUE(meet(cache, key, path("far")));
    // Only the key.
    EXPECT_FALSE(meet(cache, key, path("other")));
    ASSERT_TRUE(mounts::bind_mount(key, path("other/file")));
    EXPECT_TRUE(meet(cache, key, path("other")));
  });
}

}  // namespace
}  // namespace mini_wasm::runtime
