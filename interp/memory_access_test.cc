// Loads and stores: folded addresses, the ends of pages and of 2^32, guarded and checked memories, and the positions of
// faults.
#include "interp/interp_test.h"

namespace mini_wasm {
namespace {

using namespace mini_wasm::testing;

class MemoryAccess : public InEveryConfiguration {};
MW_IN_EVERY_CONFIGURATION(MemoryAccess);

const auto kOutOfBounds = Traps(TrapCode::out_of_bounds_memory_access);

TEST_P(MemoryAccess, a_sum_as_address_wraps_and_the_offset_does_not) {
  const Instance i = guest.load(R"((module (memory 1) (data (i32.const 0) "\2a\00\00\00\07")
    (func (export "sum") (param i32 i32) (result i32) (i32.load8_u (i32.add (local.get 0) (local.get 1))))
    (func (export "offset") (param i32 i32) (result i32) (i32.load8_u offset=4 (i32.add (local.get 0) (local.get 1))))
    (func (export "far") (param i32 i32) (result i32) (i32.load8_u offset=65535 (i32.add (local.get 0) (local.get 1))))
    (func (export "farther") (param i32 i32) (result i32) (i32.load8_u offset=65536 (i32.add (local.get 0) (local.get 1))))
    (func (export "constant") (param i32) (result i32) (i32.load8_u offset=4 (i32.add (local.get 0) (i32.const -4))))
    (func (export "of_sum") (param i32 i32) (result i32)
      (i32.load8_u (i32.add (i32.add (local.get 0) (local.get 1)) (local.get 1))))
    (func (export "kept") (param i32 i32) (result i32) (local i32)
      (i32.add (i32.load8_u (local.tee 2 (i32.add (local.get 0) (local.get 1)))) (local.get 2)))
    (func (export "float") (param i32 i32) (result f64) (f64.load offset=8 (i32.add (local.get 0) (local.get 1))))))");
  EXPECT_THAT(guest.call(i, "sum", {i32(-8), i32(8)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(i, "sum", {i32(-8), i32(7)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "offset", {i32(-8), i32(8)}), Returns(i32(7)));
  EXPECT_THAT(guest.call(i, "offset", {i32(-8), i32(4)}), kOutOfBounds);  // 2^32 - 4 + 4 is 2^32
  EXPECT_THAT(guest.call(i, "far", {i32(0), i32(0)}), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "far", {i32(0), i32(1)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "farther", {i32(0), i32(0)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "constant", {i32(4)}), Returns(i32(7)));
  EXPECT_THAT(guest.call(i, "constant", {i32(0)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "of_sum", {i32(2), i32(-1)}), Returns(i32(42)));
  EXPECT_THAT(guest.call(i, "kept", {i32(5), i32(-1)}), Returns(i32(7 + 4)));
  EXPECT_THAT(guest.call(i, "float", {i32(100), i32(-100)}), Returns(f64(0)));
}

TEST_P(MemoryAccess, constant_addresses_near_four_gibibytes) {
  const Instance i = guest.load(R"((module (memory 1)
    (func (export "last") (result i32) (i32.load (i32.const 65532)))
    (func (export "beyond") (result i32) (i32.load (i32.const 65533)))
    (func (export "with_offset") (result i32) (i32.load offset=65500 (i32.const 32)))
    (func (export "sum_fits") (result i32) (i32.load8_u offset=0xfffffffe (i32.const 1)))
    (func (export "sum_wraps") (result i32) (i32.load8_u offset=0xffffffff (i32.const 1)))
    (func (export "most") (result i64) (i64.load offset=0xffffffff (i32.const -1)))
    (func (export "store_wraps") (i32.store8 offset=0xffffffff (i32.const 1) (i32.const 5)))
    (func (export "store_most") (i64.store offset=0xffffffff (i32.const -1) (i64.const 5)))
    (func (export "first") (result i32) (i32.load8_u (i32.const 0)))))");
  EXPECT_THAT(guest.call(i, "last"), Returns(i32(0)));
  EXPECT_THAT(guest.call(i, "with_offset"), Returns(i32(0)));
  for (const char* name : {"beyond", "sum_fits", "sum_wraps", "most", "store_wraps", "store_most"}) {
    EXPECT_THAT(guest.call(i, name), kOutOfBounds) << name;
  }
  EXPECT_THAT(guest.call(i, "first"), Returns(i32(0)));
}

// Every width, with the address and the value in every place that the translator distinguishes.
TEST_P(MemoryAccess, every_width_from_every_place) {
  struct Access {
    const char *type, *load, *store;
    uint64_t expected;  // after storing 0x8182838485868788
  };
  const Access accesses[] = {{"i32", "load", "store", 0x85868788},
                             {"i32", "load8_s", "store8", 0xffffff88},
                             {"i32", "load8_u", "store8", 0x88},
                             {"i32", "load16_s", "store16", 0xffff8788},
                             {"i32", "load16_u", "store16", 0x8788},
                             {"i64", "load", "store", 0x8182838485868788},
                             {"i64", "load8_s", "store8", ~uint64_t{0x77}},
                             {"i64", "load8_u", "store8", 0x88},
                             {"i64", "load16_s", "store16", ~uint64_t{0x7877}},
                             {"i64", "load16_u", "store16", 0x8788},
                             {"i64", "load32_s", "store32", 0xffffffff85868788},
                             {"i64", "load32_u", "store32", 0x85868788}};
  std::string text = "(module (memory 1)";
  for (const Access& a : accesses) {
    const std::string type = a.type, value = type == "i32" ? "0x85868788" : "0x8182838485868788";
    const std::string load = type + "." + a.load, store = type + "." + a.store,
                      constant = "(" + type + ".const " + value + ")";
    text += "(func (export \"" + load + "\") (param i32 " + type + ") (result " + type + " " + type + " " + type + " " +
            type + ")";
    text += "(" + store + " (local.get 0) (local.get 1))";
    text += "(" + store + " offset=16 (i32.add (local.get 0) (i32.const 1)) " + constant + ")";
    text += "(" + store + " (i32.const 1032) (" + type + ".or (local.get 1) (local.get 1)))";
    text += "(local.set 0 (i32.add (local.get 0) (i32.const 32)))";
    text += "(" + store + " (local.get 0) (local.get 1))";
    text += "(" + load + " (i32.const 1000)) (" + load + " (i32.sub (local.get 0) (i32.const 15)))";
    text += "(" + load + " offset=8 (i32.const 1024)) (local.set 1 (" + load + " (local.get 0))) (local.get 1))";
  }
  const Instance i = guest.load(text + ")");
  for (const Access& a : accesses) {
    const bool is_32 = std::string_view(a.type) == "i32";
    const Val value = is_32 ? i32(static_cast<int32_t>(0x85868788)) : i64(static_cast<int64_t>(0x8182838485868788));
    const Val back = is_32 ? i32(static_cast<int32_t>(a.expected)) : i64(static_cast<int64_t>(a.expected));
    EXPECT_THAT(guest.call(i, std::string(a.type) + "." + a.load, {i32(1000), value}), Returns(back, back, back, back))
        << a.load;
  }
}

TEST_P(MemoryAccess, a_fault_names_the_access_whatever_its_form) {
  // Each function has one access that traps, after one more nop than the function before, so that the offsets differ.
  const char* const accesses[] = {
      "(drop (i32.load (i32.const 65536)))",
      "(drop (i64.load8_s (local.get 0)))",
      "(drop (f32.load (i32.add (local.get 0) (local.get 1))))",
      "(local.set 0 (i32.load16_u offset=4 (i32.add (local.get 0) (local.get 1))))",
      "(drop (f64.load (i32.mul (local.get 0) (i32.const 1))))",
      "(i32.store (local.get 0) (i32.const 5))",
      "(i64.store offset=7 (local.get 0) (i64.const 0x123456789))",
      "(f32.store (i32.mul (local.get 0) (i32.const 1)) (f32.add (f32.const 1) (local.get 2)))",
      "(f64.store (i32.const 65529) (f64.const 1))",
      "(i32.store8 (i32.const 70000) (i32.mul (local.get 0) (local.get 0)))",
      "(memory.fill (local.get 0) (i32.const 0) (i32.const 1))"};
  for (const char* access : accesses) {
    uint64_t first = 0;
    for (const int nops : {0, 3}) {
      std::string text = "(module (memory 1) (func (export \"f\") (param i32 i32 f32)";
      for (int k = 0; k < nops; ++k) text += " nop";
      text += std::string(" ") + access + "))";
      const Instance i = guest.load(text);
      const Result<std::vector<Val>> r = guest.call(i, "f", {i32(0x7fff0000), i32(0x70000), f32(1)});
      ASSERT_THAT(r, kOutOfBounds) << access;
      ASSERT_EQ(r.error().backtrace.size(), 1u) << access;
      const uint64_t offset = r.error().backtrace[0].offset;
      const std::vector<uint8_t> bytes = wat(text);
      const uint8_t op = bytes.at(offset);
      EXPECT_TRUE((op >= 0x28 && op <= 0x3e) || op == 0xfc) << access << " points to " << int{op};
      if (nops == 0) first = offset;
      EXPECT_EQ(offset, first + static_cast<uint64_t>(nops)) << access;
    }
  }
}

TEST_P(MemoryAccess, other_memories_than_the_first) {
  const Instance i = guest.load(R"((module (memory 1) (memory $m 1 2)
    (func (export "f") (param i32 i64) (result i64)
      (i64.store $m (local.get 0) (i64.add (local.get 1) (i64.const 1)))
      (i64.store (local.get 0) (i64.const 7))
      (i64.load $m (i32.add (local.get 0) (i32.const 0))))
    (func (export "grow") (result i32) (drop (memory.grow $m (i32.const 1))) (memory.size $m))))");
  EXPECT_THAT(guest.call(i, "f", {i32(65528), i64(9)}), Returns(i64(10)));
  EXPECT_THAT(guest.call(i, "f", {i32(65529), i64(9)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "f", {i32(-8), i64(9)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "grow"), Returns(i32(2)));
  EXPECT_THAT(guest.call(i, "f", {i32(65529), i64(9)}), kOutOfBounds);  // the first memory has not grown
  EXPECT_THAT(guest.call(i, "f", {i32(65528), i64(9)}), Returns(i64(10)));
}

TEST_P(MemoryAccess, memories_of_sixty_four_bits) {
  const Instance i = guest.load(R"((module (memory i64 1)
    (func (export "f") (param i64 i32) (result i32)
      (i32.store offset=4 (local.get 0) (local.get 1))
      (i32.load (i64.add (local.get 0) (i64.const 4))))
    (func (export "far") (param i64) (result i32) (i32.load8_u offset=0xffffffff (local.get 0)))
    (func (export "size") (result i64) (memory.grow (i64.const 1)))))");
  EXPECT_THAT(guest.call(i, "f", {i64(65528), i32(-3)}), Returns(i32(-3)));
  EXPECT_THAT(guest.call(i, "f", {i64(65529), i32(-3)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "f", {i64(-4), i32(-3)}), kOutOfBounds);                // the offset would wrap to 0
  EXPECT_THAT(guest.call(i, "f", {i64(INT64_C(1) << 32), i32(-3)}), kOutOfBounds);  // the upper half is not dropped
  EXPECT_THAT(guest.call(i, "far", {i64(0)}), kOutOfBounds);
  EXPECT_THAT(guest.call(i, "size"), Returns(i64(1)));
}

}  // namespace
}  // namespace mini_wasm
