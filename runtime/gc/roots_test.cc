// What keeps an object alive from outside the heap, tested through the public interface.
#include "runtime/gc/roots.h"

#include <gtest/gtest.h>

#include "runtime/gc/test_support.h"
#include "spec-tests/support/guest.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using runtime::gc::clear_stack;
using runtime::gc::in_own_frame;

void count(void* at) { ++*static_cast<int*>(at); }

// Makes garbage and collects it, so that memory that was freed by mistake is used again.
void churn(Store& store) {
  for (int i = 0; i < 1000; ++i) static_cast<void>(store.new_externref(nullptr));
  clear_stack();
  store.collect_garbage();
  for (int i = 0; i < 1000; ++i) static_cast<void>(store.new_externref(nullptr));
}

// The numbers of the externrefs made here are host pointers to this.
struct Counters {
  std::vector<int> finalized = std::vector<int>(10);
  Val make(Store& store, int i) { return store.new_externref(&finalized[i], count); }
  bool alive(const Val& value, int i) { return finalized[i] == 0 && Store::externref_data(value) == &finalized[i]; }
};

TEST(gc_roots, instances_keep_what_they_refer_to) {
  Counters c;
  Guest guest;
  const Instance i = guest.load(R"((module
    (global $g (export "g") (mut externref) (ref.null extern))
    (table $t (export "t") 10 externref)
    (func (export "set") (param externref externref)
      (global.set $g (local.get 0)) (table.set $t (i32.const 3) (local.get 1)))))");
  in_own_frame([&] {
    EXPECT_THAT(guest.call(i, "set", {c.make(guest.store, 0), c.make(guest.store, 1)}), Succeeds());
    static_cast<void>(Table::make(guest.store, {ValType::externref, {1}}, c.make(guest.store, 2)));
    static_cast<void>(Global::make(guest.store, {ValType::externref}, c.make(guest.store, 3)));
  });
  churn(guest.store);
  EXPECT_EQ(c.finalized[2] + c.finalized[3], 0);
  in_own_frame([&] {
    EXPECT_TRUE(c.alive(i.global("g")->get(), 0));
    EXPECT_TRUE(c.alive(*i.table("t")->get(3), 1));
    EXPECT_THAT(guest.call(i, "set", {Val::null(ValType::externref), Val::null(ValType::externref)}), Succeeds());
  });
  churn(guest.store);
  EXPECT_EQ(c.finalized[0] + c.finalized[1], 2);
}

TEST(gc_roots, frames_of_a_guest_keep_what_they_refer_to_while_the_host_runs) {
  Counters c;
  Guest guest;
  guest.linker.define("env", "collect", Func::wrap(guest.store, [&] { churn(guest.store); }));
  guest.linker.define("env", "make", Func::wrap(guest.store, [&](int32_t i) { return c.make(guest.store, i); }));
  const Instance i = guest.load(R"((module
    (import "env" "collect" (func $collect))
    (import "env" "make" (func $make (param i32) (result externref)))
    (func $keep (param externref) (result externref)
      (call $collect) (local.get 0))
    (func (export "f") (result externref externref externref) (local externref)
      (local.set 0 (call $make (i32.const 0)))
      (call $make (i32.const 1))
      (call $keep (call $make (i32.const 2)))
      (call $collect)
      (local.get 0))))");
  const auto results = guest.call(i, "f");
  ASSERT_THAT(results, Succeeds());
  EXPECT_TRUE(c.alive((*results)[0], 1));
  EXPECT_TRUE(c.alive((*results)[1], 2));
  EXPECT_TRUE(c.alive((*results)[2], 0));
}

TEST(gc_roots, guests_call_guests_through_the_host) {
  Counters c;
  Guest guest;
  std::optional<Func> inner;
  guest.linker.define("env", "call", Func::wrap(guest.store, [&](Val v) -> Result<Val> {
                        auto r = inner->call({c.make(guest.store, 1)});
                        if (!r) return std::move(r).error();
                        churn(guest.store);
                        return v;
                      }));
  const Instance i = guest.load(R"((module
    (import "env" "call" (func $call (param externref) (result externref)))
    (global $n (mut i32) (i32.const 20))
    (func (export "f") (param externref) (result externref)
      (if (i32.eqz (global.get $n)) (then (return (local.get 0))))
      (global.set $n (i32.sub (global.get $n) (i32.const 1)))
      (drop (call $call (local.get 0)))
      (local.get 0))))");
  inner = i.func("f");
  const auto results = guest.call(i, "f", {c.make(guest.store, 0)});
  ASSERT_THAT(results, Succeeds());
  EXPECT_TRUE(c.alive((*results)[0], 0));
}

TEST(gc_roots, a_host_function_called_by_the_host_keeps_its_arguments) {
  Counters c;
  Guest guest;
  const Func f = Func::wrap(guest.store, [&](Val v) {
    churn(guest.store);
    return v;
  });
  std::optional<Val> result;
  in_own_frame([&] { result = (*f.call({c.make(guest.store, 0)}))[0]; });
  EXPECT_TRUE(c.alive(*result, 0));
}

TEST(gc_roots, rooted_values_live_wherever_they_are) {
  Counters c;
  std::vector<Rooted> outlives;
  {
    Guest guest;
    auto kept = std::make_unique<std::vector<Rooted>>();
    in_own_frame([&] {
      for (int i = 0; i < 4; ++i) kept->emplace_back(guest.store, c.make(guest.store, i));
      outlives.emplace_back(guest.store, c.make(guest.store, 4));
      outlives.emplace_back(guest.store);
      kept->emplace_back(guest.store, Func::wrap(guest.store, [] {}).ref());
    });
    churn(guest.store);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(c.alive((*kept)[i].get(), i));
    in_own_frame([&] {
      kept->erase(kept->begin());
      (*kept)[0].set(Val::i31(7));
      (*kept)[1] = Rooted(guest.store);
    });
    churn(guest.store);
    EXPECT_EQ(c.finalized, (std::vector<int>{1, 1, 1, 0, 0, 0, 0, 0, 0, 0}));
  }
  EXPECT_EQ(c.finalized, (std::vector<int>{1, 1, 1, 1, 1, 0, 0, 0, 0, 0}));
}

TEST(gc_roots, stress_with_references_everywhere) {
  Counters c;
  Config config;
  config.gc_stress = true;
  Guest guest(config);
  guest.linker.define("env", "make", Func::wrap(guest.store, [&](int32_t i) { return c.make(guest.store, i); }));
  const Instance i = guest.load(R"((module
    (import "env" "make" (func $make (param i32) (result externref)))
    (table $t (export "t") 10 externref)
    (func (export "f") (result externref externref) (local $i i32)
      (loop $again
        (table.set $t (local.get $i) (call $make (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 9))))
      (call $make (i32.const 9)) (table.get $t (i32.const 4)))))");
  const auto results = guest.call(i, "f");
  ASSERT_THAT(results, Succeeds());
  EXPECT_TRUE(c.alive((*results)[0], 9));
  EXPECT_TRUE(c.alive((*results)[1], 4));
  for (int n = 0; n < 9; ++n) EXPECT_TRUE(c.alive(*i.table("t")->get(n), n));
}

TEST(gc_values, cross_the_interface) {
  Guest guest, other;
  const Val i31 = Val::i31(-5);
  EXPECT_TRUE(i31.is_i31());
  EXPECT_EQ(i31.i31_get_s(), -5);
  EXPECT_EQ(i31.i31_get_u(), 0x7fff'fffbu);
  EXPECT_EQ(to_string(i31), "(ref i31):-5");
  const ValType anyref = ValType::ref(HeapKind::any, true);
  const Result<Global> any = Global::make(guest.store, {anyref, true}, i31);
  ASSERT_THAT(any, Succeeds());
  EXPECT_EQ(any->get().i31_get_s(), -5);
  EXPECT_THAT(any->set(Val::null(anyref)), Succeeds());
  EXPECT_TRUE(any->get().is_null());
  const Val host = guest.store.new_externref(&guest);
  EXPECT_THAT(any->set(host), Fails(ErrorKind::usage, "expected anyref, found (ref extern)"));
  EXPECT_THAT(any->set(Val::object(anyref, host.object())), Succeeds());
  EXPECT_EQ(any->get().type(), ValType::ref(HeapKind::any, false));
  EXPECT_EQ(Store::externref_data(any->get()), &guest);
  const Result<Global> eq = Global::make(guest.store, {ValType::ref(HeapKind::eq, true), true}, i31);
  EXPECT_THAT(eq->set(any->get()), Fails(ErrorKind::usage, "found (ref any)"));
  const Result<Global> foreign = Global::make(other.store, {ValType::externref}, host);
  EXPECT_THAT(foreign, Fails(ErrorKind::usage, "belongs to another store"));
  EXPECT_EQ(Store::externref_data(Val::null(ValType::externref)), nullptr);
}

TEST(gc_values, structures_and_arrays_say_what_they_are) {
  runtime::gc::GcTest t;
  using runtime::gc::field;
  const auto& structure = t.struct_of({field(ValType::i32)});
  const auto& array = t.array_of(field(ValType::i32));
  runtime::GlobalInst* inst =
      t.store.objects().new_global({ValType::ref(HeapKind::eq, true), true}, std::array<uint64_t, 2>{}.data());
  const Global global(&t.store, inst);
  const Val made = Val::object(ValType::ref(HeapKind::eq, false), runtime::gc::struct_new(t.store, structure));
  EXPECT_THAT(global.set(made), Succeeds());
  EXPECT_EQ(global.get().type(), ValType::ref(HeapKind::struct_, false));
  inst->type.value = ValType::ref(structure.type, true);
  EXPECT_THAT(global.set(global.get()), Succeeds());
  EXPECT_EQ(global.get().type(), ValType::ref(HeapKind::struct_, false));
  const Val other = Val::object(ValType::ref(HeapKind::eq, false), runtime::gc::array_new(t.store, array, 1));
  EXPECT_THAT(global.set(other), Fails(ErrorKind::usage, "expected"));
  EXPECT_THAT(global.set(Val::i31(0)), Fails(ErrorKind::usage, "found (ref i31)"));
}

TEST(gc_limits, an_externref_that_does_not_fit_is_null) {
  Guest guest(StoreLimits{.gc_heap_bytes = 65536});
  std::vector<Rooted> kept;
  for (int i = 0; i < 5000; ++i) kept.emplace_back(guest.store, guest.store.new_externref(&guest));
  EXPECT_FALSE(kept.front().get().is_null());
  EXPECT_TRUE(kept.back().get().is_null());
  kept.clear();
  EXPECT_FALSE(guest.store.new_externref(&guest).is_null());
}

}  // namespace
}  // namespace mini_wasm
