// Instructions that move a float must keep all of its bits, including the payload and the signalling bit of a NaN.
// (Spec 4.3.3, "NaN propagation", is only about results of calculations.)
#include "interp/interp_test.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class NanBits : public InEveryConfiguration {};
MW_IN_EVERY_CONFIGURATION(NanBits);

constexpr const char* kMoves = R"((module (memory 1)
  (global $s (mut f32) (f32.const 0)) (global $d (mut f64) (f64.const 0))
  (table funcref (elem $id32 $id64)) (type $f32 (func (param f32) (result f32))) (type $f64 (func (param f64) (result f64)))
  (func $id32 (type $f32) (local.get 0))  (func $id64 (type $f64) (local.get 0))
  (func $two32 (param f32 f32) (result f32 f32) (local.get 1) (local.get 0))
  (func $two64 (param f64 f64) (result f64 f64) (local.get 1) (local.get 0))
  (func (export "f32") (param i32 i32) (result i32) (local $a f32) (local $b f32)
    (local.set $a (f32.reinterpret_i32 (local.get 0)))
    (f32.store (i32.const 8) (local.get $a))
    (local.set $b (f32.load (i32.const 8)))
    (global.set $s (local.get $b))
    (local.set $a (select (global.get $s) (f32.const 1) (local.get 1)))
    (local.set $a (block (result f32) i64.const 1  local.get $a  (br_if 0 (local.get 1))  drop  drop  f32.const 2))
    (local.set $a (call $id32 (f32.load (i32.const 8))))
    (local.set $a (call_indirect (type $f32) (local.get $a) (i32.const 0)))
    (call $two32 (f32.const 3) (local.get $a))  drop  local.set $a
    (local.set $a (f32.neg (f32.neg (local.get $a))))
    (local.set $a (f32.copysign (f32.abs (local.get $a)) (local.get $b)))
    (i32.reinterpret_f32 (local.get $a)))
  (func (export "f64") (param i64 i32) (result i64) (local $a f64) (local $b f64)
    (local.set $a (f64.reinterpret_i64 (local.get 0)))
    (f64.store (i32.const 8) (local.get $a))
    (local.set $b (f64.load (i32.const 8)))
    (global.set $d (local.get $b))
    (local.set $a (select (global.get $d) (f64.const 1) (local.get 1)))
    (local.set $a (block (result f64) i64.const 1  local.get $a  (br_if 0 (local.get 1))  drop  drop  f64.const 2))
    (local.set $a (call $id64 (f64.load (i32.const 8))))
    (local.set $a (call_indirect (type $f64) (local.get $a) (i32.const 1)))
    (call $two64 (f64.const 3) (local.get $a))  drop  local.set $a
    (local.set $a (f64.neg (f64.neg (local.get $a))))
    (local.set $a (f64.copysign (f64.abs (local.get $a)) (local.get $b)))
    (i64.reinterpret_f64 (local.get $a)))
  (func (export "constants") (result f32 f64 i32 i64) (local f32 f64)
    (local.set 0 (f32.const nan:0x200001)) (local.set 1 (f64.const -nan:0x4000000000001))
    f32.const nan:0x200001  f64.const -nan:0x4000000000001
    (i32.reinterpret_f32 (local.get 0))  (i64.reinterpret_f64 (local.get 1)))
  (func (export "one32") (result f32) f32.const -nan:0x1)
  (func (export "one64") (result f64) f64.const nan:0x1)
  (func (export "stored") (result i32 i64)
    (f32.store (i32.const 0) (f32.const nan:0x12345)) (f64.store (i32.const 8) (f64.const nan:0x12345))
    (i32.load (i32.const 0)) (i64.load (i32.const 8)))))";

TEST_P(NanBits, survive_every_move) {
  const Instance i = guest.load(kMoves);
  for (const uint32_t bits :
       {0x7f800001u, 0xff800001u, 0x7fa00000u, 0x7fc00000u, 0xffffffffu, 0x7f812345u, 0x3f800000u}) {
    EXPECT_THAT(guest.call(i, "f32", {i32(static_cast<int32_t>(bits)), i32(1)}),
                Returns(i32(static_cast<int32_t>(bits))));
  }
  for (const uint64_t bits : {0x7ff0000000000001u, 0xfff0000000000001u, 0x7ff4000000000000u, 0x7ff8000000000000u,
                              0xffffffffffffffffu, 0x7ff0123456789abcu}) {
    EXPECT_THAT(guest.call(i, "f64", {i64(static_cast<int64_t>(bits)), i32(1)}),
                Returns(i64(static_cast<int64_t>(bits))));
  }
}

TEST_P(NanBits, survive_as_constants) {
  const Instance i = guest.load(kMoves);
  const Val s = Val::from_bits(ValType::f32, 0x7fa00001), d = Val::from_bits(ValType::f64, 0xfff4000000000001);
  EXPECT_THAT(guest.call(i, "constants"),
              Returns(s, d, i32(0x7fa00001), i64(static_cast<int64_t>(0xfff4000000000001))));
  EXPECT_THAT(guest.call(i, "one32"), Returns(Val::from_bits(ValType::f32, 0xff800001)));
  EXPECT_THAT(guest.call(i, "one64"), Returns(Val::from_bits(ValType::f64, 0x7ff0000000000001)));
  EXPECT_THAT(guest.call(i, "stored"), Returns(i32(0x7f812345), i64(0x7ff0000000012345)));
}

}  // namespace
}  // namespace mini_wasm
