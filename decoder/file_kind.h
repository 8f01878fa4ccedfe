// For error messages: guesses what a file is that is not a module. Wrong files are more usual than damaged ones.
#pragma once

#include <mini_wasm/result.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mini_wasm::decoder {

// The number of bytes before the module: 0, or the length of a first line that begins with "#!" (which makes a file
// executable on Unix), including its line break.
size_t interpreter_line(std::span<const uint8_t> bytes);

// Whether the bytes begin like a binary module or component.
bool has_magic(std::span<const uint8_t> bytes);

// For example "this is an ELF executable, not WebAssembly". For bytes without the magic number; the first few hundred
// are sufficient.
std::string describe_kind(std::span<const uint8_t> bytes);

// The error that decoding would give if the bytes do not begin like a module. For a caller that has not read all of
// them.
Result<void> check_magic(std::span<const uint8_t> begin);

}  // namespace mini_wasm::decoder
