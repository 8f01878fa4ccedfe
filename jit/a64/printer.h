// Instructions of AArch64 as text, for listings.
#pragma once

#include <cstdint>
#include <string>

namespace mini_wasm::jit::a64 {

// An instruction that the compiler emits (instructions.def), in the syntax of the Arm manual. `at`: its offset in the
// function, for the targets of branches, which are printed as offsets, too. Others are printed as ".word".
std::string print(uint32_t word, uint32_t at);

}  // namespace mini_wasm::jit::a64
