// The disassembler: prints a module in the text format, with all definitions and functions, and with the names of the
// name section as annotations. Comments for people contain the sections with their sizes, the byte offset of each line,
// indices, and the names that belong to them. Names are untrusted bytes and are escaped for a terminal.
//
// The output for a valid module can be assembled again (text::assemble) and gives the same module, except for
// * custom sections other than names,
// * encodings, where the binary format allows several,
// * more than two million locals, which are not printed.
// The module need not be valid. A malformed function body is reported in its place; the other functions are still
// printed.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/opcode.h"

namespace mini_wasm::decoder {

// Receives the text in pieces that consist of whole lines.
using TextSink = std::function<void(std::string_view)>;

// Writes the module to `sink`. Error: malformed, invalid or limit, when the module cannot be decoded; then the list of
// sections before the error has been written.
Result<void> disassemble(std::span<const uint8_t> bytes, FeatureSet features, const TextSink& sink);

}  // namespace mini_wasm::decoder
