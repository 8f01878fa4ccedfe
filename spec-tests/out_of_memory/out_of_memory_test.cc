// When the system has no memory, every operation of the library must end with an error, and the engine must stay
// usable. Each scenario runs many times, and each time another allocation fails.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "scripts/temporary_directory.h"
#include "scripts/tiers.h"
#include "spec-tests/out_of_memory/expect_errors.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"
#include "text/assembler.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr const char* kProgram = R"((module $program
  (import "host" "add" (func $host_add (param i32 i32) (result i32)))
  (import "host" "fail" (func $host_fail (param i32)))
  (import "host" "same" (func $host_same (param externref) (result externref)))
  (type $list (struct (field i32) (field (ref null $list)))) (type $bytes (array (mut i8)))
  (type $f (func (param i32) (result i32)))
  (tag $e (param i32))
  (memory (export "memory") 1 10) (data (i32.const 8) "some data") (data $passive "more data")
  (table $t (export "table") 4 1000 funcref) (elem (table $t) (i32.const 1) func $fib $twice)
  (global (export "g") (mut i64) (i64.const 7))
  (func $fib (type $f)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $twice (type $f) (i32.mul (local.get 0) (i32.const 2)))
  (func $trap_at (param i32) (if (i32.eqz (local.get 0)) (then unreachable))
    (call $trap_at (i32.sub (local.get 0) (i32.const 1))))
  (func (export "fib") (type $f) (call $fib (local.get 0)))
  (func (export "indirect") (param i32 i32) (result i32) (call_indirect $t (type $f) (local.get 0) (local.get 1)))
  (func (export "trap") (call $trap_at (i32.const 20)))
  (func (export "oob") (drop (i32.load (i32.const -1))))
  (func (export "host") (param i32) (result i32) (call $host_add (local.get 0) (i32.const 5)))
  (func (export "host_fail") (param i32) (call $host_fail (local.get 0)))
  (func (export "host_same") (param externref) (result externref) (call $host_same (local.get 0)))
  (func (export "grow") (result i32) (i32.add (memory.grow (i32.const 1))
    (table.grow $t (ref.func $fib) (i32.const 500))))
  (func (export "init") (memory.init $passive (i32.const 100) (i32.const 0) (i32.const 4)))
  (func (export "list") (param i32) (result i32) (local $l (ref null $list)) (local $n i32)
    (loop $more
      (local.set $l (struct.new $list (local.get 0) (local.get $l)))
      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (drop (array.new_default $bytes (i32.const 100000)))
    (loop $count
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $count (i32.eqz (ref.is_null (local.tee $l (struct.get $list 1 (ref.as_non_null (local.get $l))))))))
    (local.get $n))
  (func $throw (param i32) (throw $e (local.get 0)))
  (func (export "throw") (param i32) (call $throw (local.get 0)))
  (func (export "catch") (param i32) (result i32)
    (block $caught (result i32) (try_table (catch $e $caught) (call $throw (local.get 0))) (unreachable)))))";

const std::vector<uint8_t>& program() {
  static const std::vector<uint8_t> bytes = wat(kProgram);
  return bytes;
}

// Made before any allocation fails, because allocations of the test itself must succeed.
const FuncType kSame = {{ValType::externref}, {ValType::externref}};
const FuncType kTag = {{ValType::i64, ValType::externref}, {}};

// Does everything that an instance can do, including errors of the guest.
class ProgramRun {
 public:
  explicit ProgramRun(Store& store) : store_(store), linker_(store) {}

  Result<void> run(const Module& module) {
    linker_.func("host", "add", [](int32_t a, int32_t b) { return a + b; });
    linker_.func("host", "fail", [](int32_t how) -> Result<void> {
      if (how == 0) throw std::runtime_error("a long message of an exception that the host lets out");
      return Error::host("a long message of an error that the host reports");
    });
    linker_.func("host", "same", kSame, [](Caller&, uint64_t*) { return Result<void>(); });
    Result<Instance> instance = linker_.instantiate(module);
    if (!instance) return std::move(instance).error();
    return call_all(*instance);
  }

 private:
  Result<void> call_all(const Instance& instance) {
    call(instance, "fib", {i32(10)}, 55);
    call(instance, "indirect", {i32(21), i32(2)}, 42);
    call(instance, "host", {i32(37)}, 42);
    static_cast<void>(instance.func("grow")->call({}));  // a result of -1 is not an error
    call(instance, "list", {i32(1000)}, 1000);
    call(instance, "catch", {i32(9)}, 9);
    expect(instance, "trap", {}, ErrorKind::trap);
    expect(instance, "oob", {}, ErrorKind::trap);
    expect(instance, "host_fail", {i32(0)}, ErrorKind::host);
    expect(instance, "host_fail", {i32(1)}, ErrorKind::host);
    expect(instance, "throw", {i32(1)}, ErrorKind::exception);
    expect(instance, "host_same", {i32(1)}, ErrorKind::usage);
    const Rooted kept(store_, store_.new_externref(this));
    note(kept.get().type().is_ref() ? done(instance.func("host_same")->call({kept.get()})) : Result<void>(no_memory()));
    store_.collect_garbage();
    const Result<TypedFunc<int32_t(int32_t)>> fib = instance.func("fib")->typed<int32_t(int32_t)>();
    note(fib ? done((*fib)(12)) : Result<void>(out_of(fib)));
    note(done(instance.memory("memory")->grow(1)));
    note(done(instance.table("table")->grow(1, Func::wrap(store_, [] {}).ref())));
    note(done(Global::make(store_, {ValType::i32}, i32(1))));
    note(done(Table::make(store_, {ValType::funcref, {10, {}}}, Val::null(ValType::funcref))));
    note(done(Memory::make(store_, {{1, 2}})));
    note(done(Tag::make(store_, kTag)));
    static_cast<void>(instance.exports());
    return std::move(result_);
  }
  template <class T>
  static Error out_of(const Result<T>& result) {
    Error error;
    error.kind = result.error().kind;
    return error;
  }
  void call(const Instance& instance, const char* name, std::initializer_list<Val> args, int32_t expected) {
    const Result<std::vector<Val>> result = instance.func(name)->call(args);
    if (result) {
      EXPECT_EQ((*result)[0].i32(), expected) << name;
    } else {
      note(out_of_call(result.error()));
    }
  }
  // Expects an error of that kind, caused by the guest or its host, unless there was no memory.
  void expect(const Instance& instance, const char* name, std::initializer_list<Val> args, ErrorKind kind) {
    const Result<std::vector<Val>> result = instance.func(name)->call(args);
    ASSERT_FALSE(result) << name;
    if (is_out_of_memory(result.error())) return note(out_of_call(result.error()));
    EXPECT_EQ(result.error().kind, kind) << name << ": " << result.error().to_string();
  }
  static Error no_memory() {
    Error error;
    error.kind = ErrorKind::limit;
    return error;
  }
  static Error out_of_call(const Error& error) {
    Error copy;
    copy.kind = error.kind;
    copy.trap_code = error.trap_code;
    return copy;
  }
  void note(Result<void> result) {
    if (result_ && !result) result_ = std::move(result);
  }

  Store& store_;
  Linker linker_;
  Result<void> result_;
};

class OutOfMemory : public ::testing::TestWithParam<spec::TierCase> {};
INSTANTIATE_TEST_SUITE_P(tiers, OutOfMemory, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(OutOfMemory, from_the_engine_to_the_last_call) {
  const std::vector<uint8_t>& bytes = program();
  const Config config = GetParam().config();
  expect_errors("all", [&]() -> Result<void> {
    const Engine engine(config);
    Result<Module> module = Module::compile(engine, bytes);
    if (!module) return std::move(module).error();
    static_cast<void>(module->imports());
    static_cast<void>(module->exports());
    static_cast<void>(module->name());
    Store store(engine);
    return ProgramRun(store).run(*module);
  });
}

// After a failure, what an engine and a module keep for later stores must be in order.
TEST_P(OutOfMemory, stores_of_one_engine) {
  const Engine engine(GetParam().config());
  const std::vector<uint8_t>& bytes = program();
  std::optional<Module> module = *Module::compile(engine, bytes);
  int round = 0;
  expect_errors("stores", [&]() -> Result<void> {
    if (++round % 7 == 0) {
      Result<Module> made = Module::compile(engine, bytes);
      if (!made) return std::move(made).error();
      module = *made;
    }
    Store store(engine);
    return ProgramRun(store).run(*module);
  });
}

TEST(out_of_memory, modules_that_are_wrong) {
  const Engine engine;
  const std::string absent = "/nothing/with/a/long/name.wasm";
  const std::vector<uint8_t> invalid = wat("(module (func (export \"a long name of an export\") (result i32)))");
  std::vector<uint8_t> malformed = program();
  malformed.resize(malformed.size() / 2);
  const auto expect = [](Result<void> result, ErrorKind kind) -> Result<void> {
    if (!result && result.error().kind == kind) return {};
    return result;
  };
  expect_errors("invalid", [&] { return expect(Module::validate(engine, invalid), ErrorKind::invalid); });
  expect_errors("malformed", [&] { return expect(Module::validate(engine, malformed), ErrorKind::malformed); });
  expect_errors("no file", [&] { return expect(done(Module::from_file(engine, absent)), ErrorKind::io); });
}

TEST(out_of_memory, the_text_format) {
  const std::string broken = std::string(kProgram) + "(module (func (long_name_of_an_unknown_instruction)))";
  expect_errors("text", [&] { return done(text::assemble(kProgram)); });
  expect_errors("broken text", [&]() -> Result<void> {
    Result<void> result = done(text::assemble(broken));
    if (!result && result.error().kind == ErrorKind::malformed) return {};
    return result;
  });
}

constexpr const char* kWasiProgram = R"((module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory" (func $rmdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "a/directory/with/a/long/name/../name/file") (data (i32.const 100) "new-directory-with-a-name")
  (data (i32.const 200) "\00\04\00\00\05\00\00\00")
  (func (export "_start") (local $fd i32)
    (drop (call $args_sizes_get (i32.const 1000) (i32.const 1004)))
    (drop (call $args_get (i32.const 1008) (i32.const 1100)))
    (drop (call $mkdir (i32.const 3) (i32.const 100) (i32.const 25)))
    (drop (call $rmdir (i32.const 3) (i32.const 100) (i32.const 25)))
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 10) (i32.const 1) (i64.const -1)
      (i64.const 0) (i32.const 0) (i32.const 2000)))
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 41) (i32.const 1) (i64.const 64)
      (i64.const 0) (i32.const 0) (i32.const 2000)))
    (local.set $fd (i32.load (i32.const 2000)))
    (drop (call $fd_write (local.get $fd) (i32.const 200) (i32.const 1) (i32.const 2004)))
    (drop (call $fd_readdir (i32.const 3) (i32.const 3000) (i32.const 4096) (i64.const 0) (i32.const 2008)))
    (drop (call $fd_close (local.get $fd)))
    (drop (call $unlink (i32.const 3) (i32.const 0) (i32.const 41)))
    (drop (call $poll_oneoff (i32.const 8000) (i32.const 9000) (i32.const 1) (i32.const 2012))))))";

// `fill` is the test's own, and may throw.
Result<void> run_program(const Engine& engine, const Module& module, const std::function<void(WasiConfig&)>& fill) {
  WasiConfig config;
  try {
    fill(config);
  } catch (const std::bad_alloc&) {
    Error error;
    error.kind = ErrorKind::limit;
    return error;
  }
  Result<Wasi> wasi = Wasi::make(std::move(config));
  if (!wasi) return std::move(wasi).error();
  Store store(engine);
  Linker linker(store);
  wasi->add_to(linker);
  Result<Instance> instance = linker.instantiate(module);
  if (!instance) return std::move(instance).error();
  return done(wasi->run(*instance));
}

TEST(out_of_memory, programs_with_files) {
  const testing::TemporaryDirectory folder;
  std::filesystem::create_directories(folder.path() / "a/directory/with/a/long/name");
  const Engine engine;
  const Module module = *Module::compile(engine, wat(kWasiProgram));
  WasiConfig config;
  config.args = {"program", "an argument that is longer than others"};
  config.env = {"NAME=value"};
  config.preopens = {{folder.path().string(), "/guest", false}};
  const auto open_files = [] {
    const std::filesystem::directory_iterator fds("/proc/self/fd");
    return std::distance(begin(fds), end(fds));
  };
  const Scenario scenario = [&] { return run_program(engine, module, [&](WasiConfig& copy) { copy = config; }); };
  ASSERT_THAT(scenario(), Succeeds());  // opens files that the process opens only once
  const auto open_before = open_files();
  expect_errors("wasi", scenario);
  EXPECT_EQ(open_files(), open_before);  // no file was left open
}

TEST(out_of_memory, programs_with_files_in_memory) {
  const Engine engine;
  const Module module = *Module::compile(engine, wat(kWasiProgram));
  expect_errors("wasi in memory", [&]() -> Result<void> {
    Result<WasiFiles> files = WasiFiles::make();
    if (!files) return std::move(files).error();
    if (Result<void> made = files->make_directory("a/directory/with/a/long/name"); !made) return made;
    const WasiBuffer out;
    Result<void> result = run_program(engine, module, [&](WasiConfig& config) {
      config.out = out;
      config.preopens.push_back({"", "/guest", false, *files});
      config.clock = WasiClock::virtual_time();
      config.random = wasi_random_from_seed(1);
      if (!config.clock->realtime || !config.random) throw std::bad_alloc();
    });
    // Whatever has failed, the tree is whole.
    if (Result<void> written = files->write("a/file", "some text that is longer than a short string"); !written) {
      return written;
    }
    Result<std::vector<WasiFiles::Entry>> list = files->list("a");
    if (!list) return std::move(list).error();
    return result;
  });
}

TEST(out_of_memory, the_cache) {
  const testing::TemporaryDirectory folder;
  Config config;
  config.tier = Tier::jit;
  config.cache_dir = (folder.path() / "cache").string();
  expect_errors("cache", [&]() -> Result<void> {
    const Engine engine(config);
    Result<Module> module = Module::compile(engine, program());
    if (!module) return std::move(module).error();
    Store store(engine);
    return ProgramRun(store).run(*module);
  });
}

}  // namespace
}  // namespace mini_wasm
