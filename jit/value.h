// Value: what the compiler knows about one entry of WebAssembly's operand stack. Operand: a form in which a machine
// instruction can read a value.
#pragma once

#include <mini_wasm/types.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/opcode.h"
#include "core/scalar.h"
#include "jit/registers.h"

namespace mini_wasm::jit {

// The opcodes from i32.eqz to f64.ge. Their result stays a condition (Value::Kind::compare) until an instruction needs
// it as a number.
constexpr bool is_comparison(Op op) { return op >= Op::i32_eqz && op <= Op::f64_ge; }
static_assert(static_cast<int>(Op::f64_ge) - static_cast<int>(Op::i32_eqz) == 0x66 - 0x45);

inline Bank bank(Scalar type) { return is_int(type) ? Bank::ints : Bank::floats; }

// Every value has a home: the slot of the frame that belongs to its position on the operand stack. A value is in its
// home whenever other code expects it there: at labels, during calls, and in functions of the runtime.
struct Value {
  enum class Kind : uint8_t {
    constant,  // the value is `bits`; no code was emitted
    reg,       // in the register `reg`, which belongs to this value alone
    home,      // in its home slot
    local,     // equal to the local with index `local()`, which may be anywhere; no code was emitted
    // The i32 result of a comparison that was not emitted yet. Only the newest value can be of this kind; the operands
    // of the comparison are in Compiler::compare_.
    compare,
    // An operand that the next instruction reads itself, for example from memory (Compiler::pending_). Only the newest
    // value can be of this kind, and the next instruction always uses it.
    pending,
  };
  Kind kind = Kind::constant;
  Scalar type = Scalar::i32;
  Reg reg;
  bool was_local = false;  // it was pushed with kind `local`, and is in the list of the values equal to that local
  uint16_t home = 0;
  uint16_t unused = 0;
  uint64_t bits = 0;  // of a constant; if was_local, the next two:
  uint32_t local() const { return static_cast<uint32_t>(bits); }
  // The index in the stack of the next older value that is equal to the same local; Compiler::kNothing: none.
  uint32_t older() const { return static_cast<uint32_t>(bits >> 32); }

  // Values are written and read as two whole words of 8 bytes. Most values are read very soon after they were written.
  // The CPU can then forward the stored data to the load only if one store contains all bytes of the load; otherwise
  // the load waits until the store has reached the cache.
  static Value make(Kind kind, Scalar type, Reg reg, uint16_t home, uint64_t bits, bool was_local) {
    return from_words(static_cast<uint64_t>(kind) | static_cast<uint64_t>(type) << 8 | uint64_t{reg.id} << 16 |
                          uint64_t{was_local} << 24 | uint64_t{home} << 32,
                      bits);
  }
  Value read() const {
    uint64_t head;
    std::memcpy(&head, this, sizeof(head));
    asm("" : "+r"(head));  // otherwise the C++ compiler makes one load of 16 bytes, which neither store contains
    return from_words(head, bits);
  }

 private:
  static Value from_words(uint64_t head, uint64_t bits) {
    Value value;
    // The cast silences a warning: the class has default initializers, but it is trivially copyable.
    std::memcpy(static_cast<void*>(&value), &head, sizeof(head));
    value.bits = bits;
    return value;
  }
};
static_assert(std::endian::native == std::endian::little && sizeof(Value) == 16);

// An operand in the form in which a machine instruction reads it.
struct Operand {
  enum class Kind : uint8_t {
    reg,     // in the register `reg`
    imm,     // the immediate `imm`, sign-extended; Masm::fits has accepted it
    slot,    // in the slot `slot` of the frame; only if Masm::kReadsSlots
    memory,  // in memory 0, at the address imm + reg (kNoReg: 0); only if Masm::kReadsMemory
    scaled,  // `reg` shifted left by `imm` bits; only the instruction selection of the Masm makes these
    pool,    // a constant behind the function's code, which the Masm knows by the number `imm`; only if kPoolsFloats
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
  // Whether the operand cannot be read any more after `r` was written, because `r` is part of its address.
  bool needs(Reg r) const { return (kind == Kind::memory || kind == Kind::scaled) && reg == r; }
};

}  // namespace mini_wasm::jit
