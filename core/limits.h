// The limits of limits.def as constants.
#pragma once

#include <cstdint>

namespace mini_wasm::limits {

#define LIMIT(constant, value, ...) inline constexpr uint64_t constant = value;
#include "core/limits.def"
#undef LIMIT

}  // namespace mini_wasm::limits
