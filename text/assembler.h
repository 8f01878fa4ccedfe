// The assembler: WebAssembly text to binary, the only entry point of the text front end. It accepts the whole text
// format of WebAssembly 3.0 and of the proposals in features.def. A feature that is switched off is refused later, when
// the binary is decoded. Thread rule: any thread; nothing is shared.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mini_wasm::text {

struct AssembleOptions {
  bool names = true;  // write a name section from the identifiers
};

// The binary form of "(module ...)", or of a text that contains only the fields of a module. The result is well-formed,
// but not validated; for "(module binary ...)" it is exactly the bytes of the strings.
// Errors: malformed, with the byte offset in `source` (`describe` shows line and column); invalid, for a branch hint on
// an instruction that is not a branch; limit.
// Time and memory are proportional to the size of the text, whatever its nesting.
Result<std::vector<uint8_t>> assemble(std::string_view source, const AssembleOptions& options = {});

// Whether a file with this content is probably a module in text form: it begins with a parenthesis or a comment.
bool looks_like_text(std::string_view bytes);

// Where a byte of a text is. Both are counted from 1, the column in bytes.
struct Position {
  size_t line, column;
};
Position position_of(std::string_view source, size_t offset);

// If the error has an offset in `source`: "FILE:LINE:COLUMN: MESSAGE", then the source line, and a caret below the
// column. Otherwise "FILE: MESSAGE". Safe for a terminal. Lines are counted from `first_line`.
std::string describe(const Error& error, std::string_view source, std::string_view file, uint32_t first_line = 1);

}  // namespace mini_wasm::text
