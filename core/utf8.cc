// UTF-8 validation and escaping. Well-formed sequences are those of table 3-7 in the Unicode standard.
#include "core/utf8.h"

#include <cstring>

namespace mini_wasm {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

struct CodePoint {
  uint32_t value;
  uint32_t size;  // in bytes; 0: the bytes are not well-formed
};

uint8_t byte_at(std::string_view text, size_t pos) { return static_cast<uint8_t>(text[pos]); }

// Decodes the code point at `pos`, which is inside `text`.
CodePoint decode(std::string_view text, size_t pos) {
  constexpr CodePoint kBad = {0, 0};
  const uint8_t first = byte_at(text, pos);
  if (first < 0x80) return {first, 1};
  const uint32_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size == 0 || text.size() - pos < size) return kBad;
  uint32_t value = first & (0x7f >> size);
  for (uint32_t i = 1; i < size; ++i) {
    const uint8_t next = byte_at(text, pos + i);
    if ((next & 0xc0) != 0x80) return kBad;
    value = value << 6 | (next & 0x3f);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  return surrogate || overlong || value > 0x10ffff ? kBad : CodePoint{value, size};
}

// C0 and C1 control characters, and invisible characters: line and paragraph separators, direction marks and overrides,
// zero-width characters, the byte order mark.
bool needs_escape(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

void append_hex(std::string& out, uint32_t value, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 0xf];
}

void append_escaped(std::string& out, uint32_t c) {
  switch (c) {
    case '\t': out += "\\t"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\\': out += "\\\\"; return;
    default: break;
  }
  if (c < 0x80) {
    out += '\\';
    append_hex(out, c, 2);
  } else {
    out += "\\u{";
    append_hex(out, c, c < 0x10000 ? 4 : 6);
    out += '}';
  }
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  size_t pos = 0;
  while (pos < text.size()) {
    uint64_t word;
    if (text.size() - pos >= sizeof(word)) {
      std::memcpy(&word, text.data() + pos, sizeof(word));
      if ((word & kHighBits) == 0) {
        pos += sizeof(word);
        continue;
      }
    }
    const CodePoint c = decode(text, pos);
    if (c.size == 0) return false;
    pos += c.size;
  }
  return true;
}

std::string escape_for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint c = decode(text, pos);
    if (c.size == 0) {
      out += '\\';
      append_hex(out, byte_at(text, pos++), 2);
      continue;
    }
    if (needs_escape(c.value) || c.value == '\\') {
      append_escaped(out, c.value);
    } else {
      out += text.substr(pos, c.size);
    }
    pos += c.size;
  }
  return out;
}

}  // namespace mini_wasm
