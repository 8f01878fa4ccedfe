// Whether what the disassembler prints of a module reads back as the same module.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mini_wasm::spec {

// Where the binary format leaves a choice (lengths of numbers, forms of segments, custom sections), only the
// assembler's own output comes back byte by byte; of other modules it is the text that has to be the same, but for the
// offsets.
enum class Sameness : uint8_t { text, bytes };

// Empty, or what is different. `bytes` is a valid module under all features.
std::string round_trip_difference(std::span<const uint8_t> bytes, Sameness sameness);

}  // namespace mini_wasm::spec
