// Objects of the GC heap from the host: structures, arrays, i31, and C++ objects in externrefs. With a collection before
// every allocation.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

constexpr FieldType kInt{ValType::i32, FieldType::Packed::none, true};
constexpr FieldType kByte{ValType::i32, FieldType::Packed::i8, true};
constexpr FieldType kAny{ValType::ref(HeapKind::any, true), FieldType::Packed::none, true};
constexpr FieldType kConstant{ValType::i64, FieldType::Packed::none, false};

class Objects : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  static Config config() {
    Config config = GetParam().config();
    config.gc_stress = true;
    return config;
  }
  Guest guest_{config()};
  Engine& engine_ = guest_.engine;
  Store& store_ = guest_.store;
};
INSTANTIATE_TEST_SUITE_P(tiers, Objects, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

constexpr const char* kShapes = R"((module
  (type $node (struct (field (mut i32)) (field (mut anyref))))
  (type $mixed (struct (field (mut i8)) (field i64) (field (mut v128)) (field (mut i16)) (field (mut funcref))))
  (type $bytes (array (mut i8)))
  (type $strict (struct (field (ref $node))))
  (func (export "sum") (param $list anyref) (result i32) (local $sum i32) (local $node (ref $node))
    (loop $next
      (if (ref.test (ref $node) (local.get $list))
        (then
          (local.set $node (ref.cast (ref $node) (local.get $list)))
          (local.set $sum (i32.add (local.get $sum) (struct.get $node 0 (local.get $node))))
          (local.set $list (struct.get $node 1 (local.get $node)))
          (br $next))))
    (local.get $sum))
  (func (export "node") (param i32) (result structref) (struct.new $node (local.get 0) (ref.null any)))
  (func (export "set") (param anyref i32) (struct.set $node 0 (ref.cast (ref $node) (local.get 0)) (local.get 1)))
  (func (export "first") (param arrayref) (result i32) (array.get_s $bytes (ref.cast (ref $bytes) (local.get 0)) (i32.const 0)))
  (func (export "i31") (param anyref) (result i32) (i31.get_s (ref.cast (ref i31) (local.get 0))))
  (func (export "make_i31") (param i32) (result anyref) (ref.i31 (local.get 0)))))";

TEST_P(Objects, structures_of_a_types_of_a_module) {
  const Module module = *Module::from_text(engine_, kShapes);
  const Instance i = *guest_.linker.instantiate(module);
  const TypeId node = *module.type(0);
  Result<StructRef> list = StructRef::make_default(store_, node);
  ASSERT_THAT(list, Succeeds());
  for (int32_t n = 1; n <= 10; ++n) list = StructRef::make(store_, node, {i32(n), list->ref()});
  EXPECT_THAT(guest_.call(i, "sum", {list->ref()}), Returns(i32(55)));
  EXPECT_EQ(list->type(), node);
  EXPECT_EQ(list->size(), 2u);
  EXPECT_EQ(list->get(0)->i32(), 10);
  ASSERT_THAT(list->set(0, i32(-10)), Succeeds());
  EXPECT_THAT(guest_.call(i, "sum", {list->ref()}), Returns(i32(35)));
  EXPECT_THAT(guest_.call(i, "set", {list->ref(), i32(7)}), Returns());
  EXPECT_EQ(list->get(0)->i32(), 7);
  const Result<StructRef> second = StructRef::of(store_, *list->get(1));
  EXPECT_EQ(second->get(0)->i32(), 9);
  const Result<StructRef> guests = StructRef::of(store_, (*guest_.call(i, "node", {i32(3)}))[0]);
  EXPECT_EQ(guests->get(0)->i32(), 3);
  EXPECT_TRUE(guests->get(1)->is_null());
  EXPECT_FALSE(module.type(1000));
}

TEST_P(Objects, types_of_the_host_are_those_of_modules) {
  const Module module = *Module::from_text(engine_, kShapes);
  EXPECT_EQ(*engine_.define(StructType{{kInt, kAny}}), *module.type(0));
  EXPECT_EQ(*engine_.define(ArrayType{kByte}), *module.type(2));
  const TypeId base = *engine_.define(StructType{{kInt}, kNoType, false});
  const TypeId derived = *engine_.define(StructType{{kInt, kConstant}, base, true});
  EXPECT_NE(base, *engine_.define(StructType{{kInt}}));
  EXPECT_EQ(engine_.struct_type(derived)->super, base);
  EXPECT_EQ(engine_.struct_type(derived)->fields, (std::vector{kInt, kConstant}));
  EXPECT_EQ(engine_.array_type(*module.type(2))->element, kByte);
  EXPECT_FALSE(engine_.array_type(base) || engine_.struct_type(*module.type(2)) || engine_.struct_type(kNoType));
  EXPECT_FALSE(engine_.struct_type(*module.type(4)));  // a function type
  const Val value = StructRef::make(store_, derived, {i32(1), i64(2)})->ref();
  const TypeId holder = *engine_.define(StructType{{{ValType::ref(base, false), FieldType::Packed::none, true}}});
  EXPECT_THAT(StructRef::make(store_, holder, {value}), Succeeds());
}

TEST_P(Objects, types_that_are_none_are_refused) {
  const auto refused = [&](const StructType& type) { return engine_.define(type); };
  EXPECT_THAT(refused({{{ValType::bottom}}}), Fails(ErrorKind::usage, "not a valid type"));
  EXPECT_THAT(refused({{{ValType::i64, FieldType::Packed::i8}}}), Fails(ErrorKind::usage, "packed"));
  EXPECT_THAT(refused({{{ValType::ref(TypeId{12345}, true)}}}), Fails(ErrorKind::usage, "none of this engine"));
  EXPECT_THAT(refused({{{ValType::ref(kNoType, true)}}}), Fails(ErrorKind::usage, "none of this engine"));
  EXPECT_THAT(refused({{kInt}, TypeId{12345}}), Fails(ErrorKind::usage, "supertype"));
  const TypeId final_one = *engine_.define(StructType{{kInt}});
  EXPECT_THAT(refused({{kInt, kInt}, final_one}), Fails(ErrorKind::usage, "final"));
  const TypeId open = *engine_.define(StructType{{kInt}, kNoType, false});
  EXPECT_THAT(refused({{kConstant}, open}), Fails(ErrorKind::usage, "does not match"));
  EXPECT_THAT(engine_.define(ArrayType{kInt, open}), Fails(ErrorKind::usage, "does not match"));
  EXPECT_THAT(refused({std::vector(10'001, kInt)}), Fails(ErrorKind::limit, "fields"));
  TypeId deep = open;
  Result<TypeId> next = deep;
  for (int n = 0; n < 100 && next; ++n, next = engine_.define(StructType{{kInt}, deep, false})) deep = *next;
  EXPECT_THAT(next, Fails(ErrorKind::limit, "supertypes"));
}

TEST_P(Objects, fields_of_every_kind) {
  const Module module = *Module::from_text(engine_, kShapes);
  const Func func = Func::wrap(store_, [] { return 5; });
  V128 vector{};
  for (uint8_t n = 0; n < 16; ++n) vector[n] = n;
  const Result<StructRef> mixed =
      StructRef::make(store_, *module.type(1), {i32(0x1ff), i64(-3), Val::v128(vector), i32(-2), func.ref()});
  ASSERT_THAT(mixed, Succeeds());
  EXPECT_EQ(mixed->get(0)->i32(), 0xff);
  EXPECT_EQ(mixed->get(0, Extend::sign)->i32(), -1);
  EXPECT_EQ(mixed->get(1)->i64(), -3);
  EXPECT_EQ(mixed->get(2)->v128(), vector);
  EXPECT_EQ(mixed->get(3)->i32(), 0xfffe);
  EXPECT_EQ(mixed->get(3, Extend::sign)->i32(), -2);
  EXPECT_EQ(mixed->get(4)->func(), func.impl());
  EXPECT_THAT(mixed->set(0, i32(0x280)), Succeeds());
  EXPECT_EQ(mixed->get(0)->i32(), 0x80);
  EXPECT_EQ(mixed->get(1)->i64(), -3);
  vector[15] = 99;
  EXPECT_THAT(mixed->set(2, Val::v128(vector)), Succeeds());
  EXPECT_EQ(mixed->get(2)->v128(), vector);
  EXPECT_THAT(mixed->set(1, i64(1)), Fails(ErrorKind::usage, "immutable"));
  EXPECT_THAT(mixed->set(5, i64(1)), Fails(ErrorKind::usage, "no field 5"));
  EXPECT_THAT(mixed->get(~0u), Fails(ErrorKind::usage, "no field"));
  EXPECT_THAT(mixed->set(0, i64(1)), Fails(ErrorKind::usage, "expected i32"));
  Guest other;
  EXPECT_THAT(mixed->set(4, Func::wrap(other.store, [] {}).ref()), Fails(ErrorKind::usage, "another store"));
}

TEST_P(Objects, arrays) {
  const Module module = *Module::from_text(engine_, kShapes);
  const Instance i = *guest_.linker.instantiate(module);
  const TypeId bytes = *module.type(2);
  const Result<ArrayRef> array = ArrayRef::make(store_, bytes, {i32(0xf0), i32(2), i32(0x103)});
  ASSERT_THAT(array, Succeeds());
  EXPECT_EQ(array->size(), 3u);
  EXPECT_EQ(array->type(), bytes);
  EXPECT_EQ(array->get(0)->i32(), 0xf0);
  EXPECT_EQ(array->get(0, Extend::sign)->i32(), -16);
  EXPECT_EQ(array->get(2)->i32(), 3);
  EXPECT_THAT(array->get(3), Traps(TrapCode::out_of_bounds_array_access));
  EXPECT_THAT(array->set(3, i32(1)), Traps(TrapCode::out_of_bounds_array_access));
  EXPECT_THAT(array->set(0, f32(1)), Fails(ErrorKind::usage, "element"));
  EXPECT_THAT(guest_.call(i, "first", {array->ref()}), Returns(i32(-16)));
  const Result<ArrayRef> filled = ArrayRef::filled(store_, bytes, 1000, i32(-1));
  EXPECT_EQ(filled->get(999, Extend::sign)->i32(), -1);
  EXPECT_THAT(filled->set(998, i32(0x1aa)), Succeeds());
  EXPECT_EQ(filled->get(998)->i32(), 0xaa);
  EXPECT_EQ(filled->get(997)->i32(), 0xff);
  EXPECT_EQ(filled->get(999)->i32(), 0xff);
  EXPECT_EQ(ArrayRef::filled(store_, bytes, 0, i32(0))->size(), 0u);
  EXPECT_EQ(ArrayRef::of(store_, filled->ref())->size(), 1000u);
  const TypeId constants = *engine_.define(ArrayType{kConstant});
  EXPECT_THAT(ArrayRef::make(store_, constants, {i64(1)})->set(0, i64(2)), Fails(ErrorKind::usage, "immutable"));
  EXPECT_THAT(ArrayRef::filled(store_, bytes, ~0u, i32(0)), Fails(ErrorKind::limit, "no room"));
  store_.interrupt();
  EXPECT_THAT(ArrayRef::filled(store_, bytes, 1'000'000, i32(5)), Traps(TrapCode::interrupted));
  store_.clear_interrupt();
  EXPECT_THAT(ArrayRef::filled(store_, bytes, 1'000'000, i32(5)), Succeeds());
}

TEST_P(Objects, what_cannot_be_made_is_an_error) {
  const Module module = *Module::from_text(engine_, kShapes);
  const TypeId node = *module.type(0), bytes = *module.type(2), strict = *module.type(3);
  Guest other;
  const Val foreign = StructRef::make_default(other.store, *other.engine.define(StructType{{kInt}}))->ref();
  EXPECT_THAT(StructRef::make(store_, node, {i32(1)}), Fails(ErrorKind::usage, "expected 2 values, found 1"));
  EXPECT_THAT(StructRef::make(store_, node, {i32(1), i32(1)}), Fails(ErrorKind::usage, "field 2"));
  EXPECT_THAT(StructRef::make(store_, node, {i32(1), foreign}), Fails(ErrorKind::usage, "another store"));
  EXPECT_THAT(StructRef::make(store_, bytes, {}), Fails(ErrorKind::usage, "no structure type"));
  EXPECT_THAT(StructRef::make(store_, kNoType, {}), Fails(ErrorKind::usage, "no structure type"));
  EXPECT_THAT(StructRef::make(store_, TypeId{1u << 26}, {}), Fails(ErrorKind::usage, "no structure type"));
  EXPECT_THAT(StructRef::make_default(store_, strict), Fails(ErrorKind::usage, "default"));
  EXPECT_THAT(StructRef::make(store_, strict, {Val::null(ValType::ref(HeapKind::any, true))}),
              Fails(ErrorKind::usage, "field 1"));
  EXPECT_THAT(ArrayRef::make(store_, node, {i32(1)}), Fails(ErrorKind::usage, "no array type"));
  EXPECT_THAT(ArrayRef::make(store_, bytes, {i32(1), i64(2)}), Fails(ErrorKind::usage, "element"));
  EXPECT_THAT(ArrayRef::make(store_, *engine_.define(ArrayType{kAny}), {foreign}), Fails(ErrorKind::usage, "another"));
  for (const Val& wrong : {foreign, Val::null(ValType::ref(HeapKind::struct_, true)), Val::i31(4), i32(8),
                           store_.new_externref(nullptr), Val::null(ValType::funcref)}) {
    EXPECT_THAT(StructRef::of(store_, wrong), Fails(ErrorKind::usage, "reference"));
    EXPECT_THAT(ArrayRef::of(store_, wrong), Fails(ErrorKind::usage, "reference"));
  }
  EXPECT_THAT(ArrayRef::of(store_, StructRef::make_default(store_, node)->ref()), Fails(ErrorKind::usage, "reference"));
  const Store moved = std::move(other.store);
  EXPECT_THAT(StructRef::make_default(other.store, node), Fails(ErrorKind::limit, ""));
  EXPECT_THAT(StructRef::of(other.store, foreign), Fails(ErrorKind::limit, ""));
}

// The collection that makes room for an object must not take what shall be in it, wherever the host has that.
TEST_P(Objects, what_is_put_into_an_object_survives_its_making) {
  const TypeId node = *engine_.define(StructType{{kInt, kAny}});
  const TypeId array = *engine_.define(ArrayType{kAny});
  const TypeId holder = *engine_.define(StructType{std::vector(64, kAny)});
  // In memory that the collector does not see, and made where nothing is left on this stack.
  const auto nodes = std::make_unique<std::vector<Val>>();
  const auto make = [&] {
    std::vector<Rooted> rooted;
    for (int32_t n = 0; n < 64; ++n)
      rooted.emplace_back(store_, StructRef::make(store_, node, {i32(n), Val::i31(n)})->ref());
    for (const Rooted& root : rooted) nodes->push_back(root.get());
  };
  std::thread(make).join();
  const Rooted elements(store_, ArrayRef::make(store_, array, *nodes)->ref());
  const Rooted fields(store_, StructRef::make(store_, holder, *nodes)->ref());
  for (uint32_t n = 0; n < 64; ++n) {
    for (const Val& value :
         {*ArrayRef::of(store_, elements.get())->get(n), *StructRef::of(store_, fields.get())->get(n)}) {
      const Result<StructRef> found = StructRef::of(store_, value);
      ASSERT_THAT(found, Succeeds());
      EXPECT_EQ(found->get(0)->i32(), static_cast<int32_t>(n));
      EXPECT_EQ(found->get(1)->i31_get_u(), n);
    }
  }
}

TEST_P(Objects, i31_both_ways) {
  const Instance i = guest_.load(kShapes);
  for (const int32_t n : {0, 1, -1, 0x3fffffff, -0x40000000}) {
    EXPECT_THAT(guest_.call(i, "i31", {Val::i31(n)}), Returns(i32(n)));
    const Val made = (*guest_.call(i, "make_i31", {i32(n)}))[0];
    ASSERT_TRUE(made.is_i31());
    EXPECT_EQ(made.i31_get_s(), n);
  }
  EXPECT_THAT(guest_.call(i, "i31", {Val::null(ValType::ref(HeapKind::any, true))}), Traps(TrapCode::cast_failure));
}

// --- C++ objects

struct Tracked {
  static inline int alive = 0;
  int number = 0;
  explicit Tracked(int n) : number(n) { ++alive; }
  Tracked(Tracked&& other) noexcept : number(other.number) { ++alive; }
  ~Tracked() { --alive; }
};

TEST_P(Objects, an_externref_owns_an_object_of_any_type) {
  Tracked::alive = 0;
  {
    Guest guest(config());
    guest.linker.func("h", "make", [](Caller& caller, int32_t n) { return caller.store().make_externref(Tracked(n)); });
    guest.linker.func("h", "number", [](Caller& caller, const Val& value) -> Result<int32_t> {
      const Tracked* object = caller.store().externref_as<Tracked>(value);
      return object != nullptr ? Result<int32_t>(object->number) : Error::host("something else");
    });
    const Instance i = guest.load(R"((module (import "h" "make" (func $make (param i32) (result externref)))
      (import "h" "number" (func $number (param externref) (result i32))) (table $t 10 externref)
      (func (export "put") (param i32) (table.set $t (local.get 0) (call $make (local.get 0))))
      (func (export "get") (param i32) (result i32) (call $number (table.get $t (local.get 0))))
      (func (export "drop") (param i32) (table.set $t (local.get 0) (ref.null extern)))
      (func (export "number") (param externref) (result i32) (call $number (local.get 0)))))");
    for (int32_t n = 0; n < 10; ++n) EXPECT_THAT(guest.call(i, "put", {i32(n)}), Returns());
    for (int32_t n = 0; n < 10; ++n) EXPECT_THAT(guest.call(i, "get", {i32(n)}), Returns(i32(n)));
    EXPECT_EQ(Tracked::alive, 10);
    for (int32_t n = 0; n < 8; ++n) EXPECT_THAT(guest.call(i, "drop", {i32(n)}), Returns());
    for (int round = 0; round < 3; ++round) guest.store.collect_garbage();
    EXPECT_LT(Tracked::alive, 10);
    EXPECT_THAT(guest.call(i, "get", {i32(9)}), Returns(i32(9)));
    Store& store = guest.store;
    for (const Val& other : {*store.make_externref(std::string("text")), *store.make_externref(5),
                             store.new_externref(&store), Val::null(ValType::externref), Val::i31(1)}) {
      EXPECT_EQ(store.externref_as<Tracked>(other), nullptr);
    }
    EXPECT_THAT(guest.call(i, "number", {*store.make_externref(std::make_unique<int>(1))}), Fails(ErrorKind::host, ""));
  }
  EXPECT_EQ(Tracked::alive, 0);
}

TEST_P(Objects, an_object_is_only_given_to_its_store_and_type) {
  const Val text = *store_.make_externref(std::string("a text of some length, which is on the heap"));
  EXPECT_EQ(store_.externref_as<std::string>(text)->size(), 43u);
  EXPECT_EQ(store_.externref_as<const char*>(text), nullptr);
  Guest other;
  EXPECT_EQ(other.store.externref_as<std::string>(text), nullptr);
  EXPECT_EQ(store_.externref_as<std::string>(i32(16)), nullptr);
  EXPECT_EQ(store_.externref_as<std::string>(Val()), nullptr);
  EXPECT_EQ(store_.externref_as<std::string>(Func::wrap(store_, [] {}).ref()), nullptr);
  EXPECT_EQ(store_.externref_as<std::string>(Val::from_bits(ValType::externref, text.bits() + 16)), nullptr);
  StoreLimits limits;
  limits.gc_heap_bytes = 0;
  Store full(engine_, limits);
  Tracked::alive = 0;
  EXPECT_THAT(full.make_externref(Tracked(1)), Fails(ErrorKind::limit, "no room"));
  EXPECT_EQ(Tracked::alive, 0);
  Store moved = std::move(other.store);
  EXPECT_THAT(other.store.make_externref(1), Fails(ErrorKind::limit, ""));
  EXPECT_EQ(other.store.externref_as<int>(text), nullptr);
}

}  // namespace
}  // namespace mini_wasm
