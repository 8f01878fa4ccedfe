// FunctionDecoder: the one walk over a function body (spec 3.4, and the appendix "Validation Algorithm"). It tracks
// operand types, the control stack and reachability, and reports each instruction to a sink: the validator's sink
// records facts, the interpreter's translator and the compiler emit code. An instruction is reported after its
// validation, and only if it is reachable. sink.h says what a sink must have.
//
// Thread rule: a decoder belongs to one thread. Use it for many functions, because it keeps its buffers.
#pragma once

#include "validator/atomic_rules.h"
#include "validator/control_rules.h"
#include "validator/exception_rules.h"
#include "validator/function_decoder_class.h"
#include "validator/gc_rules.h"
#include "validator/local_rules.h"
#include "validator/metering.h"
#include "validator/simd_rules.h"
