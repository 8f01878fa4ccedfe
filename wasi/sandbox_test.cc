// Path resolution alone: both strategies must find the same places and give the same errors.
#include "wasi/sandbox.h"

#include <fcntl.h>
#include <unistd.h>

#include <random>

#include "wasi/sandbox_os.h"
#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

TEST(wasi_sandbox, this_linux_resolves_paths_in_the_kernel) {
  if (!has_open_beneath()) GTEST_SKIP() << "no openat2 here";
  EXPECT_EQ(Sandbox::best_strategy(), Sandbox::Strategy::kernel);
}

// Random paths in a small tree with many links; the results of the two strategies are compared.
TEST(wasi_sandbox, both_strategies_agree_on_random_paths) {
  if (!has_open_beneath()) GTEST_SKIP() << "no openat2 here";
  TempDir dir;
  dir.mkdir("jail/a/b/c");
  dir.write("jail/f", "f");
  dir.write("jail/a/f", "af");
  dir.write("outside", "");
  const std::pair<const char*, const char*> links[] = {
      {"a/b", "l"},          {"..", "up"},        {"../f", "a/up"}, {"loop", "loop"},
      {"/etc", "abs"},       {"a/b/", "slash"},   {"f", "tof"},     {"missing", "gone"},
      {"../..", "a/b/upup"}, {"l/../f", "chain"}, {".", "dot"},     {"a/b/c/../..", "back"}};
  for (const auto& [target, name] : links) dir.symlink(target, std::string("jail/") + name);
  const char* parts[] = {"a",   "b",    "c",     "f",   "l",    "up", "upup", "loop", "abs", "slash",
                         "tof", "gone", "chain", "dot", "back", ".",  "..",   "..",   "new"};
  const int root = ::open((dir / "jail").c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_GE(root, 0);
  const Sandbox kernel(Sandbox::Strategy::kernel), walk(Sandbox::Strategy::walk);
  std::mt19937 random(1);
  const auto below = [&](size_t n) { return random() % n; };
  for (int i = 0; i < 20'000; ++i) {
    std::string path;
    for (size_t n = 1 + below(5); n > 0; --n) {
      path += parts[below(std::size(parts))];
      if (n > 1 || below(4) == 0) path += below(8) == 0 ? "//" : "/";
    }
    const int flags = (below(2) == 0 ? O_NOFOLLOW : 0) | (below(4) == 0 ? O_DIRECTORY : 0);
    const auto a = kernel.open(root, path, O_RDONLY | flags, 0), b = walk.open(root, path, O_RDONLY | flags, 0);
    ASSERT_EQ(a.ok(), b.ok()) << path << " flags " << flags << " errors " << static_cast<int>(a.error()) << " "
                              << static_cast<int>(b.error());
    // With O_DIRECTORY, a link that must not be followed gives one of two errors.
    if (!a.ok() && (flags & O_DIRECTORY) == 0) {
      EXPECT_EQ(a.error(), b.error()) << path << " flags " << flags;
    }
    const auto last = below(2) == 0 ? Sandbox::LastLink::keep : Sandbox::LastLink::follow;
    const auto x = kernel.find(root, path, last), y = walk.find(root, path, last);
    ASSERT_EQ(x.error(), y.error()) << path;
    if (x.ok()) {
      EXPECT_EQ(x->stat.st_ino, y->stat.st_ino) << path;
      EXPECT_EQ(x->place.name, y->place.name) << path;
      EXPECT_EQ(x->place.is_dot_dot, y->place.is_dot_dot) << path;
    }
  }
  ::close(root);
}

TEST(wasi_sandbox, walking_down_and_up_again_leaves_no_descriptor_open) {
  TempDir dir;
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "d/";
  dir.mkdir(deep);
  const int root = ::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY);
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  const auto before = count();
  const Sandbox walk(Sandbox::Strategy::walk);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(walk.locate(root, deep + "x", Sandbox::LastLink::follow).ok());
    EXPECT_FALSE(walk.open(root, deep + "missing/x", O_RDONLY, 0).ok());
  }
  EXPECT_EQ(count(), before);
  ::close(root);
}

}  // namespace
}  // namespace mini_wasm::wasi
