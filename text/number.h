// Number literals to bit patterns (spec 6.3.2). Exact: a floating-point literal is rounded only once, to nearest even.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mini_wasm::text {

// The value of a literal that the lexer has classified as nat; empty when it needs more than 64 bits.
std::optional<uint64_t> parse_nat(std::string_view literal);

// A nat or integer literal as a two's complement number of `bits` (8 to 64) bits, signed or unsigned; empty when it is
// out of range.
std::optional<uint64_t> parse_integer(std::string_view literal, unsigned bits);

// A nat, integer or floating literal as the bits of an f32 or f64 (`bits` is 32 or 64). Empty when it is out of range:
// too large, or a NaN payload that is zero or has too many bits.
std::optional<uint64_t> parse_float(std::string_view literal, unsigned bits);

}  // namespace mini_wasm::text
