// UTF-8 for names in modules (binary format 5.2.4), and text that is safe to print.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mini_wasm {

// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text);

// `text` in a form that is safe for a terminal. Control characters, invalid bytes, and invisible characters that change
// the direction of text are escaped as in the text format ("\n", "\1b", "\u{202e}"). A backslash is doubled; everything
// else stays. The result is valid UTF-8 without line breaks.
std::string escape_for_terminal(std::string_view text);

}  // namespace mini_wasm
