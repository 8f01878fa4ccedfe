// The lexer (spec 6.2): source text to a flat list of tokens.
//
// Tokens point into the source, which must live longer. White space and comments are dropped. Annotations (spec
// appendix "Custom Sections and Annotations") may occur anywhere. Those that the assembler knows are stored in a list
// of their own, together with their position; all others are dropped. So the parser sees an annotation only when it
// asks for one.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mini_wasm::text {

enum class TokenKind : uint8_t {
  eof,
  open,      // (
  close,     // )
  nat,       // 42, 0x2a, 1_000
  integer,   // +42, -0x2a
  floating,  // 4.2, 0x1p-3, -inf, nan:0x123
  string,    // "...", with its quotes
  id,        // $name, $"name"
  keyword,   // starts with a lower-case letter
  reserved,  // none of the above: always an error
};

struct Token {
  uint32_t offset = 0;  // in the source, in bytes
  uint32_t size = 0;
  TokenKind kind = TokenKind::eof;
};

// An annotation (@id ...) whose id the assembler knows.
struct Annotation {
  std::string_view id;
  uint32_t offset = 0;
  uint32_t next_token = 0;  // index of the token after it
  uint32_t begin = 0;       // its own tokens, in TokenList::annotation_tokens
  uint32_t end = 0;
};

inline constexpr std::string_view kCustomAnnotation = "custom";
inline constexpr std::string_view kNameAnnotation = "name";
inline constexpr std::string_view kBranchHintAnnotation = "metadata.code.branch_hint";

struct TokenList {
  std::string_view source;
  std::vector<Token> tokens;  // the last one is always eof
  std::vector<Annotation> annotations;
  std::vector<Token> annotation_tokens;

  std::string_view text(const Token& token) const { return source.substr(token.offset, token.size); }
};

// Splits `source` into tokens. Errors: malformed, with the offset in the source; limit for more than 1 GiB.
Result<TokenList> tokenize(std::string_view source);

// Whether a part of a token is an unsigned integer literal.
bool is_nat(std::string_view text);

// The bytes that a string token stands for (spec 6.3.3). The token must be well-formed; the lexer has checked that.
std::string string_value(std::string_view token);
void append_string_value(std::string_view token, std::vector<uint8_t>& out);

}  // namespace mini_wasm::text
