// What the compiler knows of a value before any code for it exists.
#pragma once

#include <mini_wasm/types.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/opcode.h"
#include "jit/registers.h"

namespace mini_wasm::jit {

// How a value is held. References are pointers: i64.
enum class Scalar : uint8_t { i32, i64, f32, f64, v128 };

inline Scalar scalar(ValType type) {
  if (type == ValType::i32) return Scalar::i32;
  if (type == ValType::f32) return Scalar::f32;
  if (type == ValType::f64) return Scalar::f64;
  if (type == ValType::v128) return Scalar::v128;
  return Scalar::i64;
}

inline Scalar scalar(SigType type) {
  switch (type) {
    case SigType::i32: return Scalar::i32;
    case SigType::f32: return Scalar::f32;
    case SigType::f64: return Scalar::f64;
    case SigType::v128: return Scalar::v128;
    default: return Scalar::i64;
  }
}

// i32.eqz to f64.ge: a condition, until somebody needs it as a number.
constexpr bool is_comparison(Op op) { return op >= Op::i32_eqz && op <= Op::f64_ge; }
static_assert(static_cast<int>(Op::f64_ge) - static_cast<int>(Op::i32_eqz) == 0x66 - 0x45);

constexpr bool is_int(Scalar type) { return type <= Scalar::i64; }
constexpr uint16_t slots_of(Scalar type) { return type == Scalar::v128 ? 2 : 1; }

inline Bank bank(Scalar type) { return is_int(type) ? Bank::ints : Bank::floats; }

// Every value has a home slot, which is where it stands whenever somebody else looks: at labels, in calls, in helpers.
struct Value {
  enum class Kind : uint8_t {
    constant,  // `bits`; no code has been emitted
    reg,       // in `reg`, which belongs to it
    home,      // in its home slot
    local,     // the same as local `local`, wherever that is; nothing has been emitted
    compare,   // an i32 that a comparison will give; only the newest value, and the operands wait beside the stack
    pending,   // in a form that the next instruction can take as an operand: only the newest value, and it does
  };
  Kind kind = Kind::constant;
  Scalar type = Scalar::i32;
  Reg reg;
  bool was_local = false;  // it was pushed as `local` and is in the list of that local's values
  uint16_t home = 0;
  uint16_t unused = 0;
  uint64_t bits = 0;  // of a constant; else those of a local:
  uint32_t local() const { return static_cast<uint32_t>(bits); }
  // The next older value on the stack that is the same local.
  uint32_t older() const { return static_cast<uint32_t>(bits >> 32); }

  // Written as two words, and to be read as two: a load waits for stores that it does not find in one piece, and most
  // values are read a moment after they have been written.
  static Value make(Kind kind, Scalar type, Reg reg, uint16_t home, uint64_t bits, bool was_local) {
    return from_words(static_cast<uint64_t>(kind) | static_cast<uint64_t>(type) << 8 | uint64_t{reg.id} << 16 |
                          uint64_t{was_local} << 24 | uint64_t{home} << 32,
                      bits);
  }
  Value read() const {
    uint64_t head;
    std::memcpy(&head, this, sizeof(head));
    asm("" : "+r"(head));  // else the two loads become one
    return from_words(head, bits);
  }

 private:
  static Value from_words(uint64_t head, uint64_t bits) {
    Value value;
    std::memcpy(static_cast<void*>(&value), &head, sizeof(head));  // it is trivially copyable, but has defaults
    value.bits = bits;
    return value;
  }
};
static_assert(std::endian::native == std::endian::little && sizeof(Value) == 16);

// An operand as an instruction can take it.
struct Operand {
  enum class Kind : uint8_t {
    reg,     // in a register
    imm,     // an immediate: one that Masm::fits said yes to, sign-extended
    slot,    // in a slot: of a Masm that kReadsSlots
    memory,  // in memory 0, at `imm` and, if there is one, an index in `reg`: of a Masm that kReadsMemory
    scaled,  // `reg` shifted left by `imm`: only Masm's own selection makes it
    pool,    // a constant of Masm's, the `imm`-th: of a Masm that kPoolsFloats
  };
  Kind kind = Kind::reg;
  Reg reg;
  uint16_t slot = 0;
  int64_t imm = 0;
  static Operand of(Reg reg) { return {Kind::reg, reg, 0, 0}; }
  static Operand of_slot(uint16_t slot) { return {Kind::slot, kNoReg, slot, 0}; }
  static Operand of_imm(int64_t imm) { return {Kind::imm, kNoReg, 0, imm}; }
  static Operand of_memory(Reg index, int64_t offset) { return {Kind::memory, index, 0, offset}; }
  static Operand of_scaled(Reg reg, int32_t log2) { return {Kind::scaled, reg, 0, log2}; }
  bool is(Reg r) const { return kind == Kind::reg && reg == r; }
  // Whether it is gone when the register is written.
  bool needs(Reg r) const { return (kind == Kind::memory || kind == Kind::scaled) && reg == r; }
};

}  // namespace mini_wasm::jit
