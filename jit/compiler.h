// The baseline compiler: one pass over a function that is being validated, from instruction to machine code.
//
// It is a Sink of validator::FunctionDecoder. Values are tracked by a stack of `Value`s and no code is emitted for one
// until somebody needs it. At labels everything stands at home (the frame's slots, runtime/call/frame.h), but for the single
// result of a block, which is in the result register; hot locals are pinned to registers, each loop has its own.
// Operands, control flow and calls are decided here; what they look like is `Masm`'s (x64/masm.h), which knows the CPU.
//
// The class is in compiler_class.h, its members are in the other headers below.
// Thread rule: one thread; use it for as many functions as you like.
#pragma once

#include "jit/compiler_calls.h"
#include "jit/compiler_class.h"
#include "jit/compiler_control.h"
#include "jit/compiler_gc.h"
#include "jit/compiler_memory.h"
#include "jit/compiler_pins.h"
#include "jit/compiler_values.h"
