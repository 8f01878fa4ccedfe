// Selects machine code for lanes of vectors and shuffles; and vector accesses to memory.
#include <bit>
#include <cstring>

#include "jit/a64/vector_selector.h"

namespace mini_wasm::jit::a64 {

namespace {

class LaneSelector : VectorSelector {
 public:
  using VectorSelector::VectorSelector;

  bool splat();
  void extract(uint8_t lane);
  void replace(uint8_t lane);
  void shuffle(const uint8_t* lanes);

 private:
  bool simple(Reg to, Reg l, Reg r, const ShuffleLanes& lanes);
  void get(uint32_t op, Scalar type, uint32_t log2, uint8_t lane) {
    unary(type, [&](Reg to, Reg from) { a.v2(op | lane_field(log2, lane), to, from); });
  }
  // A scalar is in lane 0, and the other lanes of its register are undefined.
  void get_float(Scalar type, uint32_t log2, uint8_t lane) {
    unary(type, [&](Reg to, Reg from) {
      if (lane == 0) return m.move(type, to, from);
      a.v2(ins::dup_scalar | lane_field(log2, lane), to, from);
    });
  }
};

bool LaneSelector::splat() {
  const auto from_int = [&](uint32_t log2) {
    unary(kV128, [&](Reg to, Reg from) { a.v2(ins::dup_general | lane_field(log2, 0), to, from); });
    return true;
  };
  const auto from_float = [&](uint32_t log2) {
    one([&](Reg to, Reg from) { a.v2(ins::dup_element | lane_field(log2, 0), to, from); });
    return true;
  };
  switch (op_) {
    case Op::i8x16_splat: return from_int(0);
    case Op::i16x8_splat: return from_int(1);
    case Op::i32x4_splat: return from_int(2);
    case Op::i64x2_splat: return from_int(3);
    case Op::f32x4_splat: return from_float(2);
    case Op::f64x2_splat: return from_float(3);
    default: return false;
  }
}

void LaneSelector::extract(uint8_t lane) {
  switch (op_) {
    case Op::i8x16_extract_lane_s: return get(ins::smov_w, Scalar::i32, 0, lane);
    case Op::i8x16_extract_lane_u: return get(ins::umov_w, Scalar::i32, 0, lane);
    case Op::i16x8_extract_lane_s: return get(ins::smov_w, Scalar::i32, 1, lane);
    case Op::i16x8_extract_lane_u: return get(ins::umov_w, Scalar::i32, 1, lane);
    case Op::i32x4_extract_lane: return get(ins::umov_w, Scalar::i32, 2, lane);
    case Op::i64x2_extract_lane: return get(ins::umov_x, Scalar::i64, 3, lane);
    case Op::f32x4_extract_lane: return get_float(Scalar::f32, 2, lane);
    default: return get_float(Scalar::f64, 3, lane);
  }
}

uint32_t log2_of_replaced(Op op) {
  switch (op) {
    case Op::i8x16_replace_lane: return 0;
    case Op::i16x8_replace_lane: return 1;
    case Op::i32x4_replace_lane:
    case Op::f32x4_replace_lane: return 2;
    default: return 3;
  }
}

// The scalar operand is on top of the stack. The result may be in its register, if that belongs to a local.
void LaneSelector::replace(uint8_t lane) {
  Value scalar = c.pop(), value = c.pop();
  Reg x = c.use(scalar);
  const Reg from = c.use(value);
  const Reg to = c.target(Scalar::v128, value);
  if (to == x && to != from) {
    m.move(Scalar::v128, kInnerFloat, x);
    x = kInnerFloat;
  }
  m.move(Scalar::v128, to, from);
  const uint32_t op = x.is_float() ? ins::ins_element : ins::ins_general;
  a.v2(op | lane_field(log2_of_replaced(op_), lane), to, x);
  c.release(scalar);
  c.push_reg(Scalar::v128, to);
}

// Emits one instruction, if there is one for this shuffle. Otherwise returns false. l and r may be the same.
bool LaneSelector::simple(Reg to, Reg l, Reg r, const ShuffleLanes& lanes) {
  static constexpr uint32_t kZips[][2] = {{ins::zip1_16b, ins::zip2_16b},
                                          {ins::zip1_8h, ins::zip2_8h},
                                          {ins::zip1_4s, ins::zip2_4s},
                                          {ins::zip1_2d, ins::zip2_2d}};
  static constexpr uint32_t kUnzips[][2] = {{ins::uzp1_16b, ins::uzp2_16b},
                                            {ins::uzp1_8h, ins::uzp2_8h},
                                            {ins::uzp1_4s, ins::uzp2_4s},
                                            {ins::uzp1_2d, ins::uzp2_2d}};
  for (int log2 = 0; log2 < 4; ++log2) {
    const int size = 1 << log2;
    if (is_repetition(lanes, size)) {
      const auto lane = static_cast<uint32_t>(lanes[0] % 16 / size);
      a.v2(ins::dup_element | lane_field(static_cast<uint32_t>(log2), lane), to, lanes[0] < 16 ? l : r);
      return true;
    }
    for (const int high : {0, 1}) {
      for (const bool swapped : {false, true}) {
        const int first = (swapped ? 16 : 0) + 8 * high, second = (swapped ? 0 : 16) + 8 * high;
        if (!is_interleaving(lanes, size, first, l == r ? first : second)) continue;
        a.v3(kZips[log2][high], to, swapped ? r : l, swapped ? l : r);
        return true;
      }
      if (l != r && is_every_second(lanes, size, high * size)) return a.v3(kUnzips[log2][high], to, l, r), true;
    }
  }
  if (is_rotation(lanes, l == r ? 16 : 32)) {
    const bool swapped = lanes[0] >= 16;
    a.v3(ins::ext_16b | (lanes[0] & 15u) << 11, to, swapped ? r : l, swapped ? l : r);
    return true;
  }
  return false;
}

// A byte of the result whose number is too large for the table becomes 0, but there are no such numbers here. Two tables
// must be in consecutive registers.
void LaneSelector::shuffle(const uint8_t* indices) {
  const auto load = [&](Reg to, const ShuffleLanes& lanes) {
    uint64_t halves[2];
    std::memcpy(halves, lanes.data(), sizeof(halves));
    a.load_literal(ins::ldr_q_pool, to, halves[0], halves[1]);
  };
  const auto of_one = [&](Reg to, Reg from, const ShuffleLanes& lanes) {
    if (simple(to, from, from, lanes)) return;
    load(kFloatScratch, lanes);
    a.v3(ins::tbl, to, from, kFloatScratch);
  };
  const auto of_two = [&](Reg to, Reg l, Reg r, const ShuffleLanes& lanes) {
    if (simple(to, l, r, lanes)) return;
    static_assert(kInnerFloat.number() + 1 == kFloatScratch.number());
    m.move(Scalar::v128, kInnerFloat, l);
    m.move(Scalar::v128, kFloatScratch, r);
    load(to, lanes);
    a.v3(ins::tbl2, to, kInnerFloat, to);
  };
  VectorSelector::shuffle(indices, of_one, of_two);
}

}  // namespace

bool select_splat(Compiler<Masm>& c, Masm& m, Op op) { return LaneSelector(c, m, op).splat(); }

void Masm::simd_lane(Compiler<Masm>& c, Op op, uint8_t lane) {
  LaneSelector selector(c, *this, op);
  if (op_info(op).param_count == 1) return selector.extract(lane);
  selector.replace(lane);
}

void Masm::shuffle(Compiler<Masm>& c, const uint8_t* lanes) {
  LaneSelector(c, *this, Op::i8x16_shuffle).shuffle(lanes);
}

// --- Memory

// Only the first machine instruction accesses memory, so only it gets a site.
void Masm::load_vector(Op op, Reg to, const Address& from, uint32_t offset) {
  const auto access = [&](uint32_t load) {
    a.access(load, to, from);
    note_site(offset);
  };
  const auto widen = [&](uint32_t how) {
    access(ins::ldr_d);
    a.v2(how, to, to);
  };
  const auto splat = [&](uint32_t load, uint32_t log2) {
    access(load);
    a.v2(ins::dup_element | lane_field(log2, 0), to, to);
  };
  switch (op) {
    case Op::v128_load8x8_s: return widen(ins::sshll_8h);
    case Op::v128_load8x8_u: return widen(ins::ushll_8h);
    case Op::v128_load16x4_s: return widen(ins::sshll_4s);
    case Op::v128_load16x4_u: return widen(ins::ushll_4s);
    case Op::v128_load32x2_s: return widen(ins::sshll_2d);
    case Op::v128_load32x2_u: return widen(ins::ushll_2d);
    case Op::v128_load8_splat: return splat(ins::ldr_b, 0);
    case Op::v128_load16_splat: return splat(ins::ldr_h, 1);
    case Op::v128_load32_splat: return splat(ins::ldr_s, 2);
    case Op::v128_load64_splat: return splat(ins::ldr_d, 3);
    case Op::v128_load32_zero: return access(ins::ldr_s);
    case Op::v128_load64_zero: return access(ins::ldr_d);
    default: return access(ins::ldr_q);
  }
}

void Masm::load_lane(Op op, Reg to, const Address& from, uint8_t lane, uint32_t offset) {
  static constexpr uint32_t kLoads[] = {ins::ldr_b, ins::ldr_h, ins::ldr_s, ins::ldr_d};
  const auto log2 = static_cast<uint32_t>(std::countr_zero(access_bytes(op)));
  a.access(kLoads[log2], kFloatScratch, from);
  note_site(offset);
  a.v2(ins::ins_element | lane_field(log2, lane), to, kFloatScratch);
}

void Masm::store_lane(Op op, const Address& to, Reg from, uint8_t lane, uint32_t offset) {
  static constexpr uint32_t kStores[] = {ins::str_b, ins::str_h, ins::str_s, ins::str_d};
  const auto log2 = static_cast<uint32_t>(std::countr_zero(access_bytes(op)));
  if (lane != 0) {
    a.v2(ins::dup_scalar | lane_field(log2, lane), kFloatScratch, from);
    from = kFloatScratch;
  }
  a.access(kStores[log2], from, to);
  note_site(offset);
}

}  // namespace mini_wasm::jit::a64
