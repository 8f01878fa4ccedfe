// Valid modules from byte strings: every instruction of opcodes.def, at the edges where implementations differ.
//
// The same bytes and features give the same module on every platform; any bytes give a module that validates. Modules
// end: loops and calls count down the exported global "fuel" (an i32), which the embedder sets before each call.
// Results do not depend on the engine: NaNs whose bits the specification leaves open are made canonical before anything
// can see them, and sizes stay far from limits. With relaxed SIMD they depend on the CPU (leave the feature out to
// compare with other engines).
// Exports: functions "fN" by function index, memories "mN", globals "gN", tables "tN". Imports: functions from "h".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/opcode.h"

namespace mini_wasm::generate {

std::vector<uint8_t> generate_module(std::span<const uint8_t> bytes, FeatureSet features = FeatureSet::defaults());

// Modules that are to be instantiated in this order, each with the exports of those before it: module N imports from
// "m0" to "mN-1" functions, tags ("eN"), tables, memories and the fuel, which all share.
using Program = std::vector<std::vector<uint8_t>>;

Program generate_program(std::span<const uint8_t> bytes, FeatureSet features = FeatureSet::defaults());

}  // namespace mini_wasm::generate
