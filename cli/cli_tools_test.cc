// The other commands: validate, dump, wat2wasm, wast; and the cache of machine code.
#include "cli/cli_test.h"
#include "spec-tests/support/sanitizers.h"

namespace mini_wasm {
namespace {

// Modules after a first line "#!..." for Unix, in binary and text form.
TEST_F(cli, files_that_the_system_can_execute) {
  const std::string line = "#!/usr/bin/env mini-wasm\n";
  const std::string binary = write("binary", line + slurp(module("math.wasm", kMath)));
  const std::string text = write("text", line + kMath);
  for (const std::string& file : {binary, text}) {
    EXPECT_EQ(run({"run", "--invoke", "add", file, "2", "3"}).out, "5\n");
    EXPECT_EQ(run({"run", "--invoke", "add", "-", "2", "3"}, file).out, "5\n");
    EXPECT_EQ(run({"validate", file}).code, 0);
    EXPECT_EQ(run({"dump", file}).code, 0);
  }
  EXPECT_EQ(run({"wat2wasm", text, "-o-"}).out, slurp(path("math.wasm")));
  EXPECT_THAT(run({"wat2wasm", binary, "-o-"}).err, HasSubstr("a binary module already"));
  // Line numbers are those of the file.
  EXPECT_THAT(run({"validate", write("bad", line + "(module\n (func nonsense))")}).err, HasSubstr("bad:3:8: "));
}

TEST_F(cli, validate_speaks_of_each_file) {
  const std::string good = module("good.wasm", kMath), bad = module("bad.wasm", "(module (func $f (result i32)))");
  Outcome o = run({"validate", good, bad, path("none"), good});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.out, good + ": ok\n" + good + ": ok\n");
  EXPECT_THAT(o.err, AllOf(HasSubstr("bad.wasm: invalid module at offset"), HasSubstr("none: No such file")));
  EXPECT_EQ(run({"validate", good}).code, 0);
}

// Under `ulimit -v` there are no 8 GiB for guard pages: the program runs, and -v explains why it is slower.
TEST_F(cli, few_addresses_are_no_error) {
  if (testing::kSanitizerOwnsProcess) GTEST_SKIP() << "the sanitizer needs terabytes of its own";
  const std::string file = module("memory.wasm", R"((module (memory 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
  const std::string command = std::string("sh -c 'ulimit -v 2097152; exec ") + MINI_WASM_CLI +
                              " run -v --invoke grow " + file + " 1000' >" + path("out") + " 2>" + path("err");
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(slurp(path("out")), "1\n");
  EXPECT_THAT(slurp(path("err")), HasSubstr("1 memory has no guard pages"));
  EXPECT_THAT(run({"run", "-v", "--invoke", "grow", file, "1000"}).err, Not(HasSubstr("guard pages")));
}

#if MINI_WASM_JIT
TEST_F(cli, perf_map_names_compiled_functions) {
  const std::string math = module("math.wasm", kMath);
  // The shell is replaced by the program, so its process id is known.
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

// perf uses the names in that list only for memory that it considers anonymous.
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
  EXPECT_THAT(run({"dump", "--native=0", "--target=aarch64", file}).out, HasSubstr("ldr w0, [x27, w9, uxtw]\n"));
  EXPECT_THAT(run({"dump", "--native=0", "--target=x86-64", file}).out, HasSubstr("mov eax, dword ptr [r14+"));
  EXPECT_EQ(run({"dump", "--native=0", "--target=vax", file}).code, 2);
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

TEST_F(cli, wast_limits_memories) {
  const std::string script = write("grow.wast",
                                   "(module (memory 1) (func (export \"grow\") (param i32) (result i32)\n"
                                   "  (memory.grow (local.get 0))))\n"
                                   "(assert_return (invoke \"grow\" (i32.const 1)) (i32.const 1))\n"
                                   "(assert_return (invoke \"grow\" (i32.const 1)) (i32.const -1))\n"
                                   "(module (memory 3))");
  const Outcome limited = run({"wast", "--tier=interp", "--max-memory=128K", script});
  EXPECT_EQ(limited.code, 1);
  EXPECT_THAT(limited.out, StartsWith("grow.wast:5: limit exceeded: cannot allocate a memory of 3 pages"));
  EXPECT_THAT(limited.out, HasSubstr("\n3 passed, 1 failed, 0 skipped\n"));
  EXPECT_THAT(run({"wast", "--tier=interp", script}).out, StartsWith("grow.wast:4: expected grow to return"));
  EXPECT_EQ(run({"wast", "--max-memory=128X", script}).code, 2);
}

// More instances than a single store may have.
TEST_F(cli, wast_runs_any_number_of_modules) {
  std::string unnamed, registered;
  for (int i = 0; i < 12'000; ++i) {
    unnamed += "(module (memory 0) (table 0 funcref))";
    registered += "(module (global (export \"g\") i32 (i32.const 1)))(register \"m" + std::to_string(i) + "\")";
  }
  EXPECT_EQ(run({"wast", "--tier=interp", write("unnamed.wast", unnamed)}).out, "12000 passed, 0 failed, 0 skipped\n");
  EXPECT_EQ(run({"wast", "--tier=interp", write("registered.wast", registered)}).out,
            "24000 passed, 0 failed, 0 skipped\n");
}

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
      const std::string key = "--cache-key=" + path("keys/key");
      const Outcome first = run({"run", std::string("--tier=") + tier, "--cache=" + path("cache"), key, file});
      EXPECT_EQ(first.code, code);
      ++files;
      EXPECT_EQ(std::distance(fs::directory_iterator(path("cache")), fs::directory_iterator()),
                static_cast<ptrdiff_t>(files));
      const Outcome second = run({"run", std::string("--tier=") + tier, "--cache=" + path("cache"), key, file});
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
  setenv("XDG_STATE_HOME", path("state").c_str(), 1);
  setenv("HOME", path("home").c_str(), 1);
  EXPECT_EQ(run({"run", "--cache", file}).code, 42);
  EXPECT_EQ(std::distance(fs::directory_iterator(path("xdg/mini-wasm")), fs::directory_iterator()), 1);
  EXPECT_EQ(fs::file_size(path("state/mini-wasm/cache.key")), 32u);
  setenv("XDG_CACHE_HOME", "not/absolute", 1);
  setenv("XDG_STATE_HOME", "not/absolute", 1);
  EXPECT_EQ(run({"run", "--cache", file}).code, 42);
  EXPECT_EQ(std::distance(fs::directory_iterator(path("home/.cache/mini-wasm")), fs::directory_iterator()), 1);
  EXPECT_EQ(fs::file_size(path("home/.local/state/mini-wasm/cache.key")), 32u);
  unsetenv("XDG_CACHE_HOME");
  unsetenv("XDG_STATE_HOME");
  unsetenv("HOME");
  const Outcome nowhere = run({"run", "--cache", file});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("--cache=DIR"));
  EXPECT_EQ(run({"run", "--cache=", file}).code, 2);
  const Outcome keyless = run({"run", "--cache=" + path("cache"), file});
  EXPECT_EQ(keyless.code, 42);
  EXPECT_THAT(keyless.err, HasSubstr("nothing is cached"));
  EXPECT_FALSE(fs::exists(path("cache")));
  EXPECT_EQ(run({"run", "--cache=/dev/null", "--cache-key=" + path("key"), file}).code, 42);
}

TEST_F(cli, cache_that_the_program_could_write_to) {
  const std::string file = module("program.wasm", kEnds);
  for (const char* name : {"guest/cache", "guest/keys", "cache", "keys"}) fs::create_directories(path(name));
  const auto run_with = [&](const std::string& cache, const std::string& key, const std::string& dir) {
    return run({"run", dir, "--cache=" + path(cache), "--cache-key=" + path(key + "/key"), file});
  };
  for (const std::string option : {"--dir=", "--read-only-dir="}) {
    const std::string guest = option + path("guest") + "::/";
    for (const auto& [cache, key] :
         {std::pair("guest/cache", "keys"), {"cache", "guest/keys"}, {"guest/new", "keys"}}) {
      const Outcome refused = run_with(cache, key, guest);
      EXPECT_EQ(refused.code, 2);
      EXPECT_THAT(refused.err,
                  AllOf(HasSubstr(path("guest")), HasSubstr("--cache=DIR"), HasSubstr("--cache-key=FILE")));
    }
    EXPECT_EQ(run_with("cache", "keys", option + path("")).code, 2);
    EXPECT_EQ(run_with("cache", "keys", option + path("cache")).code, 2);
    EXPECT_EQ(run_with("cache", "keys", option + "/").code, 2);
    EXPECT_TRUE(fs::is_empty(path("cache")));
    const Outcome apart = run_with("cache", "keys", guest);
    EXPECT_EQ(apart.code, 42);
    EXPECT_EQ(apart.err, "");
    EXPECT_FALSE(fs::is_empty(path("cache")));
    fs::remove_all(path("cache"));
    fs::create_directory(path("cache"));
  }
}

}  // namespace
}  // namespace mini_wasm
