// Modules as text in tests: wat("(module ...)") returns the binary.
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace mini_wasm::testing {

// The binary form of a module in text form, with a name section made from its identifiers. It is not validated, because
// the code under test must do that. If the text cannot be parsed, the running test fails, and the result is empty.
std::vector<uint8_t> wat(std::string_view text);
// The same; shows the reader that the module is not meant to be valid.
inline std::vector<uint8_t> wat_unchecked(std::string_view text) { return wat(text); }

}  // namespace mini_wasm::testing
