// The compiler for this CPU. Its members are compiled once, in backend.cc, which takes a while.
#pragma once

#include "jit/compiler.h"
#include "jit/x64/masm.h"

extern template class mini_wasm::jit::Compiler<mini_wasm::jit::x64::Masm>;
