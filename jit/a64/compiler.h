// The compiler for this CPU. Its members are compiled once, in backend.cc, which takes a while.
#pragma once

#include "jit/a64/masm.h"
#include "jit/compiler.h"

extern template class mini_wasm::jit::Compiler<mini_wasm::jit::a64::Masm>;
