// Value stacks of destroyed stores are used again. They must look new, no matter how deep a guest went and how.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/engine.h"
#include "runtime/store.h"
#include "scripts/tiers.h"
#include "spec-tests/hostile/hostile_test.h"
#include "spec-tests/support/tier_name.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::hostile {
namespace {

using mini_wasm::testing::wat;

// Recursion with frames of `locals` 64-bit locals that are never zero, and one in a frame that is hardly used.
std::string guest(uint32_t locals) {
  std::string types, body, pushes, pops;
  for (uint32_t i = 0; i < locals; ++i) types += "i64 ";
  for (uint32_t i = 0; i < locals; ++i) body += "(local.set " + std::to_string(i + 1) + " (i64.const 0x5ec2e75ec2e7))";
  for (uint32_t i = 0; i < locals; ++i) pushes += "(call $one) ", pops += "drop ";
  return R"((module (import "h" "again" (func $again (param i32))) (import "h" "collect" (func $collect))
    (memory 1) (tag $e (param i64))
    (func $one (result i64) (i64.const 1))
    (func $f (export "f") (param i32) (local )" +
         types + R"() )" + body + R"(
      (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (call $collect))))
    (func $wide (export "wide") (param i32)
      (if (local.get 0) (then )" +
         pushes + R"((call $wide (i32.sub (local.get 0) (i32.const 1))) )" + pops + R"()))
    (func $forever (export "forever") (call $forever) (drop (call $one)))
    (func (export "throw") (param i32) (call $f (local.get 0)) (throw $e (i64.const 0x5ec2e75ec2e7)))
    (func (export "trap") (param i32) (call $f (local.get 0)) (drop (i32.load (i32.const 65536))))
    (func $nested (export "nested") (param i32) (call $f (i32.const 3))
      (if (local.get 0) (then (call $again (i32.sub (local.get 0) (i32.const 1))))))))";
}

bool all_zero(const uint8_t* at, uint64_t bytes) {
  return std::all_of(at, at + bytes, [](uint8_t byte) { return byte == 0; });
}

class reused_stack : public ::testing::TestWithParam<spec::TierCase> {};

INSTANTIATE_TEST_SUITE_P(tiers, reused_stack, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

struct Way {
  const char* name;
  int32_t depth;
  bool succeeds = true;
};

TEST_P(reused_stack, nothing_of_a_guest_stays) {
  Config config = GetParam().config();
  config.stack_size = uint64_t{1} << 20;
  const Engine engine(config);
  runtime::MemoryPool& pool = engine.impl()->memory_pool();
  for (const auto& [locals, shallow] : {std::pair(1u, true), {100u, true}, {100u, false}, {3000u, true}}) {
    const Result<Module> module = Module::compile(engine, wat(guest(locals)));
    ASSERT_TRUE(module) << module.error().to_string();
    for (const Way& way : {Way{"f", 0}, Way{"f", 5}, Way{"f", 30}, Way{"wide", 5}, Way{"wide", 30},
                           Way{"forever", -1, false}, Way{"f", 1'000'000, false}, Way{"throw", 5, false},
                           Way{"trap", 20, false}, Way{"nested", 2}, Way{"nested", 7}}) {
      {
        Store store(engine);
        Linker linker(store);
        std::optional<Instance> instance;
        linker.func("h", "again",
                    [&](int32_t n) { return instance->func("nested")->typed<void(int32_t)>()->operator()(n); });
        linker.func("h", "collect", [&] { store.collect_garbage(); });
        instance = *linker.instantiate(*module);
        std::vector<Val> arguments;
        if (way.depth >= 0) arguments.push_back(Val::i32(way.depth));
        EXPECT_EQ(static_cast<bool>(instance->func(way.name)->call(arguments)), way.succeeds) << way.name;
      }
      runtime::ValueStack stack = pool.take_stack();
      ASSERT_EQ(pool.free_stacks(), 0u);
      ASSERT_TRUE(all_zero(stack.base, pool.shallow_stack_bytes())) << way.name << " " << way.depth << " " << locals;
      ASSERT_TRUE(pool.deepen(stack));
      ASSERT_TRUE(all_zero(stack.base, pool.deep_stack_bytes())) << way.name << " " << way.depth << " " << locals;
      // The next store begins with a shallow stack or a deep one.
      stack.deep_for = shallow ? 1 : 2;
      pool.give_back_stack(stack, true);
    }
  }
}

// A guest of another store runs in a host function of the first store. Both stacks become deep.
TEST_P(reused_stack, stores_that_call_each_other) {
  const Engine engine(GetParam().config());
  const Result<Module> module = Module::compile(engine, wat(guest(200)));
  ASSERT_TRUE(module) << module.error().to_string();
  for (int round = 0; round < 3; ++round) {
    Store outer(engine), inner(engine);
    Linker in_outer(outer), in_inner(inner);
    std::optional<Instance> first, second;
    // They alternate, so that each one writes to its stack while the activation of the other is the innermost.
    in_outer.func("h", "again",
                  [&](int32_t n) { return second->func("nested")->typed<void(int32_t)>()->operator()(n); });
    in_inner.func("h", "again",
                  [&](int32_t n) { return first->func("nested")->typed<void(int32_t)>()->operator()(n); });
    in_outer.func("h", "collect", [&] { inner.collect_garbage(); });
    in_inner.func("h", "collect", [&] { outer.collect_garbage(); });
    first = *in_outer.instantiate(*module);
    second = *in_inner.instantiate(*module);
    const Result<std::vector<Val>> result = first->func("nested")->call({Val::i32(40)});
    ASSERT_TRUE(result) << result.error().to_string();
  }
}

}  // namespace
}  // namespace mini_wasm::hostile
