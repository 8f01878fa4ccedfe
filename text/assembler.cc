#include "text/assembler.h"

#include <algorithm>

#include "core/guarded.h"
#include "core/utf8.h"
#include "text/cursor.h"
#include "text/module_parser.h"

namespace mini_wasm::text {

namespace {

// The forms (module $id? binary "..."*) and (module $id? quote "..."*). Scripts use them for modules that are not text,
// or not correct text. If `in` is at such a form, it is moved behind the keyword.
enum class Quoted : uint8_t { no, binary, text };

Quoted accept_quoted(Cursor& in) {
  const uint32_t begin = in.position();
  if (in.accept_open("module")) {
    in.accept_keyword("definition");
    in.accept_id();
    if (in.accept_keyword("binary")) return Quoted::binary;
    if (in.accept_keyword("quote")) return Quoted::text;
  }
  in.rewind(begin);
  return Quoted::no;
}

std::vector<uint8_t> quoted_bytes(Cursor& in) {
  std::vector<uint8_t> bytes;
  while (in.at(TokenKind::string)) append_string_value(in.text(in.take()), bytes);
  in.expect_close();
  if (in.ok() && !in.at(TokenKind::eof)) in.fail_unexpected();
  return bytes;
}

Result<std::vector<uint8_t>> assemble_module(std::string_view source, const AssembleOptions& options);

// An error inside quoted text is reported at the position where the quoted text begins.
Result<std::vector<uint8_t>> assemble_quoted(const std::vector<uint8_t>& bytes, uint64_t at,
                                             const AssembleOptions& options) {
  const std::string_view source(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Result<std::vector<uint8_t>> module = assemble_module(source, options);
  if (module) return module;
  Error error = std::move(module).error();
  error.message = "in the quoted text: " + error.message;
  error.offset = at;
  return error;
}

Result<std::vector<uint8_t>> assemble_module(std::string_view source, const AssembleOptions& options) {
  Result<TokenList> tokens = tokenize(source);
  if (!tokens) return std::move(tokens).error();
  Cursor in(*tokens);
  if (const Quoted quoted = accept_quoted(in); quoted != Quoted::no) {
    const uint64_t at = in.peek().offset;
    std::vector<uint8_t> bytes = quoted_bytes(in);
    if (!in.ok()) return in.take_error();
    // Each level of quotes makes the text shorter, so this recursion ends.
    return quoted == Quoted::binary ? std::move(bytes) : assemble_quoted(bytes, at, options);
  }
  ModuleParser parser(in);
  parser.module();
  if (!in.ok()) return in.take_error();
  return parser.assembly().finish(options.names);
}

}  // namespace

Result<std::vector<uint8_t>> assemble(std::string_view source, const AssembleOptions& options) {
  return guarded([&] { return assemble_module(source, options); });
}

bool looks_like_text(std::string_view bytes) {
  const size_t begin = bytes.find_first_not_of(" \t\r\n");
  return begin != bytes.npos && (bytes[begin] == '(' || bytes.substr(begin).starts_with(";;"));
}

Position position_of(std::string_view source, size_t offset) {
  const size_t newline = offset == 0 ? source.npos : source.rfind('\n', offset - 1);
  const size_t begin = newline == source.npos ? 0 : newline + 1;
  const auto lines = std::count(source.begin(), source.begin() + static_cast<ptrdiff_t>(begin), '\n');
  return {static_cast<size_t>(lines) + 1, offset - begin + 1};
}

std::string describe(const Error& error, std::string_view source, std::string_view file, uint32_t first_line) {
  std::string text = escape_for_terminal(file) + ":";
  if (error.offset > source.size()) return text + " " + escape_for_terminal(error.message);
  const size_t offset = static_cast<size_t>(error.offset);
  const Position position = position_of(source, offset);
  const size_t begin = offset - (position.column - 1);
  const size_t end = std::min(source.find_first_of("\r\n", offset), source.size());
  text += std::to_string(first_line + position.line - 1) + ":" + std::to_string(position.column) + ": ";
  text += escape_for_terminal(error.message);
  // Of a very long line, only the part around the error is shown.
  constexpr size_t kBefore = 60, kAfter = 60;
  const size_t from = offset - begin > kBefore ? offset - kBefore : begin;
  const size_t to = end - offset > kAfter ? offset + kAfter : end;
  std::string shown(source.substr(from, to - from));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  const std::string before = escape_for_terminal(std::string_view(shown).substr(0, offset - from));
  const std::string after = escape_for_terminal(std::string_view(shown).substr(offset - from));
  return text + "\n  " + before + after + "\n  " + std::string(before.size(), ' ') + "^";
}

}  // namespace mini_wasm::text
