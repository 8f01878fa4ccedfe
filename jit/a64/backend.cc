// The Backend of AArch64: the portable compiler, instantiated with the Masm of this CPU. link.cc, stubs.cc and
// listing.cc have the rest.
#include "jit/a64/backend.h"

#include "jit/a64/compiler.h"
#include "jit/backend_of.h"

template class mini_wasm::jit::Compiler<mini_wasm::jit::a64::Masm>;

namespace mini_wasm::jit::a64 {

const Backend& backend() { return backend_of<Cpu>(); }

void Cpu::describe_cpu(std::vector<uint8_t>& out) { out.push_back(CpuFeatures::host().lse ? 1 : 0); }

}  // namespace mini_wasm::jit::a64
