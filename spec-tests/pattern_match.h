// Compares results with what a script expects, and turns a script's literals into values.
#pragma once

#include <mini_wasm/store.h>
#include <mini_wasm/value.h>

#include <span>
#include <string>
#include <vector>

#include "spec-tests/script.h"

namespace mini_wasm::spec {

// Whether a value of `bits` bits (32 or 64 for floats, 8..64 for integers) fits the lane's pattern.
bool matches(const LanePattern& pattern, uint64_t value, unsigned bits);
bool matches(const Pattern& pattern, const Val& value);
bool matches(std::span<const Pattern> patterns, std::span<const Val> values);

std::string to_string(const Pattern& pattern);
std::string to_string(std::span<const Pattern> patterns);
std::string to_string(std::span<const Val> values);

// (ref.extern n) is an externref whose host pointer is n.
Val make_value(Store& store, const Literal& literal);

}  // namespace mini_wasm::spec
