// Properties of all functions: a descriptor that is not open gives EBADF, a pointer outside the memory gives EFAULT,
// and neither changes a byte of the guest's memory or a file of the host.
#include <string>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

// A valid argument, and in which way it can be made wrong.
struct Arg {
  enum Kind { value, fd, pointer } kind;
  uint64_t good;
};
constexpr Arg V(uint64_t v) { return {Arg::value, v}; }

struct Row {
  std::string name;
  std::vector<Arg> args;
};

class EveryFunction : public ::testing::Test {
 protected:
  EveryFunction() {
    dir.write("file", "0123456789");
    dir.symlink("file", "link");
    dir.mkdir("sub");
    guest = std::make_unique<Guest>(Guest::in(dir));
    file = guest->opened("file", {});
  }

  Arg P(size_t size) { return {Arg::pointer, guest->alloc(size)}; }
  Arg Text(const char* text) { return {Arg::pointer, guest->put_text(text)}; }
  Arg File() { return {Arg::fd, file}; }
  Arg Dir() { return {Arg::fd, 3}; }
  Arg Iovecs() { return {Arg::pointer, guest->put_iovecs({{guest->alloc(8), 8}})}; }

  std::vector<Row> rows() {
    const uint32_t buffer = guest->alloc(64);
    const Arg in_subscription{Arg::pointer, guest->put(Subscription{})};
    return {
        {"args_get", {V(buffer), V(buffer)}},  // there are no arguments, so nothing is written
        {"args_sizes_get", {P(4), P(4)}},
        {"environ_sizes_get", {P(4), P(4)}},
        {"clock_res_get", {V(0), P(8)}},
        {"clock_time_get", {V(0), V(0), P(8)}},
        {"fd_advise", {File(), V(0), V(1), V(0)}},
        {"fd_allocate", {File(), V(0), V(1)}},
        {"fd_datasync", {File()}},
        {"fd_fdstat_get", {File(), P(24)}},
        {"fd_fdstat_set_flags", {File(), V(0)}},
        {"fd_fdstat_set_rights", {Dir(), V(rights::kDirectory), V(rights::kDirectory | rights::kFile)}},
        {"fd_filestat_get", {File(), P(64)}},
        {"fd_filestat_set_size", {File(), V(10)}},
        {"fd_filestat_set_times", {File(), V(0), V(0), V(0)}},
        {"fd_pread", {File(), Iovecs(), V(1), V(0), P(4)}},
        {"fd_prestat_get", {Dir(), P(8)}},
        {"fd_prestat_dir_name", {Dir(), P(8), V(8)}},
        {"fd_read", {File(), Iovecs(), V(1), P(4)}},
        {"fd_readdir", {Dir(), P(256), V(256), V(0), P(4)}},
        {"fd_seek", {File(), V(0), V(0), P(8)}},
        {"fd_sync", {File()}},
        {"fd_tell", {File(), P(8)}},
        {"path_filestat_get", {Dir(), V(0), Text("file"), V(4), P(64)}},
        {"path_filestat_set_times", {Dir(), V(0), Text("file"), V(4), V(0), V(0), V(0)}},
        {"path_open", {Dir(), V(0), Text("file"), V(4), V(0), V(2), V(0), V(0), P(4)}},
        {"path_readlink", {Dir(), Text("link"), V(4), P(16), V(16), P(4)}},
        {"poll_oneoff", {in_subscription, P(32), V(1), P(4)}},
        {"random_get", {P(16), V(16)}},
        // These change something, so they come last.
        {"fd_write", {File(), Iovecs(), V(1), P(4)}},
        {"fd_pwrite", {File(), Iovecs(), V(1), V(0), P(4)}},
        {"path_create_directory", {Dir(), Text("new"), V(3)}},
        {"path_link", {Dir(), V(0), Text("file"), V(4), Dir(), Text("hard"), V(4)}},
        {"path_symlink", {Text("file"), V(4), Dir(), Text("soft"), V(4)}},
        {"path_rename", {Dir(), Text("hard"), V(4), Dir(), Text("moved"), V(5)}},
        {"path_unlink_file", {Dir(), Text("moved"), V(5)}},
        {"path_remove_directory", {Dir(), Text("sub"), V(3)}},
        {"fd_renumber", {File(), Dir()}},
    };
  }

  Errno call(const Row& row, size_t changed, uint64_t with) {
    std::vector<uint64_t> slots;
    for (size_t i = 0; i < row.args.size(); ++i) slots.push_back(i == changed ? with : row.args[i].good);
    slots.resize(slots.size() + 1);
    for (const Function& function : functions()) {
      if (function.name != row.name) continue;
      EXPECT_EQ(function.type().params.size(), row.args.size()) << row.name;
      EXPECT_TRUE(function.call(guest->context(), GuestMemory(guest->memory()), slots.data()));
      return static_cast<Errno>(slots[0]);
    }
    ADD_FAILURE() << row.name;
    return Errno::nosys;
  }

  TempDir dir;
  std::unique_ptr<Guest> guest;
  uint32_t file = 0;
};

TEST_F(EveryFunction, refuses_a_descriptor_that_is_not_open) {
  for (const Row& row : rows()) {
    for (size_t i = 0; i < row.args.size(); ++i) {
      if (row.args[i].kind != Arg::fd) continue;
      const std::vector<uint8_t> before = guest->memory();
      for (const uint64_t fd : {uint64_t{99}, uint64_t{0xffff'ffff}, uint64_t{0x8000'0000}}) {
        EXPECT_EQ(call(row, i, fd), Errno::badf) << row.name << " argument " << i;
      }
      EXPECT_TRUE(before == guest->memory()) << row.name;
    }
  }
  EXPECT_EQ(dir.read("file"), "0123456789");
}

TEST_F(EveryFunction, refuses_a_pointer_outside_memory) {
  for (const Row& row : rows()) {
    for (size_t i = 0; i < row.args.size(); ++i) {
      if (row.args[i].kind != Arg::pointer) continue;
      const std::vector<uint8_t> before = guest->memory();
      // At the last byte, one byte too far, at addresses where pointer + size wraps, and far outside.
      for (const uint64_t ptr : {uint64_t{Guest::kMemorySize - 1}, uint64_t{Guest::kMemorySize}, uint64_t{0xffff'ffff},
                                 uint64_t{0xffff'fff8}, uint64_t{0x8000'0000}}) {
        EXPECT_EQ(call(row, i, ptr), Errno::fault) << row.name << " argument " << i << " = " << ptr;
      }
      EXPECT_TRUE(before == guest->memory()) << row.name;
    }
  }
  EXPECT_EQ(dir.read("file"), "0123456789");
  EXPECT_FALSE(dir.exists("new"));
  EXPECT_FALSE(dir.exists("hard"));
  EXPECT_FALSE(dir.exists("soft"));
  EXPECT_TRUE(dir.exists("sub"));
}

TEST_F(EveryFunction, works_with_the_arguments_that_the_other_tests_spoil_one_at_a_time) {
  for (const Row& row : rows()) {
    EXPECT_EQ(call(row, row.args.size(), 0), Errno::success) << row.name;
  }
}

TEST_F(EveryFunction, on_a_descriptor_without_rights_is_notcapable) {
  const uint32_t weak = guest->opened(".", {.oflags = o_flags::kDirectory});
  ASSERT_EQ(guest->call("fd_fdstat_set_rights", {weak, 0, 0}), Errno::success);
  ASSERT_EQ(guest->call("fd_fdstat_set_rights", {file, 0, 0}), Errno::success);
  const std::vector<std::string> need_no_right = {"fd_fdstat_get", "fd_fdstat_set_rights", "fd_prestat_get",
                                                  "fd_prestat_dir_name", "fd_renumber"};
  for (const Row& row : rows()) {
    if (std::find(need_no_right.begin(), need_no_right.end(), row.name) != need_no_right.end()) continue;
    for (size_t i = 0; i < row.args.size(); ++i) {
      if (row.args[i].kind != Arg::fd) continue;
      EXPECT_EQ(call(row, i, row.args[i].good == 3 ? weak : file), Errno::notcapable) << row.name;
    }
  }
}

}  // namespace
}  // namespace mini_wasm::wasi
