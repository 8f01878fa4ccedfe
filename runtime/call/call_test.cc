// Calling guest functions from C++: untyped, typed, and all ways of wrong use.
#include <gtest/gtest.h>

#include "spec-tests/support/guest.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr const char* kMath = R"((module $math
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
  (func (export "mix") (param i64 f32 f64) (result f64 f32 i64) (local.get 2) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "many") (result i32 i64 i32 i64 i32) i32.const 1 i64.const 2 i32.const 3 i64.const 4 i32.const -5)
  (func (export "same") (param externref) (result externref) (local.get 0))
  (func (export "same_func") (param funcref) (result funcref) (local.get 0))))";

TEST(call, values_of_every_type_go_both_ways) {
  Guest guest;
  const Instance math = guest.load(kMath);
  EXPECT_THAT(guest.call(math, "add", {i32(2), i32(40)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(math, "swap", {i32(-1), f64(0.5)}), Returns(f64(0.5), i32(-1)));
  EXPECT_THAT(guest.call(math, "mix", {i64(INT64_MIN), f32(1.5f), f64(-0.0)}),
              Returns(f64(-0.0), f32(1.5f), i64(INT64_MIN)));
  EXPECT_THAT(guest.call(math, "nothing"), Returns());
  EXPECT_THAT(guest.call(math, "many"), Returns(i32(1), i64(2), i32(3), i64(4), i32(-5)));
}

TEST(call, typed_functions_are_checked_once) {
  Guest guest;
  const Instance math = guest.load(kMath);
  auto add = math.func("add")->typed<int32_t(int32_t, int32_t)>();
  ASSERT_TRUE(add);
  EXPECT_EQ(*(*add)(INT32_MAX, 1), INT32_MIN);
  auto unsigned_add = math.func("add")->typed<uint32_t(uint32_t, int32_t)>();
  ASSERT_TRUE(unsigned_add);
  EXPECT_EQ(*(*unsigned_add)(0, -1), UINT32_MAX);
  auto mix = math.func("mix")->typed<std::tuple<double, float, int64_t>(int64_t, float, double)>();
  ASSERT_TRUE(mix);
  EXPECT_EQ(*(*mix)(1, 2, 3), std::make_tuple(3.0, 2.0f, int64_t{1}));
  auto nothing = math.func("nothing")->typed<void()>();
  ASSERT_TRUE(nothing);
  EXPECT_TRUE((*nothing)());
  EXPECT_THAT(math.func("add")->typed<int64_t(int32_t)>(),
              Fails(ErrorKind::usage, "function has type [i32 i32] -> [i32], not [i32] -> [i64]"));
}

TEST(call, wrong_arguments_are_usage_errors) {
  Guest guest;
  const Instance math = guest.load(kMath);
  EXPECT_THAT(guest.call(math, "add", {i32(1)}), Fails(ErrorKind::usage, "takes 2 arguments, but is given 1"));
  EXPECT_THAT(guest.call(math, "add", {i32(1), i64(1)}),
              Fails(ErrorKind::usage, "argument 2: expected i32, found i64"));
  EXPECT_THAT(guest.call(math, "add", {i32(1), Val()}),
              Fails(ErrorKind::usage, "argument 2: expected i32, found no value"));
  EXPECT_THAT(guest.call(math, "same", {math.func("add")->ref()}), Fails(ErrorKind::usage, "expected externref"));
  EXPECT_THAT(guest.call(math, "same", {Val::null(ValType::funcref)}), Fails(ErrorKind::usage, "found nullfuncref"));
}

TEST(call, references_of_another_store_are_refused) {
  Guest guest, other;
  const Instance math = guest.load(kMath);
  const Func foreign = Func::wrap(other.store, [] {});
  EXPECT_THAT(guest.call(math, "same_func", {foreign.ref()}), Fails(ErrorKind::usage, "belongs to another store"));
  EXPECT_THAT(guest.call(math, "same", {other.store.new_externref(nullptr)}), Fails(ErrorKind::usage, "another store"));
  EXPECT_THAT(Table::make(guest.store, {ValType::funcref, {1}}, foreign.ref()),
              Fails(ErrorKind::usage, "another store"));
}

TEST(call, references_come_back_as_they_went) {
  Guest guest;
  const Instance math = guest.load(kMath);
  int object = 0;
  const Val reference = guest.store.new_externref(&object);
  Result<std::vector<Val>> r = guest.call(math, "same", {reference});
  ASSERT_THAT(r, Succeeds());
  EXPECT_EQ(Store::externref_data((*r)[0]), &object);
  EXPECT_THAT(guest.call(math, "same", {Val::null(ValType::externref)}), Returns(Val::null(ValType::externref)));
  const Val add = math.func("add")->ref();
  r = guest.call(math, "same_func", {add});
  ASSERT_THAT(r, Succeeds());
  EXPECT_EQ((*r)[0].func(), add.func());
}

TEST(call, exports_are_found_by_name_and_kind) {
  Guest guest;
  const Instance i = guest.load(R"((module (func (export "f")) (memory (export "m") 1) (table (export "t") 2 funcref)
    (global (export "g") (mut i64) (i64.const 7))))");
  EXPECT_TRUE(i.func("f") && i.memory("m") && i.table("t") && i.global("g"));
  EXPECT_FALSE(i.func("m") || i.memory("f") || i.get_export("x"));
  ASSERT_EQ(i.exports().size(), 4u);
  EXPECT_EQ(i.exports()[3].first, "g");
  EXPECT_EQ(i.global("g")->get().i64(), 7);
  EXPECT_TRUE(i.global("g")->set(i64(8)));
  EXPECT_EQ(i.global("g")->get().i64(), 8);
  EXPECT_THAT(i.global("g")->set(i32(8)), Fails(ErrorKind::usage, "expected i64, found i32"));
  EXPECT_EQ(i.table("t")->size(), 2u);
  EXPECT_THAT(i.table("t")->get(2), Traps(TrapCode::out_of_bounds_table_access));
  EXPECT_TRUE(i.table("t")->set(1, i.func("f")->ref()));
  EXPECT_EQ(i.table("t")->get(1)->func(), i.func("f")->impl());
}

TEST(call, an_immutable_global_stays) {
  Guest guest;
  Result<Global> global = Global::make(guest.store, {ValType::i32, false}, i32(5));
  ASSERT_TRUE(global);
  EXPECT_THAT(global->set(i32(6)), Fails(ErrorKind::usage, "immutable"));
  EXPECT_EQ(global->get().i32(), 5);
}

TEST(call, modules_tell_their_imports_and_exports) {
  Guest guest;
  Result<Module> module = Module::compile(guest.engine, wat(R"((module $named
    (import "a" "f" (func (param i32) (result f64))) (import "a" "m" (memory 1 2))
    (table (export "t") 3 4 externref) (global (export "g") i32 (i32.const 0))))"));
  ASSERT_TRUE(module);
  EXPECT_EQ(module->name(), "named");
  ASSERT_EQ(module->imports().size(), 2u);
  EXPECT_EQ(to_string(module->imports()[0].type.func), "[i32] -> [f64]");
  EXPECT_EQ(module->imports()[1].type.memory.limits, (Limits{1, 2}));
  ASSERT_EQ(module->exports().size(), 2u);
  EXPECT_EQ(module->exports()[0].type.table.element, ValType::externref);
  EXPECT_EQ(module->exports()[1].type.global.value, ValType::i32);
}

TEST(call, compiling_what_is_no_module) {
  const Engine engine;
  EXPECT_THAT(Module::compile(engine, std::vector<uint8_t>{}),
              Fails(ErrorKind::malformed, "unexpected end: there is nothing in it"));
  EXPECT_THAT(Module::from_file(engine, "/nonexistent.wasm"), Fails(ErrorKind::io, "/nonexistent.wasm: No such file"));
  EXPECT_THAT(Module::from_file(engine, "/"), Fails(ErrorKind::io, "Is a directory"));
  const std::vector<uint8_t> bytes = wat("(module $m (func $f (result i32)))");
  const Result<void> r = Module::validate(engine, bytes);
  EXPECT_THAT(r, Fails(ErrorKind::invalid, "type mismatch"));
  EXPECT_NE(r.error().offset, Error::kNoOffset);
}

TEST(call, features_can_be_switched_off) {
  Config config;
  ASSERT_TRUE(config.feature("sign-ext", false));
  EXPECT_FALSE(config.feature("nonsense", true));
  EXPECT_FALSE(config.feature("mvp", false));
  const std::vector<uint8_t> bytes = wat("(module (func (param i32) (result i32) (i32.extend8_s (local.get 0))))");
  EXPECT_TRUE(Module::validate(Engine(), bytes));
  EXPECT_THAT(Module::validate(Engine(config), bytes), Fails(ErrorKind::malformed, "sign-ext"));
}

}  // namespace
}  // namespace mini_wasm
