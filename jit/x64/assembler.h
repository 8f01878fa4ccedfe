// Assembler: asmjit's assembler, with faster encoders for the most frequent instructions: moves between registers and
// memory, constants, additions and similar operations, jumps. These are nine tenths of all code, and asmjit's general
// encoder takes four times as long for them. asmjit encodes everything else, and everything while a listing is made.
// assembler_test.cc checks that both encoders give the same bytes.
//
// In encodings, `wide` means 64 bits (REX.W), `reg` and `rm` are the two operands of the ModRM byte.
// References: Intel SDM volume 2, 2.1 "Instruction format for protected mode" and 2.2.1 "REX prefixes".
#pragma once

#include <asmjit/x86.h>

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "jit/x64/encoding.h"

namespace mini_wasm::jit::x64 {

namespace x86 = asmjit::x86;

class Assembler : public x86::Assembler {
 public:
  using Base = x86::Assembler;
  using Gp = x86::Gp;
  using Mem = x86::Mem;
  using Imm = asmjit::Imm;

  // A place in the code. Until it is bound, the jumps to it form a linked list: where the distance of a jump belongs,
  // the code contains the offset of the jump before it (Place::last_use).
  struct Label {
    uint32_t index = ~0u;
  };

  // Starts new code at the beginning of the buffer.
  void restart();
  // Fills in the distances of embed_distance. To be called when everything is emitted and all labels are bound.
  void finish();
  // Whether there was no memory for some of the code.
  bool failed() const { return failed_.any; }

  Label new_label();
  using Base::bind;
  void bind(Label label);
  // A label for a constant behind the code, which may be an operand in memory of any instruction.
  asmjit::Label new_constant() { return Base::newLabel(); }
  uint32_t offset_of(Label label) const { return places_[label.index].offset; }
  uint32_t here() const { return static_cast<uint32_t>(offset()); }

  using Base::jmp;
  void jmp(Label to);
  void j(x86::CondCode condition, Label to);
  void ja(Label to) { j(x86::CondCode::kA, to); }
  void jb(Label to) { j(x86::CondCode::kB, to); }
  void je(Label to) { j(x86::CondCode::kE, to); }
  void jne(Label to) { j(x86::CondCode::kNE, to); }
  void jno(Label to) { j(x86::CondCode::kNO, to); }
  void jnp(Label to) { j(x86::CondCode::kNP, to); }
  void jns(Label to) { j(x86::CondCode::kNS, to); }
  void jp(Label to) { j(x86::CondCode::kP, to); }
  void js(Label to) { j(x86::CondCode::kS, to); }
  void lea(const Gp& to, Label label);
  // Emits four bytes of data: the distance from `from`, which is bound, to `to`.
  void embed_distance(Label to, Label from);
  // Emits bytes that are code.
  void raw(const uint8_t* bytes, size_t count);

  // Instructions whose last bytes are the value, and whose length does not depend on it: for values that are replaced
  // later (jit/relocation.h).
  void mov_64(const Gp& to, uint64_t bits);
  void cmp_32(const Mem& a, uint32_t bits);
  void push_32(uint32_t bits);

  using Base::lea;
  using Base::mov;
  using Base::movsd;
  using Base::movss;
  using Base::movsx;
  using Base::movsxd;
  using Base::movzx;
  using Base::test;

  void mov(const Gp& to, const Gp& from) {
    if (!plain(to) || !plain(from) || !ready()) return void(Base::mov(to, from));
    registers(is_wide(to), encoding::kMovTo, from.id(), to.id());
  }
  void mov(const Gp& to, const Mem& from) {
    if (!plain(to) || !plain(from) || !ready()) return void(Base::mov(to, from));
    memory(is_wide(to), encoding::kMovFrom, to.id(), from);
  }
  void mov(const Mem& to, const Gp& from) {
    if (!plain(from) || !plain(to) || !ready()) return void(Base::mov(to, from));
    memory(is_wide(from), encoding::kMovTo, from.id(), to);
  }
  void mov(const Gp& to, const Imm& bits) {
    if (!to.isGpd() || !ready()) return void(Base::mov(to, bits));
    Writer w(*this);
    w.rex(false, 0, 0, to.id());
    w.byte(encoding::kMovConstant | (to.id() & 7));
    w.dword(bits.value());
  }
  void mov(const Mem& to, const Imm& bits) {
    if (!plain(to) || to.size() < 4 || !fits(bits, to.size() == 8) || !ready()) return void(Base::mov(to, bits));
    Writer w(*this);
    w.memory(to.size() == 8, 0, encoding::kMovConstantTo, 0, to);
    w.dword(bits.value());
  }
  void movzx(const Gp& to, const Mem& from) {
    if (!to.isGpd() || !plain(from) || !ready()) return void(Base::movzx(to, from));
    memory(false, from.size() == 1 ? encoding::kMovzxByte : encoding::kMovzxWord, to.id(), from);
  }
  void movsx(const Gp& to, const Mem& from) {
    if (!plain(to) || !plain(from) || !ready()) return void(Base::movsx(to, from));
    memory(is_wide(to), from.size() == 1 ? encoding::kMovsxByte : encoding::kMovsxWord, to.id(), from);
  }
  void movsxd(const Gp& to, const Mem& from) {
    if (!to.isGpq() || !plain(from) || !ready()) return void(Base::movsxd(to, from));
    memory(true, encoding::kMovsxd, to.id(), from);
  }
  void movss(const x86::Xmm& to, const Mem& from) {
    move_float(encoding::kPrefixF32, encoding::kMovFloatFrom, to, from, [&] { Base::movss(to, from); });
  }
  void movss(const Mem& to, const x86::Xmm& from) {
    move_float(encoding::kPrefixF32, encoding::kMovFloatTo, from, to, [&] { Base::movss(to, from); });
  }
  void movsd(const x86::Xmm& to, const Mem& from) {
    move_float(encoding::kPrefixF64, encoding::kMovFloatFrom, to, from, [&] { Base::movsd(to, from); });
  }
  void movsd(const Mem& to, const x86::Xmm& from) {
    move_float(encoding::kPrefixF64, encoding::kMovFloatTo, from, to, [&] { Base::movsd(to, from); });
  }
  void lea(const Gp& to, const Mem& address) {
    if (!plain(to) || !plain(address) || !ready()) return void(Base::lea(to, address));
    memory(is_wide(to), encoding::kLea, to.id(), address);
  }
  void test(const Gp& a, const Gp& b) {
    if (!plain(a) || !plain(b) || !ready()) return void(Base::test(a, b));
    registers(is_wide(a), encoding::kTest, b.id(), a.id());
  }

  // Arithmetic operations with the opcodes 8 * n + form; `n` is the operation.
#define MINI_WASM_ARITHMETIC(name, id, n)                 \
  template <class A, class B>                             \
  void name(const A& a, const B& b) {                     \
    arithmetic(n, x86::Inst::id, operand(a), operand(b)); \
  }
  MINI_WASM_ARITHMETIC(add, kIdAdd, 0)
  MINI_WASM_ARITHMETIC(sub, kIdSub, 5)
  MINI_WASM_ARITHMETIC(cmp, kIdCmp, 7)
#undef MINI_WASM_ARITHMETIC

  // Emits an instruction that is chosen at run time.
  template <class... Operands>
  void emit(x86::Inst::Id id, const Operands&... operands) {
    if constexpr (sizeof...(Operands) == 2) {
      if (const int n = arithmetic_number(id); n >= 0)
        return arithmetic(static_cast<uint32_t>(n), id, operand(operands)...);
    }
    Base::emit(id, operands...);
  }

 private:
  static bool is_wide(const Gp& reg) { return reg.isGpq(); }
  static bool plain(const Gp& reg) { return reg.isGpd() || reg.isGpq(); }
  // Whether an operand in memory is a form that is encoded here: a base register, an optional index register, and a
  // displacement.
  static bool plain(const Mem& m) {
    using asmjit::RegType;
    return m.baseType() == RegType::kX86_Gpq && !m.hasSegment() &&
           (m.indexType() == RegType::kX86_Gpq || m.indexType() == RegType::kNone);
  }
  static bool fits(const Imm& bits, bool wide) { return !wide || bits.value() == static_cast<int32_t>(bits.value()); }
  static constexpr size_t kLongest = 16;  // bytes; no instruction is longer
  // Whether an instruction can be encoded here: there is room in the buffer, and no listing is made.
  bool ready() const { return remainingSpace() >= kLongest && logger() == nullptr; }
  bool make_room() {
    return remainingSpace() >= kLongest || code()->growBuffer(&_section->buffer(), kLongest) == asmjit::kErrorOk ||
           !(failed_.any = true);
  }

  static const asmjit::Operand_& operand(const asmjit::Operand_& o) { return o; }
  template <class Integer, class = std::enable_if_t<std::is_integral_v<Integer>>>
  static Imm operand(Integer bits) {
    return Imm(bits);
  }

  // Writes one instruction at the end of the code, which becomes longer when the Writer is destroyed. There must be
  // room for kLongest bytes.
  class Writer {
   public:
    explicit Writer(Assembler& a) : a_(a), at_(a._bufferPtr) {}
    ~Writer() {
      a_._bufferPtr = at_;
      a_._section->buffer()._size = a_.offset();
    }
    uint32_t offset() const { return static_cast<uint32_t>(at_ - a_._bufferData); }
    void byte(uint32_t b) { *at_++ = static_cast<uint8_t>(b); }
    void dword(int64_t bits) {
      const auto low = static_cast<uint32_t>(bits);
      std::memcpy(at_, &low, 4);
      at_ += 4;
    }
    void qword(uint64_t bits) {
      std::memcpy(at_, &bits, 8);
      at_ += 8;
    }
    void rex(bool wide, uint32_t reg, uint32_t index, uint32_t base) {
      const uint32_t bits = (wide ? 8u : 0u) | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
      if (bits != 0) byte(0x40 | bits);
    }
    void opcode(uint32_t code) {
      if (code > 0xff) byte(code >> 8);
      byte(code);
    }
    void registers(bool wide, uint32_t code, uint32_t reg, uint32_t rm) {
      rex(wide, reg, 0, rm);
      opcode(code);
      byte(0xc0 | (reg & 7) << 3 | (rm & 7));
    }
    void memory(bool wide, uint32_t prefix, uint32_t code, uint32_t reg, const Mem& m) {
      const uint32_t base = m.baseId(), index = m.hasIndexReg() ? m.indexId() : kNoIndex;
      const int32_t displacement = m.offsetLo32();
      if (prefix != 0) byte(prefix);
      rex(wide, reg, index == kNoIndex ? 0 : index, base);
      opcode(code);
      const bool is_byte = displacement == static_cast<int8_t>(displacement);
      // Mode 0 has no displacement, 1 has one byte, 2 has four. In mode 0, rbp or r13 as base would have another
      // meaning.
      const uint32_t mode = displacement == 0 && (base & 7) != 5 ? 0 : is_byte ? 1 : 2;
      // rsp or r12 as base, and every index, need a SIB byte, which rm = 4 announces.
      if (index == kNoIndex && (base & 7) != 4) {
        byte(mode << 6 | (reg & 7) << 3 | (base & 7));
      } else {
        byte(mode << 6 | (reg & 7) << 3 | 4);
        byte(index == kNoIndex ? 4 << 3 | (base & 7) : m.shift() << 6 | (index & 7) << 3 | (base & 7));
      }
      if (mode == 1) byte(static_cast<uint8_t>(displacement));
      if (mode == 2) dword(displacement);
    }

   private:
    static constexpr uint32_t kNoIndex = ~0u;
    Assembler& a_;
    uint8_t* at_;
  };

  void registers(bool wide, uint32_t code, uint32_t reg, uint32_t rm) { Writer(*this).registers(wide, code, reg, rm); }
  void memory(bool wide, uint32_t code, uint32_t reg, const Mem& m) { Writer(*this).memory(wide, 0, code, reg, m); }

  void move_float(uint32_t prefix, uint32_t code, const x86::Xmm& reg, const Mem& m, auto otherwise) {
    if (!plain(m) || !ready()) return void(otherwise());
    Writer(*this).memory(false, prefix, code, reg.id(), m);
  }

  static int arithmetic_number(x86::Inst::Id id) {
    switch (id) {
      case x86::Inst::kIdAdd: return 0;
      case x86::Inst::kIdOr: return 1;
      case x86::Inst::kIdAnd: return 4;
      case x86::Inst::kIdSub: return 5;
      case x86::Inst::kIdXor: return 6;
      case x86::Inst::kIdCmp: return 7;
      default: return -1;
    }
  }
  void arithmetic(uint32_t n, x86::Inst::Id id, const asmjit::Operand_& a, const asmjit::Operand_& b);

  static constexpr uint32_t kUnbound = ~0u;
  struct Place {
    uint32_t offset = kUnbound;
    // Offset in the code of the distance of the last jump to this label; the four bytes there are the offset of the one
    // before. 0: there is none.
    uint32_t last_use = 0;
    asmjit::Label listed;  // only while a listing is made
  };
  void use(Writer& w, Label label);
  void jump(uint32_t short_code, uint32_t long_code, Label to);

  struct Failed final : asmjit::ErrorHandler {
    void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override { any = true; }
    bool any = false;
  };
  Failed failed_;
  std::vector<Place> places_;
  struct Distance {
    uint32_t at;
    Label to, from;
  };
  std::vector<Distance> distances_;
};

}  // namespace mini_wasm::jit::x64
