#include "cli/invoke.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>

namespace mini_wasm::cli {
namespace {

// A signed or unsigned number of that many bits.
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

// strtof and strtod read what people write (1e3, 0x1p-2, inf, nan); the command's locale is "C".
template <class Float>
std::optional<Float> parse_float(const std::string& text) {
  if (text.empty() || text.front() == ' ') return std::nullopt;
  char* end = nullptr;
  const Float value = sizeof(Float) == 4 ? static_cast<Float>(std::strtof(text.c_str(), &end))
                                         : static_cast<Float>(std::strtod(text.c_str(), &end));
  if (end != text.c_str() + text.size()) return std::nullopt;
  return value;
}

std::optional<Val> parse_value(ValType type, const std::string& text) {
  switch (type.kind()) {
    case ValType::Kind::i32:
      if (const auto v = parse_integer(text, 32)) return Val::i32(static_cast<int32_t>(*v));
      return std::nullopt;
    case ValType::Kind::i64:
      if (const auto v = parse_integer(text, 64)) return Val::i64(static_cast<int64_t>(*v));
      return std::nullopt;
    case ValType::Kind::f32:
      if (const auto v = parse_float<float>(text)) return Val::f32(*v);
      return std::nullopt;
    case ValType::Kind::f64:
      if (const auto v = parse_float<double>(text)) return Val::f64(*v);
      return std::nullopt;
    case ValType::Kind::ref:
      if (type.nullable() && text == "null") return Val::null(type);
      return std::nullopt;
    default: return std::nullopt;
  }
}

}  // namespace

Result<std::vector<Val>> parse_arguments(const FuncType& type, std::span<const std::string> words) {
  if (words.size() != type.params.size()) {
    return Error::make(ErrorKind::usage, "expected " + std::to_string(type.params.size()) + " arguments for " +
                                             to_string(type) + ", found " + std::to_string(words.size()));
  }
  std::vector<Val> values;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::optional<Val> value = parse_value(type.params[i], words[i]);
    if (!value) {
      return Error::make(ErrorKind::usage, "argument " + std::to_string(i + 1) + ": \"" + words[i] +
                                               "\" is not of type " + to_string(type.params[i]));
    }
    values.push_back(*value);
  }
  return values;
}

std::string result_text(const Val& value) {
  const std::string text = to_string(value);
  return text.substr(text.find(':') + 1);
}

}  // namespace mini_wasm::cli
