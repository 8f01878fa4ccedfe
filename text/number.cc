#include "text/number.h"

#include <bit>
#include <charconv>
#include <limits>
#include <string>

namespace mini_wasm::text {
namespace {

struct Literal {
  bool negative = false;
  bool hex = false;
  std::string_view digits;  // without sign and without 0x
};

Literal split(std::string_view text) {
  Literal literal;
  literal.negative = text.starts_with('-');
  if (literal.negative || text.starts_with('+')) text.remove_prefix(1);
  literal.hex = text.starts_with("0x");
  literal.digits = text.substr(literal.hex ? 2 : 0);
  return literal;
}

unsigned digit_value(char c) {
  return c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>((c | 0x20) - 'a' + 10);
}

std::optional<uint64_t> parse_magnitude(std::string_view digits, bool hex) {
  const uint64_t base = hex ? 16 : 10;
  uint64_t value = 0;
  for (const char c : digits) {
    if (c == '_') continue;
    const unsigned digit = digit_value(c);
    if (value > (std::numeric_limits<uint64_t>::max() - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

// The exponent after 'e' or 'p'. A value far beyond the range of every format is cut at a bound that gives the same
// result.
int64_t parse_exponent(std::string_view text) {
  constexpr int64_t kBound = int64_t{1} << 40;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int64_t value = 0;
  for (const char c : text) {
    if (c != '_' && value < kBound) value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

struct FloatFormat {
  int mantissa_bits;  // number of stored bits
  int exponent_bits;
  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  uint64_t infinity() const { return ((uint64_t{1} << exponent_bits) - 1) << mantissa_bits; }
};

constexpr FloatFormat format_of(unsigned bits) { return bits == 32 ? FloatFormat{23, 8} : FloatFormat{52, 11}; }

// Rounds mantissa * 2^exponent to nearest even. `sticky`: the exact value has more bits, below the last bit of
// `mantissa`. `mantissa` must not be 0.
std::optional<uint64_t> round_to_format(uint64_t mantissa, bool sticky, int64_t exponent, FloatFormat format) {
  const int shift = std::countl_zero(mantissa);
  mantissa <<= shift;
  exponent += 63 - shift;  // the value is 1.xxx * 2^exponent, with 63 bits after the point
  if (exponent > format.bias()) return std::nullopt;
  // A subnormal number has fewer bits, because its exponent is fixed at the smallest one.
  const int64_t below = exponent < 1 - format.bias() ? 1 - format.bias() - exponent : 0;
  const int64_t drop = 63 - format.mantissa_bits + below;
  if (drop > 64) return uint64_t{0};
  const uint64_t kept = drop == 64 ? 0 : mantissa >> drop;
  const uint64_t half = uint64_t{1} << (drop - 1);
  const uint64_t rest = drop == 64 ? mantissa : mantissa & ((half << 1) - 1);
  const bool up = rest > half || (rest == half && (sticky || (kept & 1) != 0));
  // `kept` includes the implicit bit. So the exponent field minus one is added, which also handles a carry correctly.
  const uint64_t biased = below != 0 ? 0 : static_cast<uint64_t>(exponent + format.bias() - 1);
  const uint64_t bits = (biased << format.mantissa_bits) + kept + (up ? 1 : 0);
  if (bits >= format.infinity()) return std::nullopt;
  return bits;
}

std::optional<uint64_t> parse_hex_float(std::string_view digits, FloatFormat format) {
  const size_t p = digits.find_first_of("pP");
  int64_t exponent = p == digits.npos ? 0 : parse_exponent(digits.substr(p + 1));
  uint64_t mantissa = 0;
  bool sticky = false, fraction = false;
  for (const char c : digits.substr(0, p)) {
    if (c == '_') continue;
    if (c == '.') {
      fraction = true;
      continue;
    }
    if (mantissa >> 60 == 0) {
      mantissa = mantissa * 16 + digit_value(c);
      if (fraction) exponent -= 4;
    } else {
      sticky |= c != '0';
      if (!fraction) exponent += 4;
    }
  }
  if (mantissa == 0) return uint64_t{0};
  return round_to_format(mantissa, sticky, exponent, format);
}

// For a decimal literal beyond the range of a format: whether it is too large (and not too small).
bool is_large(std::string_view digits) {
  const size_t e = digits.find_first_of("eE");
  const std::string_view number = digits.substr(0, e);
  int64_t magnitude = e == digits.npos ? 0 : parse_exponent(digits.substr(e + 1));
  const size_t point = std::min(number.find('.'), number.size());
  const size_t first = number.find_first_not_of("0.");
  if (first == number.npos) return false;
  magnitude += first < point ? static_cast<int64_t>(point - first) : -static_cast<int64_t>(first - point);
  return magnitude > 0;
}

template <class Float>
std::optional<uint64_t> parse_decimal_float(std::string_view digits) {
  std::string plain;
  for (const char c : digits) {
    if (c != '_') plain.push_back(c);
  }
  Float value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (error == std::errc::result_out_of_range) {
    if (is_large(plain)) return std::nullopt;
    value = 0;
  }
  if (value > std::numeric_limits<Float>::max()) return std::nullopt;
  if constexpr (sizeof(Float) == 4) return std::bit_cast<uint32_t>(value);
  return std::bit_cast<uint64_t>(static_cast<double>(value));
}

std::optional<uint64_t> parse_unsigned_float(const Literal& literal, unsigned bits) {
  const FloatFormat format = format_of(bits);
  if (literal.digits == "inf") return format.infinity();
  if (literal.digits == "nan") return format.infinity() | uint64_t{1} << (format.mantissa_bits - 1);
  if (literal.digits.starts_with("nan:0x")) {
    const std::optional<uint64_t> payload = parse_magnitude(literal.digits.substr(6), true);
    if (!payload || *payload == 0 || *payload >> format.mantissa_bits != 0) return std::nullopt;
    return format.infinity() | *payload;
  }
  if (literal.hex) return parse_hex_float(literal.digits, format);
  return bits == 32 ? parse_decimal_float<float>(literal.digits) : parse_decimal_float<double>(literal.digits);
}

}  // namespace

std::optional<uint64_t> parse_nat(std::string_view text) {
  const Literal literal = split(text);
  return parse_magnitude(literal.digits, literal.hex);
}

std::optional<uint64_t> parse_integer(std::string_view text, unsigned bits) {
  const Literal literal = split(text);
  const std::optional<uint64_t> magnitude = parse_magnitude(literal.digits, literal.hex);
  const uint64_t mask = ~uint64_t{0} >> (64 - bits);
  if (!magnitude || *magnitude > (literal.negative ? uint64_t{1} << (bits - 1) : mask)) return std::nullopt;
  return (literal.negative ? uint64_t{0} - *magnitude : *magnitude) & mask;
}

std::optional<uint64_t> parse_float(std::string_view text, unsigned bits) {
  const Literal literal = split(text);
  std::optional<uint64_t> value = parse_unsigned_float(literal, bits);
  if (value && literal.negative) *value |= uint64_t{1} << (bits - 1);
  return value;
}

}  // namespace mini_wasm::text
