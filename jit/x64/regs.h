// What the registers of x86-64 are for.
//
//   rbp  fp: the frame's first slot            r15  the InstanceContext
//   r14  base of memory 0                      rsp  return addresses, see native_code.h
//   r11, xmm15  scratch: never hold a value between two instructions of the compiler's
//   rbx r12 r13  pinned locals; callee-saved, as in the C++ ABI, so calls of the runtime keep them, too
//   r8 r9 r10, xmm7..xmm14  pinned locals that are saved around calls
//   the rest: values. A single result comes back in rax or xmm0; rax names the callee of an indirect call.
#pragma once

#include <array>

#include "jit/value.h"

namespace mini_wasm::jit::x64 {

inline constexpr Reg rax{0}, rcx{1}, rdx{2}, rbx{3}, rsp{4}, rbp{5}, rsi{6}, rdi{7}, r8{8}, r9{9}, r10{10}, r11{11},
    r12{12}, r13{13}, r14{14}, r15{15};
constexpr Reg xmm(uint8_t n) { return Reg{static_cast<uint8_t>(16 + n)}; }

inline constexpr Reg kFp = rbp, kContext = r15, kMemory = r14, kScratch = r11, kFloatScratch = xmm(15);

constexpr uint32_t bits() { return 0; }
template <class... R>
constexpr uint32_t bits(Reg first, R... rest) {
  return first.bit() | bits(rest...);
}

}  // namespace mini_wasm::jit::x64
