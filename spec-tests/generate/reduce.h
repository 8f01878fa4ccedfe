// Makes the byte string behind a failing module shorter and emptier while it goes on failing: since used-up and zero
// bytes choose the smallest code, the module shrinks with it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace mini_wasm::generate {

// `fails` holds for `bytes`, and for what is returned.
std::vector<uint8_t> reduce(std::vector<uint8_t> bytes, const std::function<bool(const std::vector<uint8_t>&)>& fails);

}  // namespace mini_wasm::generate
