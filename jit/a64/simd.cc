// Selects machine code for vector instructions: the patterns of simd.def, and instructions with code of their own.
// Lanes, shuffles and memory are in simd_lanes.cc. What the relaxed instructions compute is the same on all CPUs
// (core/numeric_simd.h); so madd rounds twice, and fmla is not used.
#include "jit/a64/vector_selector.h"

namespace mini_wasm::jit::a64 {

namespace {

class SimdSelector : VectorSelector {
 public:
  using VectorSelector::VectorSelector;

  bool select_regular();
  bool select_numbers();
  bool select_bits();

 private:
  // --- Patterns of simd.def

  void binary(uint32_t op, bool swapped = false, bool inverted = false) {
    two([&](Reg to, Reg l, Reg r) {
      a.v3(op, to, swapped ? r : l, swapped ? l : r);
      if (inverted) a.v2(ins::not_16b, to, to);
    });
  }
  void twice(uint32_t first, uint32_t second) {
    one([&](Reg to, Reg from) {
      a.v2(first, to, from);
      a.v2(second, to, to);
    });
  }

  // The count is taken modulo the number of bits of a lane. The CPU takes the count of each lane from a vector; a
  // negative one shifts to the right.
  void shift(uint32_t log2, uint32_t by_constant, uint32_t by_lanes, bool right) {
    const uint32_t mask = (8u << log2) - 1;
    Value count = c.pop(), vector = c.pop();
    const Reg from = c.use(vector);
    if (count.kind == Value::Kind::constant) {
      const uint32_t n = static_cast<uint32_t>(count.bits) & mask;
      const Reg to = c.target(kV128, vector);
      if (n == 0) {
        copy(to, from);
      } else {
        a.v2(by_constant | shift_field(log2, n, right), to, from);
      }
      return c.push_reg(kV128, to);
    }
    const Reg by = c.use(count);
    const Reg to = c.target(kV128, vector);
    a.r2_bits(ins::and_imm, false, kScratch, by, *bitmask(false, mask));
    if (right) a.r3(ins::sub, false, kScratch, kZero, kScratch);
    // In 64 bits, only the lowest byte of each lane counts, so the upper half of the register does not matter.
    a.v2(ins::dup_general | lane_field(log2, 0), s, kScratch);
    a.v3(by_lanes, to, from, s);
    c.release(count);
    c.push_reg(kV128, to);
  }

  void narrow(uint32_t low, uint32_t high) {
    two([&](Reg to, Reg l, Reg r) {
      const Reg half = to == r ? s : to;
      a.v2(low, half, l);
      a.v2(high, half, r);
      copy(to, half);
    });
  }

  // --- Others

  // a * b + c, or c - a * b as -a * b + c, each rounded.
  void multiply_add(uint32_t multiply, uint32_t add) {
    three([&](Reg to, Reg x, Reg y, Reg z) {
      a.v3(multiply, s, x, y);
      a.v3(add, to, z, s);
    });
  }

  // pmin(a, b) is b < a ? b : a; pmax(a, b) is a < b ? b : a.
  void pseudo(uint32_t greater, bool max) {
    two([&](Reg to, Reg l, Reg r) {
      a.v3(greater, s, max ? r : l, max ? l : r);
      a.v3(ins::bsl_16b, s, r, l);
      copy(to, s);
    });
  }

  void select_by_bits() {
    Value mask = c.pop(), otherwise = c.pop(), value = c.pop();
    const Reg x = c.use(value), y = c.use(otherwise), to = c.own(mask);  // the mask is overwritten
    a.v3(ins::bsl_16b, to, x, y);
    c.release(otherwise);
    c.release(value);
    c.push_reg(kV128, to);
  }

  void dot_16() {
    two([&](Reg to, Reg l, Reg r) {
      a.v3(ins::smull_4s, s, l, r);
      a.v3(ins::smull2_4s, s2, l, r);
      a.v3(ins::addp_4s, to, s, s2);
    });
  }

  // The sums of two products are formed in 32 bits and then saturate. The result is in s.
  void dot_8(Reg l, Reg r) {
    a.v3(ins::smull_8h, s, l, r);
    a.v3(ins::smull2_8h, s2, l, r);
    a.v2(ins::saddlp_4s, s, s);
    a.v2(ins::saddlp_4s, s2, s2);
    a.v2(ins::sqxtn_4h, s, s);
    a.v2(ins::sqxtn2_8h, s, s2);
  }

  // The CPU has no such multiplication, so both lanes go through integer registers.
  void multiply_64() {
    two([&](Reg to, Reg l, Reg r) {
      a.v2(ins::umov_x | lane_field(3, 0), kScratch, l);
      a.v2(ins::umov_x | lane_field(3, 0), kInner, r);
      a.r3(ins::mul, true, kScratch, kScratch, kInner);
      a.v2(ins::umov_x | lane_field(3, 1), kInner, l);
      a.v2(ins::umov_x | lane_field(3, 1), kThird, r);
      a.r3(ins::mul, true, kInner, kInner, kThird);
      a.v2(ins::fmov_dx, to, kScratch);
      a.v2(ins::ins_general | lane_field(3, 1), to, kInner);
    });
  }

  // --- A vector, with an i32 as the result. Calls emit(to, from)
  template <class Emit>
  void reduce(Emit emit) {
    unary(Scalar::i32, emit);
  }

  void any_true() {
    reduce([&](Reg to, Reg from) {
      a.v3(ins::umaxp_4s, s, from, from);
      a.v2(ins::fmov_xd, kScratch, s);
      a.compare(true, kScratch, 0);
      a.cset(false, to, Cond::ne);
    });
  }

  // The smallest lane is not 0.
  void all_true(uint32_t minimum) {
    reduce([&](Reg to, Reg from) {
      a.v2(minimum, s, from);
      a.v2(ins::fmov_ws, kScratch, s);
      a.compare(false, kScratch, 0);
      a.cset(false, to, Cond::ne);
    });
  }
  void all_true_64() {
    reduce([&](Reg to, Reg from) {
      a.v2(ins::cmeq_2d_zero, s, from);
      a.v3(ins::umaxp_4s, s, s, s);
      a.v2(ins::fmov_xd, kScratch, s);
      a.compare(true, kScratch, 0);
      a.cset(false, to, Cond::eq);
    });
  }

  // Each lane becomes all ones or 0, then one bit of it is kept, and the sum of the lanes is the result.
  void bitmask_of(uint32_t log2, uint64_t low, uint64_t high, uint32_t sum) {
    reduce([&](Reg to, Reg from) {
      a.v2(ins::sshr_lanes | shift_field(log2, (8u << log2) - 1, true), s, from);
      a.load_literal(ins::ldr_q_pool, s2, low, high);
      a.v3(ins::and_16b, s, s, s2);
      if (log2 == 0) {  // the sum of bytes has only 8 bits: each byte and the one 8 lanes above become one lane
        a.v3(ins::ext_16b | 8u << 11, s2, s, s);
        a.v3(ins::zip1_16b, s, s, s2);
      }
      a.v2(sum, s, s);
      a.v2(ins::fmov_ws, to, s);
    });
  }
  void bitmask_of_64() {
    reduce([&](Reg to, Reg from) {
      a.v2(ins::umov_x | lane_field(3, 0), kScratch, from);
      a.v2(ins::umov_x | lane_field(3, 1), kInner, from);
      a.lsr(true, kScratch, kScratch, 63);
      a.lsr(true, kInner, kInner, 63);
      a.r3(ins::add, false, to, kScratch, kInner, Shift::lsl, 1);
    });
  }
};

bool SimdSelector::select_regular() {
  switch (op_) {
#define BINARY(op, name) \
  case Op::op: return binary(ins::name), true;
#define SWAPPED(op, name) \
  case Op::op: return binary(ins::name, true), true;
#define INVERTED(op, name) \
  case Op::op: return binary(ins::name, false, true), true;
#define UNARY(op, name) \
  case Op::op: one([&](Reg to, Reg from) { a.v2(ins::name, to, from); }); return true;
#define TWICE(op, first, second) \
  case Op::op: return twice(ins::first, ins::second), true;
#define SHIFT(op, log2, by_constant, by_lanes, right) \
  case Op::op: return shift(log2, ins::by_constant, ins::by_lanes, right), true;
#define NARROW(op, low, high) \
  case Op::op: return narrow(ins::low, ins::high), true;
#include "jit/a64/simd.def"
#undef BINARY
#undef SWAPPED
#undef INVERTED
#undef UNARY
#undef TWICE
#undef SHIFT
#undef NARROW
    default: return false;
  }
}

bool SimdSelector::select_numbers() {
  switch (op_) {
    case Op::f32x4_pmin: return pseudo(ins::fcmgt_4s, false), true;
    case Op::f32x4_pmax: return pseudo(ins::fcmgt_4s, true), true;
    case Op::f64x2_pmin: return pseudo(ins::fcmgt_2d, false), true;
    case Op::f64x2_pmax: return pseudo(ins::fcmgt_2d, true), true;
    case Op::f32x4_relaxed_madd: return multiply_add(ins::fmul_4s, ins::fadd_4s), true;
    case Op::f64x2_relaxed_madd: return multiply_add(ins::fmul_2d, ins::fadd_2d), true;
    case Op::f32x4_relaxed_nmadd: return multiply_add(ins::fmul_4s, ins::fsub_4s), true;
    case Op::f64x2_relaxed_nmadd: return multiply_add(ins::fmul_2d, ins::fsub_2d), true;
    case Op::i64x2_mul: return multiply_64(), true;
    case Op::i32x4_dot_i16x8_s: return dot_16(), true;
    case Op::i16x8_relaxed_dot_i8x16_i7x16_s:
      two([&](Reg to, Reg l, Reg r) {
        dot_8(l, r);
        copy(to, s);
      });
      return true;
    case Op::i32x4_relaxed_dot_i8x16_i7x16_add_s:
      three([&](Reg to, Reg x, Reg y, Reg z) {
        dot_8(x, y);
        a.v2(ins::saddlp_4s, s, s);
        a.v3(ins::add_4s, to, s, z);
      });
      return true;
    default: return false;
  }
}

bool SimdSelector::select_bits() {
  switch (op_) {
    case Op::v128_bitselect:
    case Op::i8x16_relaxed_laneselect:
    case Op::i16x8_relaxed_laneselect:
    case Op::i32x4_relaxed_laneselect:
    case Op::i64x2_relaxed_laneselect: return select_by_bits(), true;
    case Op::v128_any_true: return any_true(), true;
    case Op::i8x16_all_true: return all_true(ins::uminv_16b), true;
    case Op::i16x8_all_true: return all_true(ins::uminv_8h), true;
    case Op::i32x4_all_true: return all_true(ins::uminv_4s), true;
    case Op::i64x2_all_true: return all_true_64(), true;
    case Op::i8x16_bitmask: return bitmask_of(0, 0x8040201008040201, 0x8040201008040201, ins::addv_8h), true;
    case Op::i16x8_bitmask: return bitmask_of(1, 0x0008000400020001, 0x0080004000200010, ins::addv_8h), true;
    case Op::i32x4_bitmask: return bitmask_of(2, 0x0000000200000001, 0x0000000800000004, ins::addv_4s), true;
    case Op::i64x2_bitmask: return bitmask_of_64(), true;
    default: return false;
  }
}

}  // namespace

bool select_simd(Compiler<Masm>& c, Masm& m, Op op) {
  SimdSelector selector(c, m, op);
  return selector.select_regular() || selector.select_numbers() || selector.select_bits() || select_splat(c, m, op);
}

}  // namespace mini_wasm::jit::a64
