// Generates valid modules from byte strings. They contain every instruction of opcodes.def, with operands at the
// boundaries where implementations differ.
//
// * The same bytes and features give the same module on every platform, and all bytes give a valid module.
// * Modules end: loops and calls decrement the exported global "fuel" (an i32), which the embedder sets before each
//   call.
// * Results do not depend on the engine: NaNs whose bits are not specified are made canonical before they can be
//   observed, and sizes stay far below limits. With relaxed SIMD, results depend on the CPU, so that feature must be
//   off to compare with other engines.
// * Exports: functions "fN" by function index, memories "mN", globals "gN", tables "tN". Imports: functions from "h".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/opcode.h"

namespace mini_wasm::generate {

std::vector<uint8_t> generate_module(std::span<const uint8_t> bytes, FeatureSet features = FeatureSet::defaults());

// Modules that must be instantiated in this order, each with the exports of those before it. Module N imports
// functions, tags ("eN"), tables, memories and the fuel, which all modules share, from "m0" to "mN-1".
using Program = std::vector<std::vector<uint8_t>>;

Program generate_program(std::span<const uint8_t> bytes, FeatureSet features = FeatureSet::defaults());

}  // namespace mini_wasm::generate
