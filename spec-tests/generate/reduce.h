// Makes the byte string of a failing module shorter, and replaces bytes by zero, as long as the module still fails.
// Missing and zero bytes select the smallest code, so the module becomes smaller too.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace mini_wasm::generate {

// `fails` must be true for `bytes`; it is true for the result.
std::vector<uint8_t> reduce(std::vector<uint8_t> bytes, const std::function<bool(const std::vector<uint8_t>&)>& fails);

}  // namespace mini_wasm::generate
