// Programs and functions, errors and usage.
#include "cli/cli_test.h"

#include <sys/resource.h>

#include <algorithm>

namespace mini_wasm {
namespace {

// Writes hello to its standard output and error. Exits with 64, plus one bit for each stream that is closed (8, EBADF).
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

// Runs kStreams in all ways in which the engine opens files of its own, and checks what it reports.
TEST_F(cli, closed_streams_are_closed_for_the_program) {
  const std::string program = module("streams.wasm", kStreams);
  fs::create_directory(path("seen"));
  for (const char* tier : {"interp", "jit", "auto"}) {
    for (int closed = 0; closed < 8; ++closed) {
      const Outcome o = run({"run", std::string("--tier=") + tier, "--dir", path("seen") + "::/",
                             "--cache=" + path("c"), "--cache-key=" + path("k/key"), "--perf-map", program},
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
      {"run", "--tier=jit", "--cache=" + path("c"), "--cache-key=" + path("k/key"), "--invoke", "add", math, "1", "2"},
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
  EXPECT_EQ(run({"run", "--invoke=refs", math, "extern:5"}).out, "extern:5\nnull\n");
  for (const char* bad : {"", "x", "1x", "0x", "1.5", "4294967296", "-2147483649", " 1", "--1"}) {
    const Outcome o = add("1", bad);
    EXPECT_EQ(o.code, 2) << bad;
    EXPECT_THAT(o.err, HasSubstr("add: argument 2: \"" + std::string(bad) + "\" is not of type i32"));
    EXPECT_EQ(o.out, "");
  }
  EXPECT_THAT(run({"run", "--invoke", "add", math, "1"}).err,
              HasSubstr("expected 2 arguments for [i32 i32] -> [i32], found 1"));
}

// Printed values can be given as arguments.
TEST_F(cli, invoke_reads_what_it_prints) {
  const std::string file = module("identity.wasm", R"((module
    (type $f (func))
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "v128") (param v128) (result v128) (local.get 0))
    (func (export "func") (param funcref) (result funcref) (local.get 0))
    (func (export "typed") (param (ref $f)) (result (ref $f)) (local.get 0))
    (func (export "extern") (param externref) (result externref) (local.get 0))
    (func (export "any") (param anyref) (result anyref) (local.get 0))
    (func (export "i31") (param i31ref) (result i31ref) (local.get 0))
    (func (export "callee") (type $f))
    (func (export "hidden") (result funcref) (ref.func $hidden))
    (func $hidden) (elem declare func $hidden)))");
  const auto twice = [&](const std::string& function, const std::string& word, const std::string& printed) {
    for (const std::string& input : {word, printed}) {
      const Outcome o = run({"run", "--invoke", function, file, input});
      EXPECT_EQ(o.out, printed + "\n") << function << " " << input << ": " << o.err;
    }
  };
  twice("i32", "0xffffffff", "-1");
  twice("i64", "18446744073709551615", "-1");
  twice("f32", "1e-3", "0.001");
  twice("f32", "0x1p-149", "1e-45");
  twice("f32", "-nan", "-nan:0x400000");
  twice("f32", "nan:0x200001", "nan:0x200001");
  twice("f64", ".5", "0.5");
  twice("f64", "-inf", "-inf");
  twice("f64", "-0", "-0");
  twice("f64", "nan:0xfffffffffffff", "nan:0xfffffffffffff");
  twice("v128", "i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", "i32x4 0x4030201 0x8070605 0xc0b0a09 0x100f0e0d");
  twice("v128", "f64x2 0 1", "i32x4 0x0 0x0 0x0 0x3ff00000");
  twice("func", "null", "null");
  twice("func", "func:callee", "func:callee");
  twice("typed", "func:callee", "func:callee");
  twice("extern", "extern:0", "extern:0");
  twice("extern", "null", "null");
  twice("any", "extern:7", "extern:7");
  twice("any", "i31:-1", "i31:-1");
  twice("i31", "i31:1073741823", "i31:1073741823");
  EXPECT_EQ(run({"run", "--invoke=hidden", file}).out, "func\n");
  const std::pair<const char*, const char*> wrong[] = {{"f32", "1e39"},
                                                       {"f64", "1e999"},
                                                       {"f64", "nan:0x0"},
                                                       {"f64", "1 2"},
                                                       {"v128", "i32x4 1 2 3"},
                                                       {"v128", "5"},
                                                       {"i31", "i31:2147483648"},
                                                       {"i31", "extern:1"},
                                                       {"typed", "null"},
                                                       {"typed", "func:i32"},
                                                       {"func", "func:no"},
                                                       {"extern", "5"},
                                                       {"extern", "extern:-9999999999"}};
  for (const auto& [function, word] : wrong) {
    const Outcome o = run({"run", "--invoke", function, file, word});
    EXPECT_EQ(o.code, 2) << function << " " << word;
    EXPECT_EQ(o.out, "");
  }
}

TEST_F(cli, an_uncaught_exception_is_134_with_its_values) {
  const std::string file = module("throw.wasm", R"((module $m (tag $e (param i32 f64 externref))
    (func $f (export "f") (throw $e (i32.const 42) (f64.const 0.5) (ref.null extern)))))");
  for (const char* tier : {"--tier=interp", "--tier=jit"}) {
    const Outcome o = run({"run", tier, "--invoke", "f", file});
    EXPECT_EQ(o.code, 134);
    EXPECT_THAT(o.err, AllOf(HasSubstr("throw.wasm: exception: uncaught exception: i32:42 f64:0.5 externref:null\n"),
                             HasSubstr("  0: m!f (func[0]) at 0x")));
  }
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
  EXPECT_THAT(o.err, HasSubstr("trap: call stack exhausted (more with --stack-size)\n"));
}

TEST_F(cli, names_in_a_backtrace_cannot_command_the_terminal) {
  const std::string evil = module("evil.wasm", "(module (func (export \"\\1b]0;x\\07\\n\") unreachable))");
  const Outcome o = run({"run", "--invoke", "\x1b]0;x\x07\n", evil});
  EXPECT_EQ(o.code, 134);
  EXPECT_THAT(o.err, AllOf(HasSubstr("\\1b]0;x\\07\\n"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(run({"run", evil}).err, AllOf(HasSubstr("it exports \\1b]0;x\\07\\n []"), Not(HasSubstr("\x1b"))));
  // Escaped only once: what the library has escaped is not escaped again.
  const std::string importer = module("importer.wasm", "(module (import \"a\\1b\" \"b\\\\c\" (func)))");
  EXPECT_THAT(run({"run", importer}).err, HasSubstr("unknown import: \"a\\1b\" \"b\\\\c\" (func"));
  const std::string doubled = module("doubled.wasm", R"((module (func (export "\07")) (func (export "\07"))))");
  EXPECT_THAT(run({"validate", doubled}).err, HasSubstr("duplicate export name \"\\07\""));
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
  expect({"run", write("empty.wasm", "")},
         "empty.wasm: malformed module at offset 0x0: unexpected end: there is nothing in it");
  expect({"run", write("text.wasm", "#!/bin/sh\n")},
         "text.wasm: malformed module at offset 0x0: magic header not detected: this is a script, not WebAssembly");
  expect({"run", "/proc/self/exe"}, "this is an ELF executable or library, not WebAssembly");
  for (const char* command : {"run", "validate", "dump", "wat2wasm"}) {
    expect({command, "/dev/zero"}, "this is all zeros, not WebAssembly");
    expect({command, "/dev/null"}, "there is nothing in it");
    expect({command, dir_.string()}, "Is a directory");
  }
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
         "cannot allocate a memory of 2 pages: the limit is 65536 bytes (more with --max-memory)");
}

TEST_F(cli, wrong_usage_is_2) {
  const std::string math = module("math.wasm", kMath);
  const auto expect = [&](const std::vector<std::string>& args, const std::string& text) {
    const Outcome o = run(args);
    EXPECT_EQ(o.code, 2) << text;
    EXPECT_THAT(o.err, HasSubstr(text));
    EXPECT_EQ(o.out, "");
  };
  expect({}, "expected a command or a FILE");
  expect({"run"}, "no FILE given");
  expect({"run", "--bogus", math}, "unknown option --bogus");
  expect({"--bogus", math}, "unknown option --bogus");
  expect({"run", "--dir"}, "--dir");
  expect({"run", "--tier=fast", math}, "--tier");
  expect({"run", "--max-memory=lots", math}, "--max-memory: expected a number of bytes");
  expect({"run", "--max-memory=99999999999G", math}, "--max-memory: expected a number of bytes");
  expect({"run", "--max-gc-heap=lots", math}, "--max-gc-heap: expected a number of bytes");
  expect({"run", "--wasm=bogus", math}, "unknown feature: bogus (see --wasm=help)");
  expect({"run", "--wasm=thread", math}, "unknown feature: thread; did you mean threads?");
  expect({"validate", "--wasm=-multimemory,simd", math}, "unknown feature: multimemory; did you mean multi-memory?");
  expect({"run", "--invoke", "nothing", math}, "no exported function \"nothing\"; it exports add");
  expect({"validate"}, "no FILE given");
  expect({"validate", "--bogus", math}, "--bogus");
  expect({"runn", math}, "runn is neither a command nor a file; did you mean run?");
  expect({"vlaidate", math}, "did you mean validate?");
  expect({"run", "--tmie=jit", math}, "unknown option --tmie; did you mean --tier?");
  expect({"run", "--stack", "1M", math}, "unknown option --stack; did you mean --stack-size?");
  expect({"run", "--readonly-dir", ".", math}, "did you mean --read-only-dir?");
  expect({"wast", "--expected-failures", "x", math}, "did you mean --expect-failures?");
  expect({"dump", "--nativ", math}, "did you mean --native?");
  expect({"validate", "-x", math}, "unknown option -x");
  // After an `=`, the next word is not the value of the option; and another option is never a value.
  for (const char* option : {"--invoke=", "--dir=", "--env=", "--tier=", "--cache=", "--max-memory=", "--wasm="}) {
    expect({"run", option, math}, "after =");
  }
  expect({"dump", "--native=", math}, "after =");
  expect({"wat2wasm", "--output=", math}, "after =");
  expect({"run", "--dir", "--env", "A=1", math}, "--dir: expected HOST[::GUEST], found the option --env");
  expect({"run", "--dir=::x", math}, "--dir: expected HOST or HOST::GUEST");
  expect({"run", "--env", "=1", math}, "--env: expected NAME=VALUE");
  expect({"run", "--preload", "x", math}, "--preload: expected NAME=FILE");
  expect({"run", "--listen", "nonsense", math}, "--listen: expected HOST:PORT");
  expect({"run", "--listen", "systemd", math}, "LISTEN_FDS");
  expect({"run", "--cwd", "/x", math}, "--cwd: /x is in none of the directories");
  expect({"dump"}, "dump: no FILE given");
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
  EXPECT_THAT(run({"run", "--max-gc-heap=1M", "--invoke=make", array, "2000000"}).err,
              HasSubstr("out of memory (more with --max-gc-heap)\n"));
  EXPECT_EQ(run({"run", "--stack-size=64K", "--invoke=deep", grow, "100000"}).code, 134);
  EXPECT_EQ(run({"run", "--stack-size=64M", "--invoke=deep", grow, "100000"}).out, "100000\n");
  const std::string extend =
      module("extend.wasm", "(module (func (param i32) (result i32) (i32.extend8_s (local.get 0))))");
  EXPECT_EQ(run({"validate", extend}).code, 0);
  const Outcome off = run({"validate", "--wasm=threads,-sign-ext", extend});
  EXPECT_EQ(off.code, 1);
  EXPECT_THAT(off.err, HasSubstr("i32.extend8_s needs the sign-ext proposal: --wasm=sign-ext\n"));
}

// A limit as set by `ulimit -s`.
TEST_F(cli, calls_are_as_deep_as_asked_for_whatever_the_system_gives_a_thread) {
  const std::string deep = module("deep.wasm", R"((module
    (func $deep (export "deep") (param i32) (result i32) (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))))");
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_STACK, &before), 0);
  for (const rlim_t limit : {rlim_t{256} << 10, before.rlim_max}) {
    rlimit now = before;
    now.rlim_cur = std::min(limit, before.rlim_max);
    ASSERT_EQ(setrlimit(RLIMIT_STACK, &now), 0);
    for (const std::string tier : {"--tier=interp", "--tier=jit", "--tier=auto"}) {
      EXPECT_EQ(run({"run", tier, "--stack-size=32M", "--invoke=deep", deep, "200000"}).out, "200000\n") << limit;
      EXPECT_EQ(run({"run", tier, "--stack-size=1M", "--invoke=deep", deep, "200000"}).code, 134) << limit;
    }
  }
  setrlimit(RLIMIT_STACK, &before);
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

TEST_F(cli, a_function_that_is_not_exported) {
  std::string text = "(module";
  for (int i = 0; i < 1000; ++i) text += "(func (export \"function-" + std::to_string(i) + "\"))";
  const std::string file = module("many.wasm", text + "(func (export \"" + std::string(5000, 'x') + "\")))");
  const std::string err = run({"run", "--invoke=functoin-77", file}).err;
  EXPECT_THAT(err, HasSubstr("no exported function \"functoin-77\"; did you mean \"function-77\"? it exports"));
  EXPECT_THAT(err, HasSubstr("function-19 [] -> [] and 981 more"));
  EXPECT_LT(err.size(), 1000);
  EXPECT_THAT(run({"run", "--invoke=other", file}).err, HasSubstr("\"other\"; it exports function-0"));
}

TEST_F(cli, a_reactor_is_initialized_before_a_function_is_invoked) {
  const std::string reactor =
      module("reactor.wasm", R"((module (memory (export "memory") 1) (global $g (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $g (i32.const 5))) (func (export "get") (result i32) (global.get $g))))");
  EXPECT_EQ(run({"run", "--invoke", "get", reactor}).out, "5\n");
  EXPECT_EQ(run({"run", reactor}).code, 0);
  EXPECT_EQ(run({"run", reactor}).err, "");
  const Outcome words = run({"run", reactor, "script.rb"});
  EXPECT_EQ(words.code, 0);
  EXPECT_THAT(words.err, AllOf(HasSubstr("nothing takes the arguments"), HasSubstr("get [] -> [i32]")));
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
  EXPECT_THAT(run({"run", "--wasm=help"}).out, AllOf(HasSubstr("+ simd"), HasSubstr("- wide-arithmetic")));
  EXPECT_EQ(run({"help"}).out, run({"--help"}).out);
  EXPECT_EQ(run({"help", "wast"}).out, run({"wast", "--help"}).out);
  EXPECT_EQ(run({"version"}).out, run({"--version"}).out);
}

}  // namespace
}  // namespace mini_wasm
