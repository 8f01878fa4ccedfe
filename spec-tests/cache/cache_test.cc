// A module that is run again with a cache that is intact, damaged or written by somebody else. It must always behave
// the same.
#include "spec-tests/cache/cache_test.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <system_error>
#include <thread>

#include "runtime/test_settings.h"

#if MINI_WASM_JIT
#include "jit/backend.h"
#endif

namespace mini_wasm::testing {
namespace {

class cache_runs : public CacheTest {};
INSTANTIATE_TEST_SUITE_P(tiers, cache_runs, ::testing::ValuesIn(kCachedTiers), tier_name);

TEST_P(cache_runs, the_next_run_does_the_same) {
  const Bytes program = wat(kProgram);
  const std::string expected = run(without(), program).text;
  EXPECT_NE(expected.find("divide by zero"), expected.npos);
  const Ran first = run(config(), program);
  EXPECT_EQ(first.text, expected);
  EXPECT_FALSE(first.known);
  const Ran second = run(config(), program);
  EXPECT_EQ(second.text, expected);
  EXPECT_TRUE(second.known);
  if (GetParam() != Tier::automatic) {
    EXPECT_EQ(second.made, 0u);
  }
  EXPECT_LE(second.made, first.made);
}

TEST_P(cache_runs, eager_engines_use_it_and_fill_it) {
  const Bytes program = wat(kProgram);
  Config eager = config();
  eager.eager = true;
  const std::string expected = run(without(), program).text;
  EXPECT_EQ(run(eager, program).text, expected);
  const Ran second = run(eager, program);
  EXPECT_EQ(second.text, expected);
  EXPECT_EQ(second.made, 0u);
  const Ran third = run(config(), program);
  EXPECT_EQ(third.text, expected);
  EXPECT_EQ(third.made, 0u);
}

TEST_P(cache_runs, runs_add_to_it) {
  const Bytes program = wat(kProgram);
  const Ran few = run(config(), program, 1);
  const Ran more = run(config(), program);
  const Ran all = run(config(), program);
  EXPECT_EQ(more.text, all.text);
  EXPECT_EQ(files().size(), 1u);
  if (GetParam() == Tier::interpreter) return;
  EXPECT_EQ(all.made, 0u);
}

TEST_P(cache_runs, an_invalid_module_is_never_believed) {
  const Bytes bad = wat_unchecked("(module (func) (func (result i32)))");
  const std::string expected = run(without(), bad).text;
  EXPECT_NE(expected.find("type mismatch"), expected.npos);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run(config(), bad).text, expected);
  EXPECT_TRUE(files().empty());
}

TEST_P(cache_runs, what_has_not_been_validated_is_not_called_valid) {
  const Bytes bad = wat_unchecked(R"((module
    (func (export "f") (param i32) (result i32) (local.get 0)) (func (result i32))))");
  Config lazy = config();
  lazy.lazy_validation = true;
  const std::string expected = run(without(), bad).text;
  for (int i = 0; i < 3; ++i) {
    const Ran found = run(lazy, bad);
    EXPECT_EQ(found.text.find("type mismatch"), found.text.npos);
    EXPECT_FALSE(found.known);
    EXPECT_EQ(run(config(), bad).text, expected);
  }
  const Bytes good = wat(kProgram);
  run(config(), good);
  EXPECT_TRUE(run(lazy, good).known);
  EXPECT_TRUE(run(config(), good).known);
}

// --- Damage

TEST_P(cache_runs, cut_off_anywhere) {
  const Bytes small = wat(kSmall);
  const std::string expected = run(config(), small).text;
  const fs::path file = only_file();
  const Bytes whole = file_content(file);
  ASSERT_TRUE(run(config(), small).known);
  ASSERT_EQ(file_content(file), whole);
  for (size_t n = 0; n < whole.size(); ++n) {
    replace(file, Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(n)));
    const Ran found = run(config(), small);
    ASSERT_EQ(found.text, expected) << n;
    ASSERT_FALSE(found.known) << n;
    ASSERT_EQ(file_content(file), whole) << n;  // written again
  }
  Bytes longer = whole;
  longer.push_back(0);
  replace(file, longer);
  EXPECT_FALSE(run(config(), small).known);
}

TEST_P(cache_runs, any_byte_changed) {
  const Bytes small = wat(kSmall);
  const std::string expected = run(config(), small).text;
  const fs::path file = only_file();
  const Bytes whole = file_content(file);
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const uint8_t bits : {0x01, 0x80, 0xff}) {
      Bytes damaged = whole;
      damaged[i] ^= bits;
      replace(file, damaged);
      ASSERT_EQ(run(config(), small).text, expected) << i;
    }
  }
}

TEST_P(cache_runs, cut_off_while_it_is_open) {
  const Bytes program = wat(kProgram);
  const std::string expected = run(config(), program).text;
  const Engine engine(config());
  Result<Module> module = Module::compile(engine, program);
  ASSERT_TRUE(module);
  ASSERT_TRUE(module->impl()->cache(runtime::Bounds::guarded)->says_valid());
  fs::resize_file(only_file(), 0);
  Store store(engine);
  Linker linker(store);
  linker.func("host", "next", [](int32_t x) { return x + 1; });
  Result<Instance> instance = linker.instantiate(*module);
  ASSERT_TRUE(instance);
  std::string found;
  for (const ExportType& e : module->exports()) {
    for (int32_t i = 0; i < 5; ++i) found += line_of(e.name, i, instance->func(e.name)->call({Val::i32(i)}));
  }
  EXPECT_EQ(found, expected);
}

// --- Other files

TEST_P(cache_runs, something_else_in_its_place) {
  const Bytes small = wat(kSmall);
  const std::string expected = run(config(), small).text;
  const fs::path file = only_file();
  const Bytes whole = file_content(file);
  const TemporaryDirectory elsewhere;
  const fs::path copy = elsewhere.path() / "copy";
  replace(copy, whole);

  const auto expect_unknown = [&](const char* what) {
    const Ran found = run(config(), small);
    EXPECT_EQ(found.text, expected) << what;
    EXPECT_FALSE(found.known) << what;
  };
  fs::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  expect_unknown("pipe");
  fs::remove_all(file);
  fs::create_symlink(copy, file);
  expect_unknown("link");
  EXPECT_EQ(file_content(copy), whole);
  fs::remove_all(file);
  fs::create_directory(file);
  expect_unknown("directory");
  replace(file, whole);
  chmod(file.c_str(), 0660);
  expect_unknown("writable by the group");
  replace(file, whole);
  if (chown(file.c_str(), 12345, static_cast<gid_t>(-1)) == 0) expect_unknown("another user's");
  replace(file, whole);
  EXPECT_TRUE(run(config(), small).known);
}

TEST_P(cache_runs, where_there_can_be_none) {
  const Bytes small = wat(kSmall);
  const std::string expected = run(without(), small).text;
  Config config = this->config();
  for (const char* directory : {"/dev/null", "/dev/null/x", "/proc/nothing", ""}) {
    config.cache_dir = directory;
    EXPECT_EQ(run(config, small).text, expected);
    EXPECT_FALSE(run(config, small).known);
  }
  config = this->config();
  config.cache_bytes = 10;
  EXPECT_EQ(run(config, small).text, expected);
  EXPECT_TRUE(files().empty());
}

// The cache contains code that relies on guard pages. An instance whose memory has none must not use it.
TEST_P(cache_runs, instances_without_guard_pages_get_none_of_it) {
  const Bytes program = wat(kSmall);
  const std::string expected = run(config(), program).text;
  runtime::test_settings.few_addresses = true;
  for (uint32_t first : {1, 0}) {
    runtime::test_settings.guards_wanted = first;
    const Ran found = run(config(), program);
    EXPECT_EQ(found.text, expected);
    EXPECT_TRUE(found.known);
    EXPECT_EQ(found.made, 0u);
  }
  runtime::test_settings.few_addresses = false;
}

TEST_P(cache_runs, other_settings_are_another_file) {
  const Bytes program = wat(kProgram);
  run(config(), program);
  Config checked = config(), fewer = config();
  checked.guard_pages = false;
  ASSERT_TRUE(fewer.feature("wide-arithmetic", true));
  size_t count = 1;
  for (const Config& other : {checked, fewer}) {
    EXPECT_FALSE(run(other, program).known);
    EXPECT_TRUE(run(other, program).known);
    EXPECT_EQ(files().size(), ++count);
  }
  EXPECT_TRUE(run(config(), program).known);
}

// --- Guests

// In one process, a guest's directories and a cache must be separate, whichever comes first.
TEST_P(cache_runs, no_guest_is_given_it) {
  const Bytes small = wat(kSmall);
  WasiConfig guest;
  const auto directories = {directory_.path(), directory_.path().parent_path(), key_directory_.path()};
  for (const fs::path& directory : directories) {
    for (const bool read_only : {false, true}) {
      guest.preopens = {{directory.string(), "/", read_only}};
      {
        const Engine engine(config());
        EXPECT_EQ(engine.cache_problem(), "");
        const Result<Wasi> wasi = Wasi::make(guest);
        ASSERT_FALSE(wasi);
        EXPECT_EQ(wasi.error().kind, ErrorKind::usage);
        EXPECT_NE(wasi.error().message.find(directory.string()), std::string::npos) << wasi.error().message;
      }
      const Result<Wasi> wasi = Wasi::make(guest);
      ASSERT_TRUE(wasi);
      EXPECT_NE(Engine(config()).cache_problem().find(directory.string()), std::string::npos);
      run(config(), small);
      EXPECT_TRUE(files().empty());
    }
  }
  const TemporaryDirectory other;
  guest.preopens = {{other.path().string(), "/", false}};
  const Result<Wasi> wasi = Wasi::make(guest);
  ASSERT_TRUE(wasi);
  run(config(), small);
  EXPECT_TRUE(run(config(), small).known);
}

// --- Several at once

TEST_P(cache_runs, threads_and_processes_share_it) {
  const Bytes program = wat(kProgram);
  const std::string expected = run(without(), program).text;
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      bool right = true;
      for (int round = 0; round < 10; ++round) {
        // With a small limit, files are removed while other threads read them.
        Config config = this->config();
        if (round % 3 == i) config.cache_bytes = 100;
        right &= run(config, program).text == expected;
        right &= run(this->config(), wat(kSmall), i).text.size() < 1'000'000;
        std::error_code ignored;
        if (round % 4 == i) {
          for (const fs::path& file : files()) fs::remove(file, ignored);
        }
      }
      _exit(right ? 0 : 1);
    }
    children.push_back(child);
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) EXPECT_EQ(run(config(), program).text, expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const pid_t child : children) {
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  for (const fs::path& file : files()) EXPECT_EQ(file.extension(), ".code") << file;  // no incomplete files
}

TEST_P(cache_runs, one_module_on_many_threads) {
  const Bytes program = wat(kProgram);
  run(config(), program);
  const Engine engine(config());
  Result<Module> module = Module::compile(engine, program);
  ASSERT_TRUE(module);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      Store store(engine);
      Linker linker(store);
      linker.func("host", "next", [](int32_t x) { return x + 1; });
      Result<Instance> instance = linker.instantiate(*module);
      ASSERT_TRUE(instance);
      const auto power = instance->func("power")->call({Val::i32(4)});
      ASSERT_TRUE(power);
      EXPECT_EQ((*power)[0].bits(0), 81u);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

#if MINI_WASM_JIT

// Whether the function has machine code; `index` counts only functions that are not imports.
bool has_code(const Module& module, uint32_t index) {
  const decoder::Module& m = module.impl()->module();
  runtime::FuncInst func;
  func.index = FuncIdx{m.imported_funcs};
  module.impl()->code().machine_code().attach(func);
  const jit::ModuleEntries entries{static_cast<const uint8_t* const*>(func.machine_code),
                                   static_cast<uint32_t>(m.funcs.size() - m.imported_funcs),
                                   jit::host().backend->thunk_bytes()};
  return entries.code_of(jit::entry_index(index, jit::Entry::slots)) != nullptr;
}

TEST(cache_auto, what_was_hot_is_machine_code_at_once) {
  const TemporaryDirectory directory;
  Config config;
  config.cache_dir = directory.path();
  config.cache_key_file = directory.path() / "key";
  config.hot_after = 2;
  const Bytes small = wat(kSmall);
  run(config, small);
  config.hot_after = 1'000'000;
  const Engine engine(config);
  Result<Module> module = Module::compile(engine, small);
  ASSERT_TRUE(module);
  EXPECT_FALSE(has_code(*module, 0));
  Store store(engine);
  Result<Instance> instance = Linker(store).instantiate(*module);
  ASSERT_TRUE(instance);
  EXPECT_TRUE(instance->func("f")->call({Val::i32(0)}).error().trap_code == TrapCode::out_of_bounds_memory_access);
  EXPECT_TRUE(has_code(*module, 0));
  EXPECT_TRUE(module->impl()->code().unsaved().functions.empty());
}

// A child of fork may write the code that it has compiled itself, but not the code that it shares with its parent,
// which may change it.
TEST(cache_jit, a_forked_process_writes_what_is_its_own) {
  const TemporaryDirectory directory;
  Config config;
  config.tier = Tier::jit;
  config.cache_dir = directory.path();
  config.cache_key_file = directory.path() / "key";
  const Engine engine(config);
  std::optional<Module> module;
  {
    Result<Module> compiled = Module::compile(engine, wat(kSmall));
    ASSERT_TRUE(compiled);
    module = *compiled;
    Store store(engine);
    Result<Instance> instance = Linker(store).instantiate(*module);
    ASSERT_TRUE(instance);
    EXPECT_FALSE(instance->func("f")->call({Val::i32(0)}));
  }
  runtime::ModuleCode& code = module->impl()->code();
  const std::vector<FuncIdx> unsaved = code.unsaved().functions;
  ASSERT_EQ(unsaved.size(), 1u);
  std::vector<uint8_t> record;
  EXPECT_TRUE(code.append_record(unsaved[0], record));
  const auto holds_in_child = [](pid_t child, auto holds) {
    if (child == 0) _exit(holds() ? 0 : 1);
    int status = 1;
    waitpid(child, &status, 0);
    return status == 0;
  };
  EXPECT_TRUE(holds_in_child(fork(), [&] {
    std::vector<uint8_t> same;
    return code.unsaved().functions == unsaved && code.append_record(unsaved[0], same) && same == record;
  }));
  EXPECT_TRUE(holds_in_child(static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)),
                             [&] { return code.unsaved().functions.empty(); }));
}

#endif

}  // namespace
}  // namespace mini_wasm::testing
