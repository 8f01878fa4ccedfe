// The instructions of a module as they stand in its bytes, read by the decoder: an independent look at what the
// generator wrote.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/opcode.h"

namespace mini_wasm::generate {

// Calls `see` for every instruction of every function body with the offset of its first byte. False for a module that
// does not decode.
bool for_each_op(std::span<const uint8_t> module, const std::function<void(Op op, uint32_t offset)>& see);

}  // namespace mini_wasm::generate
