// Modules with their machine code as bytes (Module::serialize): what comes back behaves like the module, whatever somebody
// has done to the bytes.
#include <atomic>
#include <thread>

#include "spec-tests/cache/cache_test.h"

namespace mini_wasm::testing {
namespace {

class serialized : public CacheTest {
 protected:
  Config eager() const {
    Config config = this->config();
    config.eager = true;
    return config;
  }
  static Bytes serialize(const Config& config, const Bytes& bytes) {
    const Engine engine(config);
    Result<Module> module = Module::compile(engine, bytes);
    EXPECT_TRUE(module);
    Result<Bytes> result = module->serialize();
    EXPECT_TRUE(result) << result.error().to_string();
    return result ? *result : Bytes();
  }
  static Ran run_serialized(const Config& config, const Bytes& bytes) {
    const Engine engine(config);
    Result<Module> module = Module::deserialize(engine, bytes);
    if (!module) return {module.error().to_string()};
    return run(engine, *module);
  }
};
INSTANTIATE_TEST_SUITE_P(tiers, serialized, ::testing::ValuesIn(kCachedTiers), tier_name);

TEST_P(serialized, the_same_module_comes_back) {
  for (const char* program : {kProgram, kSmall}) {
    const Bytes bytes = wat(program);
    const Ran fresh = run(without(), bytes);
    const Bytes kept = serialize(eager(), bytes);
    for (const fs::path& file : files()) fs::remove(file);
    const Ran again = run_serialized(config(), kept);
    EXPECT_EQ(again.text, fresh.text);
    EXPECT_TRUE(again.known);
    if (GetParam() == Tier::jit) {
      EXPECT_EQ(again.made, 0u);
    }
    EXPECT_TRUE(files().empty());  // what was given is not written to the cache
  }
}

TEST_P(serialized, it_contains_what_was_made_so_far) {
  const Bytes bytes = wat(kSmall);
  const Engine engine(config());
  const Result<Module> module = Module::compile(engine, bytes);
  ASSERT_TRUE(module);
  const size_t before = module->serialize()->size();
  const Ran ran = run(engine, *module);
  const Bytes kept = *module->serialize();
  if (GetParam() != Tier::interpreter) {
    EXPECT_GT(kept.size(), before);
  }
  const Engine other(config());
  const Result<Module> again = Module::deserialize(other, kept);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again->serialize(), kept);
  EXPECT_EQ(run(other, *again).text, ran.text);
}

TEST_P(serialized, with_another_key_or_setting_it_is_compiled_anew) {
  const Bytes bytes = wat(kProgram);
  const Ran fresh = run(without(), bytes);
  const Bytes kept = serialize(eager(), bytes);
  for (const fs::path& file : files()) fs::remove(file);
  TemporaryDirectory other_keys;
  Config other_key = config();
  other_key.cache_key_file = (other_keys.path() / "key").string();
  Config other_setting = config();
  other_setting.guard_pages = false;
  for (const Config& changed : {other_key, other_setting}) {
    const Ran again = run_serialized(changed, kept);
    EXPECT_EQ(again.text, fresh.text);
    EXPECT_FALSE(again.known);
    for (const fs::path& file : files()) fs::remove(file);
  }
  const Ran no_cache = run_serialized(without(), kept);
  EXPECT_EQ(no_cache.text, fresh.text);
  EXPECT_FALSE(no_cache.known);
}

// Whatever byte is changed or missing: the module is another valid one, or none, or its code is not used.
TEST_P(serialized, damaged_bytes_do_no_harm) {
  const Bytes bytes = wat(kSmall);
  const Bytes kept = serialize(eager(), bytes);
  const size_t code_begins = 16 + bytes.size();
  const Ran fresh = run(without(), bytes);
  for (size_t at = 0; at < kept.size(); ++at) {
    Bytes damaged = kept;
    damaged[at] ^= 0x20;
    const Ran ran = run_serialized(config(), damaged);
    if (at >= code_begins) {
      ASSERT_EQ(ran.text, fresh.text) << at;
    }
    if (at < 16) {
      ASSERT_NE(ran.text, fresh.text) << at;
    }
    for (const fs::path& file : files()) fs::remove(file);
  }
  for (size_t size = 0; size < kept.size(); size += 7) {
    const Ran ran = run_serialized(config(), Bytes(kept.begin(), kept.begin() + static_cast<ptrdiff_t>(size)));
    if (size >= code_begins) {
      ASSERT_EQ(ran.text, fresh.text) << size;
    }
    for (const fs::path& file : files()) fs::remove(file);
  }
}

// The code of one module behind the bytes of another one.
TEST_P(serialized, code_is_only_that_of_its_module) {
  const Bytes small = wat(kSmall), program = wat(kProgram);
  const Bytes kept = serialize(eager(), small);
  Bytes mixed = serialize(eager(), program);
  for (const fs::path& file : files()) fs::remove(file);
  mixed.resize(16 + program.size());
  mixed.insert(mixed.end(), kept.begin() + static_cast<ptrdiff_t>(16 + small.size()), kept.end());
  const Ran ran = run_serialized(config(), mixed);
  EXPECT_EQ(ran.text, run(without(), program).text);
  EXPECT_FALSE(ran.known);
}

TEST_P(serialized, without_a_key_there_is_none) {
  const Engine engine(without());
  const Result<Module> module = Module::compile(engine, wat(kSmall));
  ASSERT_TRUE(module);
  const Result<Bytes> none = module->serialize();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::usage);
  EXPECT_EQ(Module::deserialize(engine, Bytes()).error().kind, ErrorKind::malformed);
  EXPECT_EQ(Module::deserialize(engine, wat(kSmall)).error().kind, ErrorKind::malformed);
}

TEST_P(serialized, while_instances_run_on_other_threads) {
  const Engine engine(config());
  const Result<Module> module = Module::compile(engine, wat(kProgram));
  ASSERT_TRUE(module);
  std::atomic<bool> done = false;
  std::thread other([&] {
    run(engine, *module);
    done = true;
  });
  do {
    EXPECT_TRUE(module->serialize());
  } while (!done);
  other.join();
  const Engine again(config());
  EXPECT_TRUE(Module::deserialize(again, *module->serialize()));
}

}  // namespace
}  // namespace mini_wasm::testing
