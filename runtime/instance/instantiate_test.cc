// Instantiation and linking: matching of imports, order of initialisation, what remains after a failure.
#include <gtest/gtest.h>

#include "spec-tests/support/guest.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

TEST(instantiate, missing_imports_are_all_named) {
  Guest guest;
  EXPECT_THAT(guest.try_load(R"((module (import "env" "f" (func (param i32))) (import "env" "m" (memory 1 2))))"),
              Fails(ErrorKind::unlinkable,
                    "unknown import: \"env\" \"f\" (func [i32] -> []), \"env\" \"m\" (memory of 1 to 2 pages)"));
}

TEST(instantiate, hostile_names_are_escaped_in_messages) {
  Guest guest;
  EXPECT_THAT(guest.try_load(R"((module (import "\1b[31m" "\n" (global i32))))"),
              Fails(ErrorKind::unlinkable, R"("\1b[31m" "\n" (global i32))"));
}

struct Mismatch {
  const char* import;
  const char* message;
};

TEST(instantiate, imports_have_to_match) {
  Guest guest;
  guest.linker.instance("m", guest.load(R"((module (func (export "f") (param i32)) (table (export "t") 2 5 funcref)
    (memory (export "mem") 2 5) (global (export "g") i32 (i32.const 1)) (global (export "gm") (mut i32) (i32.const 1))
    (table (export "open") 2 externref)))"));
  for (const Mismatch& m : {
           Mismatch{R"((import "m" "f" (func (param i64))))", "is given a func [i32] -> []"},
           Mismatch{R"((import "m" "f" (memory 1)))", "is given a func [i32] -> []"},
           Mismatch{R"((import "m" "t" (table 3 funcref)))", "is given a table of 2 to 5 funcref"},
           Mismatch{R"((import "m" "t" (table 2 4 funcref)))", "is given a table of 2 to 5 funcref"},
           Mismatch{R"((import "m" "t" (table 2 externref)))", "is given a table of 2 to 5 funcref"},
           Mismatch{R"((import "m" "open" (table 2 5 externref)))", "is given a table of 2 or more externref"},
           Mismatch{R"((import "m" "mem" (memory 3)))", "is given a memory of 2 to 5 pages"},
           Mismatch{R"((import "m" "mem" (memory 1 4)))", "is given a memory of 2 to 5 pages"},
           Mismatch{R"((import "m" "g" (global i64)))", "is given a global i32"},
           Mismatch{R"((import "m" "g" (global (mut i32))))", "is given a global i32"},
           Mismatch{R"((import "m" "gm" (global i32)))", "is given a mutable global i32"},
       }) {
    const Result<Instance> r = guest.try_load("(module " + std::string(m.import) + ")");
    EXPECT_THAT(r, Fails(ErrorKind::unlinkable, "incompatible import type")) << m.import;
    EXPECT_THAT(r, Fails(ErrorKind::unlinkable, m.message)) << m.import;
  }
  EXPECT_THAT(guest.try_load(R"((module (import "m" "f" (func (param i32))) (import "m" "t" (table 1 6 funcref))
    (import "m" "mem" (memory 2)) (import "m" "g" (global i32)) (import "m" "gm" (global (mut i32)))))"),
              Succeeds());
}

TEST(instantiate, a_grown_memory_counts_with_its_present_size) {
  Guest guest;
  const Instance i = guest.load(R"((module (memory (export "mem") 1 5)))");
  guest.linker.instance("m", i);
  EXPECT_THAT(guest.try_load(R"((module (import "m" "mem" (memory 3))))"), Fails(ErrorKind::unlinkable, "memory of 1"));
  ASSERT_TRUE(i.memory("mem")->grow(2));
  EXPECT_THAT(guest.try_load(R"((module (import "m" "mem" (memory 3))))"), Succeeds());
  EXPECT_EQ(i.memory("mem")->type().limits, (Limits{3, 5}));
}

TEST(instantiate, number_and_store_of_imports_are_checked) {
  Guest guest, other;
  Result<Module> module = Module::compile(guest.engine, wat(R"((module (import "a" "f" (func))))"));
  ASSERT_TRUE(module);
  EXPECT_THAT(Instance::make(guest.store, *module, {}), Fails(ErrorKind::usage, "has 1 imports, but is given 0"));
  const Extern foreign[] = {Func::wrap(other.store, [] {})};
  EXPECT_THAT(Instance::make(guest.store, *module, foreign), Fails(ErrorKind::usage, "belongs to another store"));
  const Extern empty[] = {Extern()};
  EXPECT_THAT(Instance::make(guest.store, *module, empty), Fails(ErrorKind::usage, "is empty"));
  EXPECT_THAT(Instance::make(other.store, *module, foreign), Fails(ErrorKind::usage, "different engines"));
}

TEST(instantiate, later_definitions_shadow_earlier_ones) {
  Guest guest;
  guest.linker.func("h", "n", [] { return 1; });
  const char* text = R"((module (import "h" "n" (func $n (result i32))) (func (export "n") (result i32) (call $n))))";
  const Instance before = guest.load(text);
  guest.linker.func("h", "n", [] { return 2; });
  const Instance after = guest.load(text);
  EXPECT_THAT(guest.call(before, "n"), Returns(i32(1)));
  EXPECT_THAT(guest.call(after, "n"), Returns(i32(2)));
  EXPECT_FALSE(guest.linker.get("h", "m") || guest.linker.get("g", "n"));
}

TEST(instantiate, initial_values_may_use_earlier_ones) {
  Guest guest;
  Result<Global> ten = Global::make(guest.store, {ValType::i32, false}, i32(10));
  guest.linker.define("h", "ten", *ten);
  const Instance i = guest.load(R"((module (import "h" "ten" (global $ten i32))
    (global $b i32 (i32.add (global.get $ten) (i32.mul (i32.const 3) (i32.const 4))))
    (global $c (export "c") i32 (i32.sub (global.get $b) (i32.const 1)))
    (global (export "d") f64 (f64.const -0.5)) (global (export "e") i64 (i64.mul (i64.const 3) (i64.const -5)))
    (global (export "f") funcref (ref.func $fn)) (global (export "n") externref (ref.null extern))
    (memory (export "m") 1) (data (global.get $c) "xyz")
    (table (export "t") 30 funcref) (elem (offset (i32.add (global.get $ten) (i32.const 1))) $fn)
    (func $fn (export "fn"))))");
  EXPECT_EQ(i.global("c")->get().i32(), 21);
  EXPECT_EQ(i.global("d")->get().f64(), -0.5);
  EXPECT_EQ(i.global("e")->get().i64(), -15);
  EXPECT_EQ(i.global("f")->get().func(), i.func("fn")->impl());
  EXPECT_TRUE(i.global("n")->get().is_null());
  EXPECT_EQ(i.memory("m")->data()[23], 'z');
  EXPECT_EQ(i.table("t")->get(11)->func(), i.func("fn")->impl());
  EXPECT_TRUE(i.table("t")->get(10)->is_null());
}

// spec 3.0: segments are written one by one; what was written before a trap stays.
TEST(instantiate, a_segment_that_does_not_fit_leaves_the_earlier_ones) {
  Guest guest;
  const Instance shared = guest.load(R"((module (memory (export "m") 1) (table (export "t") 4 funcref)))");
  guest.linker.instance("s", shared);
  EXPECT_THAT(guest.try_load(R"((module (import "s" "m" (memory 1)) (import "s" "t" (table 4 funcref))
      (elem (i32.const 1) $f) (data (i32.const 0) "before") (data (i32.const 65534) "over") (data (i32.const 8) "after")
      (func $f (result i32) (i32.const 77))))"),
              Fails(ErrorKind::trap, "out of bounds memory access: data segment 1 at 65534"));
  EXPECT_EQ(shared.memory("m")->data()[0], 'b');
  EXPECT_EQ(shared.memory("m")->data()[65534], 0);
  EXPECT_EQ(shared.memory("m")->data()[8], 0);
  // The instantiation failed, but the function of the instance remains in the table.
  const Func left(&guest.store.impl(), shared.table("t")->get(1)->func());
  EXPECT_THAT(left.call({}), Returns(i32(77)));
  EXPECT_THAT(guest.try_load(R"((module (import "s" "t" (table 4 funcref)) (elem (i32.const 4) $f) (func $f)))"),
              Fails(ErrorKind::trap, "out of bounds table access: element segment 0 at 4"));
  EXPECT_THAT(
      guest.try_load(
          R"((module (import "s" "t" (table 4 funcref)) (elem (i32.const 4)) (memory 0) (data (i32.const 0) "")))"),
      Succeeds());
}

TEST(instantiate, active_and_declarative_segments_are_dropped) {
  Guest guest;
  const Instance i = guest.load(R"((module (memory (export "m") 1) (table 4 funcref)
    (data $active (i32.const 0) "a") (data $passive "p") (elem $decl declare func $f) (elem $pass func $f)
    (func $f)
    (func (export "active") (memory.init $active (i32.const 5) (i32.const 0) (i32.const 1)))
    (func (export "passive") (memory.init $passive (i32.const 5) (i32.const 0) (i32.const 1)) (data.drop $passive))
    (func (export "nothing") (memory.init $active (i32.const 5) (i32.const 0) (i32.const 0)))
    (func (export "declared") (table.init $decl (i32.const 0) (i32.const 0) (i32.const 1)))
    (func (export "elements") (table.init $pass (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $pass))))");
  EXPECT_THAT(guest.call(i, "active"), Traps(TrapCode::out_of_bounds_memory_access));
  EXPECT_THAT(guest.call(i, "nothing"), Succeeds());
  EXPECT_THAT(guest.call(i, "passive"), Succeeds());
  EXPECT_THAT(guest.call(i, "passive"), Traps(TrapCode::out_of_bounds_memory_access));
  EXPECT_THAT(guest.call(i, "declared"), Traps(TrapCode::out_of_bounds_table_access));
  EXPECT_THAT(guest.call(i, "elements"), Succeeds());
  EXPECT_THAT(guest.call(i, "elements"), Traps(TrapCode::out_of_bounds_table_access));
}

TEST(instantiate, the_start_function_runs_and_may_trap) {
  Guest guest;
  int started = 0;
  guest.linker.func("h", "started", [&] { ++started; });
  guest.load(R"((module (import "h" "started" (func $s)) (start $s)))");
  EXPECT_EQ(started, 1);
  const Result<Instance> r = guest.try_load(R"((module $bad (import "h" "started" (func $s)) (start $main)
    (func $main (call $s) unreachable)))");
  ASSERT_THAT(r, Traps(TrapCode::unreachable));
  EXPECT_EQ(started, 2);
  ASSERT_EQ(r.error().backtrace.size(), 1u);
  EXPECT_EQ(r.error().backtrace[0].function_name, "main");
  EXPECT_THAT(guest.try_load(R"((module (import "h" "started" (func $s)) (start $s)))"), Succeeds());
}

TEST(instantiate, instances_share_what_they_import) {
  Guest guest;
  guest.linker.instance("a", guest.load(R"((module (memory (export "m") 1) (global (export "g") (mut i32) (i32.const 0))
    (table (export "t") 1 funcref) (func (export "grow") (result i32) (memory.grow (i32.const 1)))))"));
  const Instance b = guest.load(R"((module (import "a" "m" (memory 1)) (import "a" "g" (global $g (mut i32)))
    (import "a" "t" (table 1 funcref)) (import "a" "grow" (func $grow (result i32)))
    (elem (i32.const 0) $f) (func $f (result i32) (i32.const 5))
    (func (export "f") (result i32) (drop (call $grow)) (i32.store8 (i32.const 131071) (i32.const 3))
      (global.set $g (i32.const 9)) (i32.load8_u (i32.const 131071)))))");
  EXPECT_THAT(guest.call(b, "f"), Returns(i32(3)));
  EXPECT_EQ(guest.linker.get("a", "g")->global()->get().i32(), 9);
  EXPECT_EQ(guest.linker.get("a", "m")->memory()->size_pages(), 2u);
  const Instance c = guest.load(R"((module (import "a" "t" (table 1 funcref)) (type $r (func (result i32)))
    (type $v (func)) (func (export "right") (result i32) (call_indirect (type $r) (i32.const 0)))
    (func (export "wrong") (call_indirect (type $v) (i32.const 0)))))");
  EXPECT_THAT(guest.call(c, "right"), Returns(i32(5)));
  EXPECT_THAT(guest.call(c, "wrong"), Traps(TrapCode::indirect_call_type_mismatch));
}

}  // namespace
}  // namespace mini_wasm
