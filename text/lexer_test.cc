#include "text/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mini_wasm::text {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

std::vector<TokenKind> kinds(std::string_view source) {
  const Result<TokenList> list = tokenize(source);
  std::vector<TokenKind> result;
  if (!list) return result;
  for (const Token& token : list->tokens) result.push_back(token.kind);
  result.pop_back();  // eof
  return result;
}

TokenKind kind(std::string_view word) {
  const auto all = kinds(word);
  return all.size() == 1 ? all[0] : TokenKind::eof;
}

std::string error(std::string_view source) {
  const Result<TokenList> list = tokenize(source);
  return list ? "" : list.error().message;
}

TEST(lexer, tokens_know_where_they_stand) {
  const Result<TokenList> list = tokenize("(func  $f)");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->tokens.size(), 5u);
  EXPECT_EQ(list->tokens[2].offset, 7u);
  EXPECT_EQ(list->text(list->tokens[2]), "$f");
  EXPECT_EQ(list->tokens[4].kind, TokenKind::eof);
}

TEST(lexer, parentheses_and_comments_separate_tokens) {
  using enum TokenKind;
  EXPECT_THAT(kinds("(nop)nop"), ElementsAre(open, keyword, close, keyword));
  EXPECT_THAT(kinds("a(;x(;y;)z;)b"), ElementsAre(keyword, keyword));
  EXPECT_THAT(kinds("a;;b\rc;;d"), ElementsAre(keyword, keyword));
}

TEST(lexer, numbers) {
  for (const char* word : {"0", "42", "1_000", "0x1F", "0xdead_beef"}) EXPECT_EQ(kind(word), TokenKind::nat) << word;
  for (const char* word : {"+0", "-42", "-0x80"}) EXPECT_EQ(kind(word), TokenKind::integer) << word;
  for (const char* word : {"1.", "1.5", "1e9", "-1E+3", "0x1p-3", "0x1.8P2", "inf", "-nan", "nan:0x1", "1_0.0_1e1_0"}) {
    EXPECT_EQ(kind(word), TokenKind::floating) << word;
  }
  for (const char* word : {"0x", "1x", "1__0", "1_", ".5", "1e", "1p3", "0x1e+3", "+", "nan:1"}) {
    EXPECT_NE(kind(word), TokenKind::nat) << word;
    EXPECT_NE(kind(word), TokenKind::floating) << word;
  }
}

TEST(lexer, tokens_that_touch_are_one_reserved_token) {
  for (const char* word : {"0$l", "\"a\"\"b\"", "data\"a\"", "$\"a\"x", "a,b", "[]", "0drop"}) {
    EXPECT_EQ(kind(word), TokenKind::reserved) << word;
  }
}

TEST(lexer, strings_and_their_escapes) {
  EXPECT_EQ(kind(R"("a\"b")"), TokenKind::string);
  EXPECT_EQ(string_value(R"("\t\n\r\"\'\\\41\u{42}\u{1F4a9}")"), "\t\n\r\"'\\AB\xf0\x9f\x92\xa9");
  EXPECT_EQ(string_value(R"("\u{7ff}\u{800}")"), "\xdf\xbf\xe0\xa0\x80");
  EXPECT_THAT(error("\"a"), StartsWith("unclosed string"));
  EXPECT_THAT(error("\"a\nb\""), StartsWith("unclosed string"));
  EXPECT_THAT(error("\"a\tb\""), StartsWith("illegal control character"));
  EXPECT_THAT(error(R"("\x")"), StartsWith("illegal escape"));
  EXPECT_THAT(error(R"("\u{d800}")"), StartsWith("code point out of range"));
  EXPECT_THAT(error(R"("\u{110000}")"), StartsWith("code point out of range"));
}

TEST(lexer, ids) {
  EXPECT_EQ(kind("$!?@#a$%^&*b-+_.:9'`|/\\<=>~"), TokenKind::id);
  EXPECT_EQ(kind("$\"a b\""), TokenKind::id);
  EXPECT_EQ(error("$"), "empty identifier");
  EXPECT_EQ(error("$\"\""), "empty identifier");
  EXPECT_EQ(error("$\"a\nb\""), "empty identifier");
  EXPECT_EQ(error(R"($"\ef")"), "malformed UTF-8 encoding");
}

TEST(lexer, only_ascii_outside_of_strings_and_comments) {
  EXPECT_EQ(error("(; \xc3\xa9 ;) \"\xc3\xa9\""), "");
  EXPECT_EQ(error("\xc3\xa9"), "illegal character");
  EXPECT_EQ(error("\x01"), "illegal character");
  const Result<TokenList> bad = tokenize(";; line\n;; \xff");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "malformed UTF-8 encoding");
  EXPECT_EQ(bad.error().offset, 11u);
}

TEST(lexer, unclosed_comment) { EXPECT_EQ(error("a (; (; ;)"), "unclosed comment"); }

TEST(lexer, annotations_leave_no_tokens) {
  EXPECT_EQ(kinds("a (@x y (z) \")\" (; ;) $ , ; ) b").size(), 2u);
  EXPECT_EQ(error("(@x"), "unclosed annotation");
  EXPECT_EQ(error("(@x (y)"), "unclosed annotation");
  EXPECT_EQ(error("(@ x)"), "empty annotation id");
  EXPECT_EQ(error("(@\"\")"), "empty annotation id");
}

TEST(lexer, known_annotations_are_put_aside) {
  const Result<TokenList> list = tokenize("(module (@custom \"n\" (before code) \"x\"))");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->annotations.size(), 1u);
  EXPECT_EQ(list->annotations[0].id, kCustomAnnotation);
  EXPECT_EQ(list->annotations[0].next_token, 2u);
  EXPECT_EQ(list->annotations[0].end - list->annotations[0].begin, 6u);
}

}  // namespace
}  // namespace mini_wasm::text
