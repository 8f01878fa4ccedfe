// File systems that are mounted below a preopened directory: ordinary ones belong to it, those of the kernel do not. Of
// devices, only those that hold no data of the host can be used.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <random>

#include "spec-tests/support/mount_namespace.h"
#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

Guest guest_of(const std::string& dir, Sandbox::Strategy strategy) {
  WasiConfig config;
  config.preopens = {{dir, "/", false}};
  return Guest(std::move(config), strategy);
}

// Expects that no operation on this path has an effect, or reports anything except that it is not permitted.
void expect_closed(Guest& g, const std::string& path) {
  const ::testing::Message at = ::testing::Message() << "path " << path;
  g.forget_allocations();
  for (const OFlags oflags : {OFlags{0}, o_flags::kDirectory, o_flags::kCreat, o_flags::kTrunc}) {
    for (const Rights base : {rights::fd_read, rights::fd_write, Rights{rights::fd_read | rights::fd_write}}) {
      // A file is never created by a path that ends in a slash, no matter what exists there.
      const Errno expected = oflags == o_flags::kCreat && path.back() == '/' ? Errno::isdir : Errno::perm;
      EXPECT_EQ(g.open_error(path, {.oflags = oflags, .base = base, .inheriting = 0}), expected) << at;
    }
  }
  EXPECT_EQ(g.stat(path), Errno::perm) << at;
  EXPECT_EQ(g.call("path_filestat_set_times", {3, 1, g.put_text(path), path.size(), 7, 7, 5}), Errno::perm) << at;
  EXPECT_EQ(g.link(path, "tmp/stolen", lookup_flags::kSymlinkFollow), Errno::perm) << at;
  // These act on the name itself: a mount point is busy, and what is inside it is closed.
  EXPECT_NE(g.readlink(path), Errno::success) << at;
  EXPECT_NE(g.path_call("path_create_directory", 3, path), Errno::success) << at;
  EXPECT_NE(g.path_call("path_remove_directory", 3, path), Errno::success) << at;
  EXPECT_NE(g.path_call("path_unlink_file", 3, path), Errno::success) << at;
  EXPECT_NE(g.rename(path, "tmp/stolen"), Errno::success) << at;
  EXPECT_NE(g.rename("tmp", path), Errno::success) << at;
  EXPECT_NE(g.symlink("x", path), Errno::success) << at;
}

// The same for a path inside such a file system: each operation is refused with its usual error.
void expect_inside_closed(Guest& g, const std::string& path) {
  expect_closed(g, path);
  const ::testing::Message at = ::testing::Message() << "path " << path;
  EXPECT_EQ(g.stat(path, 0), Errno::perm) << at;
  EXPECT_EQ(g.readlink(path), Errno::perm) << at;
  EXPECT_EQ(g.path_call("path_create_directory", 3, path), Errno::perm) << at;
  EXPECT_EQ(g.path_call("path_remove_directory", 3, path), Errno::perm) << at;
  EXPECT_EQ(g.path_call("path_unlink_file", 3, path), Errno::perm) << at;
  EXPECT_EQ(g.rename(path, "tmp/stolen"), Errno::perm) << at;
  EXPECT_EQ(g.rename("tmp", path), Errno::perm) << at;
  EXPECT_EQ(g.link("tmp", path), Errno::perm) << at;
  EXPECT_EQ(g.symlink("x", path), Errno::perm) << at;
}

class KernelFileSystems : public BothSandboxes {};
INSTANTIATE_BOTH_SANDBOXES(KernelFileSystems);

TEST_P(KernelFileSystems, are_no_preopened_directories) {
  for (const char* dir : {"/proc", "/proc/", "/proc/self", "/proc/self/task", "/proc/self/fd", "/sys", "/sys/kernel",
                          "/dev/pts", "/proc/1/net"}) {
    if (!std::filesystem::is_directory(dir)) continue;
    WasiConfig config;
    config.preopens = {{dir, "/", true}};
    const auto context = Context::make(config, GetParam());
    ASSERT_FALSE(context) << dir;
    EXPECT_EQ(context.error().kind, ErrorKind::usage);
    EXPECT_THAT(context.error().message, ::testing::HasSubstr(dir));
  }
  // Through a link of the host, the path is the directory that the link leads to.
  WasiConfig config;
  config.preopens = {{"/proc/self/cwd", "/", true}};
  EXPECT_TRUE(Context::make(config, GetParam()));
}

TEST_P(KernelFileSystems, are_closed_below_the_root) {
  Guest g = guest_of("/", GetParam());
  ASSERT_EQ(g.stat("proc/.."), Errno::perm);
  for (const char* path : {"proc", "proc/", "proc/.", "./proc//", "sys", "tmp/../proc"}) expect_closed(g, path);
  const std::string self = "proc/" + std::to_string(::getpid());
  for (const std::string& path :
       {self + "/mem", self + "/environ", self, self + "/fd/0", self + "/task", std::string("proc/self/mem"),
        std::string("proc/self/environ"), std::string("proc/self"), std::string("proc/self/fd/1"),
        std::string("proc/self/root/etc/passwd"), std::string("proc/self/root"), std::string("proc/self/cwd/x"),
        std::string("proc/self/exe"), std::string("proc/sys/kernel/core_pattern"), std::string("proc/new"),
        std::string("sys/kernel/uevent_helper"), std::string("sys/kernel"), std::string("proc/1/../1/mem")}) {
    expect_inside_closed(g, path);
  }
}

// A guest that could pass through such a directory would learn which processes exist.
TEST_P(KernelFileSystems, are_no_way_to_elsewhere) {
  Guest g = guest_of("/", GetParam());
  ASSERT_EQ(g.stat("etc/passwd"), Errno::success);
  for (const char* path : {"proc/../etc/passwd", "proc/1/../../etc/passwd", "proc/999999999/../../etc/passwd",
                           "proc/self/../../etc/passwd", "sys/../etc/passwd", "proc/self/root/etc/passwd"}) {
    EXPECT_EQ(g.stat(path), Errno::perm) << path;
    EXPECT_EQ(g.open_error(path), Errno::perm) << path;
  }
  TempDir dir;
  ASSERT_TRUE(dir.path().string().starts_with("/tmp/"));
  const std::string here = dir.path().string().substr(1);
  dir.symlink("../../proc/self/environ", "file");
  dir.symlink("../../proc", "dir");
  dir.symlink("../../proc/1/../../etc/passwd", "through");
  EXPECT_EQ(g.open_error(here + "/file"), Errno::perm);
  EXPECT_EQ(g.open_error(here + "/dir/self/environ"), Errno::perm);
  EXPECT_EQ(g.stat(here + "/dir/"), Errno::perm);
  EXPECT_EQ(g.stat(here + "/dir"), Errno::perm);
  EXPECT_EQ(g.stat(here + "/through"), Errno::perm);
  EXPECT_EQ(g.stat(here + "/file", 0), Errno::success);  // the link itself belongs to the guest
}

TEST_P(KernelFileSystems, are_closed_by_their_names_in_dev) {
  Guest g = guest_of("/", GetParam());
  for (const char* path : {"dev/fd/0", "dev/stdin", "dev/stdout", "dev/pts/ptmx"}) {
    EXPECT_NE(g.open_error(path), Errno::success) << path;
    EXPECT_NE(g.stat(path), Errno::success) << path;
  }
}

TEST_P(KernelFileSystems, are_closed_where_they_are_mounted_once_more) {
  TempDir dir;
  for (const char* name : {"proc", "self", "sub", "tmp", "store"}) dir.mkdir(name);
  for (const char* name : {"environ", "mem", "tmp/x"}) dir.write(name, "");
  mounts::in_mount_namespace([&] {
    using mounts::bind_mount;
    ASSERT_TRUE(bind_mount("/proc", dir / "proc"));
    ASSERT_TRUE(bind_mount("/proc/self", dir / "self"));
    ASSERT_TRUE(bind_mount("/proc/self/environ", dir / "environ"));
    ASSERT_TRUE(bind_mount("/proc/self/mem", dir / "mem"));
    ASSERT_TRUE(bind_mount("/sys", dir / "sub"));
    Guest g = guest_of(dir.path(), GetParam());
    for (const char* path : {"proc", "proc/", "self", "self/.", "environ", "mem", "sub"}) expect_closed(g, path);
    for (const char* path : {"proc/self/mem", "proc/1", "self/mem", "self/fd", "sub/kernel"}) {
      expect_inside_closed(g, path);
    }
    EXPECT_EQ(g.stat("proc/../tmp"), Errno::perm);
    WasiConfig config;
    config.preopens = {{dir / "self", "/", false}};
    EXPECT_FALSE(Context::make(config, GetParam()));
    // The directory is listed as it is: that it has such names is no secret.
    EXPECT_EQ(g.call("fd_readdir", {3, g.alloc(4096), 4096, 0, g.alloc(4)}), Errno::success);
  });
}

// Every kind that this kernel can mount. Where tests run as root, that is most of them.
TEST_P(KernelFileSystems, of_every_kind_are_closed) {
  TempDir dir;
  dir.mkdir("tmp");
  const char* const kinds[] = {
#define FILE_SYSTEM(name, magic) name,
#include "wasi/kernel_file_systems.def"
#undef FILE_SYSTEM
  };
  for (const char* kind : kinds) dir.mkdir(kind);
  mounts::in_mount_namespace([&] {
    size_t mounted = 0;
    for (const char* kind : kinds) {
      if (!mounts::mount_new(kind, dir / kind)) continue;
      ++mounted;
      Guest g = guest_of(dir.path(), GetParam());
      expect_closed(g, kind);
      expect_inside_closed(g, std::string(kind) + "/new");
      WasiConfig config;
      config.preopens = {{dir / kind, "/", false}};
      EXPECT_FALSE(Context::make(config, GetParam())) << kind;
    }
    EXPECT_GE(mounted, 3u);
  });
}

// --- Other file systems

TEST_P(KernelFileSystems, are_not_what_holds_files) {
  TempDir dir, other;
  dir.mkdir("m/deep");
  dir.write("f", "f");
  dir.write("file", "");
  other.write("content", "there");
  mounts::in_mount_namespace([&] {
    ASSERT_TRUE(mounts::mount_new("tmpfs", dir / "m"));
    Guest g = guest_of(dir.path(), GetParam());
    EXPECT_EQ(g.path_call("path_create_directory", 3, "m/sub"), Errno::success);
    ASSERT_TRUE(mounts::bind_mount(other.path(), dir / "m/sub"));
    ASSERT_TRUE(mounts::bind_mount(other / "content", dir / "file"));
    EXPECT_EQ(g.write(g.created("m/new"), "new"), Errno::success);
    EXPECT_EQ(dir.read("m/new"), "new");
    EXPECT_EQ(g.open_error("m/new", {.oflags = o_flags::kCreat | o_flags::kExcl}), Errno::exist);
    EXPECT_EQ(g.read(g.opened("m/sub/content"), 10), "there");
    EXPECT_EQ(g.read(g.opened("m/sub/../sub/./content"), 10), "there");
    EXPECT_EQ(g.read(g.opened("m/sub/../../f"), 10), "f");
    EXPECT_EQ(g.read(g.opened("file"), 10), "there");
    EXPECT_EQ(g.stat("m/sub"), Errno::success);
    EXPECT_EQ(g.stat("file"), Errno::success);
    EXPECT_EQ(g.rename("m/new", "m/renamed"), Errno::success);
    EXPECT_EQ(g.link("m/renamed", "m/linked"), Errno::success);
    EXPECT_EQ(g.symlink("renamed", "m/link"), Errno::success);
    EXPECT_EQ(g.read(g.opened("m/link"), 10), "new");
    g.opened("m/link", {.oflags = o_flags::kTrunc});
    EXPECT_EQ(dir.read("m/renamed"), "");
    EXPECT_EQ(g.path_call("path_unlink_file", 3, "m/linked"), Errno::success);
    EXPECT_EQ(g.open_error("m/sub/content/"), Errno::notdir);
    EXPECT_EQ(g.open_error("m/../../x"), Errno::perm);
    EXPECT_EQ(g.rename("f", "m/f"), Errno::xdev);
    const uint32_t sub = g.opened("m/sub", {.oflags = o_flags::kDirectory});
    EXPECT_EQ(g.open_error("content", {.base = rights::fd_read, .inheriting = 0, .dir = sub}), Errno::success);
    EXPECT_EQ(g.open_error("../new", {.base = rights::fd_read, .inheriting = 0, .dir = sub}), Errno::perm);
  });
}

// --- Devices

class Devices : public BothSandboxes {};
INSTANTIATE_BOTH_SANDBOXES(Devices);

TEST_P(Devices, that_hold_nothing_are_open) {
  for (const char* root : {"/", "/dev"}) {
    Guest g = guest_of(root, GetParam());
    const std::string dev = std::string(root) == "/" ? "dev/" : "";
    for (const char* name : {"null", "zero", "full", "random", "urandom"}) {
      EXPECT_EQ(g.open_error(dev + name), Errno::success) << name;
    }
    EXPECT_EQ(g.read(g.opened(dev + "zero"), 4), std::string(4, '\0'));
    const uint32_t null = g.opened(dev + "null", {.oflags = o_flags::kTrunc, .base = rights::fd_write});
    EXPECT_EQ(g.write(null, "x"), Errno::success);
    EXPECT_EQ(g.read(g.opened(dev + "null"), 4), "");
  }
}

TEST_P(Devices, that_hold_more_are_closed) {
  TempDir dir;
  dir.mkdir("sub");
  const auto make = [&](const char* name, mode_t kind, unsigned major, unsigned minor) {
    return ::mknod((dir / name).c_str(), kind | 0666, makedev(major, minor)) == 0;
  };
  if (!make("mem", S_IFCHR, 1, 1)) GTEST_SKIP() << "only root can make devices";
  ASSERT_TRUE(make("disk", S_IFBLK, 7, 0) && make("sub/disk", S_IFBLK, 254, 0) && make("port", S_IFCHR, 1, 4) &&
              make("kmsg", S_IFCHR, 1, 11) && make("console", S_IFCHR, 5, 1) && make("ptmx", S_IFCHR, 5, 2) &&
              make("terminal", S_IFCHR, 136, 0) && make("misc", S_IFCHR, 10, 200) && make("zero", S_IFCHR, 1, 5));
  dir.symlink("sub/disk", "link");
  Guest g = guest_of(dir.path(), GetParam());
  for (const char* name : {"mem", "disk", "sub/disk", "port", "kmsg", "console", "ptmx", "terminal", "misc", "link"}) {
    for (const Rights base : {rights::fd_read, rights::fd_write}) {
      const Errno error = g.open_error(name, {.base = base, .inheriting = 0});
      // Where there is no such device, the host has reported that first.
      EXPECT_THAT(error, ::testing::AnyOf(Errno::perm, Errno::nxio, Errno::nodev, Errno::io, Errno::noent)) << name;
    }
    EXPECT_EQ(g.stat(name), Errno::success) << name;
  }
  EXPECT_EQ(g.open_error("zero"), Errno::success);
  EXPECT_EQ(g.open_error("kmsg"), Errno::perm);
}

// --- Both ways to resolve paths

TEST(wasi_mounts, both_strategies_agree_across_mounts) {
  if (Sandbox::best_strategy() != Sandbox::Strategy::kernel) GTEST_SKIP() << "no openat2 here";
  TempDir dir;
  dir.mkdir("jail/a");
  dir.mkdir("jail/p");
  dir.write("jail/f", "");
  const std::pair<const char*, const char*> links[] = {{"a/b", "l"},       {"..", "up"},  {"../f", "a/up"},
                                                       {"p/self", "ps"},   {"a/b/", "s"}, {"p/../f", "thr"},
                                                       {"missing", "gone"}};
  mounts::in_mount_namespace([&] {
    ASSERT_TRUE(mounts::mount_new("tmpfs", dir / "jail/a"));
    ASSERT_TRUE(mounts::bind_mount("/proc", dir / "jail/p"));
    dir.mkdir("jail/a/b/c");
    dir.write("jail/a/f", "");
    ASSERT_TRUE(mounts::mount_new("tmpfs", dir / "jail/a/b/c"));
    for (const auto& [target, name] : links) dir.symlink(target, std::string("jail/") + name);
    const char* parts[] = {"a",  "b", "c",   "f",    "l", "up", "p",  "self",
                           "ps", "s", "thr", "gone", ".", "..", "..", "new"};
    const int root = ::open((dir / "jail").c_str(), O_RDONLY | O_DIRECTORY);
    const Sandbox kernel(Sandbox::Strategy::kernel), walk(Sandbox::Strategy::walk);
    std::mt19937 random(1);
    const auto below = [&](size_t n) { return random() % n; };
    size_t found = 0;
    for (int i = 0; i < 10'000; ++i) {
      std::string path;
      for (size_t n = 1 + below(5); n > 0; --n) {
        path += parts[below(std::size(parts))];
        if (n > 1 || below(4) == 0) path += "/";
      }
      const auto a = kernel.open(root, path, O_RDONLY, 0), b = walk.open(root, path, O_RDONLY, 0);
      ASSERT_EQ(a.error(), b.error()) << path;
      if (a.ok()) {
        EXPECT_EQ(a->stat.st_ino, b->stat.st_ino) << path;
      }
      const auto last = below(2) == 0 ? Sandbox::LastLink::keep : Sandbox::LastLink::follow;
      const auto x = kernel.find(root, path, last), y = walk.find(root, path, last);
      ASSERT_EQ(x.error(), y.error()) << path;
      found += x.ok();
      if (x.ok()) {
        EXPECT_EQ(x->stat.st_ino, y->stat.st_ino) << path;
      }
    }
    EXPECT_GT(found, 500u);
  });
}

}  // namespace
}  // namespace mini_wasm::wasi
