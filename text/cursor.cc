#include "text/cursor.h"

#include <algorithm>
#include <utility>

#include "core/opcode.h"
#include "core/utf8.h"
#include "text/number.h"
#include "text/types.h"

namespace mini_wasm::text {

Cursor::Cursor(const TokenList& list) : list_(list), tokens_(list.tokens), annotation_used_(list.annotations.size()) {
  for (uint32_t i = 0; i < list.annotations.size(); ++i) {
    const std::string_view id = list.annotations[i].id;
    auto same = std::find_if(by_id_.begin(), by_id_.end(), [&](const SameId& s) { return s.id == id; });
    if (same == by_id_.end()) same = by_id_.insert(same, SameId{id, {}, {}});
    same->unused.push_back(static_cast<uint32_t>(same->annotations.size()));
    same->annotations.push_back(i);
  }
}
namespace {

// The words of the text format that are not instructions (6.3 to 6.6, and the appendix on scripts).
constexpr std::string_view kWords[] = {
    "after",      "array",    "before",     "binary",        "catch_all_ref",
    "catch_ref",  "data",     "declare",    "definition",    "do",
    "either",     "elem",     "export",     "field",         "final",
    "func",       "get",      "global",     "import",        "instance",
    "invoke",     "item",     "local",      "memory",        "module",
    "mut",        "null",     "offset",     "pagesize",      "param",
    "quote",      "rec",      "ref",        "ref.any",       "ref.array",
    "ref.extern", "ref.host", "ref.struct", "register",      "result",
    "shared",     "start",    "struct",     "sub",           "table",
    "tag",        "then",     "type",       "thread",        "wait",
    "i8",         "i16",      "i32",        "i64",           "f32",
    "f64",        "v128",     "i8x16",      "i16x8",         "i32x4",
    "i64x2",      "f32x4",    "f64x2",      "nan:canonical", "nan:arithmetic",
};

bool is_known(std::string_view word) {
  return op_from_text(word) || heap_kind_from_text(word) || ref_type_from_text(word) ||
         std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

}  // namespace

void Cursor::fail_at(uint64_t offset, std::string message, ErrorKind kind) {
  if (error_) return;
  error_ = Error::make(kind, std::move(message), offset);
  position_ = static_cast<uint32_t>(tokens_.size() - 1);
}

// The reference interpreter reports an unknown word as an unknown operator, whatever its position; this does the same.
void Cursor::fail_unexpected() {
  const Token& token = peek();
  const std::string_view word = text(token);
  if (token.kind == TokenKind::eof) return fail(token, "unexpected token: end of text");
  const bool unknown = token.kind == TokenKind::reserved || (token.kind == TokenKind::keyword && !is_known(word));
  constexpr size_t kLongest = 80;
  std::string shown(word.substr(0, kLongest));
  if (word.size() > kLongest) shown += "...";
  fail(token, (unknown ? "unknown operator " : "unexpected token ") + shown);
}

void Cursor::expect_close() {
  if (!accept_close()) fail_unexpected();
}

void Cursor::expect_open(std::string_view word) {
  if (!at(TokenKind::open)) return fail_unexpected();
  take();
  expect_keyword(word);
}

void Cursor::expect_keyword(std::string_view word) {
  if (!accept_keyword(word)) fail_unexpected();
}

void Cursor::skip_to_close() {
  for (size_t depth = 0; !at(TokenKind::eof); take()) {
    if (at(TokenKind::open)) ++depth;
    if (at(TokenKind::close) && depth-- == 0) return;
  }
  fail_unexpected();
}

std::optional<Token> Cursor::accept_id() {
  if (!at(TokenKind::id)) return std::nullopt;
  return take();
}

std::string Cursor::expect_string() {
  if (!at(TokenKind::string)) return fail_unexpected(), std::string();
  return string_value(text(take()));
}

std::string Cursor::expect_name() {
  const Token token = peek();
  std::string name = expect_string();
  if (ok() && !is_valid_utf8(name)) fail(token, "malformed UTF-8 encoding");
  return name;
}

uint32_t Cursor::expect_u32() {
  if (!at(TokenKind::nat)) return fail_unexpected(), 0;
  const Token token = take();
  const std::optional<uint64_t> value = parse_integer(text(token), 32);
  if (!value) fail(token, "i32 constant out of range");
  return static_cast<uint32_t>(value.value_or(0));
}

uint64_t Cursor::expect_u64() {
  if (!at(TokenKind::nat)) return fail_unexpected(), 0;
  const Token token = take();
  const std::optional<uint64_t> value = parse_nat(text(token));
  if (!value) fail(token, "i64 constant out of range");
  return value.value_or(0);
}

uint8_t Cursor::expect_lane() {
  if (!at(TokenKind::nat)) return fail_unexpected(), 0;
  const Token token = take();
  const std::optional<uint64_t> value = parse_integer(text(token), 8);
  if (!value) fail(token, "i8 constant out of range");
  return static_cast<uint8_t>(value.value_or(0));
}

uint64_t Cursor::expect_integer(unsigned bits) {
  if (!at(TokenKind::nat) && !at(TokenKind::integer)) return fail_unexpected(), 0;
  const Token token = take();
  const std::optional<uint64_t> value = parse_integer(text(token), bits);
  if (!value) fail(token, "constant out of range");
  return value.value_or(0);
}

uint64_t Cursor::expect_float(unsigned bits) {
  if (!at(TokenKind::nat) && !at(TokenKind::integer) && !at(TokenKind::floating)) return fail_unexpected(), 0;
  const Token token = take();
  const std::optional<uint64_t> value = parse_float(text(token), bits);
  if (!value) fail(token, "constant out of range");
  return value.value_or(0);
}

std::string_view Cursor::id_name(const Token& token) {
  const std::string_view id = text(token).substr(1);
  if (!id.starts_with('"')) return id;
  if (id.find('\\') == id.npos) return id.substr(1, id.size() - 2);
  return names_.emplace_back(string_value(id));
}

const Annotation* Cursor::accept_annotation(std::string_view id) {
  const auto same = std::find_if(by_id_.begin(), by_id_.end(), [&](const SameId& s) { return s.id == id; });
  if (same == by_id_.end()) return nullptr;
  const std::vector<uint32_t>& all = same->annotations;
  const auto before = [&](uint32_t a, uint32_t position) { return list_.annotations[a].next_token < position; };
  const auto here = std::lower_bound(all.begin(), all.end(), position_, before);
  const uint32_t place = same->first_unused(static_cast<uint32_t>(here - all.begin()), meter_);
  if (place == all.size() || list_.annotations[all[place]].next_token != position_) return nullptr;
  annotation_used_[all[place]] = true;
  same->unused[place] = place + 1;
  return &list_.annotations[all[place]];
}

uint32_t Cursor::SameId::first_unused(uint32_t from, WorkMeter& meter) {
  uint32_t at = from;
  while (at < unused.size() && unused[at] != at) {
    meter.add(1);
    const uint32_t next = unused[at];
    // Shortens the chain, so that the next search does not follow all of it again.
    if (next < unused.size()) unused[at] = unused[next];
    at = next;
  }
  return at;
}

std::optional<std::string_view> Cursor::accept_name_annotation() {
  if (!has_annotations()) return std::nullopt;
  const Annotation* annotation = accept_annotation(kNameAnnotation);
  if (annotation == nullptr) return std::nullopt;
  const TokenList content = annotation_content(*annotation);
  if (content.tokens.size() != 2 || content.tokens[0].kind != TokenKind::string) {
    return fail_at(annotation->offset, "@name annotation: unexpected token"), std::nullopt;
  }
  std::string name = string_value(content.text(content.tokens[0]));
  if (!is_valid_utf8(name)) fail_at(annotation->offset, "@name annotation: malformed UTF-8 encoding");
  return names_.emplace_back(std::move(name));
}

TokenList Cursor::annotation_content(const Annotation& annotation) const {
  TokenList content;
  content.source = list_.source;
  content.tokens.assign(list_.annotation_tokens.begin() + annotation.begin,
                        list_.annotation_tokens.begin() + annotation.end);
  content.tokens.push_back({annotation.offset, 0, TokenKind::eof});
  return content;
}

void Cursor::check_annotations() {
  for (size_t i = 0; i < annotation_used_.size(); ++i) {
    const Annotation& annotation = list_.annotations[i];
    if (annotation_used_[i]) continue;
    fail_at(annotation.offset, annotation.id == kBranchHintAnnotation
                                   ? "@" + std::string(annotation.id) + " annotation: not in a function"
                                   : "misplaced @" + std::string(annotation.id) + " annotation");
  }
}

}  // namespace mini_wasm::text
