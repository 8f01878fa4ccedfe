// WASI through the C API: what a configuration gives to a program.
#include <gtest/gtest.h>
#include <mini_wasm.h>
#include <unistd.h>
#include <wasi.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "capi/test_handles.h"
#include "scripts/temporary_directory.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

// Copies its input to its output and its errors, and exits with ten times the number of its arguments plus the number of
// its environment variables. With a directory, the input is the file `in` there, and the output the file `out`.
constexpr const char* kProgram = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "inout")
  (func (export "_start") (local $in i32) (local $out i32)
    (local.set $out (i32.const 1))
    (if (i32.eqz (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 2) (i32.const 0) (i64.const 2)
          (i64.const 0) (i32.const 0) (i32.const 32)))
      (then (local.set $in (i32.load (i32.const 32)))))
    (if (i32.eqz (call $open (i32.const 3) (i32.const 0) (i32.const 66) (i32.const 3) (i32.const 1) (i64.const 64)
          (i64.const 0) (i32.const 0) (i32.const 32)))
      (then (local.set $out (i32.load (i32.const 32)))))
    (i32.store (i32.const 0) (i32.const 100))
    (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $read (local.get $in) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (local.get $out) (i32.const 0) (i32.const 1) (i32.const 12)))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 12)))
    (drop (call $args (i32.const 16) (i32.const 20)))
    (drop (call $env (i32.const 24) (i32.const 28)))
    (call $exit (i32.add (i32.mul (i32.const 10) (i32.load (i32.const 16))) (i32.load (i32.const 24)))))))";

// Writes 8 random bytes, the time since 1970 and the monotonic time after it has slept for 10 ms.
constexpr const char* kTimeAndRandom = R"((module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\64\00\00\00\18\00\00\00")
  (func (export "_start")
    (drop (call $random (i32.const 100) (i32.const 8)))
    (drop (call $time (i32.const 0) (i64.const 1) (i32.const 108)))
    (i32.store (i32.const 216) (i32.const 1))
    (i64.store (i32.const 224) (i64.const 10000000))
    (drop (call $poll (i32.const 200) (i32.const 300) (i32.const 1) (i32.const 400)))
    (drop (call $time (i32.const 1) (i64.const 1) (i32.const 116)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12))))))";

// Runs the program with the configuration, and gives its exit code.
int32_t run(wasi_config_t* config, const char* text = kProgram) {
  const World world;
  const auto linker = own(mini_wasm_linker_new(world.store.get()));
  const auto refused = own(mini_wasm_linker_define_wasi(linker.get(), config));
  if (refused != nullptr) return ADD_FAILURE() << message_of(refused.get()), -1;
  wasm_instance_t* made = nullptr;
  const auto trap = own(mini_wasm_linker_instantiate(linker.get(), world.module(text).get(), &made));
  const auto instance = own(made);
  EXPECT_EQ(trap, nullptr) << message_of(trap.get());
  int32_t code = -1;
  const auto failed = own(mini_wasm_wasi_run(instance.get(), &code));
  EXPECT_EQ(failed, nullptr) << message_of(failed.get());
  return code;
}
// Why it cannot be used.
mini_wasm_error_kind_t refusal(wasi_config_t* config) {
  const World world;
  const auto linker = own(mini_wasm_linker_new(world.store.get()));
  return mini_wasm_trap_kind(own(mini_wasm_linker_define_wasi(linker.get(), config)).get());
}
mini_wasm_error_kind_t kind(wasm_trap_t* trap) {
  EXPECT_NE(trap, nullptr);
  return mini_wasm_trap_kind(own(trap).get());
}

std::string taken(mini_wasm_wasi_buffer_t* buffer) {
  Vec<wasm_byte_vec_t> bytes;
  mini_wasm_wasi_buffer_take(buffer, &bytes);
  return text_of(bytes);
}
void set_input(wasi_config_t* config, std::string_view text) {
  wasm_byte_vec_t bytes;
  wasm_byte_vec_new(&bytes, text.size(), text.data());
  wasi_config_set_stdin_bytes(config, &bytes);
}
wasm_trap_t* write_file(mini_wasm_wasi_files_t* files, const char* path, std::string_view text) {
  const wasm_byte_vec_t bytes = {text.size(), const_cast<char*>(text.data())};
  return mini_wasm_wasi_files_write(files, path, &bytes);
}
std::string read_file(const mini_wasm_wasi_files_t* files, const char* path) {
  Vec<wasm_byte_vec_t> bytes;
  EXPECT_EQ(own(mini_wasm_wasi_files_read(files, path, &bytes)), nullptr) << path;
  return text_of(bytes);
}
std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(c_wasi, nothing_that_is_not_named) { EXPECT_EQ(run(wasi_config_new()), 0); }

TEST(c_wasi, arguments_environment_and_buffers) {
  wasi_config_t* const config = wasi_config_new();
  const char* argv[] = {"program", "a", "b"};
  const char *names[] = {"A", "B"}, *values[] = {"1", "2"};
  EXPECT_TRUE(wasi_config_set_argv(config, 3, argv));
  EXPECT_TRUE(wasi_config_set_env(config, 2, names, values));
  set_input(config, "hello");
  const auto out = own(mini_wasm_wasi_buffer_new(1000)), err = own(mini_wasm_wasi_buffer_new(3));
  EXPECT_TRUE(mini_wasm_wasi_config_set_stdout_buffer(config, out.get()));
  EXPECT_TRUE(mini_wasm_wasi_config_set_stderr_buffer(config, err.get()));
  EXPECT_EQ(run(config), 32);
  EXPECT_EQ(taken(out.get()), "hello");
  EXPECT_EQ(taken(out.get()), "");
  EXPECT_EQ(taken(err.get()), "hel");
  EXPECT_FALSE(mini_wasm_wasi_buffer_overflowed(out.get()));
  EXPECT_TRUE(mini_wasm_wasi_buffer_overflowed(err.get()));
}

TEST(c_wasi, streams_from_and_to_files) {
  const TemporaryDirectory folder;
  const std::string path = folder.path().string();
  const std::string in = path + "/in", out = path + "/out", err = path + "/err", none = path + "/none";
  std::ofstream(in) << "from a file";
  std::ofstream(out) << "something longer that was there before";
  wasi_config_t* const config = wasi_config_new();
  EXPECT_TRUE(wasi_config_set_stdin_file(config, in.c_str()));
  EXPECT_TRUE(wasi_config_set_stdout_file(config, out.c_str()));
  EXPECT_TRUE(wasi_config_set_stderr_file(config, err.c_str()));
  EXPECT_FALSE(wasi_config_set_stdin_file(config, none.c_str()));  // changes nothing
  EXPECT_EQ(run(config), 0);
  EXPECT_EQ(content_of(out), "from a file");
  EXPECT_EQ(content_of(err), "from a file");
}

struct Stream {
  std::string text;
  int gone = 0;
};
void finalize(void* data) { ++static_cast<Stream*>(data)->gone; }
// Takes two bytes at a time.
ptrdiff_t take_some(void* data, const unsigned char* bytes, size_t size) {
  const size_t count = size < 2 ? size : 2;
  static_cast<Stream*>(data)->text.append(reinterpret_cast<const char*>(bytes), count);
  return static_cast<ptrdiff_t>(count);
}
ptrdiff_t refuse(void* data, const unsigned char*, size_t) {
  static_cast<Stream*>(data)->text += "refused";
  return -1;
}
ptrdiff_t give_all(void* data, unsigned char* buffer, size_t size) {
  const std::string& text = static_cast<Stream*>(data)->text;
  EXPECT_GE(size, text.size());
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<ptrdiff_t>(text.size());
}

TEST(c_wasi, streams_from_and_to_functions) {
  Stream in{"hello"}, out, err;
  wasi_config_t* const config = wasi_config_new();
  mini_wasm_wasi_config_set_stdin_custom(config, give_all, &in, finalize);
  wasi_config_set_stdout_custom(config, take_some, &out, finalize);
  wasi_config_set_stderr_custom(config, refuse, &err, finalize);
  EXPECT_EQ(run(config), 0);
  EXPECT_EQ(out.text, "hello");
  EXPECT_EQ(err.text, "refused");
  EXPECT_EQ(in.gone, 1);
  EXPECT_EQ(out.gone, 1);
  EXPECT_EQ(err.gone, 1);
}

// Whatever becomes of the function, the finalizer is called once.
TEST(c_wasi, finalizers) {
  Stream stream;
  wasi_config_set_stdout_custom(nullptr, take_some, &stream, finalize);
  EXPECT_EQ(stream.gone, 1);
  wasi_config_t* const config = wasi_config_new();
  wasi_config_set_stderr_custom(config, nullptr, &stream, finalize);
  EXPECT_EQ(stream.gone, 2);
  mini_wasm_wasi_config_set_stdin_custom(config, nullptr, &stream, finalize);
  EXPECT_EQ(stream.gone, 3);
  EXPECT_FALSE(mini_wasm_wasi_config_set_random(config, nullptr, &stream, finalize));
  EXPECT_EQ(stream.gone, 4);
  mini_wasm_wasi_clock_t clock{};
  clock.data = &stream;
  clock.finalizer = finalize;
  EXPECT_FALSE(mini_wasm_wasi_config_set_clock(config, &clock));
  EXPECT_EQ(stream.gone, 5);
  wasi_config_set_stdout_custom(config, take_some, &stream, finalize);
  EXPECT_EQ(stream.gone, 5);
  wasi_config_set_stdout_custom(config, take_some, &stream, nullptr);  // instead
  EXPECT_EQ(stream.gone, 6);
  mini_wasm_wasi_config_set_stdin_custom(config, give_all, &stream, finalize);
  wasi_config_delete(config);
  EXPECT_EQ(stream.gone, 7);
}

TEST(c_wasi, a_directory_of_the_host) {
  const TemporaryDirectory folder;
  const std::string path = folder.path().string(), out = path + "/out", none = path + "/none";
  std::ofstream(path + "/in") << "host";
  wasi_config_t* config = wasi_config_new();
  EXPECT_TRUE(wasi_config_preopen_dir(config, path.c_str(), "/", false));
  EXPECT_EQ(run(config), 0);
  EXPECT_NE(access(out.c_str(), F_OK), 0);
  config = wasi_config_new();
  EXPECT_TRUE(wasi_config_preopen_dir(config, path.c_str(), "/", true));
  EXPECT_EQ(run(config), 0);
  EXPECT_EQ(content_of(out), "host");
  config = wasi_config_new();
  EXPECT_TRUE(wasi_config_preopen_dir(config, none.c_str(), "/", false));
  EXPECT_EQ(refusal(config), MINI_WASM_ERROR_IO);
}

TEST(c_wasi, files_in_memory) {
  const auto files = own(mini_wasm_wasi_files_new(1000, 10));
  EXPECT_EQ(write_file(files.get(), "in", "in memory"), nullptr);
  wasi_config_t* config = wasi_config_new();
  EXPECT_TRUE(mini_wasm_wasi_config_preopen_files(config, files.get(), "/", false));
  EXPECT_EQ(run(config), 0);
  Vec<wasm_byte_vec_t> none;
  EXPECT_EQ(kind(mini_wasm_wasi_files_read(files.get(), "out", &none)), MINI_WASM_ERROR_USAGE);
  config = wasi_config_new();
  EXPECT_TRUE(mini_wasm_wasi_config_preopen_files(config, files.get(), "/", true));
  EXPECT_EQ(run(config), 0);
  EXPECT_EQ(read_file(files.get(), "out"), "in memory");
  EXPECT_EQ(mini_wasm_wasi_files_bytes(files.get()), 18u);

  EXPECT_EQ(mini_wasm_wasi_files_make_directory(files.get(), "a/b"), nullptr);
  EXPECT_EQ(mini_wasm_wasi_files_remove(files.get(), "in"), nullptr);
  Vec<wasm_byte_vec_t> names;
  EXPECT_EQ(mini_wasm_wasi_files_list(files.get(), "", &names), nullptr);
  EXPECT_EQ(text_of(names), std::string("out\0a/\0", 7));
  EXPECT_EQ(kind(mini_wasm_wasi_files_remove(files.get(), "a")), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(kind(mini_wasm_wasi_files_list(files.get(), "b", &none)), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(kind(mini_wasm_wasi_files_make_directory(files.get(), "out/c")), MINI_WASM_ERROR_USAGE);
}

TEST(c_wasi, limits) {
  const auto files = own(mini_wasm_wasi_files_new(12, 2));
  EXPECT_EQ(write_file(files.get(), "in", "ten bytes."), nullptr);
  EXPECT_EQ(kind(write_file(files.get(), "in", "thirteen bytes")), MINI_WASM_ERROR_LIMIT);
  wasi_config_t* config = wasi_config_new();
  EXPECT_TRUE(mini_wasm_wasi_config_preopen_files(config, files.get(), "/", true));
  EXPECT_EQ(run(config), 0);
  EXPECT_EQ(read_file(files.get(), "out"), "te");
  EXPECT_EQ(kind(write_file(files.get(), "third", "")), MINI_WASM_ERROR_LIMIT);

  const auto out = own(mini_wasm_wasi_buffer_new(1000)), err = own(mini_wasm_wasi_buffer_new(1000));
  config = wasi_config_new();
  set_input(config, "0123456789");
  EXPECT_TRUE(mini_wasm_wasi_config_set_stdout_buffer(config, out.get()));
  EXPECT_TRUE(mini_wasm_wasi_config_set_stderr_buffer(config, err.get()));
  mini_wasm_wasi_config_set_max_written(config, 15);
  EXPECT_EQ(run(config), 0);
  EXPECT_EQ(taken(out.get()) + taken(err.get()), "012345678901234");

  // Three streams, the directory, and one file.
  config = wasi_config_new();
  EXPECT_TRUE(mini_wasm_wasi_config_preopen_files(config, files.get(), "/", false));
  mini_wasm_wasi_config_set_max_open_files(config, 3);
  EXPECT_EQ(refusal(config), MINI_WASM_ERROR_LIMIT);
  config = wasi_config_new();
  EXPECT_TRUE(mini_wasm_wasi_config_preopen_files(config, files.get(), "/", false));
  EXPECT_TRUE(mini_wasm_wasi_config_set_stdout_buffer(config, out.get()));
  mini_wasm_wasi_config_set_max_open_files(config, 4);
  EXPECT_EQ(run(config), 0);
  EXPECT_EQ(taken(out.get()), "");  // `in` could not be opened
}

// What the program writes with this configuration.
std::string time_and_random(wasi_config_t* config) {
  const auto out = own(mini_wasm_wasi_buffer_new(100));
  EXPECT_TRUE(mini_wasm_wasi_config_set_stdout_buffer(config, out.get()));
  EXPECT_EQ(run(config, kTimeAndRandom), 0);
  std::string bytes = taken(out.get());
  EXPECT_EQ(bytes.size(), 24u);
  return bytes;
}
uint64_t number_at(const std::string& bytes, size_t at) {
  uint64_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof(number));
  return number;
}

TEST(c_wasi, the_same_in_each_run) {
  const auto once = [](uint64_t seed) {
    wasi_config_t* const config = wasi_config_new();
    EXPECT_TRUE(mini_wasm_wasi_config_set_virtual_time(config, 5'000'000'000, 7));
    EXPECT_TRUE(mini_wasm_wasi_config_set_random_seed(config, seed));
    return time_and_random(config);
  };
  const std::string bytes = once(1);
  EXPECT_EQ(once(1), bytes);
  EXPECT_NE(number_at(once(2), 0), number_at(bytes, 0));
  EXPECT_EQ(number_at(bytes, 8), 5'000'000'000u);
  EXPECT_GE(number_at(bytes, 16), 5'010'000'000u);
  EXPECT_LE(number_at(bytes, 16), 5'010'001'000u);
}

TEST(c_wasi, clocks_and_random_numbers_of_the_host) {
  struct World {
    uint64_t now = 100;
    uint64_t slept = 0;
    int gone = 0;
  } world;
  mini_wasm_wasi_clock_t clock{};
  clock.realtime = [](void* data) { return 1000 + static_cast<World*>(data)->now; };
  clock.monotonic = [](void* data) { return static_cast<World*>(data)->now; };
  clock.sleep = [](void* data, uint64_t nanoseconds) {
    static_cast<World*>(data)->slept += nanoseconds;
    static_cast<World*>(data)->now += nanoseconds;
  };
  clock.resolution = 1;
  clock.data = &world;
  clock.finalizer = [](void* data) { ++static_cast<World*>(data)->gone; };
  wasi_config_t* config = wasi_config_new();
  EXPECT_TRUE(mini_wasm_wasi_config_set_clock(config, &clock));
  const auto fill = [](void* data, unsigned char* bytes, size_t size) {
    std::memset(bytes, 0x5a, size);
    EXPECT_EQ(static_cast<World*>(data)->gone, 0);
  };
  EXPECT_TRUE(mini_wasm_wasi_config_set_random(config, fill, &world, clock.finalizer));
  const std::string bytes = time_and_random(config);
  EXPECT_EQ(bytes.substr(0, 8), "ZZZZZZZZ");
  EXPECT_EQ(number_at(bytes, 8), 1100u);
  EXPECT_EQ(number_at(bytes, 16), 10'000'100u);
  EXPECT_EQ(world.slept, 10'000'000u);
  EXPECT_EQ(world.gone, 2);

  clock.sleep = nullptr;  // the program looks at the clock, which here goes on by itself
  clock.monotonic = [](void* data) { return static_cast<World*>(data)->now += 4'000'000; };
  config = wasi_config_new();
  EXPECT_TRUE(mini_wasm_wasi_config_set_clock(config, &clock));
  EXPECT_GE(number_at(time_and_random(config), 16), 20'000'000u);
}

// What the process itself has.
TEST(c_wasi, what_this_process_has) {
  ASSERT_EQ(setenv("MINI_WASM_C_API_TEST", "1", 1), 0);
  int variables = 0;
  for (char** at = environ; *at != nullptr; ++at) ++variables;
  wasi_config_t* config = wasi_config_new();
  wasi_config_inherit_env(config);
  EXPECT_EQ(run(config), variables);
  config = wasi_config_new();
  wasi_config_inherit_argv(config);
  EXPECT_EQ(run(config), 10 * static_cast<int>(::testing::internal::GetArgvs().size()));

  // Its streams, which are replaced for a while.
  const TemporaryDirectory folder;
  const std::string path = folder.path().string(), in = path + "/in";
  std::ofstream(in) << "to both";
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  config = wasi_config_new();
  EXPECT_TRUE(wasi_config_set_stdin_file(config, in.c_str()));
  wasi_config_inherit_stdout(config);
  wasi_config_inherit_stderr(config);
  EXPECT_EQ(run(config), 0);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "to both");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "to both");

  const int saved = dup(0);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "input", 5), 5);
  ASSERT_EQ(dup2(ends[0], 0), 0);
  const auto out = own(mini_wasm_wasi_buffer_new(100));
  config = wasi_config_new();
  wasi_config_inherit_stdin(config);
  EXPECT_TRUE(mini_wasm_wasi_config_set_stdout_buffer(config, out.get()));
  EXPECT_EQ(run(config), 0);
  EXPECT_EQ(taken(out.get()), "input");
  if (saved >= 0) {
    dup2(saved, 0);
    close(saved);
  }
  close(ends[0]);
  close(ends[1]);
}

TEST(c_wasi, what_is_no_program) {
  const World world;
  const auto instance = world.load("(module)");
  int32_t code = 7;
  EXPECT_EQ(kind(mini_wasm_wasi_run(instance.get(), &code)), MINI_WASM_ERROR_USAGE);  // no WASI
  const auto linker = own(mini_wasm_linker_new(world.store.get()));
  EXPECT_EQ(mini_wasm_linker_define_wasi(linker.get(), wasi_config_new()), nullptr);
  EXPECT_EQ(kind(mini_wasm_wasi_run(instance.get(), &code)), MINI_WASM_ERROR_USAGE);  // no entry point
  EXPECT_EQ(kind(mini_wasm_wasi_run(nullptr, &code)), MINI_WASM_ERROR_USAGE);
  const auto trapping = world.load("(module (func (export \"_start\") unreachable))");
  const auto trap = own(mini_wasm_wasi_run(trapping.get(), &code));
  EXPECT_EQ(mini_wasm_trap_code(trap.get()), MINI_WASM_TRAP_unreachable);
  EXPECT_EQ(code, 7);
  EXPECT_EQ(kind(mini_wasm_linker_define_wasi(linker.get(), nullptr)), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(kind(mini_wasm_linker_define_wasi(nullptr, wasi_config_new())), MINI_WASM_ERROR_USAGE);
}

TEST(c_wasi, null) {
  wasi_config_delete(nullptr);
  wasi_config_t* const config = wasi_config_new();
  const char* texts[] = {"a", nullptr};
  EXPECT_FALSE(wasi_config_set_argv(nullptr, 1, texts));
  EXPECT_FALSE(wasi_config_set_argv(config, 2, texts));
  EXPECT_FALSE(wasi_config_set_env(config, 2, texts, texts));
  EXPECT_FALSE(wasi_config_set_env(config, 1, texts, nullptr));
  EXPECT_TRUE(wasi_config_set_argv(config, 0, nullptr));
  EXPECT_FALSE(wasi_config_set_stdin_file(config, nullptr));
  EXPECT_FALSE(wasi_config_set_stdout_file(nullptr, "x"));
  EXPECT_FALSE(wasi_config_preopen_dir(config, nullptr, "x", true));
  EXPECT_FALSE(mini_wasm_wasi_config_preopen_files(config, nullptr, "x", true));
  EXPECT_FALSE(mini_wasm_wasi_config_set_stdout_buffer(config, nullptr));
  EXPECT_FALSE(mini_wasm_wasi_config_set_clock(config, nullptr));
  EXPECT_FALSE(mini_wasm_wasi_config_set_random_seed(nullptr, 1));
  mini_wasm_wasi_config_set_max_open_files(nullptr, 1);
  mini_wasm_wasi_config_set_max_written(nullptr, 1);
  wasm_byte_vec_t bytes;
  wasm_byte_vec_new(&bytes, 1, "x");
  wasi_config_set_stdin_bytes(nullptr, &bytes);  // released all the same
  wasi_config_delete(config);
  Vec<wasm_byte_vec_t> out;
  mini_wasm_wasi_buffer_take(nullptr, &out);
  EXPECT_EQ(out.size, 0u);
  EXPECT_FALSE(mini_wasm_wasi_buffer_overflowed(nullptr));
  mini_wasm_wasi_buffer_delete(nullptr);
  mini_wasm_wasi_files_delete(nullptr);
  EXPECT_EQ(mini_wasm_wasi_files_bytes(nullptr), 0u);
  EXPECT_EQ(kind(write_file(nullptr, "x", "")), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(kind(mini_wasm_wasi_files_make_directory(nullptr, "x")), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(kind(mini_wasm_wasi_files_remove(nullptr, "x")), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(kind(mini_wasm_wasi_files_read(nullptr, "x", &out)), MINI_WASM_ERROR_USAGE);
  EXPECT_EQ(kind(mini_wasm_wasi_files_list(nullptr, "x", &out)), MINI_WASM_ERROR_USAGE);
}

}  // namespace
}  // namespace mini_wasm
