// Attempts to leave the sandbox; each one has worked in some other implementation. Outside the preopened directory
// there is a secret file that must stay unread, unchanged and undeleted, and a directory in which nothing may be
// created.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

class Jail {
 protected:
  explicit Jail(Storage storage) : dir(storage) {
    dir.mkdir("jail/sub");
    dir.mkdir("outside");
    dir.write("outside/secret", "secret");
    dir.write("jail/file", "file");
    WasiConfig config;
    config.preopens.push_back(dir.preopen());
    if (!dir.files) config.preopens[0].host = (dir / "jail").string();
    guest = std::make_unique<Guest>(config, strategy_of(storage));
    // In memory the jail is a directory of the tree, which takes the place of the preopened one.
    if (dir.files) {
      EXPECT_EQ(guest->call("fd_renumber", {guest->opened("jail", {.oflags = o_flags::kDirectory}), 3}),
                Errno::success);
    }
  }

  // Expects that every operation on this path fails and that no file or directory is created.
  void expect_closed(const std::string& path) {
    Guest& g = *guest;
    const ::testing::Message at = ::testing::Message() << "path " << path;
    for (const OFlags oflags : {o_flags::kCreat, o_flags::kTrunc, o_flags::kDirectory, OFlags{0}}) {
      for (const LookupFlags lookup : {0u, lookup_flags::kSymlinkFollow}) {
        EXPECT_NE(g.open_error(path, {.oflags = oflags, .lookup = lookup, .base = rights::fd_read}), Errno::success)
            << at;
      }
    }
    EXPECT_NE(g.stat(path), Errno::success) << at;
    EXPECT_NE(g.path_call("path_create_directory", 3, path), Errno::success) << at;
    EXPECT_NE(g.path_call("path_remove_directory", 3, path), Errno::success) << at;
    EXPECT_NE(g.link(path, "stolen", lookup_flags::kSymlinkFollow), Errno::success) << at;
    EXPECT_NE(g.link("file", path), Errno::success) << at;
    EXPECT_NE(g.symlink("x", path), Errno::success) << at;
    EXPECT_NE(g.call("path_filestat_set_times", {3, 1, g.put_text(path), path.size(), 7, 7, 5}), Errno::success) << at;
    expect_intact();
  }

  void expect_intact() {
    EXPECT_EQ(dir.read("outside/secret"), "secret");
    EXPECT_EQ(dir.entries("outside"), 1u);
    EXPECT_EQ(dir.entries(), 2u);
    if (!dir.files) {
      EXPECT_EQ(std::filesystem::hard_link_count(dir / "outside/secret"), 1u);
    }
    EXPECT_FALSE(dir.exists("jail/stolen"));
  }

  std::string absolute(const std::string& name) const { return (dir.path() / name).string(); }

  TempDir dir;
  std::unique_ptr<Guest> guest;
};

class Escape : public EveryStorage, public Jail {
 protected:
  Escape() : Jail(GetParam()) {}
};
INSTANTIATE_EVERY_STORAGE(Escape);

TEST_P(Escape, dot_dot_and_absolute_paths) {
  for (const std::string path :
       {"..", "../", "../outside/secret", "sub/../../outside/secret", "./../outside/secret", "sub/../..", "sub/../../",
        "/", "/etc/passwd", "//etc/passwd", "../outside/new", "../jail/file", "../outside/."}) {
    expect_closed(path);
    EXPECT_EQ(guest->stat(path), Errno::perm) << path;
    EXPECT_EQ(guest->open_error(path), Errno::perm) << path;
    EXPECT_EQ(guest->rename("file", path), Errno::perm) << path;
    EXPECT_EQ(guest->rename(path, "stolen"), Errno::perm) << path;
    EXPECT_EQ(guest->path_call("path_unlink_file", 3, path), Errno::perm) << path;
    EXPECT_EQ(guest->readlink(path), Errno::perm) << path;
  }
}

TEST_P(Escape, links_out_of_the_jail) {
  dir.symlink("../outside", "jail/rel_dir");
  dir.symlink("../outside/secret", "jail/rel_file");
  dir.symlink(absolute("outside"), "jail/abs_dir");
  dir.symlink(absolute("outside/secret"), "jail/abs_file");
  dir.symlink("../outside/new", "jail/dangling");
  dir.symlink(absolute("outside/new"), "jail/abs_dangling");
  dir.symlink("rel_dir", "jail/twice");
  dir.symlink("sub/../../outside", "jail/zigzag");
  dir.symlink("/", "jail/root");
  dir.symlink("..", "jail/up");
  for (const char* path : {"rel_dir",
                           "rel_dir/",
                           "rel_dir/.",
                           "rel_dir/secret",
                           "rel_dir/new",
                           "rel_dir/../outside/secret",
                           "rel_file",
                           "rel_file/",
                           "abs_dir",
                           "abs_dir/",
                           "abs_dir/secret",
                           "abs_dir/new",
                           "abs_file",
                           "dangling",
                           "dangling/",
                           "abs_dangling",
                           "twice",
                           "twice/",
                           "twice/secret",
                           "zigzag/secret",
                           "zigzag/",
                           "root/etc/passwd",
                           "root/",
                           "up/",
                           "up/outside/secret",
                           "sub/../up/outside/secret"}) {
    expect_closed(path);
  }
}

TEST_P(Escape, exclusive_creation_on_a_dangling_link_creates_nothing_outside) {
  dir.symlink("../outside/new", "jail/dangling");
  for (const LookupFlags lookup : {0u, lookup_flags::kSymlinkFollow}) {
    EXPECT_EQ(guest->open_error("dangling", {.oflags = o_flags::kCreat | o_flags::kExcl, .lookup = lookup}),
              Errno::exist);
  }
  expect_intact();
}

TEST_P(Escape, names_behind_links_cannot_be_removed_or_moved) {
  dir.symlink("../outside", "jail/out");
  for (const char* path : {"out/secret", "out/../outside/secret", "out/secret/"}) {
    EXPECT_NE(guest->path_call("path_unlink_file", 3, path), Errno::success);
    EXPECT_NE(guest->rename(path, "stolen"), Errno::success);
    EXPECT_NE(guest->rename("file", path), Errno::success);
    EXPECT_NE(guest->link(path, "stolen"), Errno::success);
  }
  EXPECT_NE(guest->path_call("path_remove_directory", 3, "out/"), Errno::success);
  EXPECT_NE(guest->rename("out/", "stolen"), Errno::success);
  EXPECT_EQ(dir.read("jail/file"), "file");
  expect_intact();
}

TEST_P(Escape, trailing_slashes_do_not_make_the_last_link_followed) {
  dir.symlink("../outside", "jail/out");
  dir.symlink("../outside/secret", "jail/secret");
  for (const char* path : {"out/", "out//", "out/./", "secret/", "secret//"}) {
    expect_closed(path);
    EXPECT_NE(guest->readlink(path), Errno::success);
    EXPECT_NE(guest->path_call("path_unlink_file", 3, path), Errno::success);
  }
}

TEST_P(Escape, a_hard_link_to_a_link_stays_a_link) {
  dir.symlink("../outside/secret", "jail/out");
  EXPECT_EQ(guest->link("out", "copy"), Errno::success);
  EXPECT_TRUE(dir.is_symlink("jail/copy"));
  expect_closed("copy");
}

TEST_P(Escape, dot_dot_is_resolved_where_a_link_leads_not_in_the_text) {
  dir.mkdir("jail/a/b");
  dir.write("jail/a/target", "physical");
  dir.write("jail/target", "lexical");
  dir.symlink("a/b", "jail/short");
  EXPECT_EQ(guest->read(guest->opened("short/../target"), 20), "physical");
}

TEST_P(Escape, a_subdirectory_confines_its_own_paths) {
  const uint32_t sub = guest->opened("sub", {.oflags = o_flags::kDirectory});
  EXPECT_EQ(guest->open_error("../file", {.base = 0, .dir = sub}), Errno::perm);
  EXPECT_EQ(guest->open_error("..", {.base = 0, .dir = sub}), Errno::perm);
}

TEST_P(Escape, without_a_preopen_nothing_opens) {
  Guest bare({}, strategy_of(GetParam()));
  for (uint32_t fd = 0; fd < 10; ++fd) {
    const uint32_t path = bare.put_text("/etc/passwd"), out = bare.alloc(4);
    EXPECT_NE(bare.call("path_open", {fd, 1, path, 11, 0, rights::fd_read, 0, 0, out}), Errno::success);
    EXPECT_NE(bare.call("path_open", {fd, 1, path + 1, 10, 0, rights::fd_read, 0, 0, out}), Errno::success);
  }
}

// A thread keeps exchanging a directory with a link to the outside, under the same name. Whichever of them the guest
// meets, it must not see or change the target of the link.
class Race : public BothSandboxes, public Jail {
 protected:
  Race() : Jail(GetParam() == Sandbox::Strategy::kernel ? Storage::kernel : Storage::walk) {}

  template <class Attempt>
  void attempt_while_swapping(Attempt attempt) {
    dir.mkdir("jail/real");
    dir.write("jail/real/secret", "harmless");
    dir.symlink("../outside", "jail/fake");
    const std::string name = (dir / "jail/swap").string(), real = (dir / "jail/real").string(),
                      fake = (dir / "jail/fake").string();
    std::atomic<bool> stop = false;
    std::thread swapper([&] {
      while (!stop) {
        ::rename(real.c_str(), name.c_str());
        ::rename(name.c_str(), real.c_str());
        ::rename(fake.c_str(), name.c_str());
        ::rename(name.c_str(), fake.c_str());
      }
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    while (std::chrono::steady_clock::now() < end) {
      guest->forget_allocations();
      attempt();
    }
    stop = true;
    swapper.join();
    expect_intact();
  }
};
INSTANTIATE_BOTH_SANDBOXES(Race);

TEST_P(Race, opening) {
  attempt_while_swapping([&] {
    uint32_t fd = 0;
    if (guest->open("swap/secret", {.base = rights::fd_read}, fd) != Errno::success) return;
    EXPECT_EQ(guest->read(fd, 16), "harmless");
    guest->call("fd_close", {fd});
  });
}

TEST_P(Race, creating_and_truncating) {
  attempt_while_swapping([&] {
    uint32_t fd = 0;
    for (const char* path : {"swap/new", "swap/../real/new"}) {
      if (guest->open(path, {.oflags = o_flags::kCreat | o_flags::kTrunc}, fd) == Errno::success) {
        guest->call("fd_close", {fd});
      }
    }
    guest->path_call("path_create_directory", 3, "swap/newdir");
    guest->symlink("x", "swap/newlink");
  });
}

TEST_P(Race, linking_renaming_and_removing) {
  attempt_while_swapping([&] {
    guest->link("swap/secret", "linked");
    EXPECT_NE(dir.read("jail/linked"), "secret");
    guest->path_call("path_unlink_file", 3, "linked");
    guest->link("file", "swap/linked");
    guest->path_call("path_unlink_file", 3, "swap/linked");
    guest->rename("swap/secret", "swap/renamed");
    guest->rename("swap/renamed", "swap/secret");
  });
}

TEST_P(Race, climbing) {
  attempt_while_swapping([&] {
    uint32_t fd = 0;
    if (guest->open("swap/../outside/secret", {.base = rights::fd_read}, fd) == Errno::success) {
      ADD_FAILURE() << "read: " << guest->read(fd, 16);
    }
    EXPECT_NE(guest->stat("swap/../../outside/secret"), Errno::success);
  });
}

class ReadOnly : public EveryStorage {
 protected:
  ReadOnly() {
    dir.write("file", "content");
    dir.mkdir("sub");
    dir.symlink("file", "link");
    other.write("mine", "");
    WasiConfig config;
    config.preopens = {dir.preopen(/*read_only=*/true), other.preopen()};
    guest = std::make_unique<Guest>(config, strategy_of(GetParam()));
  }
  TempDir dir{GetParam()}, other{GetParam()};
  std::unique_ptr<Guest> guest;
};
INSTANTIATE_EVERY_STORAGE(ReadOnly);

TEST_P(ReadOnly, allows_reading) {
  EXPECT_EQ(guest->read(guest->opened("file", {}), 20), "content");
  EXPECT_EQ(guest->stat("sub"), Errno::success);
  EXPECT_EQ(guest->readlink("link"), Errno::success);
}

// The same as on a file system that is mounted read-only.
TEST_P(ReadOnly, opens_what_exists_where_it_may_be_created) {
  EXPECT_EQ(guest->read(guest->opened("file", {.oflags = o_flags::kCreat, .base = rights::fd_read}), 20), "content");
  EXPECT_EQ(guest->read(guest->opened("link", {.oflags = o_flags::kCreat, .base = rights::fd_read}), 20), "content");
  EXPECT_EQ(guest->open_error("file", {.oflags = o_flags::kCreat, .base = rights::fd_write}), Errno::rofs);
  const OFlags exclusive = o_flags::kCreat | o_flags::kExcl;
  EXPECT_EQ(guest->open_error("file", {.oflags = exclusive, .base = rights::fd_read}), Errno::exist);
  EXPECT_EQ(guest->open_error("link", {.oflags = exclusive, .base = rights::fd_read}), Errno::exist);
  EXPECT_EQ(guest->open_error("new", {.oflags = exclusive, .base = rights::fd_read}), Errno::rofs);
  EXPECT_EQ(guest->open_error("../new", {.oflags = exclusive, .base = rights::fd_read}), Errno::perm);
  EXPECT_FALSE(dir.exists("new"));
}

TEST_P(ReadOnly, refuses_every_change) {
  Guest& g = *guest;
  for (const OFlags oflags : {o_flags::kTrunc, OFlags(o_flags::kCreat | o_flags::kTrunc)}) {
    for (const Rights base : {Rights{0}, rights::fd_read}) {
      EXPECT_EQ(g.open_error("file", {.oflags = oflags, .base = base, .inheriting = 0}), Errno::rofs);
      EXPECT_EQ(g.open_error("new", {.oflags = oflags, .base = base, .inheriting = 0}), Errno::rofs);
    }
  }
  EXPECT_EQ(g.open_error("new", {.oflags = o_flags::kCreat, .base = rights::fd_read}), Errno::rofs);
  EXPECT_EQ(g.open_error("file", {.base = rights::fd_write}), Errno::rofs);
  EXPECT_EQ(g.open_error("file", {.base = rights::fd_filestat_set_size}), Errno::rofs);
  EXPECT_EQ(g.open_error("file", {.base = rights::fd_allocate}), Errno::rofs);
  EXPECT_EQ(g.path_call("path_create_directory", 3, "new"), Errno::rofs);
  EXPECT_EQ(g.path_call("path_remove_directory", 3, "sub"), Errno::rofs);
  EXPECT_EQ(g.path_call("path_unlink_file", 3, "file"), Errno::rofs);
  EXPECT_EQ(g.symlink("x", "new"), Errno::rofs);
  EXPECT_EQ(g.rename("file", "new"), Errno::rofs);
  EXPECT_EQ(g.call("path_filestat_set_times", {3, 0, g.put_text("file"), 4, 0, 0, 10}), Errno::rofs);
  EXPECT_EQ(g.call("fd_filestat_set_times", {3, 0, 0, 10}), Errno::rofs);
  const uint32_t fd = g.opened("file", {});
  EXPECT_EQ(g.write(fd, "x"), Errno::rofs);
  EXPECT_EQ(g.call("fd_filestat_set_size", {fd, 0}), Errno::rofs);
  EXPECT_EQ(g.call("fd_allocate", {fd, 0, 100}), Errno::rofs);
  EXPECT_EQ(dir.read("file"), "content");
}

TEST_P(ReadOnly, refuses_links_and_renames_across_its_border) {
  EXPECT_EQ(guest->link("file", "stolen", 0, 3, 4), Errno::rofs);
  EXPECT_EQ(guest->rename("file", "stolen", 3, 4), Errno::rofs);
  EXPECT_EQ(guest->link("mine", "planted", 0, 4, 3), Errno::rofs);
  EXPECT_EQ(guest->rename("mine", "planted", 4, 3), Errno::rofs);
  EXPECT_FALSE(other.exists("stolen"));
  EXPECT_FALSE(dir.exists("planted"));
}

TEST_P(ReadOnly, is_inherited_by_directories_opened_below) {
  const uint32_t sub = guest->opened("sub", {.oflags = o_flags::kDirectory});
  EXPECT_EQ(guest->open_error("new", {.oflags = o_flags::kCreat, .dir = sub}), Errno::rofs);
  EXPECT_EQ(guest->call("fd_fdstat_set_rights", {sub, ~uint64_t{0}, ~uint64_t{0}}), Errno::notcapable);
}

TEST_P(Escape, linking_and_renaming_do_not_give_a_file_more_rights) {
  const Rights weak = (rights::kDirectory | rights::kFile) & ~rights::fd_write;
  const uint32_t from = guest->opened("sub", {.oflags = o_flags::kDirectory});
  ASSERT_EQ(guest->call("fd_fdstat_set_rights", {from, rights::kDirectory, weak}), Errno::success);
  dir.write("jail/sub/protected", "p");
  EXPECT_EQ(guest->link("protected", "writable", 0, from, 3), Errno::notcapable);
  EXPECT_EQ(guest->rename("protected", "writable", from, 3), Errno::notcapable);
  EXPECT_EQ(guest->rename("protected", "renamed", from, from), Errno::success);
}

}  // namespace
}  // namespace mini_wasm::wasi
