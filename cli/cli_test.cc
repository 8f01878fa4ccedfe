// The command line as a user meets it: what it prints where, and the exit code.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "spec-tests/support/wat.h"

extern char** environ;

namespace mini_wasm {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Outcome {
  int code = -1;
  std::string out, err;
};

class cli : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "mini-wasm-cli-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::string path(const std::string& name) const { return (dir_ / name).string(); }
  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  std::string module(const std::string& name, std::string_view text) const {
    const std::vector<uint8_t> bytes = testing::wat(text);
    return write(name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  static std::string slurp(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // `closed`: standard streams that the program does not have, as bits.
  Outcome run(std::vector<std::string> args, const std::string& input = "/dev/null", int closed = 0) const {
    args.insert(args.begin(), MINI_WASM_CLI);
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, path(".out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, path(".err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int fd = 0; fd < 3; ++fd) {
      if ((closed >> fd & 1) != 0) posix_spawn_file_actions_addclose(&actions, fd);
    }
    pid_t pid = 0;
    EXPECT_EQ(posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), slurp(path(".out")), slurp(path(".err"))};
  }

  fs::path dir_;
};

// Says hello on its standard output and error, and exits with 64 and a bit for each stream that is closed (8, EBADF).
constexpr const char* kStreams = R"((module $streams
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (data (i32.const 16) "\20\00\00\00\06\00\00\00") (data (i32.const 32) "hello\n")
  (func $closed (param $fd i32) (result i32)
    (i32.shl (i32.eq (i32.const 8) (call $fdstat (local.get $fd) (i32.const 64))) (local.get $fd)))
  (func $hot (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "_start") (local $i i32)
    (loop $again (br_if $again (i32.lt_u (local.tee $i (call $hot (local.get $i))) (i32.const 5000))))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 64)))
    (drop (call $write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 64)))
    (call $exit (i32.add (i32.const 64) (i32.add (call $closed (i32.const 0))
      (i32.add (call $closed (i32.const 1)) (call $closed (i32.const 2)))))))))";

constexpr const char* kMath = R"((module $math
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "all") (param i64 f32 f64) (result f64 f32 i64) (local.get 2) (local.get 1) (local.get 0))
  (func (export "refs") (param externref) (result externref funcref) (local.get 0) (ref.null func))
  (func $inner (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func (export "divide") (param i32) (result i32) (i32.add (i32.const 0) (call $inner (local.get 0))))
  (func (export "recurse") (call 5))))";

// Prints its arguments, one a line, then its environment, and ends with 3.
constexpr const char* kEcho = R"((module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func $print (param $at i32) (param $size i32)
    (i32.store (i32.const 16) (local.get $at))
    (i32.store (i32.const 20) (local.get $size))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
  (func $lines (param $at i32) (param $size i32)
    (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $size)))
        (if (i32.eqz (i32.load8_u (i32.add (local.get $at) (local.get $i))))
          (then (i32.store8 (i32.add (local.get $at) (local.get $i)) (i32.const 10))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (call $print (local.get $at) (local.get $size)))
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $args_get (i32.const 64) (i32.const 1024)))
    (call $lines (i32.const 1024) (i32.load (i32.const 4)))
    (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $environ_get (i32.const 64) (i32.const 1024)))
    (call $lines (i32.const 1024) (i32.load (i32.const 4)))
    (call $proc_exit (i32.const 3)))))";

TEST_F(cli, a_program_gets_its_arguments_and_gives_its_exit_code) {
  const std::string echo = module("echo.wasm", kEcho);
  Outcome o = run({"run", echo, "-x", "--help", "--", "two words", ""});
  EXPECT_EQ(o.code, 3);
  EXPECT_EQ(o.out, echo + "\n-x\n--help\n--\ntwo words\n\n");
  EXPECT_EQ(o.err, "");
  o = run({echo, "--dir"});
  EXPECT_EQ(o.code, 3);
  EXPECT_EQ(o.out, echo + "\n--dir\n");
  o = run({"run", "--", echo, "--", "-"});
  EXPECT_EQ(o.out, echo + "\n--\n-\n");
}

// What the guest says of its streams, in every way that the engine opens files of its own: see kStreams.
TEST_F(cli, closed_streams_are_closed_for_the_program) {
  const std::string program = module("streams.wasm", kStreams);
  for (const char* tier : {"interp", "jit", "auto"}) {
    for (int closed = 0; closed < 8; ++closed) {
      const Outcome o = run({"run", std::string("--tier=") + tier, "--dir", dir_.string() + "::/",
                             "--cache=" + path("c"), "--perf-map", program},
                            "/dev/null", closed);
      EXPECT_EQ(o.code, 64 + closed) << tier << ' ' << closed << o.err;
      EXPECT_EQ(o.out, (closed & 2) != 0 ? "" : "hello\n");
      EXPECT_EQ(o.err, (closed & 4) != 0 ? "" : "hello\n");
      EXPECT_EQ(run({"validate", program}).code, 0) << "it is what it was";
    }
  }
}

TEST_F(cli, output_that_nobody_can_have_is_an_error) {
  const std::string math = module("math.wasm", kMath), text = write("a.wat", "(module)");
  const std::vector<std::string> commands[] = {
      {"run", "--invoke", "add", math, "1", "2"},
      {"run", "--tier=jit", "--cache=" + path("c"), "--invoke", "add", math, "1", "2"},
      {"validate", math},
      {"dump", math},
      {"wat2wasm", text, "-o", "-"},
      {"--help"},
      {"run", "--help"},
      {"--version"}};
  for (const std::vector<std::string>& command : commands) {
    EXPECT_EQ(run(command).code, 0);
    for (const int closed : {2, 3, 6, 7}) {
      const Outcome o = run(command, "/dev/null", closed);
      EXPECT_EQ(o.code, 1) << command[0] << ' ' << closed;
      EXPECT_EQ(o.out, "");
      EXPECT_THAT(o.err, StartsWith((closed & 4) != 0 ? "" : "mini-wasm: standard output: "));
    }
    for (const int closed : {1, 4, 5})
      EXPECT_EQ(run(command, "/dev/null", closed).code, 0) << command[0] << ' ' << closed;
  }
  EXPECT_EQ(run({"run", "-"}, math, 1).code, 1);  // nothing to read from
  EXPECT_EQ(run({"run", "--invoke", "add", "-", "1", "2"}, math, 4).out, "3\n");
}

TEST_F(cli, the_environment_is_what_is_asked_for) {
  const std::string echo = module("echo.wasm", kEcho);
  setenv("MINI_WASM_CLI_TEST", "from here", 1);
  const Outcome o = run({"run", "--argv0", "me", "--env", "A=1", "--env=B=x=y", "--env", "MINI_WASM_CLI_TEST", echo});
  EXPECT_EQ(o.out, "me\nA=1\nB=x=y\nMINI_WASM_CLI_TEST=from here\n");
  EXPECT_EQ(run({"run", echo}).out, echo + "\n");
  const Outcome missing = run({"run", "--env", "NO_SUCH_VARIABLE", echo});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("NO_SUCH_VARIABLE is not set"));
}

TEST_F(cli, a_module_from_standard_input) {
  const std::string math = module("math.wasm", kMath);
  EXPECT_EQ(run({"run", "--invoke", "add", "-", "2", "3"}, math).out, "5\n");
  EXPECT_EQ(run({"validate", "-"}, math).out, "-: ok\n");
}

TEST_F(cli, invoke_reads_and_prints_numbers) {
  const std::string math = module("math.wasm", kMath);
  const auto add = [&](const std::string& a, const std::string& b) {
    return run({"run", "--invoke", "add", math, a, b});
  };
  EXPECT_EQ(add("2", "40").out, "42\n");
  EXPECT_EQ(add("-1", "-2").out, "-3\n");
  EXPECT_EQ(add("0x10", "-0x1").out, "15\n");
  EXPECT_EQ(add("4294967295", "1").out, "0\n");
  EXPECT_EQ(run({"run", "--invoke=all", math, "-9223372036854775808", "1.5", "-1e300"}).out,
            "-1e+300\n1.5\n-9223372036854775808\n");
  EXPECT_EQ(run({"run", "--invoke=all", math, "0xffffffffffffffff", "inf", "-nan"}).out,
            "-nan:0x8000000000000\ninf\n-1\n");
  EXPECT_EQ(run({"run", "--invoke=refs", math, "null"}).out, "null\nnull\n");
  for (const char* bad : {"", "x", "1x", "0x", "1.5", "4294967296", "-2147483649", " 1", "--1"}) {
    const Outcome o = add("1", bad);
    EXPECT_EQ(o.code, 2) << bad;
    EXPECT_THAT(o.err, HasSubstr("add: argument 2: \"" + std::string(bad) + "\" is not of type i32"));
    EXPECT_EQ(o.out, "");
  }
  EXPECT_THAT(run({"run", "--invoke", "add", math, "1"}).err,
              HasSubstr("expected 2 arguments for [i32 i32] -> [i32], found 1"));
}

TEST_F(cli, a_trap_is_134_with_a_named_backtrace) {
  const std::string math = module("math.wasm", kMath);
  Outcome o = run({"run", "--invoke", "divide", math, "0"});
  EXPECT_EQ(o.code, 134);
  EXPECT_EQ(o.out, "");
  EXPECT_THAT(o.err,
              StartsWith("mini-wasm: " + math + ": trap: integer divide by zero\n  0: math!inner (func[3]) at 0x"));
  EXPECT_THAT(o.err, HasSubstr("\n  1: math!divide (func[4]) at 0x"));
  o = run({"run", "--invoke", "recurse", math});
  EXPECT_EQ(o.code, 134);
  EXPECT_THAT(o.err, HasSubstr("trap: call stack exhausted\n"));
}

TEST_F(cli, names_in_a_backtrace_cannot_command_the_terminal) {
  const std::string evil = module("evil.wasm", "(module (func (export \"\\1b]0;x\\07\\n\") unreachable))");
  const Outcome o = run({"run", "--invoke", "\x1b]0;x\x07\n", evil});
  EXPECT_EQ(o.code, 134);
  EXPECT_THAT(o.err, AllOf(HasSubstr("\\1b]0;x\\07\\n"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(run({"run", evil}).err, AllOf(HasSubstr("it exports \\"), Not(HasSubstr("\x1b"))));
}

TEST_F(cli, what_cannot_be_run_is_1_with_one_line) {
  const auto expect = [&](const std::vector<std::string>& args, const std::string& text) {
    const Outcome o = run(args);
    EXPECT_EQ(o.code, 1) << text;
    EXPECT_THAT(o.err, AllOf(StartsWith("mini-wasm: "), HasSubstr(text)));
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
    EXPECT_EQ(o.out, "");
  };
  expect({"run", path("none.wasm")}, "none.wasm: No such file or directory");
  expect({path("none.wasm")}, "none.wasm: No such file or directory");
  expect({"run", dir_.string()}, "Is a directory");
  expect({"run", write("empty.wasm", "")}, "empty.wasm: malformed module at offset 0x0");
  expect({"run", write("text.wasm", "#!/bin/sh\n")},
         "text.wasm: malformed module at offset 0x0: magic header not detected");
  expect({"run", module("bad.wasm", "(module (func $f (result i32)))")}, "bad.wasm: invalid module at offset 0x");
  expect({"run", module("import.wasm", "(module (import \"env\" \"f\" (func)) (func (export \"_start\")))")},
         "import.wasm: link error: unknown import: \"env\" \"f\" (func [] -> [])");
  expect({"run", module("math.wasm", kMath)},
         "it has no _start function; name a function with --invoke: it exports add [i32 i32] -> [i32], all");
  expect({"run", module("none.wat", "(module)")}, "it exports no functions");
  expect({"run", "--dir", path("nowhere"),
          module("start.wasm", "(module (memory (export \"memory\") 1) (func (export \"_start\")))")},
         "nowhere");
  expect({"run", "--max-memory=64K",
          module("big.wasm", "(module (memory (export \"memory\") 2) (func (export \"_start\")))")},
         "cannot allocate a memory of 2 pages");
}

TEST_F(cli, wrong_usage_is_2) {
  const std::string math = module("math.wasm", kMath);
  const auto expect = [&](const std::vector<std::string>& args, const std::string& text) {
    const Outcome o = run(args);
    EXPECT_EQ(o.code, 2) << text;
    EXPECT_THAT(o.err, HasSubstr(text));
    EXPECT_EQ(o.out, "");
  };
  expect({}, "subcommand");
  expect({"run"}, "no FILE given");
  expect({"run", "--bogus", math}, "unknown option --bogus");
  expect({"--bogus", math}, "unknown option --bogus");
  expect({"run", "--dir"}, "--dir");
  expect({"run", "--tier=fast", math}, "--tier");
  expect({"run", "--max-memory=lots", math}, "--max-memory: expected a number of bytes");
  expect({"run", "--max-memory=99999999999G", math}, "--max-memory: expected a number of bytes");
  expect({"run", "--max-gc-heap=lots", math}, "--max-gc-heap: expected a number of bytes");
  expect({"run", "--wasm=bogus", math}, "unknown feature: bogus");
  expect({"run", "--invoke", "nothing", math}, "no exported function \"nothing\"; it exports add");
  expect({"validate"}, "no FILE given");
  expect({"validate", "--bogus", math}, "--bogus");
  expect({"dump"}, "FILE is required");
  expect({"dump", math, math}, "not expected");
}

TEST_F(cli, options_reach_the_engine) {
  const std::string grow = module("grow.wasm", R"((module (memory 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func $deep (export "deep") (param i32) (result i32) (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))))");
  EXPECT_EQ(run({"run", "--max-memory=128K", "--invoke=grow", grow, "1"}).out, "1\n");
  EXPECT_EQ(run({"run", "--max-memory=128K", "--invoke=grow", grow, "2"}).out, "-1\n");
  const std::string array = module("array.wasm", R"((module (type $a (array i8))
    (func (export "make") (param i32) (drop (array.new_default $a (local.get 0))))))");
  EXPECT_EQ(run({"run", "--max-gc-heap=1M", "--invoke=make", array, "500000"}).code, 0);
  EXPECT_THAT(run({"run", "--max-gc-heap=1M", "--invoke=make", array, "2000000"}).err, HasSubstr("out of memory"));
  EXPECT_EQ(run({"run", "--stack-size=64K", "--invoke=deep", grow, "100000"}).code, 134);
  EXPECT_EQ(run({"run", "--stack-size=64M", "--invoke=deep", grow, "100000"}).out, "100000\n");
  const std::string extend =
      module("extend.wasm", "(module (func (param i32) (result i32) (i32.extend8_s (local.get 0))))");
  EXPECT_EQ(run({"validate", extend}).code, 0);
  EXPECT_EQ(run({"validate", "--wasm=threads,-sign-ext", extend}).code, 1);
}

TEST_F(cli, lazy_compilation_validates_what_is_called) {
  const std::string file = module("half.wasm", R"((module
    (func (export "good") (result i32) (i32.const 42))
    (func $bad (export "bad") (result i32))))");
  for (const char* tier : {"interp", "jit", "auto"}) {
    const std::string with = std::string("--tier=") + tier;
    Outcome o = run({"run", with, "--compile=lazy", "--invoke", "good", file});
    EXPECT_EQ(o.code, 0);
    EXPECT_EQ(o.out, "42\n");
    o = run({"run", with, "--compile=lazy", "--invoke", "bad", file});
    EXPECT_EQ(o.code, 134);
    EXPECT_THAT(o.err, AllOf(HasSubstr("invalid function: type mismatch"), HasSubstr("0: bad (func[1]) at 0x")));
    for (const char* compile : {"first-call", "eager"}) {
      o = run({"run", with, std::string("--compile=") + compile, "--invoke", "good", file});
      EXPECT_EQ(o.code, 1);
      EXPECT_THAT(o.err, HasSubstr("invalid module at offset"));
    }
  }
}

TEST_F(cli, a_reactor_is_initialized_before_a_function_is_invoked) {
  const std::string reactor =
      module("reactor.wasm", R"((module (memory (export "memory") 1) (global $g (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $g (i32.const 5))) (func (export "get") (result i32) (global.get $g))))");
  EXPECT_EQ(run({"run", "--invoke", "get", reactor}).out, "5\n");
  EXPECT_EQ(run({"run", reactor}).code, 0);
}

TEST_F(cli, validate_speaks_of_each_file) {
  const std::string good = module("good.wasm", kMath), bad = module("bad.wasm", "(module (func $f (result i32)))");
  Outcome o = run({"validate", good, bad, path("none"), good});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.out, good + ": ok\n" + good + ": ok\n");
  EXPECT_THAT(o.err, AllOf(HasSubstr("bad.wasm: invalid module at offset"), HasSubstr("none: No such file")));
  EXPECT_EQ(run({"validate", good}).code, 0);
}

#if MINI_WASM_JIT
TEST_F(cli, perf_map_names_compiled_functions) {
  const std::string math = module("math.wasm", kMath);
  // Through a shell that becomes the program, so that its process id is known.
  const std::string command = std::string("sh -c 'echo $$; exec ") + MINI_WASM_CLI +
                              " run --tier=jit --perf-map --invoke add " + math + " 2 40'";
  std::FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  int process = 0;
  int sum = 0;
  EXPECT_EQ(std::fscanf(pipe, "%d %d", &process, &sum), 2);
  EXPECT_EQ(sum, 42);
  EXPECT_EQ(pclose(pipe), 0);
  const std::string file = "/tmp/perf-" + std::to_string(process) + ".map";
  std::ifstream map(file);
  std::string text{std::istreambuf_iterator<char>(map), {}};
  EXPECT_THAT(text, HasSubstr("!add\n"));
  std::remove(file.c_str());
}

// perf takes names from that list for memory that it takes for anonymous.
TEST_F(cli, perf_finds_the_names) {
  const std::string hot = module("hot.wasm", R"((module $hot (func $spin (export "spin") (param i64) (result i64)
    (loop $again (local.set 0 (i64.sub (local.get 0) (i64.const 1))) (br_if $again (i64.ne (local.get 0) (i64.const 0))))
    (local.get 0))))");
  const std::string data = path("perf.data"), quiet = " >/dev/null 2>&1";
  if (std::system(("perf record -e task-clock -o " + data + " true" + quiet).c_str()) != 0) {
    GTEST_SKIP() << "perf cannot record here";
  }
  const std::string program = std::string(MINI_WASM_CLI) + " run --tier=jit --perf-map --invoke spin " + hot;
  const std::string record =
      "perf record -e task-clock -o " + data + " sh -c 'echo $$ >" + path("pid") + "; exec " + program + " 400000000'";
  ASSERT_EQ(std::system((record + quiet).c_str()), 0);
  const std::string report = "perf report -i " + data + " --stdio --sort symbol >" + path("report") + " 2>/dev/null";
  EXPECT_EQ(std::system(report.c_str()), 0);
  EXPECT_THAT(slurp(path("report")), HasSubstr("hot!spin"));
  std::remove(("/tmp/perf-" + std::to_string(std::stoi(slurp(path("pid")))) + ".map").c_str());
}
#endif

TEST_F(cli, dump_shows_machine_code) {
#if MINI_WASM_JIT
  const std::string file = write("native.wat", R"((module (memory 1)
    (func $a (export "first") (param i32) (result i32) (i32.load (local.get 0)))
    (func $second)))");
  const Outcome all = run({"dump", "--native", file});
  EXPECT_EQ(all.code, 0);
  EXPECT_THAT(all.out, HasSubstr("i32.load\n"));
  EXPECT_THAT(all.out, HasSubstr("func 1 "));
  for (const char* name : {"--native=0", "--native=a", "--native=first"}) {
    const std::string one = run({"dump", name, file}).out;
    EXPECT_THAT(one, HasSubstr("func 0 ")) << name;
    EXPECT_THAT(one, Not(HasSubstr("func 1 "))) << name;
  }
  EXPECT_EQ(run({"dump", "--native=third", file}).code, 1);
#else
  EXPECT_EQ(run({"dump", "--native", module("math.wasm", kMath)}).code, 2);
#endif
}

TEST_F(cli, dump_shows_what_is_there) {
  const std::string math = module("math.wasm", kMath);
  const Outcome o = run({"dump", math});
  EXPECT_EQ(o.code, 0);
  EXPECT_THAT(o.out, AllOf(HasSubstr("i32.div_s"), HasSubstr("\"divide\""), HasSubstr("inner")));
  EXPECT_EQ(run({"dump", path("none")}).code, 1);
  EXPECT_EQ(run({"dump", write("text", "no module")}).code, 1);
}

TEST_F(cli, modules_may_be_text) {
  const std::string math = write("math.wat", kMath);
  EXPECT_EQ(run({"run", "--invoke", "add", math, "2", "3"}).out, "5\n");
  EXPECT_EQ(run({"run", "--invoke", "add", "-", "2", "3"}, math).out, "5\n");
  EXPECT_EQ(run({"validate", math}).out, math + ": ok\n");
  EXPECT_THAT(run({"dump", math}).out, HasSubstr("i32.div_s"));
}

TEST_F(cli, a_mistake_in_a_text_is_shown_where_it_is) {
  const std::string bad = write("bad.wat", "(module\n  (func i32.addd))");
  for (const char* command : {"run", "validate", "dump", "wat2wasm"}) {
    const Outcome o = run({command, bad});
    EXPECT_EQ(o.code, 1) << command;
    EXPECT_EQ(o.out, "");
    EXPECT_EQ(o.err, "mini-wasm: " + bad + ":2:9: unknown operator i32.addd\n    (func i32.addd))\n          ^\n");
  }
}

TEST_F(cli, wat2wasm_writes_the_binary_form) {
  const std::string math = write("math.wat", kMath);
  EXPECT_EQ(run({"wat2wasm", math}).code, 0);
  EXPECT_EQ(slurp(path("math.wasm")), slurp(module("expected.wasm", kMath)));
  EXPECT_EQ(run({"wat2wasm", "-", "--no-names", "-o", path("small.wasm")}, math).code, 0);
  EXPECT_EQ(run({"validate", path("small.wasm")}).code, 0);
  EXPECT_THAT(slurp(path("small.wasm")), Not(HasSubstr("inner")));
  EXPECT_EQ(run({"wat2wasm", math, "-o-"}).out, slurp(path("math.wasm")));
  const Outcome o = run({"wat2wasm", math, "-o", path("no/such/folder")});
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.err, HasSubstr("No such file or directory"));
}

TEST_F(cli, wast_runs_scripts) {
  fs::create_directory(path("s"));
  write("s/good.wast",
        "(module (func (export \"f\") (result i32) (i32.const 1)))\n"
        "(assert_return (invoke \"f\") (i32.const 1))");
  Outcome o = run({"wast", "--tier=interp", path("s")});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.out, "2 passed, 0 failed, 0 skipped\n");
  EXPECT_THAT(run({"wast", path("s/good.wast")}).out, HasSubstr(" passed, 0 failed, 0 skipped\n"));  // on every tier
  write("s/bad.wast", "(module)\n(assert_return (invoke \"f\"))");
  o = run({"wast", "--tier", "interp", path("s")});
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.out, StartsWith("bad.wast:2: expected f to return []"));
  EXPECT_THAT(o.out, HasSubstr("\n3 passed, 1 failed, 0 skipped\n"));
  const std::string known = write("known.txt", "bad:2 there is no f\n");
  EXPECT_EQ(run({"wast", "--tier=interp", "--expect-failures", known, path("s")}).out,
            "3 passed, 0 failed, 1 skipped\n");
  const std::string wrong = write("known.txt", "bad:1 no such failure\nbad:2 there is no f\n");
  EXPECT_EQ(run({"wast", "--tier=interp", "--expect-failures", wrong, path("s")}).code, 1);
  EXPECT_EQ(run({"wast", path("none.wast")}).code, 1);
  EXPECT_EQ(run({"wast"}).code, 2);
  EXPECT_EQ(run({"wast", "--expect-failures", path("none"), path("s")}).code, 2);
}

TEST_F(cli, help_everywhere) {
  EXPECT_THAT(run({"--version"}).out, StartsWith("mini-wasm 0."));
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{{"--help"},
                                                                                    {"-h"},
                                                                                    {"run", "--help"},
                                                                                    {"validate", "--help"},
                                                                                    {"dump", "--help"},
                                                                                    {"wat2wasm", "--help"},
                                                                                    {"wast", "--help"}}) {
    const Outcome o = run(args);
    EXPECT_EQ(o.code, 0);
    EXPECT_THAT(o.out, AllOf(HasSubstr("Usage: mini-wasm"), HasSubstr("Examples:")));
    EXPECT_EQ(o.err, "");
  }
  EXPECT_THAT(run({"run", "--wasm=help"}).out, AllOf(HasSubstr("+ simd"), HasSubstr("- threads")));
}

// --- The code cache

constexpr const char* kEnds = R"((module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "_start") (call $exit (call $twice (i32.const 21)))))
)";
constexpr const char* kEndsBadly = R"((module (memory (export "memory") 1)
  (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func (export "_start") (drop (call $divide (i32.const 0))))))";

TEST_F(cli, code_is_kept_however_a_program_ends) {
  size_t files = 0;
  for (const auto& [program, code] : {std::pair(kEnds, 42), std::pair(kEndsBadly, 134)}) {
    const std::string file = module("program.wasm", program);
    for (const char* tier : {"interp", "jit", "auto"}) {
      const Outcome first = run({"run", std::string("--tier=") + tier, "--cache=" + path("cache"), file});
      EXPECT_EQ(first.code, code);
      ++files;
      EXPECT_EQ(std::distance(fs::directory_iterator(path("cache")), fs::directory_iterator()),
                static_cast<ptrdiff_t>(files));
      const Outcome second = run({"run", std::string("--tier=") + tier, "--cache=" + path("cache"), file});
      EXPECT_EQ(second.code, code);
      EXPECT_EQ(second.err, first.err);
      EXPECT_EQ(std::distance(fs::directory_iterator(path("cache")), fs::directory_iterator()),
                static_cast<ptrdiff_t>(files));
    }
  }
}

TEST_F(cli, cache_of_the_user) {
  const std::string file = module("program.wasm", kEnds);
  setenv("XDG_CACHE_HOME", path("xdg").c_str(), 1);
  setenv("HOME", path("home").c_str(), 1);
  EXPECT_EQ(run({"run", "--cache", file}).code, 42);
  EXPECT_EQ(std::distance(fs::directory_iterator(path("xdg/mini-wasm")), fs::directory_iterator()), 1);
  setenv("XDG_CACHE_HOME", "not/absolute", 1);
  EXPECT_EQ(run({"run", "--cache", file}).code, 42);
  EXPECT_EQ(std::distance(fs::directory_iterator(path("home/.cache/mini-wasm")), fs::directory_iterator()), 1);
  unsetenv("XDG_CACHE_HOME");
  unsetenv("HOME");
  const Outcome nowhere = run({"run", "--cache", file});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("--cache=DIR"));
  EXPECT_EQ(run({"run", "--cache=", file}).code, 2);
  EXPECT_EQ(run({"run", "--cache=/dev/null", file}).code, 42);
}

}  // namespace
}  // namespace mini_wasm
