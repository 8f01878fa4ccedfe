// Selects machine code for vector instructions. Those that have no selection call their definition in core/.
#include "jit/a64/selector.h"

namespace mini_wasm::jit::a64 {

bool select_simd(Compiler<Masm>&, Masm&, Op) { return false; }

}  // namespace mini_wasm::jit::a64
