// A module that is run again, with a cache that is right, damaged, foreign or forged: what it does is always the same.
#include <gtest/gtest.h>
#include <mini_wasm/mini_wasm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#if MINI_WASM_JIT
#include "jit/target.h"
#endif
#include "core/leb128.h"
#include "runtime/compiled_module.h"
#include "runtime/hash.h"
#include "spec-tests/support/temporary_directory.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

// Whatever machine code refers to: functions, the host, tables, types, objects, exceptions, the runtime.
constexpr const char* kProgram = R"((module $program
  (import "host" "next" (func $next (param i32) (result i32)))
  (type $binary (func (param i32 i32) (result i32)))
  (type $shape (sub (struct (field (mut i32)))))
  (type $circle (sub $shape (struct (field (mut i32)) (field i64))))
  (type $list (array (mut i32)))
  (tag $odd (param i32))
  (memory 1 2 shared)
  (table 4 funcref)
  (elem (i32.const 0) $add $mul)
  (global $calls (mut i32) (i32.const 0))
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $mul (type $binary) (i32.mul (local.get 0) (local.get 1)))
  (func $power (export "power") (param i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (result i32) (local.get 0)
      (then (call $mul (i32.const 3) (call $power (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 1))))
  (func (export "loop") (param i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (call $add (local.get $sum) (local.get 0)))
      (br_if $again (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 0))))
    (local.get $sum))
  (func (export "indirect") (param i32) (result i32)
    (call_indirect (type $binary) (local.get 0) (i32.const 7) (i32.and (local.get 0) (i32.const 3))))
  (func $check (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $odd (local.get 0)))))
  (func (export "catch") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $odd $caught) (call $check (local.get 0)))
      (return (i32.const -1))))
  (func $area (param (ref null $shape)) (result i32)
    (if (result i32) (ref.test (ref $circle) (local.get 0))
      (then (i32.wrap_i64 (struct.get $circle 1 (ref.cast (ref $circle) (local.get 0)))))
      (else (struct.get $shape 0 (local.get 0)))))
  (func (export "objects") (param i32) (result i32) (local $list (ref $list))
    (local.set $list (array.new $list (i32.const 5) (local.get 0)))
    (array.fill $list (local.get $list) (i32.const 0) (i32.const 2) (i32.const 1))
    (i32.add (array.get $list (local.get $list) (i32.const 2))
      (i32.add (call $area (struct.new $circle (local.get 0) (i64.const 100)))
               (call $area (struct.new $shape (local.get 0))))))
  (func (export "vector") (param i32) (result i32)
    (i32x4.extract_lane 2 (i8x16.swizzle
      (i32x4.mul (i32x4.splat (local.get 0)) (v128.const i32x4 1 2 3 4)) (v128.const i32x4 1 2 0x0a090807 4))))
  (func (export "atomic") (param i32) (result i32)
    (drop (i32.atomic.rmw.add (i32.const 8) (local.get 0)))
    (i32.popcnt (i32.atomic.load (i32.const 8))))
  (func $step (export "tail") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 100))
      (then (return_call $step (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const 1))))
      (else (local.get 0))))
  (func (export "grow") (param i32) (result i32)
    (memory.fill (i32.const 0) (local.get 0) (i32.const 64))
    (i32.add (memory.grow (i32.const 1)) (memory.size)))
  (func (export "host") (param i32) (result i32) (call $next (local.get 0)))
  (func $divide (param i32) (result i32) (i32.div_s (i32.const 10) (local.get 0)))
  (func (export "divide") (param i32) (result i32) (call $divide (i32.sub (local.get 0) (i32.const 3))))
  (func (export "far") (param i32) (result i32) (i32.load (i32.mul (local.get 0) (i32.const 40000)))))
)";

// A little one, whose file can be damaged in every way.
constexpr const char* kSmall = R"((module (memory 1)
  (func $f (export "f") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (local.get 0) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.load (i32.const 65534))))))
)";

struct Ran {
  std::string text;    // what the module did
  bool known = false;  // the file said that it was valid
  size_t made = 0;     // functions that code was made of, and not found
};

std::string line_of(const std::string& name, int32_t argument, const Result<std::vector<Val>>& result) {
  std::string text = name + "(" + std::to_string(argument) + ") ";
  if (!result) return text + result.error().to_string() + "\n" + to_string(result.error().backtrace);
  return text + to_string((*result)[0]) + "\n";
}

// Compiles, calls every export with several numbers, and lets go of all of it.
Ran run(const Config& config, const Bytes& bytes, int32_t rounds = 5) {
  const Engine engine(config);
  Result<Module> module = Module::compile(engine, bytes);
  if (!module) return {module.error().to_string()};
  Ran result;
  result.known = module->impl()->cache() != nullptr && module->impl()->cache()->says_valid();
  Store store(engine);
  Linker linker(store);
  linker.func("host", "next", [](int32_t x) { return x + 1; });
  Result<Instance> instance = linker.instantiate(*module);
  if (!instance) return {instance.error().to_string()};
  for (const ExportType& e : module->exports()) {
    for (int32_t i = 0; i < rounds; ++i) {
      result.text += line_of(e.name, i, instance->func(e.name)->call({Val::i32(i)}));
    }
  }
  result.made = module->impl()->code().unsaved().functions.size();
  return result;
}

Bytes content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class cache : public ::testing::TestWithParam<Tier> {
 protected:
  Config config() const {
    Config config;
    config.tier = GetParam();
    config.hot_after = 2;
    config.cache_dir = directory_.path();
    EXPECT_TRUE(config.feature("threads", true));
    return config;
  }
  Config without() const {
    Config config = this->config();
    config.cache_dir.clear();
    return config;
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> result;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_.path())) result.push_back(entry.path());
    return result;
  }
  fs::path only_file() const {
    const std::vector<fs::path> all = files();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? fs::path() : all[0];
  }
  // As ours would be, whatever was there.
  static void replace(const fs::path& path, const Bytes& bytes) {
    fs::remove_all(path);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    chmod(path.c_str(), 0600);
  }

  testing::TemporaryDirectory directory_;
};

#if MINI_WASM_JIT
INSTANTIATE_TEST_SUITE_P(
    tiers, cache, ::testing::Values(Tier::interpreter, Tier::jit, Tier::automatic), [](const auto& tier) {
      return std::string(tier.param == Tier::interpreter ? "interp" : tier.param == Tier::jit ? "jit" : "auto");
    });
#else
INSTANTIATE_TEST_SUITE_P(tiers, cache, ::testing::Values(Tier::interpreter),
                         [](const auto&) { return std::string("interp"); });
#endif

TEST_P(cache, the_next_run_does_the_same) {
  const Bytes program = testing::wat(kProgram);
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

TEST_P(cache, eager_engines_use_it_and_fill_it) {
  const Bytes program = testing::wat(kProgram);
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

TEST_P(cache, runs_add_to_it) {
  const Bytes program = testing::wat(kProgram);
  const Ran few = run(config(), program, 1);
  const Ran more = run(config(), program);
  const Ran all = run(config(), program);
  EXPECT_EQ(more.text, all.text);
  EXPECT_EQ(files().size(), 1u);
  if (GetParam() == Tier::interpreter) return;
  EXPECT_EQ(all.made, 0u);
}

TEST_P(cache, an_invalid_module_is_never_believed) {
  const Bytes bad = testing::wat_unchecked("(module (func) (func (result i32)))");
  const std::string expected = run(without(), bad).text;
  EXPECT_NE(expected.find("type mismatch"), expected.npos);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run(config(), bad).text, expected);
  EXPECT_TRUE(files().empty());
}

TEST_P(cache, what_has_not_been_validated_is_not_called_valid) {
  const Bytes bad = testing::wat_unchecked(R"((module
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
  const Bytes good = testing::wat(kProgram);
  run(config(), good);
  EXPECT_TRUE(run(lazy, good).known);
  EXPECT_TRUE(run(config(), good).known);
}

// --- Damage

TEST_P(cache, cut_off_anywhere) {
  const Bytes small = testing::wat(kSmall);
  const std::string expected = run(config(), small).text;
  const fs::path file = only_file();
  const Bytes whole = content(file);
  ASSERT_TRUE(run(config(), small).known);
  ASSERT_EQ(content(file), whole);
  for (size_t n = 0; n < whole.size(); ++n) {
    replace(file, Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(n)));
    const Ran found = run(config(), small);
    ASSERT_EQ(found.text, expected) << n;
    ASSERT_FALSE(found.known) << n;
    ASSERT_EQ(content(file), whole) << n;  // written anew
  }
  Bytes longer = whole;
  longer.push_back(0);
  replace(file, longer);
  EXPECT_FALSE(run(config(), small).known);
}

TEST_P(cache, any_byte_changed) {
  const Bytes small = testing::wat(kSmall);
  const std::string expected = run(config(), small).text;
  const fs::path file = only_file();
  const Bytes whole = content(file);
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const uint8_t bits : {0x01, 0x80, 0xff}) {
      Bytes damaged = whole;
      damaged[i] ^= bits;
      replace(file, damaged);
      ASSERT_EQ(run(config(), small).text, expected) << i;
    }
  }
}

TEST_P(cache, cut_off_while_it_is_open) {
  const Bytes program = testing::wat(kProgram);
  const std::string expected = run(config(), program).text;
  const Engine engine(config());
  Result<Module> module = Module::compile(engine, program);
  ASSERT_TRUE(module);
  ASSERT_TRUE(module->impl()->cache()->says_valid());
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

// --- What is not ours

TEST_P(cache, something_else_in_its_place) {
  const Bytes small = testing::wat(kSmall);
  const std::string expected = run(config(), small).text;
  const fs::path file = only_file();
  const Bytes whole = content(file);
  const testing::TemporaryDirectory elsewhere;
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
  EXPECT_EQ(content(copy), whole);
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

TEST_P(cache, where_there_can_be_none) {
  const Bytes small = testing::wat(kSmall);
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

TEST_P(cache, other_settings_are_another_file) {
  const Bytes program = testing::wat(kProgram);
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

// --- Forgery: checksums are right, names collide

struct Header {
  char magic[8];
  uint64_t size, tail, tail_hash, header_hash;
};

// The file with another tail, all hashes as they should be.
Bytes forged(const Bytes& file, const Bytes& tail) {
  Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  Bytes result(file.begin(), file.begin() + static_cast<ptrdiff_t>(header.tail));
  result.insert(result.end(), tail.begin(), tail.end());
  header.size = result.size();
  header.tail_hash = runtime::hash_64(tail);
  std::memcpy(result.data(), &header, sizeof(header));
  header.header_hash = runtime::hash_64({result.data(), offsetof(Header, header_hash)});
  std::memcpy(result.data(), &header, sizeof(header));
  return result;
}

Bytes tail_of(const Bytes& file) {
  Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  return {file.begin() + static_cast<ptrdiff_t>(header.tail), file.end()};
}

// Bytes of the identity, which the tail begins with, and of its length.
size_t identity_end(const Bytes& tail) {
  const uint8_t* at = tail.data();
  uint64_t length = 0;
  EXPECT_EQ(read_uleb64(at, at + tail.size(), length), LebError::ok);
  return static_cast<size_t>(at - tail.data()) + length;
}

TEST_P(cache, of_another_build_or_machine) {
  const Bytes small = testing::wat(kSmall);
  const std::string expected = run(config(), small).text;
  const fs::path file = only_file();
  const Bytes whole = content(file), tail = tail_of(whole);
  replace(file, forged(whole, tail));
  ASSERT_TRUE(run(config(), small).known) << "the test cannot forge";
  // Everything there is compared: format, build, features, tier, CPU, the module outside of bodies.
  const size_t identity = identity_end(tail);
  ASSERT_GT(identity, 60u);
  ASSERT_LT(identity, tail.size());
  for (size_t i = 0; i < identity; ++i) {
    Bytes other = tail;
    other[i] ^= 1;
    replace(file, forged(whole, other));
    const Ran found = run(config(), small);
    ASSERT_EQ(found.text, expected);
    ASSERT_FALSE(found.known) << i;
  }
}

constexpr const char* kOne = R"((module (memory 1) (func (export "f") (param i32) (result i32) (i32.const 1))
  (func (export "g") (param i32) (result i32) (i32.const 5))))";
constexpr const char* kTwo = R"((module (memory 1) (func (export "f") (param i32) (result i32) (i32.const 2))
  (func (export "g") (param i32) (result i32) (i32.const 5))))";

// The name and all that the file says of itself are the second module's, the code is the first one's.
TEST_P(cache, of_a_module_that_collides) {
  const Bytes one = testing::wat(kOne), two = testing::wat(kTwo);
  const std::string expected = run(without(), two).text;
  run(config(), one);
  const fs::path file_of_one = only_file();
  const Bytes code_of_one = content(file_of_one);
  fs::remove(file_of_one);
  run(config(), two);
  const fs::path file = only_file();
  const Bytes identity = tail_of(content(file));
  replace(file, code_of_one);
  EXPECT_FALSE(run(config(), two).known);
  replace(file, code_of_one);
  EXPECT_EQ(run(config(), two).text, expected);
  // Sizes are equal, so identities are as long; what comes behind them stays the first one's.
  Bytes tail = tail_of(code_of_one);
  ASSERT_EQ(tail.size(), identity.size());
  const size_t length = identity_end(identity);
  ASSERT_EQ(length, identity_end(tail));
  std::copy_n(identity.begin(), length, tail.begin());
  replace(file, forged(code_of_one, tail));
  const Ran found = run(config(), two);
  EXPECT_TRUE(found.known);
  EXPECT_EQ(found.text, expected);
}

// It says of a module that is not valid that it is: no harm comes of it.
TEST_P(cache, that_says_valid_of_what_is_not) {
  const Bytes one = testing::wat(kOne);
  Bytes two = one;
  const Bytes body = {0x41, 1, 0x0b};  // i32.const 1, end
  const auto at = std::search(two.begin(), two.end(), body.begin(), body.end());
  ASSERT_NE(at, two.end());
  *at = 0x42;  // i64.const 1
  const std::string invalid = run(without(), two).text;
  ASSERT_NE(invalid.find("type mismatch"), invalid.npos);
  run(config(), one);
  const fs::path file_of_one = only_file();
  const Bytes code_of_one = content(file_of_one);
  fs::remove(file_of_one);
  Config lazy = config();
  lazy.lazy_validation = true;
  run(lazy, two);
  const fs::path file = files().empty() ? file_of_one : only_file();
  if (file == file_of_one) return;  // the interpreter keeps nothing here, so there is no name to forge
  const Bytes identity = tail_of(content(file));
  Bytes tail = tail_of(code_of_one);
  const size_t length = identity_end(identity);
  ASSERT_EQ(length, identity_end(tail));
  std::copy_n(identity.begin(), length, tail.begin());
  replace(file, forged(code_of_one, tail));
  const Ran found = run(config(), two);
  EXPECT_TRUE(found.known);
  EXPECT_NE(found.text.find(": invalid function: type mismatch"), found.text.npos) << found.text;
  EXPECT_NE(found.text.find("g(4) i32:5"), found.text.npos) << found.text;
  replace(file, forged(code_of_one, tail));
  Config eager = config();
  eager.eager = true;
  EXPECT_EQ(run(eager, two).text, invalid);
}

// --- Several at once

TEST_P(cache, threads_and_processes_share_it) {
  const Bytes program = testing::wat(kProgram);
  const std::string expected = run(without(), program).text;
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      bool right = true;
      for (int round = 0; round < 10; ++round) {
        // With little room, files are removed while others read them.
        Config config = this->config();
        if (round % 3 == i) config.cache_bytes = 100;
        right &= run(config, program).text == expected;
        right &= run(this->config(), testing::wat(kSmall), i).text.size() < 1'000'000;
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
  for (const fs::path& file : files()) EXPECT_EQ(file.extension(), ".code") << file;  // nothing half-written
}

TEST_P(cache, one_module_on_many_threads) {
  const Bytes program = testing::wat(kProgram);
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

// Whether the function, counted without imports, has machine code.
bool has_code(const Module& module, uint32_t index) {
  const decoder::Module& m = module.impl()->module();
  runtime::FuncInst func;
  func.index = FuncIdx{m.imported_funcs};
  module.impl()->code().machine_code().attach(func);
  const jit::target::ModuleEntries entries{static_cast<const uint8_t* const*>(func.machine_code),
                                           static_cast<uint32_t>(m.funcs.size() - m.imported_funcs)};
  return entries.code_of(2 * index) != nullptr;
}

TEST(cache_auto, what_was_hot_is_machine_code_at_once) {
  const testing::TemporaryDirectory directory;
  Config config;
  config.cache_dir = directory.path();
  config.hot_after = 2;
  const Bytes small = testing::wat(kSmall);
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

// A child of a process that compiled cannot trust the code memory that it shares with it.
TEST(cache_jit, a_forked_process_writes_nothing) {
  const testing::TemporaryDirectory directory;
  Config config;
  config.tier = Tier::jit;
  config.cache_dir = directory.path();
  const Engine engine(config);
  std::optional<Module> module;
  {
    Result<Module> compiled = Module::compile(engine, testing::wat(kSmall));
    ASSERT_TRUE(compiled);
    module = *compiled;
    Store store(engine);
    Result<Instance> instance = Linker(store).instantiate(*module);
    ASSERT_TRUE(instance);
    EXPECT_FALSE(instance->func("f")->call({Val::i32(0)}));
  }
  EXPECT_EQ(module->impl()->code().unsaved().functions.size(), 1u);
  const pid_t child = fork();
  if (child == 0) _exit(module->impl()->code().unsaved().functions.empty() ? 0 : 1);
  int status = 1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

#endif

}  // namespace
}  // namespace mini_wasm
