// What a module may contain at most, whatever its features: the limits of the WebAssembly JavaScript Interface
// (section "Implementation-defined Limits"), which browsers share, so that modules move freely. Exceeding one is an
// Error of kind `limit`. They bound the work done for one module; memory is bounded by the size of the input already.
#pragma once

#include <cstdint>

namespace mini_wasm::decoder::limits {

inline constexpr uint64_t kMaxModuleSize = uint64_t{1} << 30;
inline constexpr uint32_t kMaxTypes = 1'000'000;  // also rec groups, and members of one
inline constexpr uint32_t kMaxFunctions = 1'000'000;
inline constexpr uint32_t kMaxImports = 1'000'000;
inline constexpr uint32_t kMaxExports = 1'000'000;
inline constexpr uint32_t kMaxGlobals = 1'000'000;
inline constexpr uint32_t kMaxTags = 1'000'000;
inline constexpr uint32_t kMaxTables = 100'000;
inline constexpr uint32_t kMaxMemories = 100;
inline constexpr uint32_t kMaxDataSegments = 100'000;
inline constexpr uint32_t kMaxElemSegments = 10'000'000;
inline constexpr uint32_t kMaxElemEntries = 10'000'000;
inline constexpr uint32_t kMaxFunctionSize = 7'654'321;
inline constexpr uint32_t kMaxLocals = 50'000;  // parameters included; checked by the walk over the body
inline constexpr uint32_t kMaxParams = 1000;
inline constexpr uint32_t kMaxResults = 1000;
inline constexpr uint32_t kMaxFields = 10'000;
inline constexpr uint32_t kMaxArrayNewFixed = 10'000;

}  // namespace mini_wasm::decoder::limits
