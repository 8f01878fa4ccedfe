// WebAssembly text to binary: the text front end's door. It accepts the whole text format of WebAssembly 3.0 and that
// of the proposals in features.def; what is switched off is refused when the binary is decoded. Thread rule: any
// thread; nothing is shared.
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

// The binary form of "(module ...)", or of a text that is only a module's fields. The result is well-formed but not
// validated; that of "(module binary ...)" is whatever the strings say. Errors: malformed, with the byte offset in
// `source` (see `describe` for line and column); invalid for a branch hint on an instruction that is no branch; limit.
// Takes time and memory in proportion to the text, whatever its nesting.
Result<std::vector<uint8_t>> assemble(std::string_view source, const AssembleOptions& options = {});

// Whether a file with this content is to be taken for a module in text form: it begins with a parenthesis or a comment.
bool looks_like_text(std::string_view bytes);

// "FILE:LINE:COLUMN: MESSAGE", then the source line and a caret below the column, when the error has an offset in
// `source`; without one, "FILE: MESSAGE". Safe for a terminal. Lines count from `first_line`.
std::string describe(const Error& error, std::string_view source, std::string_view file, uint32_t first_line = 1);

}  // namespace mini_wasm::text
