// VectorSelector: what simd.cc, simd_conversions.cc and simd_lanes.cc share.
#pragma once

#include "jit/x64/selector.h"

namespace mini_wasm::jit::x64 {

class VectorSelector : public SelectorBase {
 public:
  using SelectorBase::SelectorBase;

 protected:
  static constexpr Scalar kV128 = Scalar::v128;

  // One vector operand, one vector result. Calls emit(to, from); the two may be the same register. In one_apart they
  // are different registers.
  template <class Emit>
  void one(Emit emit) {
    unary(kV128, [&](Reg to, Reg from) { emit(vec(to), vec(from)); });
  }
  template <class Emit>
  void one_apart(Emit emit) {
    unary_apart(kV128, [&](Reg to, Reg from) { emit(vec(to), vec(from)); });
  }

  // A vector in a form that an instruction can read. SSE instructions (without AVX) can read only aligned memory, and
  // slots are not aligned to 16 bytes.
  asmjit::Operand reading(Value& value) {
    const Operand o = avx ? c.operand(op_, value) : Operand::of(c.use(value));
    if (o.kind == Operand::Kind::slot) return slot_at(o.slot, 16);
    return vec(o.reg);
  }
  // A constant of 16 bytes, in memory or, without AVX, in the scratch register.
  asmjit::Operand pooled(uint64_t low, uint64_t high) {
    const x86::Mem memory = m.pool(low, high);
    if (avx) return memory;
    a.movups(s, memory);
    return s;
  }
  void load_pool(x86::Xmm to, uint64_t bits) { a.movups(to, m.pool(bits, bits)); }

  void copy(Reg to, Reg from) { m.move(Scalar::v128, to, from); }

  void emit(Id id, const x86::Xmm& to, const asmjit::Operand& r, int imm = -1) {
    if (imm >= 0) {
      a.emit(id, to, r, asmjit::Imm(imm));
    } else {
      a.emit(id, to, r);
    }
  }

  // Emits to = l op r; `to` may be the register of either operand. Without AVX, `to` = `r` destroys the scratch
  // register unless the instruction commutes.
  void three(Id sse, Id with_avx, Reg to, Reg l, const asmjit::Operand& r, bool commutes = false, int imm = -1) {
    if (avx) {
      if (imm >= 0) {
        a.emit(with_avx, vec(to), vec(l), r, asmjit::Imm(imm));
      } else {
        a.emit(with_avx, vec(to), vec(l), r);
      }
    } else if (to != l && r.isReg() && r.id() == to.number()) {
      if (commutes) return emit(sse, vec(to), vec(l), imm);
      a.movaps(s, vec(l));
      emit(sse, s, r, imm);
      a.movaps(vec(to), s);
    } else {
      copy(to, l);
      emit(sse, vec(to), r, imm);
    }
  }

  const bool avx = cpu.avx;
  const x86::Xmm s = vec(kFloatScratch);
};

// simd_conversions.cc and simd_lanes.cc. False: they did nothing.
bool select_simd_conversion(Compiler<Masm>& c, Masm& m, Op op);
bool select_splat(Compiler<Masm>& c, Masm& m, Op op);

}  // namespace mini_wasm::jit::x64
