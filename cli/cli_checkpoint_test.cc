// Programs that are saved while they run, and go on from there.
#include <csignal>

#include "cli/cli_test.h"

namespace mini_wasm {
namespace {

// Writes "begin" to a file, counts until there is a file `stop`, checks what it has counted, and writes "end" to the file
// that it still has open. Its arguments are printed at the end.
constexpr const char* kCounts = R"((module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "logstopbegin\nend\n")
  (global $sum (mut i64) (i64.const 0))
  (func $write (param $fd i32) (param $at i32) (param $size i32)
    (i32.store (i32.const 32) (local.get $at))
    (i32.store (i32.const 36) (local.get $size))
    (if (call $fd_write (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 40)) (then (call $exit (i32.const 5)))))
  (func $count (result i64) (local $i i64)
    (loop $again
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (global.set $sum (i64.add (global.get $sum) (local.get $i)))
      (br_if $again (call $stat (i32.const 3) (i32.const 0) (i32.const 3) (i32.const 4) (i32.const 64))))
    (local.get $i))
  (func (export "_start") (local $i i64) (local $log i32)
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 1) (i64.const 64) (i64.const 0)
        (i32.const 0) (i32.const 48)) (then (call $exit (i32.const 4))))
    (local.set $log (i32.load (i32.const 48)))
    (call $write (local.get $log) (i32.const 7) (i32.const 6))
    (i64.const 1)
    (local.set $i (call $count))
    (if (i64.ne (i64.mul (i64.add (local.get $i)) (local.get $i)) (i64.mul (global.get $sum) (i64.const 2)))
      (then (call $exit (i32.const 6))))
    (call $write (local.get $log) (i32.const 13) (i32.const 4))
    (drop (call $args_sizes_get (i32.const 128) (i32.const 132)))
    (drop (call $args_get (i32.const 136) (i32.const 256)))
    (call $write (i32.const 1) (i32.const 256) (i32.load (i32.const 132)))
    (call $exit (i32.const 7)))))";

class CliCheckpoint : public cli {
 protected:
  bool appears(const std::string& name) const {
    for (int turn = 0; turn < 3000 && !fs::exists(path(name)); ++turn) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return fs::exists(path(name));
  }
};

TEST_F(CliCheckpoint, a_program_goes_on_in_another_process) {
  const std::string file = module("counts.wasm", kCounts), data = path("data"), saved = path("saved");
  fs::create_directory(data);
  for (const std::string tier : {"jit", "interp", "auto"}) {
    fs::remove(saved);
    fs::remove(data + "/stop");
    fs::remove(data + "/log");
    const pid_t pid =
        start({"run", "--tier", tier, "--dir", data + "::/", "--checkpoint-file", saved, file, "a", "bc"});
    ASSERT_TRUE(appears("data/log"));
    ASSERT_EQ(::kill(pid, SIGUSR1), 0);
    EXPECT_TRUE(appears("saved"));
    ::kill(pid, SIGKILL);
    EXPECT_EQ(wait_for(pid).code, -SIGKILL);
    EXPECT_EQ(slurp(data + "/log"), "begin\n");
    EXPECT_FALSE(fs::exists(saved + ".part"));

    write("data/stop", "");
    for (const std::string next : {"interp", "auto"}) {
      const Outcome outcome = run({"resume", "--tier", next, "--dir", data + "::/", saved});
      EXPECT_EQ(outcome.code, 7) << tier << " " << next << outcome.err;
      EXPECT_EQ(outcome.out, file + std::string("\0a\0bc\0", 6));
      EXPECT_EQ(slurp(data + "/log"), "begin\nend\n");
    }
    EXPECT_THAT(run({"resume", "--tier", "jit", "--dir", data + "::/", saved}).err, HasSubstr("Tier::automatic"));
  }
}

TEST_F(CliCheckpoint, wrong_use) {
  const std::string file = module("counts.wasm", kCounts);
  const auto expect = [&](int code, const char* text, std::vector<std::string> args) {
    const Outcome outcome = run(std::move(args));
    EXPECT_EQ(outcome.code, code) << text;
    EXPECT_THAT(outcome.err, HasSubstr(text));
  };
  expect(2, "found SIGKILL", {"run", "--checkpoint-file=x", "--checkpoint-on=SIGKILL", file});
  expect(2, "--checkpoint-file", {"run", "--checkpoint-file=x", "--invoke=_start", file});
  expect(2, "no FILE given", {"resume"});
  expect(1, "not a checkpoint", {"resume", file});
  expect(1, "cut off", {"resume", write("cut", std::string("\0mw-prog\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24))});
  expect(1, "missing", {"resume", path("missing")});
  expect(2, "no _start", {"run", "--checkpoint-file=x", module("library.wasm", R"((module (func (export "f"))))")});
}

}  // namespace
}  // namespace mini_wasm
