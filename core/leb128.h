// LEB128 integers (binary format 5.2.2): readers with a fast path for one byte, and writers.
//
// A reader advances `p` past the number and sets `out` only when it returns LebError::ok; otherwise both stay
// unchanged. A number may have more bytes than necessary, but at most ceil(N/7), and the unused bits of the last byte
// must repeat the sign (or be zero for an unsigned number).
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mini_wasm {

enum class LebError : uint8_t {
  ok,
  truncated,  // the bytes end inside the number
  too_long,   // more than ceil(N/7) bytes
  too_large,  // ceil(N/7) bytes, but the value has more than N bits
};

// The message that the specification's test scripts expect.
constexpr std::string_view to_string(LebError error) {
  switch (error) {
    case LebError::ok: return "ok";
    case LebError::truncated: return "unexpected end";
    case LebError::too_long: return "integer representation too long";
    case LebError::too_large: return "integer too large";
  }
  return "";
}

namespace detail {

// Returned by value, so that the caller's cursor can stay in a register.
template <class T>
struct LebResult {
  T value;
  uint32_t size;
  LebError error;
};

// The general case: a number of kBits bits, in a type that has at least as many.
template <unsigned kBits, std::integral T>
[[gnu::noinline]] LebResult<T> read_leb_slow(const uint8_t* p, const uint8_t* end) {
  using U = std::make_unsigned_t<T>;
  constexpr bool kSigned = std::is_signed_v<T>;
  constexpr unsigned kMaxBytes = (kBits + 6) / 7;
  constexpr unsigned kLastBits = kBits - (kMaxBytes - 1) * 7;  // bits of the value in the last byte
  U value = 0;
  for (unsigned i = 0; i < kMaxBytes; ++i) {
    if (p + i == end) return {0, 0, LebError::truncated};
    const uint8_t byte = p[i];
    const unsigned shift = i * 7;
    value |= static_cast<U>(U{static_cast<uint8_t>(byte & 0x7f)} << shift);
    if (i == kMaxBytes - 1) {
      // The bits above the value in the last byte. For a signed number, they must all be equal to its sign bit.
      const int surplus = kSigned ? static_cast<int8_t>(byte << 1) >> kLastBits : (byte & 0x7f) >> kLastBits;
      if (surplus != 0 && !(kSigned && surplus == -1)) return {0, 0, LebError::too_large};
    }
    if (byte & 0x80) continue;
    if constexpr (kSigned) {
      if ((byte & 0x40) && shift + 7 < sizeof(T) * 8) value |= static_cast<U>(~U{0} << (shift + 7));
    }
    return {static_cast<T>(value), i + 1, LebError::ok};
  }
  return {0, 0, LebError::too_long};
}

template <unsigned kBits, std::integral T>
inline LebError read_leb(const uint8_t*& p, const uint8_t* end, T& out) {
  if (p != end && *p < 0x80) [[likely]] {
    if constexpr (std::is_signed_v<T>) {
      out = static_cast<int8_t>(*p << 1) >> 1;
    } else {
      out = *p;
    }
    ++p;
    return LebError::ok;
  }
  if (end - p >= 2 && p[1] < 0x80) {
    const uint32_t bits = (p[0] & 0x7fu) | uint32_t{p[1]} << 7;
    if constexpr (std::is_signed_v<T>) {
      out = static_cast<int32_t>(bits << 18) >> 18;
    } else {
      out = bits;
    }
    p += 2;
    return LebError::ok;
  }
  const LebResult<T> result = read_leb_slow<kBits, T>(p, end);
  if (result.error == LebError::ok) [[likely]] {
    out = result.value;
    p += result.size;
  }
  return result.error;
}

}  // namespace detail

inline LebError read_uleb32(const uint8_t*& p, const uint8_t* end, uint32_t& out) {
  return detail::read_leb<32>(p, end, out);
}
inline LebError read_uleb64(const uint8_t*& p, const uint8_t* end, uint64_t& out) {
  return detail::read_leb<64>(p, end, out);
}
inline LebError read_sleb32(const uint8_t*& p, const uint8_t* end, int32_t& out) {
  return detail::read_leb<32>(p, end, out);
}
// For block types and heap types: a negative number or a type index.
inline LebError read_sleb33(const uint8_t*& p, const uint8_t* end, int64_t& out) {
  return detail::read_leb<33>(p, end, out);
}
inline LebError read_sleb64(const uint8_t*& p, const uint8_t* end, int64_t& out) {
  return detail::read_leb<64>(p, end, out);
}

// Appends the shortest encoding.
inline void write_uleb(std::vector<uint8_t>& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}
inline void write_sleb(std::vector<uint8_t>& out, int64_t value) {
  for (; value < -0x40 || value >= 0x40; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value & 0x7f));
}

// Appends exactly five bytes, so that a size can be written after the content that it measures.
inline void write_uleb32_padded(std::vector<uint8_t>& out, uint32_t value) {
  for (int i = 0; i < 4; ++i, value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value & 0x7f));
}

}  // namespace mini_wasm
