#include "cli/invoke.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "core/utf8.h"
#include "runtime/gc/layout.h"
#include "runtime/gc/object.h"
#include "runtime/store.h"
#include "text/cursor.h"
#include "text/lexer.h"
#include "text/vector_literal.h"

namespace mini_wasm::cli {
namespace {

// A signed or unsigned number with that many bits.
std::optional<uint64_t> parse_integer(std::string_view text, unsigned bits) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, hex ? 16 : 10);
  if (error != std::errc() || rest != end) return std::nullopt;
  const uint64_t most = negative ? uint64_t{1} << (bits - 1) : ~uint64_t{0} >> (64 - bits);
  if (value > most) return std::nullopt;
  return negative ? uint64_t{0} - value : value;
}

// Parses a word as in the text format; `read` must use all of its tokens.
template <class Read>
auto parse_literal(std::string_view word, Read read) -> std::optional<decltype(read(std::declval<text::Cursor&>()))> {
  const Result<text::TokenList> tokens = text::tokenize(word);
  if (!tokens) return std::nullopt;
  text::Cursor in(*tokens);
  const auto value = read(in);
  if (!in.ok() || !in.at(text::TokenKind::eof)) return std::nullopt;
  return value;
}

std::optional<uint64_t> parse_float(const std::string& word, unsigned bits) {
  // Also accepts ".5" and "-.5".
  const std::string full = word.starts_with('.') ? "0" + word : word.starts_with("-.") ? "-0" + word.substr(1) : word;
  return parse_literal(full, [&](text::Cursor& in) { return in.expect_float(bits); });
}

std::optional<Val> parse_vector(const std::string& word) {
  const auto bytes = parse_literal(word, [](text::Cursor& in) { return text::expect_vector(in); });
  return bytes ? std::optional(Val::v128(*bytes)) : std::nullopt;
}

constexpr std::string_view kExtern = "extern:", kI31 = "i31:", kFunc = "func:";

// An externref for the host's object number n holds n + 1, so that no object is a null pointer.
void* host_object(uint64_t number) { return reinterpret_cast<void*>(static_cast<uintptr_t>(number) + 1); }

// A reference for a parameter of type `type`. Whether it fits is checked by the call.
std::optional<Val> parse_reference(Store& store, const Instance& instance, ValType type, const std::string& word) {
  if (word == "null") return type.nullable() ? std::optional(Val::null(type)) : std::nullopt;
  if (word.starts_with(kFunc)) {
    const std::optional<Func> func = instance.func(word.substr(kFunc.size()));
    return func ? std::optional(func->ref()) : std::nullopt;
  }
  if (word.starts_with(kI31)) {
    const auto number = parse_integer(std::string_view(word).substr(kI31.size()), 31);
    return number ? std::optional(Val::i31(static_cast<int32_t>(*number))) : std::nullopt;
  }
  if (!word.starts_with(kExtern)) return std::nullopt;
  const auto number = parse_integer(std::string_view(word).substr(kExtern.size()), 32);
  if (!number) return std::nullopt;
  const Val object = store.new_externref(host_object(static_cast<uint32_t>(*number)));
  // The same object in the other hierarchy (spec 4.6.9, any.convert_extern).
  if (!type.concrete() && type.heap() == HeapKind::any) return Val::from_bits(type, object.bits());
  return object;
}

std::optional<Val> parse_value(Store& store, const Instance& instance, ValType type, const std::string& word) {
  switch (type.kind()) {
    case ValType::Kind::i32:
    case ValType::Kind::i64:
      if (const auto v = parse_integer(word, type == ValType::i32 ? 32 : 64)) {
        return type == ValType::i32 ? Val::i32(static_cast<int32_t>(*v)) : Val::i64(static_cast<int64_t>(*v));
      }
      return std::nullopt;
    case ValType::Kind::f32:
    case ValType::Kind::f64:
      if (const auto v = parse_float(word, type == ValType::f32 ? 32 : 64)) return Val::from_bits(type, *v);
      return std::nullopt;
    case ValType::Kind::v128: return parse_vector(word);
    case ValType::Kind::ref: return parse_reference(store, instance, type, word);
    case ValType::Kind::bottom: break;
  }
  return std::nullopt;
}

// The syntax of a value, for the message about a word that does not fit.
const char* syntax(ValType type) {
  switch (type.kind()) {
    case ValType::Kind::i32:
    case ValType::Kind::i64: return "42, -1 or 0x2a, within its range";
    case ValType::Kind::f32:
    case ValType::Kind::f64: return "0.5, 1e-3, inf or nan, within its range";
    case ValType::Kind::v128: return "\"i32x4 1 2 3 4\" or another shape";
    default: return "null, extern:NUMBER, i31:NUMBER or func:EXPORT";
  }
}

std::string vector_text(const Val& value) {
  std::string text = "i32x4";
  char digits[16];
  for (int lane = 0; lane < 4; ++lane) {
    const auto bits = static_cast<uint32_t>(value.bits(lane / 2) >> (lane % 2 * 32));
    text += " 0x" + std::string(digits, std::to_chars(digits, digits + sizeof(digits), bits, 16).ptr);
  }
  return text;
}

bool is_function(const Store& store, ValType type) {
  if (!type.concrete()) return type.heap() == HeapKind::func || type.heap() == HeapKind::nofunc;
  return store.impl().engine().types().get(type.type_id()).kind == CompositeKind::func;
}

std::string function_text(const Instance& instance, const Val& value) {
  for (const auto& [name, external] : instance.exports()) {
    if (const auto func = external.func(); func && func->impl() == value.func()) return std::string(kFunc) + name;
  }
  return "func";
}

std::string object_text(const Val& value) {
  using runtime::gc::ObjectKind;
  if (value.is_i31()) return std::string(kI31) + std::to_string(value.i31_get_s());
  switch (value.object()->layout->kind) {
    case ObjectKind::struct_: return "struct";
    case ObjectKind::array: return "array";
    case ObjectKind::exception: return "exn";
    case ObjectKind::host: break;
  }
  const auto number = reinterpret_cast<uintptr_t>(Store::externref_data(value));
  return number == 0 ? "extern" : std::string(kExtern) + std::to_string(number - 1);
}

}  // namespace

Result<Arguments> parse_arguments(Store& store, const Instance& instance, const FuncType& type,
                                  std::span<const std::string> words) {
  if (words.size() != type.params.size()) {
    return Error::make(ErrorKind::usage, "expected " + std::to_string(type.params.size()) + " arguments for " +
                                             to_string(type) + ", found " + std::to_string(words.size()));
  }
  Arguments arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    const ValType param = type.params[i];
    const std::optional<Val> value = parse_value(store, instance, param, words[i]);
    if (!value) {
      return Error::make(ErrorKind::usage, "argument " + std::to_string(i + 1) + ": \"" + words[i] +
                                               "\" is not of type " + to_string(param) + ": expected " + syntax(param));
    }
    arguments.values.push_back(*value);
    if (param.is_ref()) arguments.roots.emplace_back(store, *value);
  }
  return arguments;
}

std::string result_text(const Store& store, const Instance& instance, const Val& value) {
  if (value.type().is_vector()) return vector_text(value);
  if (!value.type().is_ref()) {
    const std::string text = to_string(value);
    return text.substr(text.find(':') + 1);
  }
  if (value.is_null()) return "null";
  if (is_function(store, value.type())) return escape_for_terminal(function_text(instance, value));
  return object_text(value);
}

}  // namespace mini_wasm::cli
