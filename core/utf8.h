// UTF-8 as names in modules use it (binary format 5.2.4), and text made safe to print.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mini_wasm {

// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text);

// `text` as it can go to a terminal: control characters, invalid bytes and invisible characters that change the
// direction of text are escaped as in the text format ("\n", "\1b", "\u{202e}"), a backslash is doubled, and all
// else is kept. The result is valid UTF-8 in one line.
std::string escape_for_terminal(std::string_view text);

}  // namespace mini_wasm
