// args_get and environ_get: sizes, layout, and that they change nothing else.
#include "wasi/test_guest.h"

namespace mini_wasm::wasi {
namespace {

TEST(wasi_args, sizes_count_terminators) {
  WasiConfig config;
  config.args = {"prog", "", "two words"};
  Guest guest(config);
  const uint32_t count = guest.alloc(4), size = guest.alloc(4);
  ASSERT_EQ(guest.call("args_sizes_get", {count, size}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), 3u);
  EXPECT_EQ(guest.get<Size>(size), 5u + 1 + 10);
  EXPECT_TRUE(guest.wrote_only({{count, 4}, {size, 4}}));
}

TEST(wasi_args, get_writes_pointers_and_strings_and_nothing_else) {
  WasiConfig config;
  config.args = {"prog", "", "x\xc3\xa9"};
  Guest guest(config);
  const uint32_t argv = guest.alloc(12), text = guest.alloc(10);
  ASSERT_EQ(guest.call("args_get", {argv, text}), Errno::success);
  EXPECT_EQ(guest.get<uint32_t>(argv), text);
  EXPECT_EQ(guest.get<uint32_t>(argv + 4), text + 5);
  EXPECT_EQ(guest.get<uint32_t>(argv + 8), text + 6);
  EXPECT_EQ(guest.text(text, 10), std::string("prog\0\0x\xc3\xa9\0", 10));
  EXPECT_TRUE(guest.wrote_only({{argv, 12}, {text, 10}}));
}

TEST(wasi_args, no_arguments_are_no_bytes) {
  Guest guest;
  const uint32_t count = guest.alloc(4), size = guest.alloc(4);
  ASSERT_EQ(guest.call("args_sizes_get", {count, size}), Errno::success);
  EXPECT_EQ(guest.get<Size>(count), 0u);
  EXPECT_EQ(guest.get<Size>(size), 0u);
  EXPECT_EQ(guest.call("args_get", {Guest::kMemorySize, Guest::kMemorySize}), Errno::success);
  EXPECT_TRUE(guest.wrote_only({}));
}

TEST(wasi_args, strings_that_do_not_fit_leave_memory_alone) {
  WasiConfig config;
  config.args = {"12345678"};
  Guest guest(config);
  EXPECT_EQ(guest.call("args_get", {16, Guest::kMemorySize - 8}), Errno::fault);
  EXPECT_EQ(guest.call("args_get", {Guest::kMemorySize - 3, 16}), Errno::fault);
  EXPECT_EQ(guest.call("args_get", {16, 0xffff'fffc}), Errno::fault);
  EXPECT_TRUE(guest.wrote_only({}));
}

TEST(wasi_environ, is_what_was_configured_and_nothing_of_the_host) {
  Guest bare;
  const uint32_t count = bare.alloc(4), size = bare.alloc(4);
  ASSERT_EQ(bare.call("environ_sizes_get", {count, size}), Errno::success);
  EXPECT_EQ(bare.get<Size>(count), 0u);

  WasiConfig config;
  config.env = {"A=1", "EMPTY="};
  Guest guest(config);
  const uint32_t table = guest.alloc(8), text = guest.alloc(11);
  ASSERT_EQ(guest.call("environ_get", {table, text}), Errno::success);
  EXPECT_EQ(guest.text(text, 11), std::string("A=1\0EMPTY=\0", 11));
  EXPECT_EQ(guest.get<uint32_t>(table + 4), text + 4);
  EXPECT_TRUE(guest.wrote_only({{table, 8}, {text, 11}}));
}

TEST(wasi_config, a_nul_in_an_argument_variable_or_directory_is_refused) {
  const std::string nul("a\0b", 3);
  for (int which = 0; which < 3; ++which) {
    WasiConfig config;
    if (which == 0) config.args = {nul};
    if (which == 1) config.env = {nul};
    if (which == 2) config.preopens = {{"/", nul, false}};
    Result<std::unique_ptr<Context>> context = Context::make(config);
    ASSERT_FALSE(context);
    EXPECT_EQ(context.error().kind, ErrorKind::usage);
  }
}

TEST(wasi_config, a_preopen_that_is_missing_or_a_file_is_an_io_error) {
  TempDir dir;
  dir.write("file", "");
  for (const char* name : {"missing", "file"}) {
    WasiConfig config;
    config.preopens = {{(dir / name).string(), "/", false}};
    Result<std::unique_ptr<Context>> context = Context::make(config);
    ASSERT_FALSE(context);
    EXPECT_EQ(context.error().kind, ErrorKind::io);
    EXPECT_NE(context.error().message.find(name), std::string::npos);
  }
}

}  // namespace
}  // namespace mini_wasm::wasi
