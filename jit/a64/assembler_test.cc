#include "jit/a64/assembler.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <random>

#include "jit/a64/printer.h"

namespace mini_wasm::jit::a64 {
namespace {

// The words that an independent assembler makes of the text behind each line.
TEST(a64_assembler, encodes_as_the_manual_says) {
  Assembler a;
#define ENCODES(word, ...)                                              \
  do {                                                                  \
    a.restart();                                                        \
    __VA_ARGS__;                                                        \
    ASSERT_EQ(a.here(), 4u) << #__VA_ARGS__;                            \
    EXPECT_EQ(a.words()[0], word##u) << #__VA_ARGS__;                   \
    EXPECT_EQ(print(a.words()[0], 0).find(".word"), std::string::npos); \
  } while (false)
  ENCODES(0x8b030041, a.r3(ins::add, true, x(1), x(2), x(3)));                       // add x1, x2, x3
  ENCODES(0x0b031c41, a.r3(ins::add, false, x(1), x(2), x(3), Shift::lsl, 7));       // add w1, w2, w3, lsl #7
  ENCODES(0xaa2303e1, a.r3(ins::orn, true, x(1), kZero, x(3)));                      // orn x1, xzr, x3
  ENCODES(0x9b039041, a.r4(ins::msub, true, x(1), x(2), x(3), x(4)));                // msub x1, x2, x3, x4
  ENCODES(0xdac01041, a.r2(ins::clz, true, x(1), x(2)));                             // clz x1, x2
  ENCODES(0x910043ff, a.r2_imm(ins::add_imm, true, kSp, kSp, 16));                   // add sp, sp, #16
  ENCODES(0x51401441, a.r2_imm(ins::sub_imm, false, x(1), x(2), 0x5000));            // sub w1, w2, #5, lsl #12
  ENCODES(0x8b234c41, a.add_extended(x(1), x(2), x(3), Extend::uxtw, 3));            // add x1, x2, w3, uxtw #3
  ENCODES(0x531b6841, a.lsl(false, x(1), x(2), 5));                                  // lsl w1, w2, #5
  ENCODES(0xd37ffc41, a.lsr(true, x(1), x(2), 63));                                  // lsr x1, x2, #63
  ENCODES(0x9347fc41, a.asr(true, x(1), x(2), 7));                                   // asr x1, x2, #7
  ENCODES(0x13822441, a.ror(false, x(1), x(2), 9));                                  // ror w1, w2, #9
  ENCODES(0xaa0203e1, a.mov(true, x(1), x(2)));                                      // mov x1, x2
  ENCODES(0x910003e9, a.v1(ins::mov_sp_to, x(9)));                                   // mov x9, sp
  ENCODES(0x9100013f, a.emit(ins::mov_to_sp | a.rn(x(9))));                          // mov sp, x9
  ENCODES(0x1a9f27e1, a.cset(false, x(1), Cond::lo));                                // cset w1, lo
  ENCODES(0x9a83c041, a.csel(ins::csel, true, x(1), x(2), x(3), Cond::gt));          // csel x1, x2, x3, gt
  ENCODES(0xfa427025, a.ccmp(true, x(1), x(2), 5, Cond::vc));                        // ccmp x1, x2, #5, vc
  ENCODES(0x7a410820, a.ccmp(false, x(1), 1u, 0, Cond::eq));                         // ccmp w1, #1, #0, eq
  ENCODES(0xeb02003f, a.compare(true, x(1), x(2)));                                  // cmp x1, x2
  ENCODES(0x3100043f, a.compare(false, x(1), 0xffffffff));                           // cmn w1, #1
  ENCODES(0xa91f8ba1, a.pair(ins::stp, x(1), x(2), kFp, 504));                       // stp x1, x2, [x29, #504]
  ENCODES(0xa8c173fe, a.pair(ins::ldp_post, x(30), x(28), kSp, 16));                 // ldp x30, x28, [sp], #16
  ENCODES(0x6d3f0861, a.pair(ins::stp_d, v(1), v(2), x(3), -16));                    // stp d1, d2, [x3, #-16]
  ENCODES(0x6d5f0861, a.pair(ins::ldp_d, v(1), v(2), x(3), 496));                    // ldp d1, d2, [x3, #496]
  ENCODES(0xad3f0861, a.pair(ins::stp_q, v(1), v(2), x(3), -32, 4));                 // stp q1, q2, [x3, #-32]
  ENCODES(0xf81f0ffe, a.moving(ins::str_pre, x(30), kSp, -16));                      // str x30, [sp, #-16]!
  ENCODES(0xf84107fe, a.moving(ins::ldr_post, x(30), kSp, 16));                      // ldr x30, [sp], #16
  ENCODES(0xf97ffc41, a.access(ins::ldr_x, x(1), {x(2), kNoReg, false, 0, 32760}));  // ldr x1, [x2, #32760]
  ENCODES(0xb85f8041, a.access(ins::ldr_w, x(1), {x(2), kNoReg, false, 0, -8}));     // ldur w1, [x2, #-8]
  ENCODES(0xb8a35841, a.access(ins::ldrsw, x(1), {x(2), x(3), true, 2}));            // ldrsw x1, [x2, w3, uxtw #2]
  ENCODES(0x38234841, a.access(ins::strb, x(1), {x(2), x(3), true}));                // strb w1, [x2, w3, uxtw]
  ENCODES(0xf8237841, a.access(ins::str_x, x(1), {x(2), x(3), false, 3}));           // str x1, [x2, x3, lsl #3]
  ENCODES(0x3dfffc41, a.access(ins::ldr_q, v(1), {x(2), kNoReg, false, 0, 65520}));  // ldr q1, [x2, #65520]
  ENCODES(0x7c003041, a.access(ins::str_h, v(1), {x(2), kNoReg, false, 0, 3}));      // stur h1, [x2, #3]
  ENCODES(0x78e10062, a.atomic(ins::ldaddal, 1, x(1), x(2), x(3)));                  // ldaddalh w1, w2, [x3]
  ENCODES(0xc8e1fc62, a.atomic(ins::casal, 3, x(1), x(2), x(3)));                    // casal x1, x2, [x3]
  ENCODES(0x0801fc62, a.atomic(ins::stlxr, 0, x(1), x(2), x(3)));                    // stlxrb w1, w2, [x3]
  ENCODES(0x88dffc41, a.atomic(ins::ldar, 2, x(1), x(2)));                           // ldar w1, [x2]
  ENCODES(0x1e631841, a.f3(ins::fdiv, true, v(1), v(2), v(3)));                      // fdiv d1, d2, d3
  ENCODES(0x1e244041, a.f2(ins::frintn, false, v(1), v(2)));                         // frintn s1, s2
  ENCODES(0x1e622020, a.fcmp(true, v(1), v(2)));                                     // fcmp d1, d2
  ENCODES(0x1e22a420, a.fccmp(false, v(1), v(2), 0, Cond::ge));                      // fccmp s1, s2, #0, ge
  ENCODES(0x1e634c41, a.fcsel(true, v(1), v(2), v(3), Cond::mi));                    // fcsel d1, d2, d3, mi
  ENCODES(0x9e380041, a.convert(ins::fcvtzs, true, false, x(1), v(2)));              // fcvtzs x1, s2
  ENCODES(0x1e630041, a.convert(ins::ucvtf, false, true, v(1), x(2)));               // ucvtf d1, w2
  ENCODES(0x4e0323c1, a.v3(ins::tbl2, v(1), v(30), v(3)));                     // tbl v1.16b, {v30.16b, v31.16b}, v3.16b
  ENCODES(0x6e63b441, a.v3(ins::sqrdmulh_8h, v(1), v(2), v(3)));               // sqrdmulh v1.8h, v2.8h, v3.8h
  ENCODES(0x6e160441, a.v2(ins::ins_element | lane_field(1, 5), v(1), v(2)));  // mov v1.h[5], v2.h[0]
  ENCODES(0x5e1c0441, a.v2(ins::dup_scalar | lane_field(2, 3), v(1), v(2)));   // mov s1, v2.s[3]
  ENCODES(0x4f090441, a.v2(ins::sshr_lanes | shift_field(0, 7, true), v(1), v(2)));   // sshr v1.16b, v2.16b, #7
  ENCODES(0x4f7f5441, a.v2(ins::shl_lanes | shift_field(3, 63, false), v(1), v(2)));  // shl v1.2d, v2.2d, #63
#undef ENCODES
}

// --- Constants

// What the instructions that make a constant leave in their register.
uint64_t value_of(const Assembler& a, bool wide) {
  uint64_t value = 0;
  for (uint32_t at = 0; at < a.here(); at += 4) {
    const uint32_t word = a.words()[at / 4], op = word & 0x7f800000;
    const uint32_t shift = (word >> 21 & 3) * 16;
    const uint64_t half = uint64_t{word >> 5 & 0xffff} << shift;
    if (op == ins::movz) value = half;
    if (op == ins::movn) value = ~half;
    if (op == ins::movk) value = (value & ~(uint64_t{0xffff} << shift)) | half;
    if (op == ins::orr_imm) {
      const std::string text = print(word, at);
      value = std::strtoull(text.c_str() + text.rfind('#') + 1, nullptr, 16);
    }
    if ((word & 0xff000000) == ins::ldr_x_pool) {
      std::memcpy(&value, a.words() + at / 4 + (word >> 5 & 0x7ffff), sizeof(value));
      return value;
    }
  }
  return wide ? value : value & 0xffffffff;
}

TEST(a64_assembler, makes_every_constant) {
  Assembler a;
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    uint64_t bits = random();
    // Numbers with halves of zeros or ones, and with runs of ones.
    for (int half = 0; half < 4; ++half) {
      const uint64_t mask = uint64_t{0xffff} << half * 16;
      if (i % 3 == 0 && random() % 2 == 0) bits = random() % 2 == 0 ? bits & ~mask : bits | mask;
    }
    if (i % 3 == 1) bits = std::rotl((uint64_t{1} << random() % 64) - 1, static_cast<int>(random() % 64));
    for (const bool wide : {true, false}) {
      a.restart();
      a.constant(wide, x(5), bits);
      a.finish();
      EXPECT_EQ(value_of(a, wide), wide ? bits : bits & 0xffffffff) << std::hex << bits;
    }
  }
}

// A bitmask immediate repeats an element of 2 to 64 bits that is a rotated run of ones.
TEST(a64_assembler, finds_exactly_the_bitmasks) {
  size_t found = 0;
  for (uint32_t size = 2; size <= 64; size *= 2) {
    for (uint32_t ones = 1; ones < size; ++ones) {
      for (uint32_t turn = 0; turn < size; ++turn) {
        uint64_t element = (uint64_t{1} << ones) - 1;
        const uint64_t mask = size == 64 ? ~uint64_t{0} : (uint64_t{1} << size) - 1;
        if (turn != 0) element = (element << turn | element >> (size - turn)) & mask;
        for (uint32_t width = size; width < 64; width *= 2) element |= element << width;
        const auto fields = bitmask(true, element);
        ASSERT_TRUE(fields.has_value()) << std::hex << element;
        const std::string text = print(ins::orr_imm | 1u << 31 | *fields, 0);
        EXPECT_EQ(std::strtoull(text.c_str() + text.rfind('#') + 1, nullptr, 16), element);
        ++found;
      }
    }
  }
  EXPECT_EQ(found, 5334u);  // the number of 64-bit constants that the manual names
  for (const uint64_t bits : {uint64_t{0}, ~uint64_t{0}, uint64_t{5}, uint64_t{0x1234}, uint64_t{0xff00ff0000}}) {
    EXPECT_FALSE(bitmask(true, bits).has_value()) << std::hex << bits;
  }
}

// --- Addresses

// How many words two accesses to memory 0 take, with the same index and different offsets, and something in between.
template <class Between>
uint32_t words_of_two(Between between) {
  Assembler a;
  const auto load = [&](Reg to, int64_t offset) { a.access(ins::ldr_w, to, {kMemory, x(9), true, 0, offset}); };
  load(x(1), 4);
  const uint32_t before = a.here();
  between(a);
  const uint32_t behind = a.here();
  load(x(2), 8);
  EXPECT_EQ(before, 8u);
  return (before + a.here() - behind) / 4;
}

// The sum of base and index is made once, unless it may have been lost in between.
TEST(a64_assembler, neighbours_in_memory_share_an_address) {
  const Place other{kMemory, x(10), true, 0, 4};
  EXPECT_EQ(words_of_two([](Assembler&) {}), 3u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.r3(ins::add, false, x(3), x(9), x(1)); }), 3u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.access(ins::str_w, x(1), {kFp, kNoReg, false, 0, 8}); }), 3u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.r2_imm(ins::add_imm, false, x(9), x(9), 1); }), 4u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.access(ins::ldr_w, x(9), {kFp, kNoReg, false, 0, 8}); }), 4u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.constant(true, kInner, 1); }), 4u);
  EXPECT_EQ(words_of_two([&](Assembler& a) { a.access(ins::ldr_w, x(1), other); }), 4u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.pair(ins::ldp, x(8), x(9), kFp, 0); }), 4u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.atomic(ins::casal, 2, x(9), x(1), x(2)); }), 4u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.far(ins::bl, Relocation::Kind::stub, 8); }), 4u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.b(ins::blr, x(1)); }), 4u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.b(a.new_label()); }), 4u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.moving(ins::ldr_post, x(1), x(9), 8); }), 4u);
  EXPECT_EQ(words_of_two([](Assembler& a) { a.bind(a.new_label()); }), 4u);
  // Another width of the index, and another base.
  Assembler a;
  a.access(ins::ldr_w, x(1), {kMemory, x(9), true, 0, 4});
  a.access(ins::ldr_w, x(1), {kMemory, x(9), false, 0, 4});
  EXPECT_EQ(a.here(), 16u);
  a.access(ins::ldr_w, x(1), {kScratch, x(9), false, 0, 4});
  EXPECT_EQ(a.here(), 24u);
  a.access(ins::ldr_w, x(1), {kScratch, x(9), false, 0, 4});
  EXPECT_EQ(a.here(), 32u);
}

// --- Reach

uint32_t target_of(const Assembler& a, uint32_t at) {
  const uint32_t word = a.words()[at / 4];
  const bool is_long = (word & 0x7c000000) == ins::b;
  const int32_t distance = is_long ? static_cast<int32_t>(word << 6) >> 4 : static_cast<int32_t>(word << 8) >> 13 << 2;
  return at + static_cast<uint32_t>(distance);
}
// Where a branch leads in the end: through the jump of an island, if necessary.
uint32_t end_of(const Assembler& a, uint32_t at) {
  uint32_t target = target_of(a, at);
  if ((a.words()[target / 4] & 0xfc000000) == ins::b) target = target_of(a, target);
  return target;
}
void fill(Assembler& a, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes / 4; ++i) a.emit(ins::nop);
}

// Branches forwards to labels at all distances, among them those just within and beyond the reach of 1 MiB.
TEST(a64_assembler, branches_forward_reach_their_labels) {
  for (const uint32_t distance : {8u, 0x80000u, 0xffff8u, 0xffffcu, 0x100000u, 0x100004u, 0x180000u, 0x500000u}) {
    Assembler a;
    const Assembler::Label far = a.new_label(), other = a.new_label();
    const uint32_t first = a.here();
    a.b(Cond::hi, far);
    a.cbz(true, x(3), far);
    a.cbnz(false, x(4), other);
    fill(a, distance);
    a.bind(other);
    a.emit(ins::ret);
    a.bind(far);
    a.emit(ins::ret);
    a.finish();
    ASSERT_FALSE(a.failed());
    EXPECT_EQ(end_of(a, first), a.offset_of(far)) << distance;
    EXPECT_EQ(end_of(a, first + 4), a.offset_of(far)) << distance;
    EXPECT_EQ(end_of(a, first + 8), a.offset_of(other)) << distance;
    EXPECT_EQ(a.words()[0] & 15, static_cast<uint32_t>(Cond::hi));
  }
}

TEST(a64_assembler, branches_backward_reach_their_labels) {
  for (const uint32_t distance : {8u, 0xffff8u, 0x100000u, 0x100004u, 0x500000u}) {
    Assembler a;
    const Assembler::Label back = a.new_label();
    a.bind(back);
    fill(a, distance);
    const uint32_t at = a.here();
    a.cbz(true, x(3), back);
    a.finish();
    const bool turned = (a.words()[at / 4] & 0x7f000000) == ins::cbnz;
    EXPECT_EQ(turned, distance > 0x100000u) << distance;
    if (turned) {
      EXPECT_EQ(target_of(a, at), at + 8);
    }
    EXPECT_EQ(target_of(a, turned ? at + 4 : at), 0u) << distance;
  }
}

// As many branches as possible wait at the same time: every instruction is one.
TEST(a64_assembler, islands_have_room_for_every_branch) {
  Assembler a;
  std::vector<uint32_t> branches;
  const Assembler::Label end = a.new_label();
  for (int i = 0; i < 1000000; ++i) {
    a.together(2);
    branches.push_back(a.here());
    a.b(Cond::eq, end);
  }
  a.bind(end);
  a.emit(ins::ret);
  a.finish();
  ASSERT_FALSE(a.failed());
  for (const uint32_t at : branches) ASSERT_EQ(end_of(a, at), a.offset_of(end)) << at;
}

// Constants are near the instructions that load them, also when there are more than fit into the reach.
TEST(a64_assembler, constants_are_within_reach) {
  Assembler a;
  std::vector<uint32_t> loads;
  for (uint64_t i = 0; i < 300000; ++i) {
    a.together(1);
    loads.push_back(a.here());
    a.load_literal(ins::ldr_q_pool, v(1), i, ~i);
    if (a.here() - loads.back() != 4) loads.back() = a.here() - 4;
  }
  a.finish();
  ASSERT_FALSE(a.failed());
  for (uint64_t i = 0; i < loads.size(); ++i) {
    uint64_t halves[2];
    ASSERT_EQ(a.words()[loads[i] / 4] & 0xff00001f, ins::ldr_q_pool | 1);
    std::memcpy(halves, a.words() + target_of(a, loads[i]) / 4, sizeof(halves));
    ASSERT_EQ(halves[0], i);
    ASSERT_EQ(halves[1], ~i);
  }
}

// A single constant has its place within reach, too, however much code without constants follows.
TEST(a64_assembler, constants_do_not_wait_for_the_end) {
  Assembler a;
  a.load_literal(ins::ldr_d_pool, v(1), 0x123456789abcdef0);
  fill(a, 3 << 20);
  a.finish();
  ASSERT_FALSE(a.failed());
  uint64_t found;
  std::memcpy(&found, a.words() + target_of(a, 0) / 4, sizeof(found));
  EXPECT_EQ(found, 0x123456789abcdef0u);
}

// A table of distances may be larger than what a conditional branch reaches.
TEST(a64_assembler, tables_may_be_large) {
  Assembler a;
  const Assembler::Label first = a.new_label(), last = a.new_label();
  a.b(Cond::hs, last);
  constexpr uint32_t kCount = 1000000;
  a.together(1 + kCount);
  a.emit(ins::nop);
  const uint32_t table = a.here();
  for (uint32_t i = 0; i < kCount; ++i) a.embed_distance(i % 2 == 0 ? first : last, table);
  EXPECT_EQ(a.here(), table + kCount * 4);
  a.bind(first);
  a.emit(ins::nop);
  a.bind(last);
  a.emit(ins::ret);
  a.finish();
  ASSERT_FALSE(a.failed());
  EXPECT_EQ(end_of(a, 0), a.offset_of(last));
  for (uint32_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(table + a.words()[table / 4 + i], a.offset_of(i % 2 == 0 ? first : last));
  }
}

TEST(a64_assembler, code_that_is_too_large_fails) {
  Assembler a;
  fill(a, 80 << 20);
  a.finish();
  EXPECT_TRUE(a.failed());
  a.restart();
  a.emit(ins::ret);
  a.finish();
  EXPECT_FALSE(a.failed());
}

}  // namespace
}  // namespace mini_wasm::jit::a64
