// Objects in compiled code: cases that are rare in the official scripts and in generated modules.
#include <gtest/gtest.h>

#include <string>

#include "spec-tests/support/guest.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

Config config(bool stress) {
  Config config;
  config.tier = Tier::jit;
  config.gc_stress = stress;
  return config;
}

// For arrays of up to 256 bytes whose length is not constant, machine code takes the cell itself. For each length the
// cell must be large enough: every array is filled with its own number, and checked after all have been made.
TEST(gc_code, arrays_do_not_overlap) {
  for (const std::string type : {"i8", "i16", "i32", "i64"}) {
    Guest guest(config(false));
    const std::string value = type == "i64" ? "(i64.extend_i32_u (local.get $n))" : "(local.get $n)";
    const std::string get = type == "i8" || type == "i16" ? "array.get_u $a" : "array.get $a";
    const std::string wrap = type == "i64" ? "i32.wrap_i64" : "i32.add (i32.const 0)";
    const Instance i = guest.load(R"((module (type $a (array (mut )" + type + R"()))
      (type $all (array (mut (ref null $a))))
      (func (export "f") (result i32) (local $n i32) (local $k i32) (local $all (ref null $all)) (local $one (ref null $a))
        (local.set $all (array.new_default $all (i32.const 120)))
        (loop $more
          (array.set $all (local.get $all) (local.get $n) (array.new $a )" +
                                  value + R"( (local.get $n)))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if $more (i32.lt_u (local.get $n) (i32.const 120))))
        (loop $next
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (local.set $one (array.get $all (local.get $all) (local.get $n)))
          (if (i32.ne (array.len (local.get $one)) (local.get $n)) (then (return (i32.const -1))))
          (local.set $k (i32.const 0))
          (block $done (loop $elements
            (br_if $done (i32.eq (local.get $k) (local.get $n)))
            (if (i32.ne ()" + wrap +
                                  " (" + get +
                                  R"( (local.get $one) (local.get $k))) (local.get $n)) (then (return (local.get $n))))
            (local.set $k (i32.add (local.get $k) (i32.const 1)))
            (br $elements)))
          (br_if $next (local.get $n)))
        (i32.const 0))))");
    EXPECT_THAT(guest.call(i, "f"), Returns(i32(0))) << type;
  }
}

// For the code around it, an allocation is not a call, even if it starts a collection: values stay in registers, and
// objects that are referred to from registers stay alive.
TEST(gc_code, registers_survive_collections) {
  for (const bool stress : {false, true}) {
    Guest guest(config(stress));
    const Instance i = guest.load(R"((module
      (type $box (struct (field i32)))
      (type $four (struct (field (ref $box)) (field f64) (field (ref $box)) (field i64)))
      (func (export "f") (param i32 f64 i64) (result i32) (local $four (ref null $four)) (local $sum i32)
        (loop $more
          (local.set $four (struct.new $four
            (struct.new $box (i32.add (local.get 0) (i32.const 1)))
            (f64.mul (local.get 1) (f64.const 2))
            (struct.new $box (i32.add (local.get 0) (i32.const 2)))
            (i64.add (local.get 2) (i64.const 3))))
          (local.set $sum (i32.add (local.get $sum) (i32.add
            (i32.add (struct.get $box 0 (struct.get $four 0 (local.get $four)))
                     (struct.get $box 0 (struct.get $four 2 (local.get $four))))
            (i32.add (i32.trunc_f64_s (struct.get $four 1 (local.get $four)))
                     (i32.wrap_i64 (struct.get $four 3 (local.get $four)))))))
          (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $sum))))");
    // For n from 2000 down to 1: 2n + 3 + 2 * 10 + 7 + 3.
    EXPECT_THAT(guest.call(i, "f", {i32(2000), f64(10), i64(7)}), Returns(i32(2000 * 2001 + 2000 * 33))) << stress;
  }
}

TEST(gc_code, null_comes_before_the_index_and_the_type) {
  Guest guest(config(false));
  const Instance i = guest.load(R"((module (type $a (array (mut i32))) (type $s (sub (struct (field (mut i32)))))
    (type $f (sub (func))) (type $g (sub $f (func))) (func $g (type $g)) (func $other (param i32)) (elem declare func $g $other)
    (func (export "get") (param i32) (result i32) (array.get $a (ref.null $a) (local.get 0)))
    (func (export "set") (param i32) (array.set $a (ref.null $a) (local.get 0) (i32.const 1)))
    (func (export "end") (param i32) (result i32) (array.get $a (array.new $a (i32.const 7) (i32.const 3)) (local.get 0)))
    (func (export "cast") (drop (struct.get $s 0 (ref.cast (ref null $s) (ref.null any)))))
    (func (export "i31") (drop (struct.get $s 0 (ref.cast (ref null $s) (ref.i31 (i32.const 0))))))
    (func (export "not_null") (drop (ref.cast (ref $s) (ref.null any))))
    (func (export "subtype") (param i32) (result i32)
      (i32.add (local.get 0) (i32.add (ref.test (ref $f) (ref.func $g)) (ref.test (ref $f) (ref.func $other)))))))");
  EXPECT_THAT(guest.call(i, "get", {i32(-1)}), Traps(TrapCode::null_array_reference));
  EXPECT_THAT(guest.call(i, "set", {i32(-1)}), Traps(TrapCode::null_array_reference));
  EXPECT_THAT(guest.call(i, "end", {i32(2)}), Returns(i32(7)));
  EXPECT_THAT(guest.call(i, "end", {i32(3)}), Traps(TrapCode::out_of_bounds_array_access));
  EXPECT_THAT(guest.call(i, "end", {i32(-1)}), Traps(TrapCode::out_of_bounds_array_access));
  EXPECT_THAT(guest.call(i, "cast"), Traps(TrapCode::null_structure_reference));
  EXPECT_THAT(guest.call(i, "i31"), Traps(TrapCode::cast_failure));
  EXPECT_THAT(guest.call(i, "not_null"), Traps(TrapCode::cast_failure));
  EXPECT_THAT(guest.call(i, "subtype", {i32(40)}), Returns(i32(41)));  // the registry is asked; the local stays
}

}  // namespace
}  // namespace mini_wasm
