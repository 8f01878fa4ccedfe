// Shared by the tests of the cache: programs, running one with a cache, and the tiers to run on.
#pragma once

#include <gtest/gtest.h>
#include <mini_wasm/mini_wasm.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/compiled_module.h"
#include "scripts/file_content.h"
#include "scripts/temporary_directory.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::testing {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

// Contains everything that machine code can refer to: functions, the host, tables, types, objects, exceptions, the
// runtime.
inline constexpr const char* kProgram = R"((module $program
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

// A small program, whose file can be damaged in every way.
inline constexpr const char* kSmall = R"((module (memory 1)
  (func $f (export "f") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (local.get 0) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.load (i32.const 65534))))))
)";

struct Ran {
  std::string text;    // what the module did
  bool known = false;  // the cache file said that the module is valid
  size_t made = 0;     // number of functions that were compiled because the cache did not have them
};

inline std::string line_of(const std::string& name, int32_t argument, const Result<std::vector<Val>>& result) {
  std::string text = name + "(" + std::to_string(argument) + ") ";
  if (!result) return text + result.error().to_string() + "\n" + to_string(result.error().backtrace);
  return text + to_string((*result)[0]) + "\n";
}

// Calls every export of the module with several numbers.
inline Ran run(const Engine& engine, const Module& module, int32_t rounds = 5) {
  Ran result;
  const runtime::ModuleCache* const cache = module.impl()->cache(engine.impl()->bounds());
  result.known = cache != nullptr && cache->says_valid();
  Store store(engine);
  Linker linker(store);
  linker.func("host", "next", [](int32_t x) { return x + 1; });
  Result<Instance> instance = linker.instantiate(module);
  if (!instance) return {instance.error().to_string()};
  for (const ExportType& e : module.exports()) {
    for (int32_t i = 0; i < rounds; ++i) {
      result.text += line_of(e.name, i, instance->func(e.name)->call({Val::i32(i)}));
    }
  }
  result.made = module.impl()->code().unsaved().functions.size();
  return result;
}

// Compiles the module, calls every export with several numbers, and destroys everything.
inline Ran run(const Config& config, const Bytes& bytes, int32_t rounds = 5) {
  const Engine engine(config);
  Result<Module> module = Module::compile(engine, bytes);
  if (!module) return {module.error().to_string()};
  return run(engine, *module, rounds);
}

class CacheTest : public ::testing::TestWithParam<Tier> {
 protected:
  Config config() const {
    Config config;
    config.tier = GetParam();
    config.hot_after = 2;
    config.cache_dir = directory_.path();
    config.cache_key_file = key_file();
    EXPECT_TRUE(config.feature("threads", true));
    return config;
  }
  Config without() const {
    Config config = this->config();
    config.cache_dir.clear();
    return config;
  }
  std::string key_file() const { return (key_directory_.path() / "key").string(); }
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
  // Writes a file with the permissions of our own files, replacing whatever was there.
  static void replace(const fs::path& path, const Bytes& bytes) {
    fs::remove_all(path);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    chmod(path.c_str(), 0600);
  }

  TemporaryDirectory directory_, key_directory_;
};

#if MINI_WASM_JIT
inline constexpr Tier kCachedTiers[] = {Tier::interpreter, Tier::jit, Tier::automatic};
#else
inline constexpr Tier kCachedTiers[] = {Tier::interpreter};
#endif
inline std::string tier_name(const ::testing::TestParamInfo<Tier>& tier) {
  return tier.param == Tier::interpreter ? "interp" : tier.param == Tier::jit ? "jit" : "auto";
}

}  // namespace mini_wasm::testing
