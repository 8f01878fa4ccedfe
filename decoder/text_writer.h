// TextWriter: the lines of the disassembler's output: a column with the byte offset, indentation, text. Lines are
// collected, and passed to the sink in large pieces.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/utf8.h"
#include "decoder/disassembler.h"

namespace mini_wasm::decoder {

// An untrusted name as a string of the text format, safe for a terminal.
inline std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : escape_for_terminal(name)) {
    if (c == '"') text += '\\';
    text += c;
  }
  return text + '"';
}

// The same for a comment. Names in comments may be repeated often, so a name of more than 200 bytes is shortened.
// Nothing in it can end the comment.
inline std::string quoted_briefly(std::string_view name) {
  constexpr size_t kMaxName = 200;
  size_t size = std::min(name.size(), kMaxName);
  while (size < name.size() && size > 0 && (static_cast<uint8_t>(name[size]) & 0xc0) == 0x80) --size;
  std::string text;
  for (const char c : quoted(name.substr(0, size))) text += c == ';' ? std::string("\\3b") : std::string(1, c);
  if (size < name.size()) text.insert(text.size() - 1, "...");
  return text;
}

inline std::string hex_number(uint64_t value, size_t width = 0) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value, 16).ptr;
  const std::string text(digits, end);
  return std::string(text.size() < width ? width - text.size() : 0, '0') + text;
}

// module: can be assembled again (offsets are comments). listing: only for people.
enum class TextStyle : uint8_t { module, listing };

class TextWriter {
 public:
  static constexpr uint32_t kMaxIndent = 40;  // levels; with deeper nesting, the output would become quadratic

  explicit TextWriter(const TextSink& sink, TextStyle style = TextStyle::module) : sink_(sink), style_(style) {}
  ~TextWriter() { flush(); }
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;

  void line(uint32_t indent, std::string_view text) {
    write(style_ == TextStyle::module ? "              " : "          ", indent, text);
  }
  void line_at(uint32_t offset, uint32_t indent, std::string_view text) {
    const std::string number = hex_number(offset, 8);
    write(style_ == TextStyle::module ? "(;" + number + ";)  " : number + "  ", indent, text);
  }
  // A note for the reader, such as " (;main;)".
  std::string note(std::string_view text) const {
    return style_ == TextStyle::module ? " (;" + std::string(text) + ";)" : " " + std::string(text);
  }
  bool is_listing() const { return style_ == TextStyle::listing; }
  void flush() {
    if (!buffer_.empty()) sink_(buffer_);
    buffer_.clear();
  }

 private:
  void write(std::string_view gutter, uint32_t indent, std::string_view text) {
    buffer_ += gutter;
    buffer_.append(2 * std::min(indent, kMaxIndent), ' ');
    buffer_ += text;
    buffer_ += '\n';
    if (buffer_.size() > (1u << 16)) flush();
  }

  const TextSink& sink_;
  const TextStyle style_;
  std::string buffer_;
};

}  // namespace mini_wasm::decoder
