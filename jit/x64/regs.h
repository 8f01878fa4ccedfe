// What the registers of x86-64 are used for.
//
//   rbp                         fp: address of the frame's first slot
//   r14                         base address of memory 0
//   r15                         the InstanceContext
//   rsp                         machine stack: return addresses (native_code.h)
//   r11, xmm15                  scratch registers; they contain no value between two instructions
//   rbx r12 r13                 pinned locals (kept in registers); calls keep them, calls of C++ too, because they are
//                               callee-saved in its ABI
//   r8 r9 r10 rdi, xmm6..xmm14  pinned locals, saved around calls; or values, where no local is pinned to them
//   rax rcx rdx rsi, xmm0..5    values
//
// Arguments of direct calls are in rcx rdx rsi rdi r8 r9 and xmm0..xmm5. A single result is in rax or xmm0. The callee
// of an indirect call is in rax.
#pragma once

#include <array>

#include "jit/registers.h"

namespace mini_wasm::jit::x64 {

constexpr Reg gpr(uint8_t n) { return {Bank::ints, n}; }
constexpr Reg xmm(uint8_t n) { return {Bank::floats, n}; }
inline constexpr Reg rax = gpr(0), rcx = gpr(1), rdx = gpr(2), rbx = gpr(3), rsp = gpr(4), rbp = gpr(5), rsi = gpr(6),
                     rdi = gpr(7), r8 = gpr(8), r9 = gpr(9), r10 = gpr(10), r11 = gpr(11), r12 = gpr(12), r13 = gpr(13),
                     r14 = gpr(14), r15 = gpr(15);

inline constexpr Reg kFp = rbp, kContext = r15, kMemory = r14, kScratch = r11, kFloatScratch = xmm(15);

inline constexpr std::array kPins = {rbx, r12, r13, r8, r9, rdi, r10};
inline constexpr std::array kFloatPins = {xmm(6), xmm(7), xmm(8), xmm(9), xmm(10), xmm(11), xmm(12), xmm(13), xmm(14)};
inline constexpr RegSet kSurvivesCalls(rbx, r12, r13);
inline constexpr Reg kFuel = kPins.back();  // with CodeSettings::fuel; it contains no values then
inline constexpr std::array kIntArguments = {rcx, rdx, rsi, rdi, r8, r9};
inline constexpr std::array kFloatArguments = {xmm(0), xmm(1), xmm(2), xmm(3), xmm(4), xmm(5)};
inline constexpr std::array kRuntimeArguments = {rsi, rdx, rcx};  // of the stub call_runtime: operands, x, y

}  // namespace mini_wasm::jit::x64
