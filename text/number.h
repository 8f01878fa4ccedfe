// Number literals to bit patterns (spec 6.3.2), exact: floating-point literals are rounded once, to nearest even.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mini_wasm::text {

// The value of a literal that the lexer classified as nat; nothing when it exceeds 64 bits.
std::optional<uint64_t> parse_nat(std::string_view literal);

// A nat or integer literal as a two's complement number of `bits` (8 to 64) bits, signed or unsigned; nothing when
// it is out of range.
std::optional<uint64_t> parse_integer(std::string_view literal, unsigned bits);

// A nat, integer or floating literal as the bits of an f32 or f64 (`bits` is 32 or 64); nothing when it is out of
// range: too large, or a NaN payload that is zero or too wide.
std::optional<uint64_t> parse_float(std::string_view literal, unsigned bits);

}  // namespace mini_wasm::text
