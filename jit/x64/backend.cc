// The Backend of x86-64: the portable compiler, instantiated with the Masm of this CPU, and thunks. link.cc, stubs.cc
// and listing.cc have the rest.
#include "jit/x64/backend.h"

#include <cstring>

#include "jit/backend_of.h"
#include "jit/x64/compiler.h"
#include "jit/x64/encoding.h"

template class mini_wasm::jit::Compiler<mini_wasm::jit::x64::Masm>;

namespace mini_wasm::jit::x64 {

const Backend& backend() { return backend_of<Cpu>(); }

void Cpu::describe_cpu(std::vector<uint8_t>& out) {
  const CpuFeatures cpu = CpuFeatures::host();
  for (const bool has : {cpu.avx, cpu.bmi1, cpu.bmi2, cpu.lzcnt, cpu.popcnt}) out.push_back(has ? 1 : 0);
}

// For each Entry: mov eax, index; jmp lazy
void Cpu::write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs) {
  constexpr size_t kHalf = kThunkBytes / 2;
  for (const uint8_t* lazy : stubs.lazy) {
    const auto distance = static_cast<int32_t>(lazy - (at + kHalf));
    to[0] = encoding::kMovConstant;  // eax has the number 0
    std::memcpy(to + 1, &index, 4);
    to[5] = encoding::kJump;
    std::memcpy(to + 6, &distance, 4);
    to += kHalf;
    at += kHalf;
  }
}

}  // namespace mini_wasm::jit::x64
