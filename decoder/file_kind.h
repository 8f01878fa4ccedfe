// What bytes that are no module appear to be, for messages: people hand over the wrong file more often than a damaged
// one.
#pragma once

#include <mini_wasm/result.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mini_wasm::decoder {

// How many bytes stand before the module: 0, or those of a first line that begins with "#!" (which makes a file
// executable on Unix) and of its line break.
size_t interpreter_line(std::span<const uint8_t> bytes);

// Whether the bytes begin as a binary module or component does.
bool has_magic(std::span<const uint8_t> bytes);

// "this is an ELF executable, not WebAssembly": about bytes without the magic number, of which the first few hundred
// suffice.
std::string describe_kind(std::span<const uint8_t> bytes);

// An error, as decoding would give it, when the bytes do not begin as a module. For whoever has not read all of them.
Result<void> check_magic(std::span<const uint8_t> begin);

}  // namespace mini_wasm::decoder
