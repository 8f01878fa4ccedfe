// Selects machine code for lanes of vectors and shuffles; constants in memory, and vector accesses to memory. See
// simd.cc.
#include <algorithm>
#include <array>
#include <cstring>

#include "jit/x64/vector_selector.h"

namespace mini_wasm::jit::x64 {

namespace {

class LaneSelector : VectorSelector {
 public:
  using VectorSelector::VectorSelector;

  bool splat();
  void extract(uint8_t lane);
  void replace(uint8_t lane);
  void shuffle(const uint8_t* lanes);

 private:
  using Lanes = ShuffleLanes;

  // Calls emit(to, from): to a vector, from an integer. In extract_int it is the other way round.
  template <class Emit>
  void splat_int(Emit emit) {
    unary_apart(kV128, [&](Reg to, Reg from) { emit(vec(to), from); });
  }
  template <class Emit>
  void extract_int(Scalar type, Emit emit) {
    unary_apart(type, [&](Reg to, Reg from) { emit(to, vec(from)); });
  }
  void extract_float(Scalar type, int order) {
    unary(type, [&](Reg to, Reg from) {
      // A scalar is in lane 0, and the other lanes of its register are undefined.
      if (order == 0) return m.move(type, to, from);
      a.pshufd(vec(to), vec(from), order);
    });
  }

  // --- Shuffles. A `Lanes` has for each byte of the result the number of the source byte: 0 to 15 left, 16 to 31 right
  void one_source(const Reg from, Reg to, const Lanes& lanes);
  bool simple(Reg to, Reg l, Reg r, const Lanes& lanes);
  void general(Reg to, Reg l, Reg r, const Lanes& lanes);
  asmjit::Operand mask(const Lanes& lanes) {
    uint64_t halves[2];
    std::memcpy(halves, lanes.data(), sizeof(halves));
    return pooled(halves[0], halves[1]);
  }
};

bool LaneSelector::splat() {
  switch (op_) {
    case Op::i8x16_splat:
      splat_int([&](x86::Xmm to, Reg from) {
        a.movd(to, gp32(from));
        a.pxor(s, s);
        a.pshufb(to, s);
      });
      return true;
    case Op::i16x8_splat:
      splat_int([&](x86::Xmm to, Reg from) {
        a.movd(to, gp32(from));
        a.pshuflw(to, to, 0);
        a.punpcklqdq(to, to);
      });
      return true;
    case Op::i32x4_splat:
      splat_int([&](x86::Xmm to, Reg from) {
        a.movd(to, gp32(from));
        a.pshufd(to, to, 0);
      });
      return true;
    case Op::i64x2_splat:
      splat_int([&](x86::Xmm to, Reg from) {
        a.movq(to, gp64(from));
        a.punpcklqdq(to, to);
      });
      return true;
    case Op::f32x4_splat:
      one([&](x86::Xmm to, x86::Xmm from) {
        if (avx) return void(a.vshufps(to, from, from, 0));
        if (to != from) a.movaps(to, from);
        a.shufps(to, to, 0);
      });
      return true;
    case Op::f64x2_splat: one([&](x86::Xmm to, x86::Xmm from) { a.movddup(to, from); }); return true;
    default: return false;
  }
}

void LaneSelector::extract(uint8_t lane) {
  switch (op_) {
    case Op::i8x16_extract_lane_s:
    case Op::i8x16_extract_lane_u:
      return extract_int(Scalar::i32, [&](Reg to, x86::Xmm from) {
        a.pextrb(gp32(to), from, lane);
        if (op_ == Op::i8x16_extract_lane_s) a.movsx(gp32(to), x86::gpb_lo(to.number()));
      });
    case Op::i16x8_extract_lane_s:
    case Op::i16x8_extract_lane_u:
      return extract_int(Scalar::i32, [&](Reg to, x86::Xmm from) {
        a.pextrw(gp32(to), from, lane);
        if (op_ == Op::i16x8_extract_lane_s) a.movsx(gp32(to), x86::gpw(to.number()));
      });
    case Op::i32x4_extract_lane:
      return extract_int(Scalar::i32, [&](Reg to, x86::Xmm from) {
        if (lane == 0) return void(a.movd(gp32(to), from));
        a.pextrd(gp32(to), from, lane);
      });
    case Op::i64x2_extract_lane:
      return extract_int(Scalar::i64, [&](Reg to, x86::Xmm from) {
        if (lane == 0) return void(a.movq(gp64(to), from));
        a.pextrq(gp64(to), from, lane);
      });
    case Op::f32x4_extract_lane: return extract_float(Scalar::f32, lane);
    default: return extract_float(Scalar::f64, lane == 0 ? 0 : 0xee);
  }
}

// The scalar operand is on top of the stack.
void LaneSelector::replace(uint8_t lane) {
  Value scalar = c.pop(), value = c.pop();
  const Reg x = c.use(scalar), from = c.use(value);
  const Reg reg = c.target(kV128, value);
  const x86::Xmm to = vec(reg);
  copy(reg, from);
  switch (op_) {
    case Op::i8x16_replace_lane: a.pinsrb(to, gp32(x), lane); break;
    case Op::i16x8_replace_lane: a.pinsrw(to, gp32(x), lane); break;
    case Op::i32x4_replace_lane: a.pinsrd(to, gp32(x), lane); break;
    case Op::i64x2_replace_lane: a.pinsrq(to, gp64(x), lane); break;
    case Op::f32x4_replace_lane: a.insertps(to, vec(x), lane << 4); break;
    default:
      if (lane == 0) {
        a.movsd(to, vec(x));
      } else {
        a.movlhps(to, vec(x));
      }
  }
  c.release(scalar);
  c.push_reg(kV128, reg);
}

// --- Shuffles

// If the shuffle moves whole lanes of 32 bits: their order as the immediate of pshufd, with lane numbers modulo 4. -1
// if it does not.
template <class Lanes>
int dword_order(const Lanes& lanes) {
  int order = 0;
  for (int i = 0; i < 4; ++i) {
    const int first = lanes[4 * i];
    if (first % 4 != 0) return -1;
    for (int j = 1; j < 4; ++j) {
      if (lanes[4 * i + j] != first + j) return -1;
    }
    order |= (first / 4 & 3) << (2 * i);
  }
  return order;
}

void LaneSelector::one_source(Reg from, Reg to, const Lanes& lanes) {
  if (const int order = dword_order(lanes); order >= 0) return void(a.pshufd(vec(to), vec(from), order));
  if (is_rotation(lanes, 16)) {
    return three(Inst::kIdPalignr, Inst::kIdVpalignr, to, from, vec(from), false, lanes[0]);
  }
  three(Inst::kIdPshufb, Inst::kIdVpshufb, to, from, mask(lanes));
}

// Emits one instruction, if there is one for this shuffle of two operands. Otherwise returns false.
bool LaneSelector::simple(Reg to, Reg l, Reg r, const Lanes& lanes) {
  struct Unpack {
    uint8_t size;
    Id low, avx_low, high, avx_high;
  };
  static constexpr Unpack kUnpacks[] = {
      {1, Inst::kIdPunpcklbw, Inst::kIdVpunpcklbw, Inst::kIdPunpckhbw, Inst::kIdVpunpckhbw},
      {2, Inst::kIdPunpcklwd, Inst::kIdVpunpcklwd, Inst::kIdPunpckhwd, Inst::kIdVpunpckhwd},
      {4, Inst::kIdPunpckldq, Inst::kIdVpunpckldq, Inst::kIdPunpckhdq, Inst::kIdVpunpckhdq},
      {8, Inst::kIdPunpcklqdq, Inst::kIdVpunpcklqdq, Inst::kIdPunpckhqdq, Inst::kIdVpunpckhqdq}};
  for (const Unpack& unpack : kUnpacks) {
    for (const bool swapped : {false, true}) {
      const int first = swapped ? 16 : 0, second = 16 - first;
      const Reg x = swapped ? r : l, y = swapped ? l : r;
      if (is_interleaving(lanes, unpack.size, first, second)) {
        return three(unpack.low, unpack.avx_low, to, x, vec(y)), true;
      }
      if (is_interleaving(lanes, unpack.size, first + 8, second + 8)) {
        return three(unpack.high, unpack.avx_high, to, x, vec(y)), true;
      }
    }
  }
  if (is_rotation(lanes, 32)) {
    const bool swapped = lanes[0] >= 16;
    three(Inst::kIdPalignr, Inst::kIdVpalignr, to, swapped ? l : r, vec(swapped ? r : l), false, lanes[0] & 15);
    return true;
  }
  if (const int order = dword_order(lanes); order >= 0) {
    const bool low = lanes[0] >= 16, high = lanes[8] >= 16;
    if (low == (lanes[4] >= 16) && high == (lanes[12] >= 16) && low != high) {
      three(Inst::kIdShufps, Inst::kIdVshufps, to, low ? r : l, vec(low ? l : r), false, order);
      return true;
    }
  }
  return false;
}

// Shuffles each operand on its own, with 0 for the bytes that come from the other one; then joins the two.
void LaneSelector::general(Reg to, Reg l, Reg r, const Lanes& lanes) {
  Lanes of_l, of_r;
  for (size_t i = 0; i < 16; ++i) {
    of_l[i] = lanes[i] < 16 ? lanes[i] : 0x80;
    of_r[i] = lanes[i] < 16 ? 0x80 : lanes[i] - 16;
  }
  const Reg part = c.take(kV128);
  three(Inst::kIdPshufb, Inst::kIdVpshufb, part, l, mask(of_l));
  three(Inst::kIdPshufb, Inst::kIdVpshufb, to, r, mask(of_r));
  a.por(vec(to), vec(part));
  c.release(part);
}

void LaneSelector::shuffle(const uint8_t* indices) {
  VectorSelector::shuffle(
      indices, [&](Reg to, Reg from, const Lanes& lanes) { one_source(from, to, lanes); },
      [&](Reg to, Reg l, Reg r, const Lanes& lanes) {
        if (!simple(to, l, r, lanes)) general(to, l, r, lanes);
      });
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

// --- Constants

// Equal constants share memory if they are near each other. Only the last ones are compared, because a function may
// have very many.
x86::Mem Masm::pool(uint64_t low, uint64_t high) {
  constexpr size_t kLookedThrough = 16;
  const auto begin = pool_.end() - static_cast<ptrdiff_t>(std::min(pool_.size(), kLookedThrough));
  auto at = std::find_if(begin, pool_.end(), [&](const Pooled& p) { return p.low == low && p.high == high; });
  if (at == pool_.end()) at = pool_.insert(at, {a.new_constant(), low, high});
  return x86::Mem(at->label, 0, 16);
}

// Operand::imm is the number of the constant's label.
Operand Masm::pooled(Scalar, uint64_t bits) {
  Operand o;
  o.kind = Operand::Kind::pool;
  o.imm = static_cast<int32_t>(pool(bits, 0).baseId());
  return o;
}

// Emits the constants behind the function's code, aligned for SSE instructions.
void Masm::place_pool() {
  if (pool_.empty()) return;
  a.align(asmjit::AlignMode::kZero, 16);
  for (const Pooled& constant : pool_) {
    a.bind(constant.label);
    a.embed(&constant.low, 8);
    a.embed(&constant.high, 8);
  }
  pool_.clear();
}

// All zeros and all ones need no constant in memory.
void Masm::v128_constant(Reg to, const uint8_t* bytes) {
  uint64_t halves[2];
  std::memcpy(halves, bytes, sizeof(halves));
  if (halves[0] == 0 && halves[1] == 0) return void(a.xorps(vec(to), vec(to)));
  if (~halves[0] == 0 && ~halves[1] == 0) return void(a.pcmpeqd(vec(to), vec(to)));
  a.movups(vec(to), pool(halves[0], halves[1]));
}

// --- Memory

// Only the first machine instruction accesses memory, so only it gets a site.
void Masm::load_vector(Op op, Reg reg, x86::Mem from, uint32_t offset) {
  const x86::Xmm to = vec(reg), zero = vec(kFloatScratch);
  const auto access = [&](Id id) {
    a.emit(id, to, from);
    note_site(offset);
  };
  switch (op) {
    case Op::v128_load8x8_s: return access(Inst::kIdPmovsxbw);
    case Op::v128_load8x8_u: return access(Inst::kIdPmovzxbw);
    case Op::v128_load16x4_s: return access(Inst::kIdPmovsxwd);
    case Op::v128_load16x4_u: return access(Inst::kIdPmovzxwd);
    case Op::v128_load32x2_s: return access(Inst::kIdPmovsxdq);
    case Op::v128_load32x2_u: return access(Inst::kIdPmovzxdq);
    case Op::v128_load8_splat:
    case Op::v128_load16_splat:
      a.movzx(gp32(kScratch), from);
      note_site(offset);
      a.movd(to, gp32(kScratch));
      if (op == Op::v128_load8_splat) {
        a.pxor(zero, zero);
        a.pshufb(to, zero);
      } else {
        a.pshuflw(to, to, 0);
        a.punpcklqdq(to, to);
      }
      return;
    case Op::v128_load32_splat: access(Inst::kIdMovss); return void(a.shufps(to, to, 0));
    case Op::v128_load64_splat: return access(Inst::kIdMovddup);
    case Op::v128_load32_zero: return access(Inst::kIdMovss);
    case Op::v128_load64_zero: return access(Inst::kIdMovsd);
    default: return access(Inst::kIdMovups);
  }
}

void Masm::load_lane(Op op, Reg reg, Address from, uint8_t lane, uint32_t offset) {
  const x86::Xmm to = vec(reg);
  x86::Mem at = from.memory;
  at.setSize(access_bytes(op));
  switch (access_bytes(op)) {
    case 1: a.pinsrb(to, at, lane); break;
    case 2: a.pinsrw(to, at, lane); break;
    case 4: a.pinsrd(to, at, lane); break;
    default: a.pinsrq(to, at, lane); break;
  }
  note_site(offset);
}

void Masm::store_lane(Op op, Address to, Reg reg, uint8_t lane, uint32_t offset) {
  const x86::Xmm from = vec(reg);
  x86::Mem at = to.memory;
  at.setSize(access_bytes(op));
  switch (access_bytes(op)) {
    case 1: a.pextrb(at, from, lane); break;
    case 2: a.pextrw(at, from, lane); break;
    case 4: a.pextrd(at, from, lane); break;
    default: a.pextrq(at, from, lane); break;
  }
  note_site(offset);
}

}  // namespace mini_wasm::jit::x64
