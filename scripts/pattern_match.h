// Compares results with what a script expects, and converts literals of a script to values.
#pragma once

#include <mini_wasm/store.h>
#include <mini_wasm/value.h>

#include <span>
#include <string>
#include <vector>

#include "text/script.h"

namespace mini_wasm::spec {

// Whether a value of `bits` bits (32 or 64 for floats, 8 to 64 for integers) matches the lane's pattern.
bool matches(const text::LanePattern& pattern, uint64_t value, unsigned bits);
bool matches(const text::Pattern& pattern, const Val& value);
bool matches(std::span<const text::Pattern> patterns, std::span<const Val> values);

std::string to_string(const text::Pattern& pattern);
std::string to_string(std::span<const text::Pattern> patterns);
std::string to_string(std::span<const Val> values);

// (ref.extern n) is an externref with the host pointer n, and (ref.host n) the same as an anyref. The caller must root
// a reference before it makes another value.
Val make_value(Store& store, const text::Literal& literal);

}  // namespace mini_wasm::spec
