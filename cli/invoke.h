// Values as a person types and reads them: the arguments and results of `mini-wasm run --invoke`.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/types.h>
#include <mini_wasm/value.h>

#include <span>
#include <string>
#include <vector>

namespace mini_wasm::cli {

// One argument per parameter: i32 and i64 in decimal or 0x hexadecimal, signed or unsigned; f32 and f64 as C spells
// them, also inf and nan; null for a nullable reference. Error: usage.
Result<std::vector<Val>> parse_arguments(const FuncType& type, std::span<const std::string> words);

// "42", "-0.5", "null": the value without its type; integers are shown signed.
std::string result_text(const Val& value);

}  // namespace mini_wasm::cli
