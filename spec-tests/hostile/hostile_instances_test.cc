// Valid modules that try to exceed their limits: beyond the ends of memories and tables, beyond the limits of the
// store, too deep on the stack, without an end.
#include <chrono>
#include <string>
#include <vector>

#include "scripts/tiers.h"
#include "spec-tests/fuzz/exercise.h"
#include "spec-tests/hostile/hostile_test.h"
#include "spec-tests/support/tier_name.h"
#include "spec-tests/support/wat.h"

namespace mini_wasm::hostile {
namespace {

using mini_wasm::testing::wat;

// Each test runs with every row of tiers.h.
class hostile_instances : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  Engine engine{GetParam().config()};

  Result<Instance> instantiate(Store& store, std::string_view text, const std::vector<Extern>& imports = {}) {
    const std::vector<uint8_t> bytes = wat(text);
    Result<Module> module = Module::compile(engine, bytes);
    if (!module) return std::move(module).error();
    return Instance::make(store, *module, imports);
  }
};

INSTANTIATE_TEST_SUITE_P(tiers, hostile_instances, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

MATCHER_P(Returns, value, "returns i32 " + std::to_string(value)) {
  if (!arg) return *result_listener << arg.error().to_string(), false;
  return arg->size() == 1 && arg->front().i32() == value;
}
MATCHER_P(Traps, code, "traps: " + std::string(mini_wasm::to_string(code))) {
  if (arg) return *result_listener << "it returned", false;
  *result_listener << arg.error().to_string();
  return arg.error().kind == ErrorKind::trap && arg.error().trap_code == code;
}
MATCHER_P(FailsWith, kind, "fails") {
  if (arg) return *result_listener << "it worked", false;
  *result_listener << arg.error().to_string();
  return arg.error().kind == kind;
}

Result<std::vector<Val>> call(const Instance& instance, std::string_view name, std::initializer_list<Val> args = {}) {
  std::optional<Func> func = instance.func(name);
  if (!func) return Error::make(ErrorKind::usage, "no export " + std::string(name));
  return func->call(args);
}

TEST_P(hostile_instances, zero_is_not_a_reference) {
  Store store(engine);
  Result<Instance> instance = instantiate(store, R"((module
    (table $funcs 2 funcref) (table $hosts 2 externref)
    (global $host externref (ref.null extern))
    (func (export "func_local") (result i32) (local funcref) (ref.is_null (local.get 0)))
    (func (export "extern_local") (param i64 i64) (result i32) (local i64 externref) (ref.is_null (local.get 3)))
    (func (export "func_entry") (result i32) (ref.is_null (table.get $funcs (i32.const 1))))
    (func (export "extern_entry") (result i32) (ref.is_null (table.get $hosts (i32.const 1))))
    (func (export "global") (result i32) (ref.is_null (global.get $host)))
    (func (export "given") (param externref) (result i32) (ref.is_null (local.get 0)))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  for (const char* name : {"func_local", "func_entry", "extern_entry", "global"}) {
    EXPECT_THAT(call(*instance, name), Returns(1)) << name;
  }
  EXPECT_THAT(call(*instance, "extern_local", {Val::i64(-1), Val::i64(-1)}), Returns(1));
  // A host reference is not null, even if its host pointer is.
  EXPECT_THAT(call(*instance, "given", {store.new_externref(nullptr)}), Returns(0));
  EXPECT_THAT(call(*instance, "given", {Val::null(ValType::externref)}), Returns(1));
}

TEST_P(hostile_instances, locals_start_as_zero_after_other_calls) {
  Store store(engine);
  Result<Instance> instance = instantiate(store, R"((module
    (func $dirty (param i64 i64 i64 i64) (result i64)
      (local i64 i64 i64 i64)
      (local.set 4 (i64.const -1)) (local.set 5 (i64.const -1)) (local.set 6 (i64.const -1)) (local.set 7 (i64.const -1))
      (i64.add (local.get 4) (local.get 7)))
    (func $sum (result i64) (local i64 i64 i64 i64 i64 i64)
      (i64.or (i64.or (local.get 0) (local.get 1)) (i64.or (i64.or (local.get 2) (local.get 3)) (i64.or (local.get 4) (local.get 5)))))
    (func (export "f") (result i32)
      (drop (call $dirty (i64.const -1) (i64.const -1) (i64.const -1) (i64.const -1)))
      (i64.eqz (call $sum)))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_THAT(call(*instance, "f"), Returns(1));
}

TEST_P(hostile_instances, addresses_do_not_wrap) {
  Store store(engine);
  Result<Instance> instance = instantiate(store, R"((module (memory 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "load_far") (param i32) (result i32) (i32.load offset=0xffffffff (local.get 0)))
    (func (export "load8_far") (param i32) (result i32) (i32.load8_u offset=65535 (local.get 0)))
    (func (export "load64") (param i32) (result i32) (i32.wrap_i64 (i64.load offset=65528 (local.get 0))))
    (func (export "store") (param i32) (result i32) (i32.store (local.get 0) (i32.const -1)) (i32.const 0))
    (func (export "store_far") (param i32) (result i32) (i64.store offset=0xfffffffc (local.get 0) (i64.const -1)) (i32.const 0))
    (func (export "last") (result i32) (i32.load (i32.const 65532)))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  constexpr auto kTrap = TrapCode::out_of_bounds_memory_access;
  EXPECT_THAT(call(*instance, "load", {Val::i32(65532)}), Returns(0));
  for (int32_t address : {65533, 65536, INT32_MAX, INT32_MIN, -65536, -4, -1}) {
    EXPECT_THAT(call(*instance, "load", {Val::i32(address)}), Traps(kTrap)) << address;
    EXPECT_THAT(call(*instance, "store", {Val::i32(address)}), Traps(kTrap)) << address;
  }
  for (int32_t address : {0, 1, 4, 65536, INT32_MAX, -1}) {
    EXPECT_THAT(call(*instance, "load_far", {Val::i32(address)}), Traps(kTrap)) << address;
    EXPECT_THAT(call(*instance, "store_far", {Val::i32(address)}), Traps(kTrap)) << address;
  }
  EXPECT_THAT(call(*instance, "load8_far", {Val::i32(0)}), Returns(0));
  EXPECT_THAT(call(*instance, "load8_far", {Val::i32(1)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "load8_far", {Val::i32(-65535)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "load64", {Val::i32(0)}), Returns(0));
  EXPECT_THAT(call(*instance, "load64", {Val::i32(1)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "last"), Returns(0)) << "a store that traps writes nothing";
}

TEST_P(hostile_instances, bulk_memory_operations_do_not_wrap) {
  Store store(engine);
  Result<Instance> instance = instantiate(store, R"((module (memory 1) (data $d "abcd")
    (func (export "fill") (param i32 i32) (result i32) (memory.fill (local.get 0) (i32.const 7) (local.get 1)) (i32.const 0))
    (func (export "copy") (param i32 i32 i32) (result i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)) (i32.const 0))
    (func (export "init") (param i32 i32 i32) (result i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)) (i32.const 0))
    (func (export "drop") (result i32) (data.drop $d) (i32.const 0))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  constexpr auto kTrap = TrapCode::out_of_bounds_memory_access;
  const auto i = [](int64_t v) { return Val::i32(static_cast<int32_t>(v)); };
  EXPECT_THAT(call(*instance, "fill", {i(65536), i(0)}), Returns(0));
  EXPECT_THAT(call(*instance, "fill", {i(65537), i(0)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "fill", {i(65535), i(2)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "fill", {i(-1), i(2)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "fill", {i(1), i(-1)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "copy", {i(65536), i(65536), i(0)}), Returns(0));
  EXPECT_THAT(call(*instance, "copy", {i(0), i(-1), i(2)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "copy", {i(-1), i(0), i(2)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "copy", {i(16), i(0), i(-16)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "init", {i(65532), i(0), i(4)}), Returns(0));
  EXPECT_THAT(call(*instance, "init", {i(65533), i(0), i(4)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "init", {i(0), i(4), i(0)}), Returns(0));
  EXPECT_THAT(call(*instance, "init", {i(0), i(5), i(0)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "init", {i(0), i(1), i(-1)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "drop"), Returns(0));
  EXPECT_THAT(call(*instance, "init", {i(0), i(0), i(0)}), Returns(0));
  EXPECT_THAT(call(*instance, "init", {i(0), i(0), i(1)}), Traps(kTrap));
}

TEST_P(hostile_instances, table_operations_do_not_wrap) {
  Store store(engine);
  Result<Instance> instance = instantiate(store, R"((module
    (type $v (func)) (type $i (func (param i32)))
    (table $t 10 20 funcref) (elem $e func $f $f) (elem (i32.const 0) func $f $g)
    (func $f) (func $g (param i32))
    (func (export "get") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0))))
    (func (export "set") (param i32) (result i32) (table.set $t (local.get 0) (ref.null func)) (i32.const 0))
    (func (export "call") (param i32) (result i32) (call_indirect (type $v) (local.get 0)) (i32.const 0))
    (func (export "fill") (param i32 i32) (result i32) (table.fill $t (local.get 0) (ref.null func) (local.get 1)) (i32.const 0))
    (func (export "copy") (param i32 i32 i32) (result i32) (table.copy (local.get 0) (local.get 1) (local.get 2)) (i32.const 0))
    (func (export "init") (param i32 i32 i32) (result i32) (table.init $e (local.get 0) (local.get 1) (local.get 2)) (i32.const 0))
    (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  constexpr auto kTrap = TrapCode::out_of_bounds_table_access;
  const auto i = [](int64_t v) { return Val::i32(static_cast<int32_t>(v)); };
  EXPECT_THAT(call(*instance, "call", {i(0)}), Returns(0));
  EXPECT_THAT(call(*instance, "call", {i(1)}), Traps(TrapCode::indirect_call_type_mismatch));
  EXPECT_THAT(call(*instance, "call", {i(2)}), Traps(TrapCode::uninitialized_element));
  for (int64_t index : {10, 20, INT32_MAX, INT32_MIN, -1}) {
    EXPECT_THAT(call(*instance, "call", {i(index)}), Traps(TrapCode::undefined_element)) << index;
    EXPECT_THAT(call(*instance, "get", {i(index)}), Traps(kTrap)) << index;
    EXPECT_THAT(call(*instance, "set", {i(index)}), Traps(kTrap)) << index;
  }
  EXPECT_THAT(call(*instance, "fill", {i(10), i(0)}), Returns(0));
  EXPECT_THAT(call(*instance, "fill", {i(11), i(0)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "fill", {i(1), i(-1)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "copy", {i(0), i(9), i(2)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "copy", {i(1), i(2), i(-1)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "init", {i(9), i(0), i(2)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "init", {i(0), i(1), i(2)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "init", {i(1), i(1), i(-1)}), Traps(kTrap));
  EXPECT_THAT(call(*instance, "grow", {i(11)}), Returns(-1));
  EXPECT_THAT(call(*instance, "grow", {i(-1)}), Returns(-1));
  EXPECT_THAT(call(*instance, "grow", {i(-10)}), Returns(-1));  // 10 + 2^32 - 10 would wrap to 0
  EXPECT_THAT(call(*instance, "grow", {i(10)}), Returns(10));
  EXPECT_THAT(call(*instance, "grow", {i(1)}), Returns(-1));
}

TEST_P(hostile_instances, active_segments_out_of_bounds_trap) {
  constexpr auto kMemory = TrapCode::out_of_bounds_memory_access;
  constexpr auto kTable = TrapCode::out_of_bounds_table_access;
  Store store(engine);
  EXPECT_TRUE(instantiate(store, R"((module (memory 1) (data (i32.const 65536) "")))"));
  EXPECT_THAT(instantiate(store, R"((module (memory 1) (data (i32.const 65537) "")))"), Traps(kMemory));
  EXPECT_THAT(instantiate(store, R"((module (memory 1) (data (i32.const 65535) "ab")))"), Traps(kMemory));
  EXPECT_THAT(instantiate(store, R"((module (memory 1) (data (i32.const -1) "ab")))"), Traps(kMemory));
  EXPECT_THAT(instantiate(store, R"((module (memory 0) (data (i32.const 0) "a")))"), Traps(kMemory));
  EXPECT_TRUE(instantiate(store, R"((module (table 1 funcref) (elem (i32.const 1) func)))"));
  EXPECT_THAT(instantiate(store, R"((module (table 1 funcref) (elem (i32.const 1) func 0) (func)))"), Traps(kTable));
  EXPECT_THAT(instantiate(store, R"((module (table 1 funcref) (elem (i32.const -1) func 0 0) (func)))"), Traps(kTable));
}

TEST_P(hostile_instances, memory_grows_to_its_limits_and_not_beyond) {
  StoreLimits limits;
  limits.memory_bytes = uint64_t{8} << 16;
  Store store(engine, limits);
  Result<Instance> instance = instantiate(store, R"((module (memory 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_THAT(call(*instance, "load", {Val::i32(65536)}), Traps(TrapCode::out_of_bounds_memory_access));
  EXPECT_THAT(call(*instance, "grow", {Val::i32(7)}), Returns(1));
  EXPECT_THAT(call(*instance, "load", {Val::i32(8 * 65536 - 1)}), Returns(0));
  EXPECT_THAT(call(*instance, "load", {Val::i32(8 * 65536)}), Traps(TrapCode::out_of_bounds_memory_access));
  for (int32_t delta : {1, 65528, 65529, INT32_MAX, INT32_MIN, -8, -7, -1}) {
    EXPECT_THAT(call(*instance, "grow", {Val::i32(delta)}), Returns(-1)) << delta;
  }
  EXPECT_THAT(call(*instance, "size"), Returns(8));
}

TEST_P(hostile_instances, sizes_beyond_the_limits_are_errors) {
  StoreLimits limits;
  limits.memory_bytes = 1 << 20;
  limits.table_elements = 1000;
  limits.instances = 4;
  Store store(engine, limits);
  EXPECT_TRUE(instantiate(store, "(module (memory 16))"));
  EXPECT_THAT(instantiate(store, "(module (memory 17))"), FailsWith(ErrorKind::limit));
  EXPECT_THAT(instantiate(store, "(module (memory 65536))"), FailsWith(ErrorKind::limit));
  EXPECT_TRUE(instantiate(store, "(module (table 1000 funcref))"));
  EXPECT_THAT(instantiate(store, "(module (table 1001 funcref))"), FailsWith(ErrorKind::limit));
  EXPECT_THAT(instantiate(store, "(module (table 0xffffffff externref))"), FailsWith(ErrorKind::limit));
  // Modules that were refused may have used up an instance or not. In the end there are no more.
  for (int i = 0; i < 4; ++i) (void)instantiate(store, "(module)");
  EXPECT_THAT(instantiate(store, "(module)"), FailsWith(ErrorKind::limit));
}

TEST_P(hostile_instances, a_huge_table_under_default_limits_is_an_error) {
  Store store(engine);
  EXPECT_THAT(instantiate(store, "(module (table 0xffffffff funcref))"), FailsWith(ErrorKind::limit));
  Result<Instance> instance = instantiate(store, R"((module (table 0 externref)
    (func (export "grow") (result i32) (table.grow 0 (ref.null extern) (i32.const -1)))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_THAT(call(*instance, "grow"), Returns(-1));
}

TEST_P(hostile_instances, the_whole_32_bit_address_space) {
  Store store(engine);
  Result<Instance> instance = instantiate(store, R"((module (memory 0 65536)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "load4") (param i32) (result i32) (i32.load (local.get 0)))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  Result<std::vector<Val>> grown = call(*instance, "grow", {Val::i32(65536)});
  ASSERT_TRUE(grown) << grown.error().to_string();
  if (grown->front().i32() == -1) GTEST_SKIP() << "no 4 GiB of address space to be had";
  EXPECT_THAT(call(*instance, "load", {Val::i32(-1)}), Returns(0));
  EXPECT_THAT(call(*instance, "load4", {Val::i32(-4)}), Returns(0));
  EXPECT_THAT(call(*instance, "load4", {Val::i32(-3)}), Traps(TrapCode::out_of_bounds_memory_access));
  EXPECT_THAT(call(*instance, "grow", {Val::i32(1)}), Returns(-1));
}

TEST_P(hostile_instances, endless_recursion_traps) {
  Store store(engine);
  Result<Instance> instance = instantiate(store, R"((module
    (table 1 funcref) (elem (i32.const 0) func $indirect)
    (func $self (export "self") (call $self))
    (func $deep (export "deep") (param i64) (result i64) (i64.add (i64.const 1) (call $deep (local.get 0))))
    (func $even (export "mutual") (call $odd)) (func $odd (call $even))
    (func $indirect (export "indirect") (call_indirect (i32.const 0)))
    (func (export "one") (result i32) (i32.const 1))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  constexpr auto kTrap = TrapCode::call_stack_exhausted;
  for (int round = 0; round < 3; ++round) {  // a trap leaves the stack unchanged
    EXPECT_THAT(call(*instance, "self"), Traps(kTrap));
    EXPECT_THAT(call(*instance, "deep", {Val::i64(1)}), Traps(kTrap));
    EXPECT_THAT(call(*instance, "mutual"), Traps(kTrap));
    EXPECT_THAT(call(*instance, "indirect"), Traps(kTrap));
    EXPECT_THAT(call(*instance, "one"), Returns(1));
  }
  EXPECT_THAT(instantiate(store, "(module (func $f (call $f)) (start $f))"), Traps(kTrap));
}

TEST_P(hostile_instances, endless_recursion_with_huge_frames_traps) {
  // 50,000 locals in each frame: before any of it is written, the stack must be checked for the whole frame.
  const Bytes code = Bytes().sized(Bytes{1}.u32(50'000).u8(kI64).add({kCall, 0, kEnd}));
  Result<Module> module = Module::compile(engine, one_function({}, {}, code).span());
  ASSERT_TRUE(module) << module.error().to_string();
  Store store(engine);
  Result<Instance> instance = Instance::make(store, *module, {});
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_THAT(call(*instance, "f"), Traps(TrapCode::call_stack_exhausted));
}

TEST_P(hostile_instances, endless_recursion_through_the_host_ends) {
  Store store(engine);
  std::optional<Func> guest;
  const Func host = Func::make(store, FuncType{}, [&guest](Caller&, uint64_t*) -> Result<void> {
    Result<std::vector<Val>> result = guest->call({});
    if (!result) return std::move(result).error();
    return {};
  });
  Result<Instance> instance =
      instantiate(store, R"((module (import "m" "host" (func $host)) (func (export "f") (call $host))))", {host});
  ASSERT_TRUE(instance) << instance.error().to_string();
  guest = instance->func("f");
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(call(*instance, "f"), Traps(TrapCode::call_stack_exhausted));
  }
}

TEST_P(hostile_instances, endless_loops_can_be_interrupted) {
  Store store(engine);
  Result<Instance> instance = instantiate(store, R"((module
    (func (export "loop") (loop (br 0)))
    (func (export "loop_if") (loop (br_if 0 (i32.const 1))))
    (func (export "loop_table") (loop (br_table 0 0 (i32.const 0))))
    (func (export "count") (local i64) (loop (local.set 0 (i64.add (local.get 0) (i64.const 1))) (br_if 0 (i64.ne (local.get 0) (i64.const 0)))))
    (func $call (export "call") (loop (call $nothing) (br 0))) (func $nothing)
    (func (export "one") (result i32) (i32.const 1))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  for (const char* name : {"loop", "loop_if", "loop_table", "count", "call"}) {
    {
      const fuzz::Deadline deadline(store, std::chrono::milliseconds(20));
      EXPECT_THAT(call(*instance, name), Traps(TrapCode::interrupted)) << name;
    }
    store.clear_interrupt();
    EXPECT_THAT(call(*instance, "one"), Returns(1)) << name;
  }
}

TEST_P(hostile_instances, endless_calls_can_be_interrupted) {
  // 2^60 calls without a loop, with a depth of at most 60.
  Store store(engine);
  Result<Instance> instance = instantiate(store, R"((module
    (type $t (func (param i32))) (table 1 funcref) (elem (i32.const 0) func $indirect)
    (func $direct (export "direct") (param i32)
      (if (local.get 0) (then (call $direct (i32.sub (local.get 0) (i32.const 1))) (call $direct (i32.sub (local.get 0) (i32.const 1))))))
    (func $indirect (export "indirect") (param i32)
      (if (local.get 0) (then (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
                              (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
    (func (export "one") (result i32) (i32.const 1))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  for (const char* name : {"direct", "indirect"}) {
    {
      const fuzz::Deadline deadline(store, std::chrono::milliseconds(20));
      EXPECT_THAT(call(*instance, name, {Val::i32(60)}), Traps(TrapCode::interrupted)) << name;
    }
    store.clear_interrupt();
    EXPECT_THAT(call(*instance, "one"), Returns(1)) << name;
  }
}

TEST_P(hostile_instances, branch_tables_of_any_size_take_the_right_branch) {
  // 100,000 targets to three blocks: target i is block i mod 3; the default is block 2.
  constexpr uint64_t kTargets = 100'000;
  Bytes targets = Bytes().u32(kTargets);
  for (uint64_t i = 0; i < kTargets; ++i) targets.u8(static_cast<int>(i % 3));
  const Bytes code = Bytes{kBlock, kEmptyBlock, kBlock, kEmptyBlock, kBlock, kEmptyBlock, kLocalGet, 0, kBrTable}
                         .add(targets)
                         .u8(2)
                         .add({kEnd, kI32Const, 0, kReturn, kEnd, kI32Const, 1, kReturn, kEnd, kI32Const, 2, kEnd});
  Result<Module> module = Module::compile(engine, one_function({kI32}, {kI32}, body(code)).span());
  ASSERT_TRUE(module) << module.error().to_string();
  Store store(engine);
  Result<Instance> instance = Instance::make(store, *module, {});
  ASSERT_TRUE(instance) << instance.error().to_string();
  for (int32_t index : {0, 1, 2, 3, 127, 128, 65535, 65536, 99'998, 99'999}) {
    EXPECT_THAT(call(*instance, "f", {Val::i32(index)}), Returns(index % 3)) << index;
  }
  for (int32_t index : {100'000, 100'001, INT32_MAX, INT32_MIN, -1}) {
    EXPECT_THAT(call(*instance, "f", {Val::i32(index)}), Returns(2)) << index;
  }
}

TEST_P(hostile_instances, deeply_nested_blocks_run) {
  constexpr uint64_t kDepth = 100'000;
  const Bytes code = Bytes()
                         .repeat(kDepth, {kBlock, kEmptyBlock})
                         .u8(kBr)
                         .u32(kDepth - 1)
                         .repeat(kDepth, {kEnd})
                         .add({kI32Const, 9, kEnd});
  Result<Module> module = Module::compile(engine, one_function({}, {kI32}, body(code)).span());
  ASSERT_TRUE(module) << module.error().to_string();
  Store store(engine);
  Result<Instance> instance = Instance::make(store, *module, {});
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_THAT(call(*instance, "f"), Returns(9));
}

TEST_P(hostile_instances, division_and_conversion_edges_trap) {
  Store store(engine);
  Result<Instance> instance = instantiate(store, R"((module
    (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "rem") (param i32 i32) (result i32) (i32.rem_s (local.get 0) (local.get 1)))
    (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))))");
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_THAT(call(*instance, "div", {Val::i32(1), Val::i32(0)}), Traps(TrapCode::integer_divide_by_zero));
  EXPECT_THAT(call(*instance, "div", {Val::i32(INT32_MIN), Val::i32(-1)}), Traps(TrapCode::integer_overflow));
  EXPECT_THAT(call(*instance, "rem", {Val::i32(INT32_MIN), Val::i32(-1)}), Returns(0));
  EXPECT_THAT(call(*instance, "rem", {Val::i32(1), Val::i32(0)}), Traps(TrapCode::integer_divide_by_zero));
  EXPECT_THAT(call(*instance, "trunc", {Val::f64(2147483648.0)}), Traps(TrapCode::integer_overflow));
  EXPECT_THAT(call(*instance, "trunc", {Val::f64(-2147483648.9)}), Returns(INT32_MIN));
  EXPECT_THAT(call(*instance, "trunc", {Val::f64(__builtin_nan(""))}), Traps(TrapCode::invalid_conversion_to_integer));
}

}  // namespace
}  // namespace mini_wasm::hostile
