// Tables of destroyed stores are used again. Whatever a guest has done to its tables, the next one must find what the
// module declares, and never a function of somebody else.
#include <string>
#include <vector>

#include "runtime/instance/func_inst.h"
#include "scripts/tiers.h"
#include "spec-tests/hostile/hostile_test.h"
#include "spec-tests/support/tier_name.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::hostile {
namespace {

using mini_wasm::testing::wat;

// "t" initially contains null, $one, $two, null, $host or $one. The functions change it in every possible way.
std::string guest(const std::string& fifth) {
  return R"((module (import "h" "host" (func $host (result i32)))
    (table $t (export "t") 5 9 funcref) (table $u (export "u") 3 externref)
    (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
    (elem (table $t) (i32.const 1) func $one $two) (elem (table $t) (i32.const 4) func )" +
         fifth + R"()
    (elem $e func $two $two $two $two $two) (elem declare func $host)
    (func (export "set") (table.set $t (i32.const 3) (ref.func $two)) (table.set $t (i32.const 1) (ref.null func)))
    (func (export "set_at") (param i32) (table.set $t (local.get 0) (ref.func $host)))
    (func (export "fill") (table.fill $t (i32.const 0) (ref.func $one) (i32.const 5)))
    (func (export "copy") (table.copy $t $t (i32.const 2) (i32.const 0) (i32.const 3)))
    (func (export "init") (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 5)))
    (func (export "grow") (drop (table.grow $t (ref.func $two) (i32.const 2)))
      (table.set $t (i32.const 0) (ref.func $two)))
    (func (export "keep") (param externref) (table.fill $u (i32.const 0) (local.get 0) (i32.const 3)))
    (func (export "call") (param i32) (result i32) (call_indirect $t (result i32) (local.get 0)))))";
}

class reused_tables : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  static void expect_initial(Store& store, const Instance& instance, int fifth) {
    const Table t = *instance.table("t"), u = *instance.table("u");
    ASSERT_EQ(t.size(), 5u);
    ASSERT_EQ(u.size(), 3u);
    for (uint64_t i = 0; i < u.size(); ++i) ASSERT_TRUE(u.get(i)->is_null());
    const int expected[] = {0, 1, 2, 0, fifth};
    for (int32_t i = 0; i < 5; ++i) {
      const Val value = *t.get(static_cast<uint64_t>(i));
      const auto called = instance.func("call")->call({Val::i32(i)});
      if (expected[i] == 0) {
        ASSERT_TRUE(value.is_null());
        ASSERT_FALSE(called);
        ASSERT_EQ(called.error().trap_code, TrapCode::uninitialized_element);
      } else {
        ASSERT_EQ(value.func()->store(), &store.impl());
        ASSERT_TRUE(called) << called.error().to_string();
        ASSERT_EQ(called->front().i32(), expected[i]);
      }
    }
  }
  static void change(Store& store, const Instance& instance, int how) {
    const char* const ways[] = {"set", "fill", "copy", "init", "grow"};
    if (how < 5) {
      ASSERT_TRUE(instance.func(ways[how])->call({}));
    } else if (how == 5) {
      ASSERT_TRUE(instance.func("set_at")->call({Val::i32(0)}));
    } else if (how == 6) {
      ASSERT_TRUE(instance.func("keep")->call({store.new_externref(&store)}));
    } else if (how == 7) {
      const Func host = Func::wrap(store, [] { return 5; });
      ASSERT_TRUE(instance.table("t")->set(3, host.ref()));
      ASSERT_TRUE(instance.table("t")->grow(1, host.ref()));
    }
  }
};

INSTANTIATE_TEST_SUITE_P(tiers, reused_tables, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(reused_tables, no_guest_sees_what_another_did_to_its_own) {
  for (const bool imported : {false, true}) {
    const Engine engine(GetParam().config());
    const Result<Module> module = Module::compile(engine, wat(guest(imported ? "$host" : "$one")));
    ASSERT_TRUE(module) << module.error().to_string();
    for (int round = 0; round < 30; ++round) {
      Store store(engine);
      Linker linker(store);
      linker.func("h", "host", [round] { return 100 + round; });
      // Sometimes two in one store, and one whose tables are refused.
      const Result<Instance> instance = linker.instantiate(*module), other = linker.instantiate(*module);
      ASSERT_TRUE(instance) << instance.error().to_string();
      const int fifth = imported ? 100 + round : 1;
      expect_initial(store, *instance, fifth);
      change(store, *instance, round % 9);
      expect_initial(store, *other, fifth);
      change(store, *other, (round / 3) % 9);
      StoreLimits limits;
      limits.tables = static_cast<uint32_t>(round % 2);
      Store narrow(engine, limits);
      Linker to_narrow(narrow);
      to_narrow.func("h", "host", [] { return 0; });
      ASSERT_FALSE(to_narrow.instantiate(*module));
      if (HasFatalFailure()) FAIL() << "round " << round;
    }
  }
}

// A module that fills an imported table has nothing to keep.
TEST_P(reused_tables, imported_tables_are_filled_each_time) {
  const Engine engine(GetParam().config());
  const Module owner = *Module::compile(engine, wat(R"((module (table (export "t") 3 funcref)))"));
  const Module user = *Module::compile(engine, wat(R"((module (import "m" "t" (table 3 funcref))
    (func $f (result i32) (i32.const 6)) (elem (i32.const 1) func $f)
    (func (export "call") (result i32) (call_indirect (result i32) (i32.const 1)))))"));
  for (int round = 0; round < 5; ++round) {
    Store store(engine);
    Linker linker(store);
    linker.instance("m", *linker.instantiate(owner));
    const auto called = linker.instantiate(user)->func("call")->call({});
    ASSERT_TRUE(called) << called.error().to_string();
    EXPECT_EQ(called->front().i32(), 6);
  }
}

}  // namespace
}  // namespace mini_wasm::hostile
