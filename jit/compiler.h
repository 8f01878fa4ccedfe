// The baseline compiler: makes machine code of a function in one pass over its instructions.
//
// It is a Sink (visitor) of validator::FunctionDecoder. In place of WebAssembly's operand stack it has a stack of
// `Value`s, and emits no code for a value until an instruction needs it. At labels all values are in their homes (slots
// of the frame, runtime/call/frame.h), with one exception: the single result of a block is in the result register.
// Locals that are used often are pinned (kept in registers); each loop may pin other locals. The compiler decides about
// operands, control flow and calls. `Masm` (x64/masm.h) knows the CPU's instructions for them.
//
// The class is in compiler_class.h, its members are defined in the other headers below.
// Thread rule: one thread at a time. An object compiles any number of functions, one after the other.
#pragma once

#include "jit/compiler_calls.h"
#include "jit/compiler_class.h"
#include "jit/compiler_control.h"
#include "jit/compiler_frames.h"
#include "jit/compiler_gc.h"
#include "jit/compiler_memory.h"
#include "jit/compiler_pins.h"
#include "jit/compiler_registers.h"
#include "jit/compiler_values.h"
