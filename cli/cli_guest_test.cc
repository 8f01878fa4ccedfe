// What a program can see: variables, directories, sockets, imports.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <thread>

#include "cli/cli_test.h"

namespace mini_wasm {
namespace {

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

TEST_F(cli, the_last_of_equal_variables_wins) {
  const std::string echo = module("echo.wasm", kEcho);
  EXPECT_EQ(run({"run", "--argv0=me", "--env", "A=1", "--env", "B=2", "--env", "A=3", echo}).out, "me\nA=3\nB=2\n");
  const std::string file = write("env", "# a comment\nA=1\r\n\nB= x y \nMINI_WASM_CLI_TEST\n");
  setenv("MINI_WASM_CLI_TEST", "from here", 1);
  EXPECT_EQ(run({"run", "--argv0=me", "--env", "A=2", "--env-file", file, echo}).out,
            "me\nA=2\nB= x y \nMINI_WASM_CLI_TEST=from here\n");
  const Outcome all = run({"run", "--inherit-env", "--env=MINI_WASM_CLI_TEST=mine", echo});
  EXPECT_THAT(all.out,
              AllOf(HasSubstr("\nPATH="), HasSubstr("\nMINI_WASM_CLI_TEST=mine\n"), Not(HasSubstr("from here"))));
  EXPECT_THAT(run({"run", "--env-file", write("bad", "A=1\nNO_SUCH_VARIABLE\n"), echo}).err,
              HasSubstr("bad:2: NO_SUCH_VARIABLE is not set"));
  EXPECT_EQ(run({"run", "--env-file", path("none"), echo}).code, 1);
  EXPECT_EQ(run({"run", "--env-file", dir_.string(), echo}).code, 1);
}

// Prints the names of its preopened directories.
constexpr const char* kDirectories = R"((module
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $fd i32) (local $size i32)
    (local.set $fd (i32.const 3))
    (block $done (loop $next
      (br_if $done (call $prestat (local.get $fd) (i32.const 0)))
      (local.set $size (i32.load (i32.const 4)))
      (drop (call $name (local.get $fd) (i32.const 64) (local.get $size)))
      (i32.store8 (i32.add (i32.const 64) (local.get $size)) (i32.const 10))
      (i32.store (i32.const 16) (i32.const 64))
      (i32.store (i32.const 20) (i32.add (local.get $size) (i32.const 1)))
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br $next)))))
)";

TEST_F(cli, directories_in_the_order_of_the_command_line) {
  const std::string file = module("directories.wasm", kDirectories);
  const std::string here = dir_.string();
  EXPECT_EQ(run({"run", "--dir", here + "::a", "--read-only-dir=" + here + "::b", "--dir=" + here + "::c",
                 "--read-only-dir", here + "::d", file})
                .out,
            "a\nb\nc\nd\n");
  EXPECT_EQ(run({"run", "--read-only-dir", here + "::b", "--dir", here + "::a", file}).out, "b\na\n");
}

TEST_F(cli, the_directory_that_a_program_starts_in) {
  const std::string echo = module("echo.wasm", kEcho), file = module("directories.wasm", kDirectories);
  fs::create_directories(path("top/sub"));
  fs::create_directory_symlink("..", path("top/out"));
  fs::create_directory_symlink("sub", path("top/in"));
  const std::string top = path("top") + "::/work";
  EXPECT_EQ(run({"run", "--dir", top, "--cwd", "/work/sub", file}).out, "/work\n.\n");
  EXPECT_EQ(run({"run", "--argv0=me", "--dir", top, "--cwd=/work/sub/", echo}).out, "me\nPWD=/work/sub\n");
  EXPECT_EQ(run({"run", "--dir", top, "--cwd", "/work/in", file}).code, 0);
  EXPECT_EQ(run({"run", "--dir", top, "--cwd", "/work/in/../sub", file}).code, 0);
  for (const char* wrong : {"/work/out", "/work/..", "/elsewhere", "/workshop"}) {
    EXPECT_EQ(run({"run", "--dir", top, "--cwd", wrong, file}).code, 2) << wrong;
  }
  EXPECT_THAT(run({"run", "--dir", top, "--cwd", "/work/none", file}).err, HasSubstr("No such file or directory"));
  EXPECT_THAT(run({"run", "-v", "--dir", top, "--cwd", "/work/sub", file}).err,
              AllOf(HasSubstr("sees " + path("top") + " as /work"), HasSubstr("top/sub as ."), HasSubstr("tier auto")));
}

TEST_F(cli, every_call_of_wasi_is_traced) {
  const Outcome o = run({"run", "--trace=wasi", module("directories.wasm", kDirectories)});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.err, "wasi: fd_prestat_get(3) = badf\n");
  const Outcome echo = run({"run", "--trace=wasi", "--argv0=x", module("echo.wasm", kEcho)});
  EXPECT_EQ(echo.code, 3);
  EXPECT_THAT(echo.err, AllOf(HasSubstr("wasi: args_sizes_get() = success 1 2\n"),
                              HasSubstr("wasi: fd_write(1, 0x10*1) = success 2\n"),
                              HasSubstr("wasi: proc_exit(3) ends the program\n")));
}

TEST_F(cli, other_modules_to_import_from) {
  const std::string library = module("library.wasm", R"((module (memory (export "memory") 1)
    (global $g (export "g") (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $g (i32.const 40)))
    (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (global.get $g)))))");
  const std::string middle = module("middle.wasm", R"((module (import "lib" "add" (func $add (param i32) (result i32)))
    (func (export "twice") (param i32) (result i32) (call $add (call $add (local.get 0))))))");
  const std::string user = module("user.wasm", R"((module (import "mid" "twice" (func $twice (param i32) (result i32)))
    (import "lib" "memory" (memory 1))
    (func (export "f") (result i32) (call $twice (i32.const 2)))))");
  EXPECT_EQ(run({"run", "--preload", "lib=" + library, "--preload=mid=" + middle, "--invoke=f", user}).out, "82\n");
  const Outcome order = run({"run", "--preload=mid=" + middle, "--preload", "lib=" + library, "--invoke=f", user});
  EXPECT_EQ(order.code, 1);
  EXPECT_THAT(order.err, AllOf(HasSubstr("--preload " + middle), HasSubstr("unknown import: \"lib\" \"add\"")));
  EXPECT_EQ(run({"run", "--preload", "lib=" + path("none"), "--invoke=f", user}).code, 1);
}

// Object files and libraries, which compilers make before the program.
TEST_F(cli, what_has_to_be_linked_first_says_so) {
  // An empty custom section whose name is shorter than 126 bytes.
  const auto section = [](const std::string& name) {
    return std::string(1, '\0') + static_cast<char>(name.size() + 1) + static_cast<char>(name.size()) + name;
  };
  const std::string object = slurp(module("plain.wasm", R"((module (import "env" "__linear_memory" (memory 0))))"));
  const std::string library = slurp(module("plain.wasm", R"((module (import "env" "memory" (memory 0))
    (import "env" "__memory_base" (global i32)) (import "wasi" "thread-spawn" (func (param i32) (result i32)))))"));
  const Outcome plain = run({"run", write("a.o", object)});
  EXPECT_THAT(plain.err, AllOf(HasSubstr("unknown import: "), HasSubstr("--preload"), Not(HasSubstr("wasm-ld"))));
  const Outcome o = run({"run", write("a.o", object + section("linking"))});
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.err, AllOf(HasSubstr("a.o: link error: this is a linkable object file; link it with wasm-ld (unknown "),
                           HasSubstr("__linear_memory"), Not(HasSubstr("--preload"))));
  EXPECT_THAT(run({"run", "--preload=x=" + path("a.o"), path("plain.wasm")}).err, HasSubstr("with wasm-ld"));
  for (const std::string name : {"dylink", "dylink.0"}) {
    EXPECT_THAT(run({"run", write("a.so", library + section(name))}).err, HasSubstr("this is a dynamic library"));
  }
  // A program that was linked with --emit-relocs.
  const std::string program = slurp(module("plain.wasm", R"((module (import "env" "f" (func))))"));
  EXPECT_THAT(run({"run", write("a.wasm", program + section("linking"))}).err, Not(HasSubstr("wasm-ld")));
}

TEST_F(cli, stand_ins_for_imports_that_nobody_has) {
  const std::string file = module("imports.wasm", R"((module
    (import "e" "f" (func $f (param i32) (result i32 f64 externref)))
    (import "e" "g" (global $g i64)) (import "e" "m" (memory 1)) (import "e" "t" (table 2 funcref))
    (import "e" "r" (func $r (result (ref func))))
    (func (export "call") (result i32 f64 externref) (call $f (i32.const 7)))
    (func (export "ref") (drop (call $r)))
    (func (export "rest") (result i64 i32 i32) (global.get $g) (memory.size) (table.size))))");
  const Outcome none = run({"run", "--invoke=rest", file});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("--unknown-imports"));
  for (const char* what : {"--unknown-imports=zero", "--unknown-imports=trap"}) {
    EXPECT_EQ(run({"run", what, "--invoke=rest", file}).out, "0\n1\n2\n");
    EXPECT_EQ(run({"run", what, "--invoke=ref", file}).code, 134);
  }
  EXPECT_EQ(run({"run", "--unknown-imports=zero", "--invoke=call", file}).out, "0\n0\nnull\n");
  const Outcome trap = run({"run", "--unknown-imports=trap", "--invoke=call", file});
  EXPECT_EQ(trap.code, 134);
  EXPECT_THAT(trap.err, AllOf(HasSubstr("unknown import \"e\" \"f\" was called"), HasSubstr("call (func[2])")));
}

TEST_F(cli, verbose_says_what_was_compiled) {
  const std::string file = module("two.wasm", R"((module (import "e" "f" (func)) (func (export "g")) (func)))");
  for (const char* tier : {"--tier=interp", "--tier=auto"}) {
    const auto err = [&](const char* when) {
      return run({"run", "-v", tier, when, "--unknown-imports=trap", "--invoke=g", file}).err;
    };
    EXPECT_THAT(err("--compile=eager"), AllOf(HasSubstr("2 functions, "), Not(HasSubstr(" 0 bytes of code"))));
    EXPECT_THAT(err("--compile=first-call"), HasSubstr("2 functions, 0 bytes of code made of them in "));
  }
}

// Exceptions of C++ and JavaScript, string constants, and types without a null.
TEST_F(cli, stand_ins_for_tags_and_references) {
  const std::string file = module("imports.wasm", R"((module
    (type $f (func (param i32) (result i32))) (type $s (struct))
    (import "env" "__cpp_exception" (tag $cpp (param i32))) (import "js" "__wbindgen_jstag" (tag $js (param externref)))
    (import "strings" "abc" (global $string (ref extern))) (import "e" "f" (global $typed (ref $f)))
    (import "e" "g" (global $any (ref any))) (import "e" "i" (global (ref i31))) (import "e" "e" (global (ref eq)))
    (import "e" "t" (table $t 3 (ref func))) (import "e" "u" (table 2 (ref extern)))
    (func (export "call") (result i32) (call_ref $f (i32.const 1) (global.get $typed)))
    (func (export "catch") (result i32)
      (block $caught (result i32)
        (try_table (result i32) (catch $cpp $caught) (throw $cpp (i32.const 7)))))
    (func (export "size") (result i32 i32)
      (table.size $t) (ref.test (ref i31) (global.get $any)))))");
  for (const char* what : {"--unknown-imports=zero", "--unknown-imports=trap"}) {
    EXPECT_EQ(run({"run", what, "--invoke=catch", file}).out, "7\n");
    EXPECT_EQ(run({"run", what, "--invoke=size", file}).out, "3\n1\n");
    const Outcome call = run({"run", what, "--invoke=call", file});
    EXPECT_THAT(call.err, HasSubstr("unknown import \"e\" \"f\" was called"));
  }
  // Imports whose values only a module can make.
  const std::string structure = module("structure.wasm", R"((module (type $s (struct)) (type $f (sub (func)))
    (import "e" "s" (global (ref $s))) (import "e" "a" (global (ref array))) (import "e" "f" (global (ref $f)))
    (func (export "f"))))");
  const Outcome none = run({"run", "--unknown-imports=trap", "--invoke=f", structure});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, AllOf(HasSubstr("unknown import: \"e\" \"s\""), HasSubstr("\"a\""), HasSubstr("\"f\"")));
}

// Emscripten passes no 64-bit numbers to imports. Functions of a preloaded module must still match exactly.
TEST_F(cli, stand_ins_for_functions_of_wasi_with_other_parameters) {
  const std::string file = module("seek.wasm", R"((module
    (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (func (export "seek") (result i32)
      (call $seek (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)))
    (func (export "yield") (result i32) (call $yield))))");
  EXPECT_THAT(run({"run", "--invoke=yield", file}).err, HasSubstr("incompatible import type"));
  EXPECT_EQ(run({"run", "--unknown-imports=trap", "--invoke=yield", file}).out, "0\n");
  EXPECT_EQ(run({"run", "--unknown-imports=zero", "--invoke=seek", file}).out, "0\n");
  EXPECT_THAT(run({"run", "--unknown-imports=trap", "--invoke=seek", file}).err,
              HasSubstr("unknown import \"wasi_snapshot_preview1\" \"fd_seek\" was called"));
  const std::string library = module("library.wasm", R"((module (func (export "f") (param i32))))");
  const std::string user = module("user.wasm", R"((module (import "lib" "f" (func)) (func (export "g"))))");
  const Outcome wrong = run({"run", "--unknown-imports=trap", "--preload", "lib=" + library, "--invoke=g", user});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("incompatible import type"));
}

// Accepts one connection on descriptor 3, sends two bytes and ends. Returns 1 when there is no socket.
constexpr const char* kServer = R"((module
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "hi")
  (func (export "_start")
    (if (call $accept (i32.const 3) (i32.const 0) (i32.const 0)) (then (call $exit (i32.const 1))))
    (i32.store (i32.const 16) (i32.const 64))
    (i32.store (i32.const 20) (i32.const 2))
    (drop (call $write (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 24)))))
)";

// Waits for the socket with that name, and returns what the server sends.
std::string received_from(const std::string& name) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::snprintf(where.sun_path, sizeof(where.sun_path), "%s", name.c_str());
  for (int tries = 0; tries < 1000; ++tries) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char buffer[16];
    ssize_t size = -1;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof(where)) == 0)
      size = ::read(fd, buffer, sizeof(buffer));
    ::close(fd);
    if (size >= 0) return std::string(buffer, static_cast<size_t>(size));
    ::usleep(20'000);
  }
  return "nobody answers";
}

TEST_F(cli, a_server_gets_its_socket) {
  const std::string server = module("server.wasm", kServer), name = path("socket");
  EXPECT_EQ(run({"run", server}).code, 1);
  for (int round = 0; round < 2; ++round) {  // the second round finds the socket of the first
    std::string received;
    std::thread client([&] { received = received_from(name); });
    EXPECT_EQ(run({"run", "--listen", "unix:" + name, server}).code, 0);
    client.join();
    EXPECT_EQ(received, "hi");
  }
  EXPECT_EQ(run({"run", "--argv0=me", "--listen", "127.0.0.1:0", "--listen=[::1]:0", module("echo.wasm", kEcho)}).out,
            "me\nLISTEN_FDS=2\n");
  EXPECT_THAT(run({"run", "-v", "--listen", ":0", module("echo.wasm", kEcho)}).err, HasSubstr("listening at "));
  EXPECT_EQ(run({"run", "--listen", "256.0.0.1:80", server}).code, 2);
  EXPECT_EQ(run({"run", "--listen", "127.0.0.1:99999", server}).code, 2);
  EXPECT_EQ(run({"run", "--listen", "unix:" + path("no/such/folder"), server}).code, 1);
}

TEST_F(cli, a_server_started_by_systemd) {
  const std::string server = module("server.wasm", kServer), name = path("socket");
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::snprintf(where.sun_path, sizeof(where.sun_path), "%s", name.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&where), sizeof(where)), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  std::string received;
  std::thread client([&] { received = received_from(name); });
  const std::string command = "sh -c 'exec 3<&" + std::to_string(fd) + "; LISTEN_PID=$$ LISTEN_FDS=1 exec " +
                              MINI_WASM_CLI + " run --listen systemd " + server + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  client.join();
  ::close(fd);
  EXPECT_EQ(received, "hi");
}

// --- Without the host

TEST_F(cli, directories_in_memory_are_empty_or_copies) {
  const std::string file = module("directories.wasm", kDirectories), here = dir_.string();
  EXPECT_EQ(run({"run", "--dir", here + "::a", "--memory-dir", "b", "--memory-dir=" + here + "::c", file}).out,
            "a\nb\nc\n");
  EXPECT_EQ(run({"run", "--memory-dir", "/work", "--cwd", "/work", file}).out, "/work\n.\n");
  EXPECT_EQ(run({"run", "--memory-dir", "/work", "--cwd", "/work/sub", file}).code, 2);
  EXPECT_THAT(run({"run", "-v", "--memory-dir", "b", file}).err, HasSubstr("sees files in memory as b"));
  for (const char* wrong : {"", "::b", "a::"}) {
    const Outcome o = run({"run", "--memory-dir", wrong, file});
    EXPECT_EQ(o.code, 2) << wrong;
    EXPECT_THAT(o.err, HasSubstr("--memory-dir: expected GUEST or HOST::GUEST")) << wrong;
  }
  EXPECT_EQ(run({"run", "--memory-dir", path("none") + "::b", file}).code, 1);
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  const Outcome fifo = run({"run", "--memory-dir", here + "::b", file});
  EXPECT_EQ(fifo.code, 2);
  EXPECT_THAT(fifo.err, HasSubstr("fifo is neither a file nor a directory nor a link"));
}

// Writes the time and random bytes to standard output, and the errno of that is its exit code.
constexpr const char* kTimeAndChance = R"((module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\10\00\00\00")
  (func (export "_start")
    (drop (call $time (i32.const 0) (i64.const 0) (i32.const 64)))
    (drop (call $random (i32.const 72) (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))))))";

TEST_F(cli, a_deterministic_run_is_like_the_one_before) {
  const std::string file = module("chance.wasm", kTimeAndChance);
  const std::string first = run({"run", "--deterministic", file}).out;
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(run({"run", "--deterministic", file}).out, first);
  EXPECT_EQ(run({"run", "--deterministic=0", file}).out, first);
  EXPECT_NE(run({"run", "--deterministic=1", file}).out, first);
  EXPECT_NE(run({"run", file}).out, run({"run", file}).out);
  EXPECT_EQ(run({"run", "--deterministic=x", file}).code, 2);
}

TEST_F(cli, what_a_program_writes_and_opens_is_limited) {
  const std::string file = module("chance.wasm", kTimeAndChance);
  const Outcome o = run({"run", "--max-written", "16", file});
  EXPECT_EQ(o.code, 51);  // ENOSPC
  EXPECT_EQ(o.out.size(), 16u);
  EXPECT_EQ(run({"run", "--max-written=1K", file}).code, 0);
  EXPECT_EQ(run({"run", "--max-written=much", file}).code, 2);
  EXPECT_EQ(run({"run", "--max-open-files", "3", file}).code, 0);
  const Outcome few = run({"run", "--max-open-files", "2", file});
  EXPECT_EQ(few.code, 1);
  EXPECT_THAT(few.err, HasSubstr("too many open files"));
}

}  // namespace
}  // namespace mini_wasm
