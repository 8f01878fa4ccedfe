// References that come from the host. No matter what the embedder passes and in which way, a guest must never get a
// reference that does not match its type or belongs to another store.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "scripts/tiers.h"
#include "spec-tests/support/guest.h"
#include "spec-tests/support/tier_name.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

const ValType kNullableExn = ValType::ref(HeapKind::exn, true);

// A module that gives the host one object of each kind.
constexpr const char* kMaker = R"((module
  (type $pair (struct (field i32) (field i32))) (type $bytes (array (mut i8))) (type $other (struct (field f64)))
  (tag $e (param i32))
  (func (export "func"))
  (func (export "pair") (result structref) (struct.new $pair (i32.const 1) (i32.const 2)))
  (func (export "other") (result structref) (struct.new $other (f64.const 1)))
  (func (export "bytes") (result arrayref) (array.new_default $bytes (i32.const 5)))
  (func (export "exn") (result exnref)
    (block $caught (result exnref) (try_table (catch_all_ref $caught) (throw $e (i32.const 1))) (unreachable)))
  (func (export "pair_as_extern") (result externref)
    (extern.convert_any (struct.new $pair (i32.const 1) (i32.const 2))))
  (func (export "i31_as_extern") (result externref) (extern.convert_any (ref.i31 (i32.const 7))))))";

struct Objects {
  explicit Objects(Guest& guest) : instance(guest.load(kMaker)), host(guest.store.new_externref(this)) {
    for (const char* name : {"pair", "other", "bytes", "exn", "pair_as_extern", "i31_as_extern"}) {
      values.emplace(name, Rooted(guest.store, (*guest.call(instance, name))[0]));
    }
    values.emplace("host", Rooted(guest.store, host));
  }
  Val func() const { return instance.func("func")->ref(); }
  Val get(const char* name) const { return values.at(name).get(); }

  Instance instance;
  Val host;
  std::map<std::string, Rooted> values;
};

// Values that are not externrefs of `own`'s store.
std::vector<Val> not_externrefs(const Objects& own, const Objects& foreign) {
  const auto as_extern = [](uint64_t bits) { return Val::from_bits(ValType::externref, bits); };
  static uint64_t outside[8] = {};  // a place in the host's own memory
  std::vector<Val> bad = {Val(),
                          i32(42),
                          i32(43),
                          i64(4096),
                          f32(1),
                          f64(1),
                          Val::v128({1}),
                          Val::i31(5),
                          Val::null(ValType::funcref),
                          Val::null(kNullableExn),
                          own.func(),
                          foreign.func(),
                          foreign.host,
                          own.get("pair"),
                          own.get("exn"),
                          as_extern(own.get("exn").bits()),
                          as_extern(own.func().bits()),
                          as_extern(own.host.bits() + 8),
                          as_extern(own.host.bits() + 16),
                          as_extern(foreign.get("pair_as_extern").bits()),
                          as_extern(reinterpret_cast<uintptr_t>(outside)),
                          as_extern(uint64_t{1} << 32 | 1),
                          Val::from_bits(ValType::ref(TypeId{12345}, true), own.host.bits()),
                          Val::from_bits(ValType::from_bits(~0u), own.host.bits())};
  for (const uint64_t bits : {uint64_t{2}, uint64_t{0x1000}, uint64_t{1} << 47, ~uint64_t{0}, ~uint64_t{0} - 15}) {
    bad.push_back(as_extern(bits));
  }
  return bad;
}

std::vector<Val> externrefs(const Objects& own) {
  return {Val::null(ValType::externref), own.host, own.get("pair_as_extern"), own.get("i31_as_extern")};
}

class HostRefs : public ::testing::TestWithParam<spec::TierCase> {
 protected:
  HostRefs() : guest(GetParam().config()), other(GetParam().config()), own(guest), foreign(other) {}

  // Calls `give`, one way into a guest, with values that are externrefs and with values that are not.
  void expect_checked(const std::function<Result<void>(const Val&)>& give, const char* what) {
    for (const Val& value : externrefs(own)) EXPECT_THAT(give(value), Succeeds()) << to_string(value);
    const std::vector<Val> bad = not_externrefs(own, foreign);
    for (size_t i = 0; i < bad.size(); ++i) EXPECT_THAT(give(bad[i]), Fails(ErrorKind::usage, what)) << i;
  }
  // Calls each function of a guest that calls "h" "give", in every possible way, and uses the result.
  void expect_checked_at_calls(const std::string& result_type, const std::string& use) {
    const std::string text = R"((module (type $t (func (result RESULT))) (import "h" "give" (func $give (type $t)))
      (table $own 1 externref) (table $f funcref (elem $give)) (elem declare func $give)
      (func $use (param externref)
        (table.set $own (i32.const 0) (local.get 0))
        (drop (ref.test (ref eq) (any.convert_extern (table.get $own (i32.const 0)))))
        (drop (table.grow $own (local.get 0) (i32.const 1))))
      (func (export "call") (call $give) USE)
      (func (export "call_indirect") (call_indirect $f (type $t) (i32.const 0)) USE)
      (func (export "call_ref") (call_ref $t (ref.func $give)) USE)
      (func $tail (type $t) (return_call $give))
      (func $tail_indirect (type $t) (return_call_indirect $f (type $t) (i32.const 0)))
      (func $tail_ref (type $t) (return_call_ref $t (ref.func $give)))
      (func (export "return_call") (call $tail) USE)
      (func (export "return_call_indirect") (call $tail_indirect) USE)
      (func (export "return_call_ref") (call $tail_ref) USE)))";
    const Instance instance = guest.load(replaced(replaced(text, "RESULT", result_type), "USE", use));
    for (const auto& [name, exported] : instance.exports()) {
      SCOPED_TRACE(name);
      const Func func = *exported.func();
      expect_checked([&](const Val& value) { return given = value, done(func.call({})); }, "result ");
    }
    const Func direct = *guest.linker.get("h", "give")->func();
    expect_checked([&](const Val& value) { return given = value, done(direct.call({})); }, "result ");
  }
  template <class T>
  static Result<void> done(Result<T> result) {
    return result ? Result<void>() : std::move(result).error();
  }
  static std::string replaced(std::string text, const std::string& what, const std::string& with) {
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
      text.replace(at, what.size(), with);
    }
    return text;
  }

  Guest guest, other;
  Objects own, foreign;
  Val given;
};
INSTANTIATE_TEST_SUITE_P(tiers, HostRefs, ::testing::ValuesIn(spec::kTiers), testing::tier_name);

TEST_P(HostRefs, a_typed_function) {
  guest.linker.func("h", "give", [this] { return given; });
  expect_checked_at_calls("externref", "(call $use)");
}

TEST_P(HostRefs, a_typed_function_that_may_fail) {
  guest.linker.func("h", "give", [this](Caller&) -> Result<Val> { return given; });
  expect_checked_at_calls("externref", "(call $use)");
}

TEST_P(HostRefs, a_typed_function_with_several_results) {
  guest.linker.func("h", "give", [this] { return std::make_tuple(1, V128{}, given); });
  expect_checked_at_calls("i32 v128 externref", "(call $use) drop drop");
}

TEST_P(HostRefs, a_typed_function_that_may_fail_with_several_results) {
  guest.linker.func("h", "give", [this]() -> Result<std::tuple<Val, double, Val>> {
    return std::make_tuple(Val::null(ValType::externref), 1.5, given);
  });
  expect_checked_at_calls("externref f64 externref", "(call $use) drop (call $use)");
}

Result<void> give_bits(void* data, Caller&, uint64_t* slots) {
  slots[0] = *static_cast<uint64_t*>(data);
  return {};
}
const FuncType& externref_type() {
  static const FuncType type = {{}, {ValType::externref}};
  return type;
}

TEST_P(HostRefs, a_function_of_a_table) {
  static const HostFunction table[] = {{"h", "give", externref_type, give_bits}};
  uint64_t bits = 0;
  guest.linker.functions(table, &bits);
  const Instance instance = guest.load(R"((module (import "h" "give" (func $give (result externref)))
    (func (export "f") (drop (ref.test (ref eq) (any.convert_extern (call $give)))))))");
  for (const Val& value : externrefs(own)) {
    bits = value.bits();
    EXPECT_THAT(guest.call(instance, "f"), Succeeds());
  }
  for (const uint64_t word : {uint64_t{42}, uint64_t{0x1000}, foreign.host.bits(), own.func().bits()}) {
    bits = word;
    EXPECT_THAT(guest.call(instance, "f"), Fails(ErrorKind::usage, "result 1: the reference belongs to another"));
  }
}

TEST_P(HostRefs, what_a_guest_gets_in_globals_tables_and_arguments) {
  const Instance instance = guest.load(R"((module (table (export "t") 2 externref)
    (global (export "g") (mut externref) (ref.null extern)) (func (export "f") (param i32 externref))))");
  const Table table = *instance.table("t");
  const Global global = *instance.global("g");
  const auto f = *instance.func("f")->typed<void(int32_t, Val)>();
  const auto f_const = *instance.func("f")->typed<void(int32_t, const Val&)>();
  expect_checked([&](const Val& value) { return done(Table::make(guest.store, {ValType::externref, {1, {}}}, value)); },
                 "");
  expect_checked([&](const Val& value) { return table.set(1, value); }, "element");
  expect_checked([&](const Val& value) { return done(table.grow(1, value)); }, "element");
  expect_checked([&](const Val& value) { return done(Global::make(guest.store, {ValType::externref}, value)); }, "");
  expect_checked([&](const Val& value) { return global.set(value); }, "value");
  expect_checked([&](const Val& value) { return done(f.func().call({i32(1), value})); }, "argument 2");
  expect_checked([&](const Val& value) { return f(1, value); }, "argument 2");
  expect_checked([&](const Val& value) { return f_const(1, value); }, "argument 2");
}

// A reference type as a guest writes it, with values that have this type and values that do not.
struct TypeCase {
  const char* type;
  std::vector<const char*> good, bad;  // names in `word`
};
const TypeCase kTypeCases[] = {
    {"externref", {"null", "host", "i31", "pair"}, {"exn", "func", "odd i31", "foreign", "inside"}},
    {"(ref extern)", {"host", "pair"}, {"null", "exn", "func", "garbage"}},
    {"nullexternref", {"null"}, {"host", "i31"}},
    {"funcref", {"null", "func", "host func"}, {"host", "i31", "pair", "foreign func", "inside func", "garbage"}},
    {"(ref func)", {"func"}, {"null", "host"}},
    {"(ref null $f)", {"null", "func"}, {"host func", "foreign func"}},
    {"(ref $f)", {"func"}, {"null", "host func"}},
    {"exnref", {"null", "exn"}, {"host", "pair", "i31", "func", "foreign exn"}},
    {"(ref exn)", {"exn"}, {"null", "bytes"}},
    {"anyref", {"null", "host", "i31", "pair", "bytes"}, {"exn", "func", "foreign", "odd i31"}},
    {"eqref", {"null", "i31", "pair", "bytes"}, {"host", "exn", "func"}},
    {"i31ref", {"null", "i31"}, {"pair", "host", "odd i31"}},
    {"structref", {"null", "pair", "other"}, {"bytes", "i31", "host"}},
    {"(ref array)", {"bytes"}, {"null", "pair", "i31"}},
    {"(ref null $pair)", {"null", "pair"}, {"other", "bytes", "i31", "exn", "foreign pair"}},
    {"(ref $pair)", {"pair"}, {"null", "other"}},
    {"nullref", {"null"}, {"i31", "pair"}},
};

TEST_P(HostRefs, what_a_callback_leaves_in_slots) {
  const Func host_func = Func::wrap(guest.store, [](int32_t) {});
  const std::map<std::string, uint64_t> word = {{"null", 0},
                                                {"host", own.host.bits()},
                                                {"i31", Val::i31(9).bits()},
                                                {"odd i31", uint64_t{1} << 32 | 3},
                                                {"pair", own.get("pair").bits()},
                                                {"other", own.get("other").bits()},
                                                {"bytes", own.get("bytes").bits()},
                                                {"exn", own.get("exn").bits()},
                                                {"func", own.func().bits()},
                                                {"host func", host_func.ref().bits()},
                                                {"inside", own.host.bits() + 16},
                                                {"inside func", own.func().bits() + 8},
                                                {"garbage", 0x1000},
                                                {"foreign", foreign.host.bits()},
                                                {"foreign func", foreign.func().bits()},
                                                {"foreign exn", foreign.get("exn").bits()},
                                                {"foreign pair", foreign.get("pair").bits()}};
  for (const TypeCase& row : kTypeCases) {
    SCOPED_TRACE(row.type);
    const Module module = *Module::compile(guest.engine, wat(replaced(R"((module (type $f (func))
      (type $pair (struct (field i32) (field i32))) (import "h" "give" (func $give (result i64 TYPE i64)))
      (func (export "f") (result i64) (local i64) (call $give) (local.set 0) (ref.is_null) (drop)
        (i64.add (local.get 0)))))",
                                                                      "TYPE", row.type)));
    uint64_t given = 0;
    const auto give = [&](Caller&, uint64_t* slots) -> Result<void> {
      slots[0] = 40, slots[1] = given, slots[2] = 2;
      return {};
    };
    guest.linker.func("h", "give", module.imports()[0].type.func, give);
    const Instance instance = *guest.linker.instantiate(module);
    for (const char* name : row.good) {
      given = word.at(name);
      EXPECT_THAT(guest.call(instance, "f"), Returns(i64(42))) << name;
      EXPECT_THAT(guest.linker.get("h", "give")->func()->call({}), Succeeds()) << name;
    }
    for (const char* name : row.bad) {
      given = word.at(name);
      EXPECT_THAT(guest.call(instance, "f"), Fails(ErrorKind::usage, "result 2: ")) << name;
      EXPECT_THAT(guest.linker.get("h", "give")->func()->call({}), Fails(ErrorKind::usage, "result 2: ")) << name;
    }
  }
}

TEST_P(HostRefs, the_guest_is_as_good_as_before_and_the_error_says_where) {
  guest.linker.func("h", "give", [this] { return given; });
  const Instance instance = guest.load(R"((module $m (import "h" "give" (func $give (result externref)))
    (func $f (export "f") (result i32) (ref.is_null (call $give)))))");
  given = i32(1);
  const auto result = guest.call(instance, "f");
  ASSERT_THAT(result, Fails(ErrorKind::usage, "result 1: expected externref, found i32"));
  ASSERT_EQ(result.error().backtrace.size(), 2u);
  EXPECT_EQ(result.error().backtrace[0].function_name, "give");
  EXPECT_EQ(result.error().backtrace[1].function_name, "f");
  given = own.host;
  EXPECT_THAT(guest.call(instance, "f"), Returns(i32(0)));
}

TEST(host_refs, functions_of_stores_that_came_and_went) {
  const Engine engine;
  const Module module = *Module::compile(engine, wat(R"((module (func (export "f")) (table (export "t") 1 funcref)))"));
  const Module failing = *Module::compile(engine, wat(R"((module (table 1 funcref)
    (func $f) (elem (table 0) (i32.const 0) func $f) (memory 10)))"));
  Store store(engine, StoreLimits{.memory_bytes = 65536});
  const Table table = *Table::make(store, {ValType::funcref, {1, {}}}, Val::null(ValType::funcref));
  for (int round = 0; round < 20; ++round) {
    const Val own = Instance::make(store, module, {})->func("f")->ref();
    EXPECT_THAT(table.set(0, own), Succeeds());
    EXPECT_THAT(Instance::make(store, failing, {}), Fails(ErrorKind::limit, ""));
    EXPECT_THAT(table.set(0, own), Succeeds());
    Val gone;
    {
      Store other(engine);
      gone = Instance::make(other, module, {})->func("f")->ref();
      EXPECT_THAT(table.set(0, gone), Fails(ErrorKind::usage, "another store"));
    }
    EXPECT_THAT(table.set(0, gone), Fails(ErrorKind::usage, "another store"));
    EXPECT_THAT(table.set(0, Func::wrap(store, [] {}).ref()), Succeeds());
  }
}

// The types of an engine mean nothing in another engine that has fewer types.
TEST(host_refs, types_of_another_engine) {
  Guest guest, other;
  for (int n = 0; n < 100; ++n)
    other.load("(module (type (struct" + std::string(n, ' ') + "(field i32 i" + (n % 2 ? "32" : "64") +
               "))) (type (func (param" +
               [n] {
                 std::string s;
                 for (int i = 0; i < n; ++i) s += " i32";
                 return s;
               }() +
               "))))");
  const Module module = *Module::compile(other.engine, wat(R"((module (type $s (struct (field v128 f32 f64)))
    (import "m" "g" (global (ref null $s))) (import "m" "f" (func (param (ref null $s)) (result (ref null $s))))))"));
  const ValType foreign = module.imports()[0].type.global.value;
  const FuncType type = module.imports()[1].type.func;
  EXPECT_THAT(Global::make(guest.store, {foreign, true}, Val::null(foreign)),
              Fails(ErrorKind::usage, "none of this engine"));
  EXPECT_THAT(Table::make(guest.store, {foreign, {1, {}}}, Val::null(foreign)), Fails(ErrorKind::usage, "table type"));
  bool called = false;
  const Func func = Func::make(guest.store, type, [&](Caller&, uint64_t*) { return called = true, Result<void>(); });
  EXPECT_EQ(func.type(), type);
  EXPECT_THAT(func.call({Val::null(foreign)}), Fails(ErrorKind::usage, "argument 1: its type is none of this engine"));
  EXPECT_THAT(func.call({Val::null(ValType::externref)}), Fails(ErrorKind::usage, "none of this engine"));
  EXPECT_FALSE(called);
  const Func result_only = Func::make(guest.store, {{}, {foreign}}, [](Caller&, uint64_t*) { return Result<void>(); });
  EXPECT_THAT(result_only.call({}), Fails(ErrorKind::usage, "result 1: its type is none of this engine"));
  guest.linker.define("m", "f", func);
  EXPECT_THAT(guest.try_load(R"((module (import "m" "f" (func (param anyref)))))"),
              Fails(ErrorKind::unlinkable, "incompatible import type"));
  // As a funcref, it is a function of a type that no guest has.
  const Instance i = guest.load(R"((module (table (export "t") 1 funcref) (type $f (sub (func)))
    (func (export "call") (call_indirect (type $f) (i32.const 0)))
    (func (export "test") (result i32) (ref.test (ref $f) (table.get (i32.const 0))))))");
  EXPECT_THAT(i.table("t")->set(0, func.ref()), Succeeds());
  EXPECT_THAT(guest.call(i, "call"), Traps(TrapCode::indirect_call_type_mismatch));
  EXPECT_THAT(guest.call(i, "test"), Returns(i32(0)));
}

TEST(host_refs, a_linker_does_not_name_what_belongs_to_another_store) {
  Guest guest;
  const Func func = Func::wrap(guest.store, [] { return Result<void>(Error::host("no")); });
  {
    Guest other;
    other.linker.define("module", std::string(100, 'n'), func);
    EXPECT_THAT(other.try_load("(module (import \"module\" \"" + std::string(100, 'n') + "\" (func)))"),
                Fails(ErrorKind::usage, "belongs to another store"));
  }
  const auto result = func.call({});
  ASSERT_THAT(result, Fails(ErrorKind::host, "no"));
  EXPECT_EQ(result.error().backtrace.at(0).function_name, "");
}

TEST(host_refs, externref_data_of_what_is_none) {
  Guest guest;
  Objects own(guest);
  EXPECT_EQ(Store::externref_data(own.host), &own);
  for (const Val& value : {Val(), i32(4096), i64(4096), own.func(), own.get("exn"), own.get("pair"),
                           own.get("i31_as_extern"), Val::v128({1, 2, 3})}) {
    EXPECT_EQ(Store::externref_data(value), nullptr) << to_string(value);
  }
}

}  // namespace
}  // namespace mini_wasm
