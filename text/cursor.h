// Cursor: walks over the tokens of a text. The parsers use it for all reading.
//
// Errors are sticky: the first one is kept, and from then on the cursor is at the end of the text. So every loop ends,
// and further expectations fail without a message.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/work_meter.h"
#include "text/lexer.h"

namespace mini_wasm::text {

class Cursor {
 public:
  // `list` must live longer than the cursor, and the cursor longer than the views that it returns.
  explicit Cursor(const TokenList& list);
  ~Cursor() { meter_.hand_over(); }

  // --- Looking
  const Token& peek(size_t ahead = 0) const {
    const size_t i = position_ + ahead;
    return tokens_[i < tokens_.size() ? i : tokens_.size() - 1];
  }
  std::string_view text(const Token& token) const { return list_.text(token); }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  bool at_keyword(std::string_view word) const { return is_keyword(peek(), word); }
  bool at_open(std::string_view word) const { return at(TokenKind::open) && is_keyword(peek(1), word); }
  bool at_index() const { return at(TokenKind::nat) || at(TokenKind::id); }

  // --- Moving
  Token take() {
    const Token token = peek();
    if (position_ + 1 < tokens_.size()) ++position_;
    return token;
  }
  bool accept_keyword(std::string_view word) { return at_keyword(word) && (take(), true); }
  // "(" and the word after it.
  bool accept_open(std::string_view word) { return at_open(word) && (take(), take(), true); }
  bool accept_close() { return at(TokenKind::close) && (take(), true); }
  void expect_close();
  void expect_open(std::string_view word);
  void expect_keyword(std::string_view word);
  // Skips everything up to the parenthesis that closes the enclosing form, and stops before it.
  void skip_to_close();

  // --- Values; each of these fails when the next token is something else
  std::optional<Token> accept_id();
  std::string expect_string();
  std::string expect_name();  // a string that is UTF-8
  uint32_t expect_u32();
  uint64_t expect_u64();
  uint8_t expect_lane();
  // Numeric literals as bit patterns with `bits` bits. Fails with "constant out of range" when the value does not fit.
  uint64_t expect_integer(unsigned bits);
  uint64_t expect_float(unsigned bits);

  // The name that an id token stands for, without '$' and quotes: $a and $"\61" are the same (6.3.5).
  std::string_view id_name(const Token& token);

  // --- Errors
  bool ok() const { return !error_; }
  void fail(const Token& token, std::string message, ErrorKind kind = ErrorKind::malformed) {
    fail_at(token.offset, std::move(message), kind);
  }
  void fail_at(uint64_t offset, std::string message, ErrorKind kind = ErrorKind::malformed);
  // Fails because the next token is not allowed here.
  void fail_unexpected();
  Error take_error() { return std::move(*error_); }

  // --- Position, to return to later
  uint32_t position() const { return position_; }
  void rewind(uint32_t position) {
    if (ok()) position_ = position;
  }

  // --- Annotations
  // The next annotation with that id between the previous token and the next one; null if there is none. It counts as
  // used from then on.
  const Annotation* accept_annotation(std::string_view id);
  // If there is an annotation (@name "...") here: the name that it gives to what is being defined.
  std::optional<std::string_view> accept_name_annotation();
  // The tokens of the annotation as a list, for a cursor over them.
  TokenList annotation_content(const Annotation& annotation) const;
  // Fails if an annotation was not used: it is in a place where it has no meaning.
  void check_annotations();
  bool has_annotations() const { return !list_.annotations.empty(); }

 private:
  bool is_keyword(const Token& token, std::string_view word) const {
    return token.kind == TokenKind::keyword && text(token) == word;
  }

  const TokenList& list_;
  const std::vector<Token>& tokens_;
  uint32_t position_ = 0;
  std::optional<Error> error_;
  std::vector<bool> annotation_used_;
  // All annotations with the same id. There may be thousands before one token, and each one is asked for.
  struct SameId {
    std::string_view id;
    std::vector<uint32_t> annotations;
    // By index in `annotations`: the index itself, or a greater one if the annotation has been used.
    std::vector<uint32_t> unused;
    uint32_t first_unused(uint32_t from, WorkMeter& meter);
  };
  std::vector<SameId> by_id_;
  WorkMeter meter_;
  std::deque<std::string> names_;  // ids that contained escapes, and names from annotations
};

}  // namespace mini_wasm::text
