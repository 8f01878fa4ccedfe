// How a program can be ended from outside.
#include <sys/stat.h>

#include "cli/cli_test.h"

namespace mini_wasm {
namespace {

constexpr const char* kEndless = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\02\00\00\00") (data (i32.const 16) "y\0a")
  (func (export "_start"))
  (func (export "spins") (loop $l (br $l)))
  (func (export "reads") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "yes")
    (loop $l (br_if $l (i32.eqz (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))))))";

TEST_F(cli, a_timeout_ends_what_runs_and_what_waits) {
  const std::string file = module("endless.wasm", kEndless);
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  const int writer = ::open(path("fifo").c_str(), O_RDWR | O_CLOEXEC);  // O_RDWR, so that opening it does not wait
  for (const char* name : {"spins", "reads"}) {
    const Outcome outcome = run({"run", "--timeout", "0.1s", "--invoke", name, file}, path("fifo"));
    EXPECT_EQ(outcome.code, 124) << name;
    EXPECT_THAT(outcome.err, HasSubstr("not done after 0.1s (--timeout)")) << name;
    EXPECT_THAT(outcome.err, HasSubstr("endless.wasm")) << name;
  }
  ::close(writer);
  EXPECT_EQ(run({"run", "--timeout=1h", file}).code, 0);
  for (const char* wrong : {"", "s", "5x", "-1s", "nan", "5 s"}) {
    const Outcome outcome = run({"run", std::string("--timeout=") + wrong, file});
    EXPECT_EQ(outcome.code, 2) << wrong;
    EXPECT_THAT(outcome.err, HasSubstr("--timeout")) << wrong;
  }
}

TEST_F(cli, fuel_ends_a_program_at_the_same_place) {
  const std::string file =
      module("fuel.wasm", R"((module (memory (export "memory") 1) (func (export "_start") (local i32)
    (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1000)))))))");
  EXPECT_EQ(run({"run", "--fuel", "7000", file}).code, 0);
  std::string place;
  for (const char* const tier : {"--tier=interp", "--tier=jit", "--tier=auto"}) {
    const Outcome outcome = run({"run", tier, "--fuel=6999", file});
    EXPECT_EQ(outcome.code, 134);
    EXPECT_THAT(outcome.err, HasSubstr("out of fuel"));
    if (place.empty()) place = outcome.err;
    EXPECT_EQ(outcome.err, place);
  }
  EXPECT_EQ(run({"run", "--fuel=-1", file}).code, 2);
}

TEST_F(cli, a_timeout_ends_a_program_of_several_threads) {
  const std::string file = module("threads.wasm", R"((module
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "env" "memory" (memory 1 1 shared)) (export "memory" (memory 0))
    (func (export "wasi_thread_start") (param i32 i32) (loop $l (br $l)))
    (func (export "_start")
      (drop (call $spawn (i32.const 0)))
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))))");
  const Outcome outcome = run({"run", "--wasm=threads", "--timeout", "100ms", file});
  EXPECT_EQ(outcome.code, 124);
  EXPECT_THAT(outcome.err, HasSubstr("not done after 100ms"));
}

// `yes | head`: the program ends like a native one, unless it asks for an error instead.
TEST_F(cli, writing_to_a_pipe_that_nobody_reads_ends_the_program) {
  const std::string file = module("endless.wasm", kEndless);
  const auto piped = [&](const std::string& options) {
    const std::string command = std::string("( ") + MINI_WASM_CLI + " run " + options + " --invoke yes " + file +
                                " ; echo $? >" + path("code") + " ) 2>" + path("err") + " | head -c 6";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return slurp(path("code"));
  };
  EXPECT_EQ(piped(""), "141\n");  // SIGPIPE
  EXPECT_EQ(slurp(path("err")), "");
  EXPECT_EQ(piped("--no-sigpipe"), "0\n");
  EXPECT_EQ(slurp(path("err")), "y\n");
}

}  // namespace
}  // namespace mini_wasm
