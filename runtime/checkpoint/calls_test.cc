// Checkpoints with calls that wait: they go on in the restored store, on another tier.
#include <string>

#include "runtime/cache/hash.h"
#include "runtime/checkpoint/test_world.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using State = AsyncCall::State;

constexpr const char* kText = R"((module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (type $box (struct (field $value (mut i32))))
  (global $shared (export "shared") (mut (ref null $box)) (ref.null none))
  (memory 1)
  (func $inner (param $n i32) (param $box (ref null $box)) (result i32) (local $i i32) (local $sum i32) (local $v v128)
    (local.set $v (v128.const i64x2 3 4))
    (loop $more
      (struct.set $box $value (local.get $box) (i32.add (struct.get $box $value (local.get $box))
        (call $wait (local.get $i))))
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i32.add (struct.get $box $value (local.get $box)) (i32x4.extract_lane 2 (local.get $v))))
  (func (export "run") (param i32) (result i32)
    (global.set $shared (struct.new $box (i32.const 1000)))
    (i32.add (i32.const 5000) (call $inner (local.get 0) (global.get $shared))))
  (func (export "now") (result i32 i32) (struct.get $box $value (global.get $shared)) (i32.load (i32.const 0)))))";

// Calls that were saved go on in the interpreter first.
Config other_config(const spec::TierCase& row) {
  Config config = other_row(row).config();
  if (config.tier == Tier::jit) {
    config.tier = Tier::automatic;
    config.hot_after = 2;
  }
  return config;
}

class CheckpointOfCalls : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  CheckpointOfCalls() {
    for (World* w : {&world, &again}) {
      const FuncType type{{ValType::i32}, {ValType::i32}};
      w->linker.func("host", "wait", type, [](Caller& caller, uint64_t*) { return caller.suspend(); });
    }
  }
  Restored move(std::vector<AsyncCall*> calls) {
    CheckpointOptions options;
    options.calls = calls;
    const Image image = save(world.store, options);
    again.compile(kText);
    return again.restore(image);
  }
  static AsyncCall start(const Instance& instance, int32_t n) {
    return std::move(*AsyncCall::make(*instance.func("run"), {i32(n)}));
  }
  // Completes as many waits with these results.
  static void go_on(AsyncCall& call, int32_t from, int32_t to) {
    for (; from < to; ++from) {
      ASSERT_EQ(call.state(), State::waiting);
      ASSERT_THAT(call.complete({i32(from * 7)}), Succeeds());
      ASSERT_THAT(call.resume(), Succeeds());
    }
  }

  World world{GetParam().config()};
  World again{other_config(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(tiers, CheckpointOfCalls, ::testing::ValuesIn(spec::kTiers), tier_name);

TEST_P(CheckpointOfCalls, they_go_on) {
  const Instance before = world.add(kText);
  AsyncCall call = start(before, 10);
  ASSERT_THAT(call.resume(), Succeeds());
  go_on(call, 0, 4);
  Restored restored = move({&call});
  ASSERT_EQ(restored.instances.size(), 1u);
  ASSERT_EQ(restored.calls.size(), 1u);
  // The frame and the global refer to the same object.
  EXPECT_THAT(again.call(restored.instances[0], "now"), Returns(i32(1042), i32(4)));
  go_on(restored.calls[0], 4, 9);
  EXPECT_THAT(again.call(restored.instances[0], "now"), Returns(i32(1252), i32(9)));
  go_on(restored.calls[0], 9, 10);
  ASSERT_EQ(restored.calls[0].state(), State::finished);
  ASSERT_EQ(restored.calls[0].results().size(), 1u);
  EXPECT_EQ(restored.calls[0].results()[0].i32(), 5000 + 1000 + 315 + 4);
  go_on(call, 4, 10);  // the first one can go on, too
  ASSERT_EQ(call.results().size(), 1u);
  EXPECT_EQ(call.results()[0].i32(), 5000 + 1000 + 315 + 4);
}

TEST_P(CheckpointOfCalls, in_every_state) {
  const Instance before = world.add(kText);
  AsyncCall ready = start(before, 1), answered = start(before, 1), ended = start(before, 1);
  for (AsyncCall* call : {&answered, &ended}) ASSERT_THAT(call->resume(), Succeeds());
  ASSERT_THAT(answered.complete({i32(50)}), Succeeds());
  go_on(ended, 0, 1);
  Restored restored = move({&ready, &answered, &ended});
  ASSERT_EQ(restored.calls.size(), 3u);
  EXPECT_EQ(restored.calls[0].state(), State::ready);
  ASSERT_THAT(restored.calls[1].resume(), Succeeds());
  ASSERT_EQ(restored.calls[1].results().size(), 1u);
  EXPECT_EQ(restored.calls[1].results()[0].i32(), 6054);
  ASSERT_EQ(restored.calls[2].state(), State::finished);
  ASSERT_EQ(restored.calls[2].results().size(), 1u);
  EXPECT_EQ(restored.calls[2].results()[0].i32(), 6004);
  ASSERT_THAT(restored.calls[0].resume(), Succeeds());
  go_on(restored.calls[0], 0, 1);
  EXPECT_EQ(restored.calls[0].state(), State::finished);
}

TEST_P(CheckpointOfCalls, not_those_of_another_store) {
  AsyncCall call = start(world.add(kText), 1);
  CheckpointOptions options;
  AsyncCall* calls[] = {&call};
  options.calls = calls;
  EXPECT_THAT(try_save(again.store, options), Fails(ErrorKind::usage, "call 0 is none of this store"));
}

// Whatever is changed in the frames, there is an error, or a call that can go on.
TEST_P(CheckpointOfCalls, damaged_frames) {
  AsyncCall call = start(world.add(kText), 3);
  ASSERT_THAT(call.resume(), Succeeds());
  CheckpointOptions options;
  AsyncCall* calls[] = {&call};
  options.calls = calls;
  const Image image = save(world.store, options);
  const std::vector<Module> modules = {*Module::compile(again.engine, wat(kText))};
  for (size_t at = 30; at + 16 < image.size(); ++at) {
    for (const int change : {1, 3, 0x40, 0xff}) {
      Image changed = image;
      changed[at] ^= static_cast<uint8_t>(change);
      const auto hash = runtime::hash_128(std::span(changed).first(changed.size() - 16));
      std::copy(hash.begin(), hash.end(), changed.end() - 16);
      StoreLimits limits;
      limits.memory_bytes = 1 << 20;
      limits.gc_heap_bytes = 1 << 20;
      Store store(again.engine, limits);
      Linker linker(store);
      linker.func("host", "wait", {{ValType::i32}, {ValType::i32}},
                  [](Caller& caller, uint64_t*) { return caller.suspend(); });
      Result<Restored> restored = restore(store, modules, linker, changed);
      if (!restored) continue;
      for (AsyncCall& again_ : restored->calls) {
        for (int round = 0; round < 5; ++round) {
          if (again_.state() == State::waiting) static_cast<void>(again_.complete({i32(round)}));
          if (again_.state() == State::ready) static_cast<void>(again_.resume());
        }
      }
    }
  }
}

}  // namespace
}  // namespace mini_wasm
