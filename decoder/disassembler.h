// A module in the text format: definitions, and every function, with the names of the name section as annotations. For
// people there are comments: the sections with their sizes, the byte offset of each line, indices, what is named by
// one. Names come from untrusted bytes and are escaped for a terminal.
//
// What is printed of a valid module reads back (text::assemble) as the same module, but for custom sections other than
// names, and for the forms of encoding among which the binary format leaves a choice; more than two million locals are
// not printed. Nothing needs to be valid, though, and a malformed function body is reported in place: the others are
// still shown.
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
