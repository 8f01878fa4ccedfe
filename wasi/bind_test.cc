// The typed binding, and the Wasm type that it gives each function.
#include "wasi/bind.h"

#include <map>
#include <string>

#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

// "iiI" for [i32 i32 i64]; a function returns an i32 or nothing.
std::string letters(const std::vector<ValType>& types) {
  std::string text;
  for (const ValType type : types) text += type == ValType::i32 ? 'i' : type == ValType::i64 ? 'I' : '?';
  return text;
}

// The types that wasi-libc declares (wasi/api.h).
const std::map<std::string, std::string> kTypes = {
    {"args_get", "ii"},
    {"args_sizes_get", "ii"},
    {"environ_get", "ii"},
    {"environ_sizes_get", "ii"},
    {"clock_res_get", "ii"},
    {"clock_time_get", "iIi"},
    {"fd_advise", "iIIi"},
    {"fd_allocate", "iII"},
    {"fd_close", "i"},
    {"fd_datasync", "i"},
    {"fd_fdstat_get", "ii"},
    {"fd_fdstat_set_flags", "ii"},
    {"fd_fdstat_set_rights", "iII"},
    {"fd_filestat_get", "ii"},
    {"fd_filestat_set_size", "iI"},
    {"fd_filestat_set_times", "iIIi"},
    {"fd_pread", "iiiIi"},
    {"fd_prestat_get", "ii"},
    {"fd_prestat_dir_name", "iii"},
    {"fd_pwrite", "iiiIi"},
    {"fd_read", "iiii"},
    {"fd_readdir", "iiiIi"},
    {"fd_renumber", "ii"},
    {"fd_seek", "iIii"},
    {"fd_sync", "i"},
    {"fd_tell", "ii"},
    {"fd_write", "iiii"},
    {"path_create_directory", "iii"},
    {"path_filestat_get", "iiiii"},
    {"path_filestat_set_times", "iiiiIIi"},
    {"path_link", "iiiiiii"},
    {"path_open", "iiiiiIIii"},
    {"path_readlink", "iiiiii"},
    {"path_remove_directory", "iii"},
    {"path_rename", "iiiiii"},
    {"path_symlink", "iiiii"},
    {"path_unlink_file", "iii"},
    {"poll_oneoff", "iiii"},
    {"proc_exit", "i"},
    {"proc_raise", "i"},
    {"sched_yield", ""},
    {"random_get", "ii"},
    {"sock_accept", "iii"},
    {"sock_recv", "iiiiii"},
    {"sock_send", "iiiii"},
    {"sock_shutdown", "ii"},
};

TEST(wasi_bind, both_modules_have_every_function_with_its_type) {
  std::map<std::string, int> modules;
  for (const Function& function : functions()) {
    ++modules[std::string(function.module)];
    ASSERT_TRUE(kTypes.contains(std::string(function.name))) << function.name;
    EXPECT_EQ(letters(function.type().params), kTypes.at(std::string(function.name)))
        << function.module << " " << function.name;
    const std::string results = function.name == "proc_exit" ? "" : "i";
    EXPECT_EQ(letters(function.type().results), results) << function.name;
  }
  EXPECT_EQ(modules["wasi_snapshot_preview1"], 46);
  EXPECT_EQ(modules["wasi_unstable"], 46);
}

struct Fake {
  int calls = 0;
  uint8_t seen = 0;
  ErrnoOr<uint64_t> narrow(uint8_t value) {
    ++calls;
    seen = value;
    return uint64_t{value} + 1;
  }
  ErrnoOr<std::tuple<uint32_t, uint16_t>> two() {
    ++calls;
    return std::tuple<uint32_t, uint16_t>(0x11223344, 0x5566);
  }
};

class BindTest : public ::testing::Test {
 protected:
  Fake fake;
  std::vector<uint8_t> bytes = std::vector<uint8_t>(32, 0xee);
  GuestMemory memory{bytes};
};

TEST_F(BindTest, a_value_too_wide_for_its_type_is_inval) {
  uint64_t slots[] = {0x101, 0};
  ASSERT_TRUE(Binding<&Fake::narrow>::call(fake, memory, slots));
  EXPECT_EQ(static_cast<Errno>(slots[0]), Errno::inval);
  EXPECT_EQ(fake.calls, 0);
}

TEST_F(BindTest, only_the_low_half_of_a_slot_counts_for_an_i32) {
  uint64_t slots[] = {0xdead'beef'0000'0007, 0xffff'ffff'0000'0008};
  ASSERT_TRUE(Binding<&Fake::narrow>::call(fake, memory, slots));
  EXPECT_EQ(static_cast<Errno>(slots[0]), Errno::success);
  EXPECT_EQ(fake.seen, 7);
  EXPECT_EQ(bytes[8], 8);
}

TEST_F(BindTest, a_result_pointer_outside_memory_is_a_fault_before_anything_happens) {
  uint64_t slots[] = {7, 25};
  ASSERT_TRUE(Binding<&Fake::narrow>::call(fake, memory, slots));
  EXPECT_EQ(static_cast<Errno>(slots[0]), Errno::fault);
  EXPECT_EQ(fake.calls, 0);
  uint64_t second[] = {0, 31};
  ASSERT_TRUE(Binding<&Fake::two>::call(fake, memory, second));
  EXPECT_EQ(static_cast<Errno>(second[0]), Errno::fault);
  EXPECT_EQ(bytes, std::vector<uint8_t>(32, 0xee));
}

TEST_F(BindTest, several_results_go_to_several_pointers) {
  uint64_t slots[] = {4, 12};
  ASSERT_TRUE(Binding<&Fake::two>::call(fake, memory, slots));
  EXPECT_EQ(bytes[4], 0x44);
  EXPECT_EQ(bytes[12], 0x66);
  EXPECT_EQ(bytes[13], 0x55);
  EXPECT_EQ(bytes[14], 0xee);
}

TEST(wasi_proc, exit_ends_the_guest_with_its_code) {
  Guest guest;
  guest.call("proc_exit", {42});
  EXPECT_EQ(guest.exit_code, 42);
}

TEST(wasi_proc, raise_is_not_there_and_yield_is) {
  Guest guest;
  EXPECT_EQ(guest.call("proc_raise", {9}), Errno::nosys);
  EXPECT_EQ(guest.call("sched_yield", {}), Errno::success);
}

}  // namespace
}  // namespace mini_wasm::wasi
