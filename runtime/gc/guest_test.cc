// Garbage-collected objects in running guests: constant expressions, programs that allocate much more than they keep,
// the limit, and the same programs with a collection at every allocation.
#include "spec-tests/support/guest.h"

#include <gtest/gtest.h>

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;
using Matcher = ::testing::Matcher<Result<std::vector<Val>>>;

// Each test runs twice: normally, and with a collection at every allocation.
class gc_guest : public ::testing::TestWithParam<bool> {
 protected:
  static Config config() {
    Config config;
    config.gc_stress = GetParam();
    return config;
  }
  static int many(int plain, int stressed) { return GetParam() ? stressed : plain; }
};
INSTANTIATE_TEST_SUITE_P(both, gc_guest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "stress" : "plain"; });

// Only the passive segment refers to its objects, until it is used. After it is dropped, it refers to nothing.
TEST_P(gc_guest, passive_segments_keep_their_objects) {
  Guest guest(config());
  const Instance i = guest.load(R"((module
    (type $box (struct (field i64))) (type $boxes (array (mut (ref null $box))))
    (table $t 3 (ref null $box))
    (elem $e (ref null $box) (item (struct.new $box (i64.const 11))) (item (struct.new $box (i64.const 22))))
    (func $waste (local i32) (local.set 0 (i32.const 100))
      (loop $l (drop (struct.new $box (i64.const -1)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "table") (result i64) (call $waste)
      (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2))
      (i64.add (struct.get $box 0 (table.get $t (i32.const 0))) (struct.get $box 0 (table.get $t (i32.const 1)))))
    (func (export "array") (result i64) (local (ref $boxes)) (call $waste)
      (local.set 0 (array.new_elem $boxes $e (i32.const 0) (i32.const 2)))
      (i64.add (struct.get $box 0 (array.get $boxes (local.get 0) (i32.const 0)))
        (struct.get $box 0 (array.get $boxes (local.get 0) (i32.const 1)))))
    (func (export "drop") (elem.drop $e))))");
  for (int round = 0; round < 3; ++round) {
    guest.store.collect_garbage();
    EXPECT_THAT(guest.call(i, "array"), Returns(i64(33)));
  }
  guest.store.collect_garbage();
  EXPECT_THAT(guest.call(i, "table"), Returns(i64(33)));
  EXPECT_THAT(guest.call(i, "drop"), Returns());
  guest.store.collect_garbage();
  EXPECT_THAT(guest.call(i, "array"), Traps(TrapCode::out_of_bounds_table_access));
}

TEST_P(gc_guest, constant_expressions_make_objects) {
  Guest guest(config());
  const Instance i = guest.load(R"((module
    (type $leaf (struct (field i8) (field v128) (field i64)))
    (type $pair (struct (field (ref $leaf)) (field (ref null eq)) (field anyref)))
    (type $bytes (array i8))
    (type $refs (array (ref eq)))
    (type $vectors (array v128))
    (global $leaf (ref $leaf)
      (struct.new $leaf (i32.const 0x1ff) (v128.const i64x2 3 4) (i64.const 5)))
    (global $pair (ref $pair)
      (struct.new $pair (global.get $leaf) (array.new_fixed $refs 3 (ref.i31 (i32.const 1))
        (struct.new_default $leaf) (array.new $bytes (i32.const 7) (i32.const 4)))
        (any.convert_extern (extern.convert_any (ref.i31 (i32.const -9))))))
    (global $vectors (ref $vectors)
      (array.new_fixed $vectors 2 (v128.const i64x2 1 2) (v128.const i64x2 3 4)))
    (global $empty (ref $bytes) (array.new_default $bytes (i32.const 1000)))
    (table $t 3 (ref $leaf) (struct.new $leaf (i32.const 1) (v128.const i64x2 0 0) (i64.const 77)))
    (elem $e (ref $leaf) (item (global.get $leaf)) (item (struct.new_default $leaf)))
    (func (export "f") (result i32 i64 i64 i32 i32 i32 i64 i64 i32)
      (struct.get_u $leaf 0 (struct.get $pair 0 (global.get $pair)))
      (struct.get $leaf 2 (struct.get $pair 0 (global.get $pair)))
      (i64x2.extract_lane 1 (struct.get $leaf 1 (global.get $leaf)))
      (array.get_u $bytes (ref.cast (ref $bytes)
        (array.get $refs (ref.cast (ref $refs) (struct.get $pair 1 (global.get $pair))) (i32.const 2))) (i32.const 3))
      (i31.get_s (ref.cast (ref i31) (struct.get $pair 2 (global.get $pair))))
      (array.len (global.get $empty))
      (struct.get $leaf 2 (table.get $t (i32.const 2)))
      (i64x2.extract_lane 0 (array.get $vectors (global.get $vectors) (i32.const 1)))
      (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2))
      (ref.eq (table.get $t (i32.const 0)) (global.get $leaf)))))");
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(guest.call(i, "f"),
                Returns(i32(0xff), i64(5), i64(4), i32(7), i32(-9), i32(1000), i64(77), i64(3), i32(1)));
    guest.store.collect_garbage();
  }
}

TEST_P(gc_guest, gigabytes_go_through_a_small_heap) {
  StoreLimits limits;
  limits.gc_heap_bytes = uint64_t{64} << 20;
  Guest guest(config(), limits);
  // Keeps the last 1000 of all trees that are made.
  const Instance i = guest.load(R"((module
    (type $tree (sub final (struct (field (ref null 0)) (field (ref null 0)) (field $n i32))))
    (type $kept (array (mut (ref null $tree))))
    (global $kept (ref $kept) (array.new_default $kept (i32.const 1000)))
    (func $make (param $depth i32) (result (ref $tree))
      (if (result (ref $tree)) (i32.eqz (local.get $depth))
        (then (struct.new $tree (ref.null none) (ref.null none) (i32.const 1)))
        (else (struct.new $tree
          (call $make (i32.sub (local.get $depth) (i32.const 1)))
          (call $make (i32.sub (local.get $depth) (i32.const 1)))
          (i32.const 1)))))
    (func $count (param $t (ref null $tree)) (result i32)
      (if (result i32) (ref.is_null (local.get $t))
        (then (i32.const 0))
        (else (i32.add (struct.get $tree $n (local.get $t))
          (i32.add (call $count (struct.get $tree 0 (local.get $t))) (call $count (struct.get $tree 1 (local.get $t))))))))
    (func (export "f") (param $trees i32) (result i32) (local $i i32) (local $sum i32)
      (loop $again
        (array.set $kept (global.get $kept) (i32.rem_u (local.get $i) (i32.const 1000)) (call $make (i32.const 5)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (local.get $trees))))
      (local.set $i (i32.const 0))
      (loop $each
        (local.set $sum (i32.add (local.get $sum) (call $count (array.get $kept (global.get $kept) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $each (i32.lt_u (local.get $i) (i32.const 1000))))
      (local.get $sum))))");
  const int trees = many(1'000'000, 40);  // 63 nodes of 48 bytes each: 3 GB
  EXPECT_THAT(guest.call(i, "f", {i32(trees)}), Returns(i32(63 * std::min(trees, 1000))));
}

TEST_P(gc_guest, a_list_deeper_than_any_stack) {
  Guest guest(config());
  const Instance i = guest.load(R"((module
    (type $node (struct (field (ref null $node)) (field i32)))
    (func (export "f") (param $n i32) (result i32) (local $list (ref null $node)) (local $length i32)
      (loop $again
        (local.set $list (struct.new $node (local.get $list) (local.get $n)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (loop $each
        (local.set $length (i32.add (local.get $length) (i32.const 1)))
        (local.set $list (struct.get $node 0 (local.get $list)))
        (br_if $each (i32.eqz (ref.is_null (local.get $list)))))
      (local.get $length))))");
  const int length = many(1'000'000, 500);
  EXPECT_THAT(guest.call(i, "f", {i32(length)}), Returns(i32(length)));
}

TEST_P(gc_guest, references_on_the_stack_of_a_deep_recursion_live) {
  Guest guest(config());
  const Instance i = guest.load(R"((module
    (type $box (struct (field i32)))
    (func $f (export "f") (param $n i32) (result i32) (local $box (ref $box))
      (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
      (local.set $box (struct.new $box (local.get $n)))
      (i32.add
        (call $f (i32.sub (local.get $n) (i32.const 1)))
        (i32.ne (struct.get $box 0 (local.get $box)) (local.get $n))))))");
  EXPECT_THAT(guest.call(i, "f", {i32(many(20'000, 300))}), Returns(i32(0)));
}

TEST_P(gc_guest, the_limit_traps_and_the_store_lives_on) {
  StoreLimits limits;
  limits.gc_heap_bytes = uint64_t{1} << 20;
  Guest guest(config(), limits);
  const Instance i = guest.load(R"((module
    (type $bytes (array (mut i8)))
    (type $node (struct (field (ref null $node)) (field (ref null $bytes))))
    (global $list (mut (ref null $node)) (ref.null $node))
    (func (export "fill") (param $n i32)
      (loop $again
        (global.set $list (struct.new $node (global.get $list)
          (array.new $bytes (i32.const 1) (local.get $n))))
        (br $again)))
    (func (export "drop") (global.set $list (ref.null $node)))
    (func (export "array") (param i32) (result i32)
      (array.len (array.new_default $bytes (local.get 0))))))");
  for (const int bytes : {10'000, 100'000, 2'000'000, -1}) {
    EXPECT_THAT(guest.call(i, "fill", {i32(bytes)}), Traps(TrapCode::out_of_memory));
    const bool some_fit = bytes == 10'000 || bytes == 100'000;
    EXPECT_THAT(guest.call(i, "array", {i32(900'000)}),
                some_fit ? Matcher(Traps(TrapCode::out_of_memory)) : Matcher(Returns(i32(900'000))));
    EXPECT_THAT(guest.call(i, "drop"), Succeeds());
    EXPECT_THAT(guest.call(i, "array", {i32(700'000)}), Returns(i32(700'000)));
  }
  EXPECT_THAT(guest.try_load("(module (type $a (array i64)) (global (ref $a) (array.new_default $a (i32.const -1))))"),
              Traps(TrapCode::out_of_memory));
}

TEST_P(gc_guest, exceptions_carry_references) {
  Guest guest(config());
  const Instance i = guest.load(R"((module
    (type $box (struct (field (mut i32))))
    (tag $t (param (ref $box) i64 anyref))
    (func $throw (param $n i32)
      (throw $t (struct.new $box (local.get $n)) (i64.const 8) (ref.i31 (local.get $n))))
    (func $garbage (param $n i32)
      (loop $again
        (drop (struct.new $box (i32.const 99)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "f") (param $n i32) (result i32) (local $e exnref)
      (block $caught (result exnref)
        (try_table (catch_all_ref $caught) (call $throw (local.get $n)))
        (unreachable))
      (local.set $e)
      (call $garbage (i32.const 1000))
      (block $handler (result (ref $box) i64 anyref)
        (try_table (catch $t $handler) (throw_ref (local.get $e)))
        (unreachable))
      (drop) (drop)
      (struct.get $box 0))))");
  EXPECT_THAT(guest.call(i, "f", {i32(1234)}), Returns(i32(1234)));
}

TEST_P(gc_guest, hosts_hold_on_to_guest_objects) {
  Guest guest(config());
  const Instance i = guest.load(R"((module
    (type $box (struct (field (mut i32))))
    (func (export "make") (param i32) (result anyref) (struct.new $box (local.get 0)))
    (func (export "get") (param anyref) (result i32) (struct.get $box 0 (ref.cast (ref $box) (local.get 0))))))");
  std::vector<Rooted> kept;
  for (int n = 0; n < 1000; ++n) kept.emplace_back(guest.store, (*guest.call(i, "make", {i32(n)}))[0]);
  for (int n = 0; n < 1000; ++n) {
    EXPECT_EQ(kept[n].get().type(), ValType::ref(HeapKind::struct_, false));
    ASSERT_THAT(guest.call(i, "get", {kept[n].get()}), Returns(i32(n)));
  }
  EXPECT_THAT(guest.call(i, "get", {Val::i31(3)}), Traps(TrapCode::cast_failure));
  EXPECT_THAT(guest.call(i, "get", {i32(3)}), Fails(ErrorKind::usage, "expected anyref"));
}

}  // namespace
}  // namespace mini_wasm
