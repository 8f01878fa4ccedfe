// What the registers of AArch64 are used for, and the design that follows from it.
//
//   x29                  fp: address of the frame's first slot, on the value stack
//   x28                  the InstanceContext
//   x27                  base address of memory 0
//   sp                   machine stack: return addresses. It is always aligned to 16 bytes, because the CPU faults
//                        otherwise
//   x30                  the return address, between a call and the callee's `enter`
//   x16, v31             scratch registers of the compiler; they contain no value between two instructions
//   x17, v30             scratch registers of the Masm alone, inside of one of its members: addresses, masks; x30, too
//   x18                  never touched: some systems use it
//   x19..x26             pinned locals; calls keep them, calls of C++ too, because they are callee-saved in its ABI
//   v8..v11              pinned locals; calls keep their lower halves, as C++ does. So vectors in them are saved around
//                        calls
//   x9..x15, v16..v27    pinned locals, saved around calls; or values, where no local is pinned to them
//   x0..x8, v0..v7,
//   v28, v29             values
//   v12..v15             not used: calls of C++ must keep them, and there are enough others
//
// Calls between functions of an instance do not follow the ABI of C++: the first eight arguments of each bank are in
// x0..x7 and v0..v7, a single result is in x0 or v0, and the function of an indirect call is in x8.
//
// Frames. A call leaves the return address in x30. `enter` pushes it, in 16 bytes of the machine stack of which the
// second half is free; there a call into another instance keeps the caller's context (FrameLayout, stubs.cc). Traps are
// calls of stubs (bl) and faults look like them, so x30 is only right between a call and `enter`, and behind `leave`.
//
// Entries. A call is always one instruction, bl: to the callee if it has code when the caller is linked, otherwise to
// its thunk, which becomes a branch to the code when there is code (link.cc). So code memory is no larger than the reach
// of bl, 128 MiB.
//
// Constants are made with one or two instructions (movz, movn, orr, movk; fmov), or read from a pool behind the code,
// or from an island if the code is large (assembler.h). What another process must replace is always in the pool.
#pragma once

#include <array>

#include "jit/pin_plan.h"
#include "jit/registers.h"

namespace mini_wasm::jit::a64 {

constexpr Reg x(uint8_t n) { return {Bank::ints, n}; }
constexpr Reg v(uint8_t n) { return {Bank::floats, n}; }

// Register number 31 means one or the other, depending on the instruction.
inline constexpr Reg kZero = x(31), kSp = x(31);
inline constexpr Reg kLink = x(30), kFp = x(29), kContext = x(28), kMemory = x(27);
inline constexpr Reg kScratch = x(16), kFloatScratch = v(31);
inline constexpr Reg kInner = x(17), kInnerFloat = v(30), kThird = kLink;  // of the Masm alone

inline constexpr std::array kPins = {x(19), x(20), x(21), x(22), x(23), x(24), x(25), x(26),
                                     x(9),  x(10), x(11), x(12), x(13), x(14), x(15)};
inline constexpr std::array kFloatPins = {v(8),  v(9),  v(10), v(11), v(16), v(17), v(18), v(19),
                                          v(20), v(21), v(22), v(23), v(24), v(25), v(26), v(27)};
inline constexpr RegSet kSurvivesCalls(x(19), x(20), x(21), x(22), x(23), x(24), x(25), x(26), v(8), v(9), v(10),
                                       v(11));
inline constexpr Reg kFuel = kPins.back();  // with CodeSettings::fuel; it contains no values then
inline constexpr std::array kIntArguments = {x(0), x(1), x(2), x(3), x(4), x(5), x(6), x(7)};
inline constexpr std::array kFloatArguments = {v(0), v(1), v(2), v(3), v(4), v(5), v(6), v(7)};
inline constexpr std::array kRuntimeArguments = {x(1), x(2), x(3)};  // of the stub call_runtime: operands, x, y

}  // namespace mini_wasm::jit::a64
