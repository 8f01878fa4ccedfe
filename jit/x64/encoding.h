// Bytes of x86-64 machine code that this folder writes or recognizes itself: the opcodes that Assembler encodes, and
// the instructions whose distances are relocations (link.cc). asmjit knows all others.
//
// An opcode above 0xff has two bytes, the upper one first. In brackets: the order of the operands, where `reg` and `rm`
// are the two operands of the ModRM byte; `rm` is a register or in memory.
// Reference: Intel SDM volume 2, instruction set reference; 2.1.5 "Addressing-mode encoding of ModR/M and SIB bytes".
#pragma once

#include <array>
#include <cstdint>

namespace mini_wasm::jit::x64::encoding {

// Followed by a distance: of 32 bits, but kJumpByte and kJumpIfByte of 8 bits. A condition is added to kJumpIf*.
inline constexpr uint8_t kCall = 0xe8, kJump = 0xe9, kJumpByte = 0xeb, kJumpIfByte = 0x70;
inline constexpr uint16_t kJumpIf = 0x0f80;

// call and jmp [rip + distance]: kThroughMemory, then one of the two ModRM bytes, then the distance of 32 bits.
inline constexpr uint8_t kThroughMemory = 0xff, kCallThere = 0x15, kJumpThere = 0x25;
// A prefix that has no effect on kCall and kJump, and makes them as long as the forms through memory.
inline constexpr uint8_t kNoEffect = 0x67;
// lea r11, [rip + distance], without the distance of 32 bits.
inline constexpr std::array<uint8_t, 3> kLeaScratch = {0x4c, 0x8d, 0x1d};

// mov register, constant: the register's number is added. The constant has 32 bits, or 64 with REX.W.
inline constexpr uint8_t kMovConstant = 0xb8;
inline constexpr uint8_t kMovConstantTo = 0xc7;                          // [rm, constant of 32 bits]
inline constexpr uint8_t kMovTo = 0x89, kMovFrom = 0x8b;                 // [rm, reg], [reg, rm]
inline constexpr uint16_t kMovzxByte = 0x0fb6, kMovzxWord = 0x0fb7;      // [reg, rm]
inline constexpr uint16_t kMovsxByte = 0x0fbe, kMovsxWord = 0x0fbf;      // [reg, rm]
inline constexpr uint8_t kMovsxd = 0x63;                                 // [reg, rm]
inline constexpr uint16_t kMovFloatFrom = 0x0f10, kMovFloatTo = 0x0f11;  // [reg, rm], [rm, reg]
inline constexpr uint8_t kPrefixF32 = 0xf3, kPrefixF64 = 0xf2;           // of kMovFloat*
inline constexpr uint8_t kLea = 0x8d;                                    // [reg, rm]
inline constexpr uint8_t kTest = 0x85;                                   // [rm, reg]
inline constexpr uint8_t kPush = 0x68;                                   // constant of 32 bits
// add, or, and, sub, xor, cmp with a constant of 32 or 8 bits: `reg` is the number of the operation.
inline constexpr uint8_t kArithmetic = 0x81, kArithmeticByte = 0x83;  // [rm, constant]

}  // namespace mini_wasm::jit::x64::encoding
