// Memories of destroyed stores are used again (Config::pool_size). No guest may learn anything about earlier guests,
// neither the contents nor the size of their memories, no matter which kinds of memories follow each other.
#include <algorithm>
#include <string>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/hostile/hostile_test.h"
#include "spec-tests/support/tier_name.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::hostile {
namespace {

using mini_wasm::testing::wat;

// Every guest has these functions for its memory: `at` reads, `fill` writes from an address to the end, `grow` grows.
std::string guest(const std::string& memory, const std::string& address, const std::string& more = "") {
  std::string text = R"((module (memory $m (export "m") )" + memory + ")" + more + R"(
    (func (export "at") (param A) (result i32) (i32.load8_u (local.get 0)))
    (func (export "set") (param A i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "grow") (param A) (result A) (memory.grow (local.get 0)))
    (func (export "fill") (param A A) (memory.fill (local.get 0) (i32.const 0x5a) (local.get 1)))))";
  for (size_t at; (at = text.find('A')) != text.npos;) text.replace(at, 1, address);
  return text;
}

struct Kind {
  std::string text;
  bool is_64 = false;
  uint64_t page = 65536;
  uint64_t min = 1;
  std::vector<std::pair<uint64_t, std::string>> data;
};

std::vector<Kind> kinds() {
  const std::string long_text(5000, 'd');
  return {
      {guest("1", "i32")},
      {guest("1 1", "i32")},
      {guest("3 40", "i32", R"((data (i32.const 8) "first") (data (i32.const 131072) "second"))"),
       false,
       65536,
       3,
       {{8, "first"}, {131072, "second"}}},
      {guest("20", "i32", "(data (i32.const 70000) \"" + long_text + "\")"), false, 65536, 20, {{70000, long_text}}},
      {guest("0 30", "i32"), false, 65536, 0},
      {guest("i64 2", "i64", R"((data (i64.const 9) "sixty-four"))"), true, 65536, 2, {{9, "sixty-four"}}},
      {guest("i64 1 1000000", "i64"), true},
      {guest("5000 9000 (pagesize 1)", "i32", R"((data (i32.const 4990) "byte"))"), false, 1, 5000, {{4990, "byte"}}},
  };
}

class reused_memory : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Config config() const {
    Config config = GetParam().config();
    EXPECT_TRUE(config.feature("custom-page-sizes", true));
    return config;
  }
  static Val address(const Kind& kind, uint64_t value) {
    return kind.is_64 ? Val::i64(static_cast<int64_t>(value)) : Val::i32(static_cast<int32_t>(value));
  }
  // The life of a guest: it checks that it finds what the first guest would find, and writes as much as it can.
  static void live(const Engine& engine, const Kind& kind, const Module& module, int round) {
    Store store(engine);
    Result<Instance> instance = Instance::make(store, module, {});
    ASSERT_TRUE(instance) << instance.error().to_string();
    const Memory memory = *instance->memory("m");
    ASSERT_EQ(memory.size_pages(), kind.min);
    std::vector<uint8_t> expected(kind.min * kind.page);
    for (const auto& [at, text] : kind.data) std::copy(text.begin(), text.end(), expected.begin() + at);
    ASSERT_TRUE(std::ranges::equal(memory.data(), expected)) << "round " << round;
    for (const uint64_t beyond : {uint64_t{0}, uint64_t{1}, uint64_t{4096}, uint64_t{10} * 65536, uint64_t{1} << 31}) {
      const auto read = instance->func("at")->call({address(kind, expected.size() + beyond)});
      ASSERT_FALSE(read) << "round " << round;
      ASSERT_EQ(read.error().trap_code, TrapCode::out_of_bounds_memory_access);
      ASSERT_FALSE(instance->func("set")->call({address(kind, expected.size() + beyond), Val::i32(1)}));
    }
    if (round % 3 == 0) {
      const uint64_t by = kind.page == 1 ? 3000 : round % 2 == 0 ? 17 : 1;
      ASSERT_TRUE(instance->func("grow")->call({address(kind, by)}));
      const auto data = memory.data();
      ASSERT_TRUE(std::all_of(data.begin() + expected.size(), data.end(), [](uint8_t byte) { return byte == 0; }));
    }
    const uint64_t size = memory.data().size();
    if (size == 0) return;
    const uint64_t from = round % 2 == 0 ? 0 : size / 2;
    ASSERT_TRUE(instance->func("fill")->call({address(kind, from), address(kind, size - from)}));
    ASSERT_TRUE(instance->func("set")->call({address(kind, size - 1), Val::i32(77)}));
    ASSERT_EQ(instance->func("at")->call({address(kind, size - 1)})->front().i32(), 77);
  }
};

INSTANTIATE_TEST_SUITE_P(tiers, reused_memory, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(reused_memory, no_guest_sees_the_one_before) {
  for (const uint32_t pool_size : {0, 1, 3, 64}) {
    Config settings = config();
    settings.pool_size = pool_size;
    const Engine engine(settings);
    const std::vector<Kind> all = kinds();
    std::vector<Module> modules;
    for (const Kind& kind : all) {
      Result<Module> module = Module::compile(engine, wat(kind.text));
      ASSERT_TRUE(module) << module.error().to_string() << kind.text;
      modules.push_back(*module);
    }
    for (int round = 0; round < 120; ++round) {
      // So that each kind comes after each other kind, and after itself.
      const size_t i = round % 5 == 4 ? 2 : static_cast<size_t>(round * 7 / 5) % all.size();
      live(engine, all[i], modules[i], round);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(reused_memory, a_guest_that_traps_while_it_starts_leaves_nothing) {
  const Engine engine(config());
  const Module bad = *Module::compile(engine, wat(R"((module (memory 2)
    (func $start (memory.fill (i32.const 0) (i32.const 1) (i32.const 131072)) unreachable) (start $start)))"));
  const Module misfit = *Module::compile(engine, wat(R"((module (memory 2)
    (data (i32.const 10) "secret") (data (i32.const 131070) "over")))"));
  const Module good = *Module::compile(engine, wat(R"((module (memory (export "m") 2)))"));
  for (int round = 0; round < 20; ++round) {
    Store store(engine);
    ASSERT_FALSE(Instance::make(store, round % 2 == 0 ? bad : misfit, {}));
    Store next(engine);
    const Result<Instance> instance = Instance::make(next, good, {});
    ASSERT_TRUE(instance);
    const auto data = instance->memory("m")->data();
    ASSERT_TRUE(std::all_of(data.begin(), data.end(), [](uint8_t byte) { return byte == 0; }));
  }
}

}  // namespace
}  // namespace mini_wasm::hostile
