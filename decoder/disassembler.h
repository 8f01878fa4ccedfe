// A module as text for people: sections with offsets and sizes, definitions, and every function with names, indentation
// and byte offsets, in a form close to the text format. Names come from untrusted bytes and are escaped for a terminal.
// Nothing needs to be valid, and a malformed function body is reported in place: the others are still shown.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/opcode.h"

namespace mini_wasm::decoder {

// Takes the text in pieces of whole lines.
using TextSink = std::function<void(std::string_view)>;

// Writes the module to `sink`. Error: malformed, invalid or limit, when the module cannot be decoded; the list of
// sections before the error has been written then.
Result<void> disassemble(std::span<const uint8_t> bytes, FeatureSet features, const TextSink& sink);

}  // namespace mini_wasm::decoder
