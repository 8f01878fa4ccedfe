// The instructions of a module, read from its bytes by the decoder: an independent check of what the generator has
// written.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/opcode.h"

namespace mini_wasm::generate {

// Calls `see` for every instruction of every function body, with the offset of its first byte. Returns false when the
// module cannot be decoded.
bool for_each_op(std::span<const uint8_t> module, const std::function<void(Op op, uint32_t offset)>& see);

}  // namespace mini_wasm::generate
