#include "text/lexer.h"

#include <algorithm>
#include <array>

#include "core/limits.h"
#include "core/utf8.h"

namespace mini_wasm::text {
namespace {

constexpr size_t kMaxSource = limits::kMaxSource;  // so that offsets and token counts fit into 32 bits

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

unsigned hex_value(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a' + 10);
}

// Which characters a token may contain: 1 for those of identifiers (6.3.5), 2 for the others of `reserved` (6.2.2), 0
// for all others.
constexpr auto kCharClass = [] {
  std::array<uint8_t, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<size_t>(c)] = 1;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<size_t>(c)] = table[static_cast<size_t>(c - 'a' + 'A')] = 1;
  for (char c : std::string_view("!#$%&'*+-./:<=>?@\\^_`|~")) table[static_cast<size_t>(c)] = 1;
  for (char c : std::string_view(",;[]{}")) table[static_cast<size_t>(c)] = 2;
  return table;
}();

bool is_id_char(char c) { return kCharClass[static_cast<uint8_t>(c)] == 1; }

// The length of a sequence of digits with single underscores between them; 0 when there is none.
size_t scan_digits(std::string_view text, size_t pos, bool hex) {
  size_t end = pos;
  const auto digit = [&](size_t i) { return i < text.size() && (hex ? is_hex_digit(text[i]) : is_digit(text[i])); };
  while (digit(end) || (end != pos && end < text.size() && text[end] == '_' && digit(end + 1))) ++end;
  return end - pos;
}

// The kind of number (6.3.2) that the token is; reserved when it is not a number.
TokenKind classify_number(std::string_view text) {
  const bool is_signed = text[0] == '+' || text[0] == '-';
  std::string_view rest = text.substr(is_signed ? 1 : 0);
  if (rest == "inf" || rest == "nan") return TokenKind::floating;
  if (rest.starts_with("nan:0x")) {
    const size_t digits = scan_digits(rest, 6, true);
    return digits != 0 && 6 + digits == rest.size() ? TokenKind::floating : TokenKind::reserved;
  }
  const bool hex = rest.starts_with("0x");
  size_t pos = hex ? 2 : 0;
  const size_t whole = scan_digits(rest, pos, hex);
  if (whole == 0) return TokenKind::reserved;
  pos += whole;
  if (pos == rest.size()) return is_signed ? TokenKind::integer : TokenKind::nat;
  if (rest[pos] == '.') {
    ++pos;
    pos += scan_digits(rest, pos, hex);
  }
  if (pos < rest.size() && (rest[pos] | 0x20) == (hex ? 'p' : 'e')) {
    ++pos;
    if (pos < rest.size() && (rest[pos] == '+' || rest[pos] == '-')) ++pos;
    const size_t exponent = scan_digits(rest, pos, false);
    if (exponent == 0) return TokenKind::reserved;
    pos += exponent;
  }
  return pos == rest.size() ? TokenKind::floating : TokenKind::reserved;
}

TokenKind classify_word(std::string_view text) {
  const TokenKind number = classify_number(text);
  if (number != TokenKind::reserved) return number;
  if (text[0] == '$') return TokenKind::id;
  return text[0] >= 'a' && text[0] <= 'z' ? TokenKind::keyword : TokenKind::reserved;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) { list_.source = source; }

  Result<TokenList> run() {
    while (!error_ && pos_ < source_.size()) next();
    if (error_) return std::move(*error_);
    list_.tokens.push_back({static_cast<uint32_t>(source_.size()), 0, TokenKind::eof});
    return std::move(list_);
  }

 private:
  char at(size_t pos) const { return pos < source_.size() ? source_[pos] : '\0'; }
  bool starts(std::string_view what) const { return source_.substr(pos_).starts_with(what); }

  void fail(size_t offset, std::string message) {
    if (!error_) error_ = Error::make(ErrorKind::malformed, std::move(message), offset);
  }

  // Reads one token, comment, annotation, or white space.
  void next() {
    if (skip_blank()) return;
    if (starts("(@")) return read_annotation();
    const char c = source_[pos_];
    if (c == '(' || c == ')') {
      const TokenKind kind = c == '(' ? TokenKind::open : TokenKind::close;
      list_.tokens.push_back({static_cast<uint32_t>(pos_++), 1, kind});
      return;
    }
    const Token token = read_word(/*in_annotation=*/false);
    if (!error_) list_.tokens.push_back(token);
  }

  // Skips white space and comments (6.2.3); false when there is none.
  bool skip_blank() {
    const char c = source_[pos_];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') return ++pos_, true;
    if (starts(";;")) {
      while (pos_ < source_.size() && source_[pos_] != '\n' && source_[pos_] != '\r') ++pos_;
      return true;
    }
    if (starts("(;")) return skip_block_comment(), true;
    return false;
  }

  void skip_block_comment() {
    const size_t begin = pos_;
    size_t depth = 0;
    do {
      if (pos_ >= source_.size()) return fail(begin, "unclosed comment");
      if (starts("(;")) {
        ++depth;
        pos_ += 2;
      } else if (starts(";)")) {
        --depth;
        pos_ += 2;
      } else {
        ++pos_;
      }
    } while (depth != 0);
  }

  // Reads the longest sequence of token characters and strings (6.2.2 "token").
  Token read_word(bool in_annotation) {
    const size_t begin = pos_;
    size_t strings = 0;
    bool only_id_chars = true;
    size_t string_end = begin;
    while (pos_ < source_.size() && !starts(";;")) {
      const char c = source_[pos_];
      if (c == '"') {
        if (!read_string(pos_ == begin + 1 && source_[begin] == '$' ? "empty identifier" : nullptr)) return {};
        ++strings;
        string_end = pos_;
        only_id_chars = false;
        continue;
      }
      const uint8_t char_class = kCharClass[static_cast<uint8_t>(c)];
      if (char_class == 0) break;
      if (char_class == 2) only_id_chars = false;
      ++pos_;
    }
    if (pos_ == begin) return fail(pos_, "illegal character"), Token{};
    Token token{static_cast<uint32_t>(begin), static_cast<uint32_t>(pos_ - begin), TokenKind::reserved};
    const std::string_view text = list_.text(token);
    if (only_id_chars) {
      token.kind = classify_word(text);
    } else if (strings == 1 && string_end == pos_) {
      if (text[0] == '"') token.kind = TokenKind::string;
      if (text.starts_with("$\"")) token.kind = TokenKind::id;
    }
    if (token.kind == TokenKind::id && !in_annotation) check_id(begin, text);
    return token;
  }

  void check_id(size_t begin, std::string_view text) {
    if (text == "$" || text == "$\"\"") return fail(begin, "empty identifier");
    if (text[1] == '"' && !is_valid_utf8(string_value(text.substr(1)))) fail(begin, "malformed UTF-8 encoding");
  }

  // Reads a string literal (6.3.3). If it contains a character that is not allowed, the message is `instead`, unless
  // that is null.
  bool read_string(const char* instead) {
    const size_t begin = pos_++;
    while (at(pos_) != '"') {
      const char c = at(pos_);
      if (pos_ >= source_.size()) return fail(begin, instead ? instead : "unclosed string literal"), false;
      if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) {
        const char* why =
            c == '\n' || c == '\r' ? "unclosed string literal" : "illegal control character in string literal";
        return fail(pos_, instead ? instead : why), false;
      }
      if (c != '\\') {
        ++pos_;
      } else if (!read_escape()) {
        return false;
      }
    }
    ++pos_;
    return true;
  }

  bool read_escape() {
    const size_t begin = pos_++;
    const char c = at(pos_);
    if (is_hex_digit(c) && is_hex_digit(at(pos_ + 1))) return pos_ += 2, true;
    if (c == 'u' && at(pos_ + 1) == '{') {
      const size_t digits = scan_digits(source_, pos_ + 2, true);
      uint32_t value = 0;
      for (size_t i = 0; i < digits && value <= 0x10ffff; ++i) {
        if (at(pos_ + 2 + i) != '_') value = value * 16 + hex_value(at(pos_ + 2 + i));
      }
      if (digits == 0 || at(pos_ + 2 + digits) != '}') return fail(begin, "illegal escape"), false;
      if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return fail(begin, "code point out of range"), false;
      return pos_ += 3 + digits, true;
    }
    if (c != '\0' && std::string_view("tnr\"'\\").find(c) != std::string_view::npos) return ++pos_, true;
    return fail(begin, "illegal escape"), false;
  }

  // Called after "(@": reads the id, and everything up to the matching parenthesis. Inside, only the lexical rules
  // apply.
  void read_annotation() {
    Annotation annotation{{}, static_cast<uint32_t>(pos_), static_cast<uint32_t>(list_.tokens.size())};
    pos_ += 2;
    annotation.begin = annotation.end = static_cast<uint32_t>(list_.annotation_tokens.size());
    const std::optional<std::string> id = read_annotation_id(annotation.offset);
    if (!id) return;
    for (const std::string_view known : {kCustomAnnotation, kNameAnnotation, kBranchHintAnnotation}) {
      if (*id == known) annotation.id = known;
    }
    size_t depth = 1;
    while (depth != 0 && !error_) {
      if (pos_ >= source_.size()) return fail(annotation.offset, "unclosed annotation");
      if (skip_blank()) continue;
      Token token{static_cast<uint32_t>(pos_), 1, TokenKind::open};
      const char c = source_[pos_];
      if (c == '(' || c == ')') {
        ++pos_;
        depth = c == '(' ? depth + 1 : depth - 1;
        if (c == ')') token.kind = TokenKind::close;
      } else {
        token = read_word(/*in_annotation=*/true);
      }
      if (!annotation.id.empty() && depth != 0) list_.annotation_tokens.push_back(token);
    }
    if (annotation.id.empty()) return;
    annotation.end = static_cast<uint32_t>(list_.annotation_tokens.size());
    list_.annotations.push_back(annotation);
  }

  std::optional<std::string> read_annotation_id(size_t begin) {
    if (at(pos_) == '"') {
      const size_t string_begin = pos_;
      if (!read_string("empty annotation id")) return std::nullopt;
      std::string id = string_value(source_.substr(string_begin, pos_ - string_begin));
      if (id.empty()) return fail(begin, "empty annotation id"), std::nullopt;
      if (!is_valid_utf8(id)) return fail(begin, "malformed UTF-8 encoding"), std::nullopt;
      return id;
    }
    const size_t id_begin = pos_;
    while (is_id_char(at(pos_))) ++pos_;
    if (pos_ == id_begin) return fail(begin, "empty annotation id"), std::nullopt;
    return std::string(source_.substr(id_begin, pos_ - id_begin));
  }

  std::string_view source_;
  size_t pos_ = 0;
  TokenList list_;
  std::optional<Error> error_;
};

// Calls `put` for each byte of the string's value.
template <class Put>
void decode_string(std::string_view token, Put put) {
  for (size_t i = 1; i + 1 < token.size();) {
    const char c = token[i++];
    if (c != '\\') {
      put(c);
      continue;
    }
    const char escape = token[i++];
    if (escape == 'u') {
      uint32_t value = 0;
      for (++i; token[i] != '}'; ++i) {
        if (token[i] != '_') value = value * 16 + hex_value(token[i]);
      }
      ++i;
      if (value < 0x80) {
        put(static_cast<char>(value));
      } else {
        const int more = value < 0x800 ? 1 : value < 0x10000 ? 2 : 3;
        put(static_cast<char>((0xf0 << (3 - more)) | value >> 6 * more));
        for (int k = more - 1; k >= 0; --k) put(static_cast<char>(0x80 | ((value >> 6 * k) & 0x3f)));
      }
    } else if (is_hex_digit(escape)) {
      put(static_cast<char>(hex_value(escape) * 16 + hex_value(token[i++])));
    } else {
      put(escape == 't' ? '\t' : escape == 'n' ? '\n' : escape == 'r' ? '\r' : escape);
    }
  }
}

// The offset of the first byte that is not well-formed UTF-8. Finds the longest valid prefix by bisection.
size_t first_bad_byte(std::string_view source) {
  size_t good = 0;
  while (good < source.size()) {
    size_t end = source.find_first_of("\n", good);
    end = end == source.npos ? source.size() : end + 1;
    if (!is_valid_utf8(source.substr(good, end - good))) break;
    good = end;
  }
  while (good < source.size()) {
    size_t step = 1;
    while (step <= 4 && !is_valid_utf8(source.substr(good, step))) ++step;
    if (step > 4) break;
    good += step;
  }
  return good;
}

}  // namespace

Result<TokenList> tokenize(std::string_view source) {
  if (source.size() > kMaxSource) return Error::make(ErrorKind::limit, "larger than 1 GiB");
  if (!is_valid_utf8(source)) {
    return Error::make(ErrorKind::malformed, "malformed UTF-8 encoding", first_bad_byte(source));
  }
  return Lexer(source).run();
}

bool is_nat(std::string_view text) { return !text.empty() && classify_number(text) == TokenKind::nat; }

std::string string_value(std::string_view token) {
  std::string value;
  decode_string(token, [&](char c) { value.push_back(c); });
  return value;
}

void append_string_value(std::string_view token, std::vector<uint8_t>& out) {
  decode_string(token, [&](char c) { out.push_back(static_cast<uint8_t>(c)); });
}

}  // namespace mini_wasm::text
