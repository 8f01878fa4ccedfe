// Checks that the output of the disassembler can be assembled to the same module.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mini_wasm::spec {

// The binary format often allows several encodings (of numbers, segments, custom sections). So only the assembler's own
// output must come back with the same bytes. For other modules the text must be the same, except for offsets.
enum class Sameness : uint8_t { text, bytes };

// The difference; empty if there is none. `bytes` must be a module that is valid with all features on.
std::string round_trip_difference(std::span<const uint8_t> bytes, Sameness sameness);

}  // namespace mini_wasm::spec
