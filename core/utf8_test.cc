// UTF-8: well-formedness at every boundary of Unicode's table 3-7, and what is written to a terminal.
#include "core/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace mini_wasm {
namespace {

// The bytes of a code point of a given length, valid or not.
std::string encode(uint32_t c, int size) {
  if (size == 1) return {static_cast<char>(c)};
  std::string out;
  const int lead = size == 2 ? 0xc0 : size == 3 ? 0xe0 : 0xf0;
  out += static_cast<char>(lead | static_cast<int>(c >> (6 * (size - 1))));
  for (int i = size - 2; i >= 0; --i) out += static_cast<char>(0x80 | (c >> (6 * i) & 0x3f));
  return out;
}

int shortest(uint32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

TEST(utf8, accepts_exactly_the_scalar_values_in_their_shortest_form) {
  for (uint32_t c = 0; c < 0x120000; c += c > 0x3000 && c % 0x100 == 2 ? 0xfc : 1) {
    const bool scalar = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
    ASSERT_EQ(is_valid_utf8(encode(c, shortest(c))), scalar) << std::hex << c;
    for (int size = shortest(c) + 1; size <= 4; ++size) ASSERT_FALSE(is_valid_utf8(encode(c, size))) << std::hex << c;
  }
}

TEST(utf8, rejects_stray_and_missing_continuation_bytes) {
  for (const char* text : {"\x80", "\xbf", "a\x80", "\xc3", "\xc3(", "\xe2\x82", "\xe2\x82(", "\xf0\x9f\x98", "\xfe",
                           "\xff", "\xc0\x80", "\xc1\xbf", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(is_valid_utf8(text)) << text;
  }
}

TEST(utf8, finds_an_error_at_every_position_around_the_word_wise_path) {
  EXPECT_TRUE(is_valid_utf8(""));
  for (size_t length = 1; length < 40; ++length) {
    EXPECT_TRUE(is_valid_utf8(std::string(length, 'a')));
    for (size_t pos = 0; pos < length; ++pos) {
      std::string text(length, 'a');
      text[pos] = '\xc3';
      EXPECT_FALSE(is_valid_utf8(text));
      if (pos + 1 < length) {
        text[pos + 1] = '\xa9';
        EXPECT_TRUE(is_valid_utf8(text));
      }
    }
  }
}

TEST(utf8, nul_is_a_character_like_others) { EXPECT_TRUE(is_valid_utf8(std::string_view("a\0b", 3))); }

TEST(escape_for_terminal, keeps_printable_text) {
  EXPECT_EQ(escape_for_terminal(""), "");
  EXPECT_EQ(escape_for_terminal("_ZN3foo\"'E"), "_ZN3foo\"'E");
  EXPECT_EQ(escape_for_terminal("größe € 😀"), "größe € 😀");
}

TEST(escape_for_terminal, escapes_controls) {
  EXPECT_EQ(escape_for_terminal("a\x1b[31mb"), "a\\1b[31mb");
  EXPECT_EQ(escape_for_terminal("1\n2\r3\t4\x7f"), "1\\n2\\r3\\t4\\7f");
  EXPECT_EQ(escape_for_terminal(std::string_view("\0", 1)), "\\00");
  EXPECT_EQ(escape_for_terminal("\xc2\x9b"
                                "31m"),
            "\\u{009b}31m")
      << "the C1 form of ESC [";
  EXPECT_EQ(escape_for_terminal("a\\n"), "a\\\\n") << "an escape cannot be forged";
}

TEST(escape_for_terminal, escapes_what_reorders_or_hides_text) {
  EXPECT_EQ(escape_for_terminal("\u202eabc"), "\\u{202e}abc");
  EXPECT_EQ(escape_for_terminal("a\u200bb\ufeff"), "a\\u{200b}b\\u{feff}");
  EXPECT_EQ(escape_for_terminal("\U000e0041"), "\\u{0e0041}");
}

TEST(escape_for_terminal, escapes_invalid_bytes_one_by_one_and_resynchronizes) {
  EXPECT_EQ(escape_for_terminal("\xff"
                                "a\xe2\x82"
                                "é"),
            "\\ffa\\e2\\82é");
  EXPECT_EQ(escape_for_terminal("\xed\xa0\x80"), "\\ed\\a0\\80");
}

TEST(escape_for_terminal, result_is_valid_for_any_two_bytes) {
  for (int i = 0; i < 0x10000; ++i) {
    const std::string text = {static_cast<char>(i >> 8), static_cast<char>(i)};
    const std::string escaped = escape_for_terminal(text);
    ASSERT_TRUE(is_valid_utf8(escaped));
    for (char c : escaped) ASSERT_FALSE((c >= 0 && c < 0x20) || c == 0x7f);
  }
}

}  // namespace
}  // namespace mini_wasm
