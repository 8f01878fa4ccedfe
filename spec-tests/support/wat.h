// Modules as text in tests: wat("(module ...)") gives the binary.
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace mini_wasm::testing {

// The binary of a module in text form, with a name section made from its identifiers. It is not validated: that is for
// our code to do. A text that does not parse fails the running test, and the result is empty.
std::vector<uint8_t> wat(std::string_view text);
// The same, to point out that the module is not meant to be valid.
inline std::vector<uint8_t> wat_unchecked(std::string_view text) { return wat(text); }

}  // namespace mini_wasm::testing
