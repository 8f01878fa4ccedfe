// 128-bit vectors and the operations on their lanes (spec 4.3 "Vector Operations"), generic in the type of a lane.
// numeric_simd.h is written with these. Portable C++ with the vector types of GCC and clang. Lane 0 is the lowest byte;
// that is so on every machine on which WebAssembly memory can be accessed directly, and the project supports only such
// machines.
//
// Integer lanes are unsigned in arithmetic, so that nothing overflows. A signed lane type means that lanes are
// compared, saturated or extended as signed numbers. No function depends on the rounding mode or on a CPU feature.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/numeric.h"

namespace mini_wasm::numeric {

static_assert(std::endian::native == std::endian::little);

namespace detail {
// A struct, because an alias template would lose the attribute.
template <class T>
struct VectorOf {
  typedef T Type __attribute__((vector_size(16)));
};
template <class T>
using Vector = typename VectorOf<T>::Type;
}  // namespace detail

// A vector; one SSE or NEON register. Each instruction decides what its lanes are.
struct V128 {
  detail::Vector<uint64_t> bits;
};
static_assert(sizeof(V128) == 16);

inline V128 v128_from(uint64_t low, uint64_t high) { return {detail::Vector<uint64_t>{low, high}}; }
inline bool operator==(V128 a, V128 b) { return a.bits[0] == b.bits[0] && a.bits[1] == b.bits[1]; }

namespace detail {

template <class T>
inline constexpr int kLanes = 16 / sizeof(T);

template <class T>
inline Vector<T> lanes(V128 a) {
  return (Vector<T>)a.bits;
}
template <class Lanes>
inline V128 pack(Lanes a) {
  return {(Vector<uint64_t>)a};
}

// Applies f to each lane. The result has as many lanes; if it has room for more (lanes of half the size), these are
// zero.
template <class T, class R = T, class F>
inline V128 each(V128 a, F f) {
  const Vector<T> x = lanes<T>(a);
  Vector<R> r = {};
  for (int i = 0; i < std::min(kLanes<T>, kLanes<R>); ++i) r[i] = f(x[i]);
  return pack(r);
}
template <class T, class F>
inline V128 each(V128 a, V128 b, F f) {
  const Vector<T> x = lanes<T>(a), y = lanes<T>(b);
  Vector<T> r = {};
  for (int i = 0; i < kLanes<T>; ++i) r[i] = f(x[i], y[i]);
  return pack(r);
}

// ---- Bits

inline V128 bitselect(V128 a, V128 b, V128 mask) { return {(a.bits & mask.bits) | (b.bits & ~mask.bits)}; }

template <class T>
inline uint32_t all_true(V128 a) {
  const Vector<T> x = lanes<T>(a);
  bool all = true;
  for (int i = 0; i < kLanes<T>; ++i) all &= x[i] != 0;
  return all;
}

// The sign bits of the lanes; lane 0 gives the lowest bit.
template <class T>
inline uint32_t bitmask(V128 a) {
  const auto x = lanes<std::make_signed_t<T>>(a);
  uint32_t mask = 0;
  for (int i = 0; i < kLanes<T>; ++i) mask |= static_cast<uint32_t>(x[i] < 0) << i;
  return mask;
}

// ---- Comparisons: all ones where true

template <class T>
inline V128 eq(V128 a, V128 b) {
  return pack(lanes<T>(a) == lanes<T>(b));
}
template <class T>
inline V128 ne(V128 a, V128 b) {
  return pack(lanes<T>(a) != lanes<T>(b));
}
template <class T>
inline V128 lt(V128 a, V128 b) {
  return pack(lanes<T>(a) < lanes<T>(b));
}
template <class T>
inline V128 le(V128 a, V128 b) {
  return pack(lanes<T>(a) <= lanes<T>(b));
}

// ---- Integers

template <class T>
inline V128 add(V128 a, V128 b) {
  return pack(lanes<T>(a) + lanes<T>(b));
}
template <class T>
inline V128 sub(V128 a, V128 b) {
  return pack(lanes<T>(a) - lanes<T>(b));
}
template <class T>
inline V128 mul(V128 a, V128 b) {
  return pack(lanes<T>(a) * lanes<T>(b));
}
template <class T>
inline V128 neg(V128 a) {
  return sub<T>(V128{}, a);
}
template <class T>
inline V128 abs(V128 a) {
  const Vector<T> sign = (Vector<T>)(lanes<std::make_signed_t<T>>(a) < 0);
  return pack((lanes<T>(a) ^ sign) - sign);
}
template <class T>
inline V128 min(V128 a, V128 b) {
  return bitselect(a, b, lt<T>(a, b));
}
template <class T>
inline V128 max(V128 a, V128 b) {
  return bitselect(b, a, lt<T>(a, b));
}

// Shift counts are taken modulo the width of a lane.
template <class T>
inline V128 shl(V128 a, uint32_t count) {
  return pack(lanes<T>(a) << static_cast<T>(count & (8 * sizeof(T) - 1)));
}
template <class T>
inline V128 shr(V128 a, uint32_t count) {
  return pack(lanes<T>(a) >> static_cast<T>(count & (8 * sizeof(T) - 1)));
}

template <class To, class From>
inline To saturate(From x) {
  constexpr From min = std::numeric_limits<To>::min(), max = std::numeric_limits<To>::max();
  return static_cast<To>(x < min ? min : x > max ? max : x);
}

// For lanes of 8 and 16 bits, whose sums and products fit into an int.
template <class T>
inline V128 add_sat(V128 a, V128 b) {
  return each<T>(a, b, [](int x, int y) { return saturate<T>(x + y); });
}
template <class T>
inline V128 sub_sat(V128 a, V128 b) {
  return each<T>(a, b, [](int x, int y) { return saturate<T>(x - y); });
}
template <class T>
inline V128 avgr(V128 a, V128 b) {
  return each<T>(a, b, [](int x, int y) { return static_cast<T>((x + y + 1) / 2); });
}
inline V128 q15mulr_sat(V128 a, V128 b) {
  return each<int16_t>(a, b, [](int x, int y) { return saturate<int16_t>((x * y + 0x4000) >> 15); });
}
inline V128 popcnt(V128 a) {
  return each<uint8_t>(a, [](uint8_t x) { return static_cast<uint8_t>(std::popcount(x)); });
}

// ---- Lanes of another size

// The lanes of a, then those of b, saturated.
template <class From, class To>
inline V128 narrow(V128 a, V128 b) {
  const Vector<From> x = lanes<From>(a), y = lanes<From>(b);
  Vector<To> r = {};
  for (int i = 0; i < kLanes<From>; ++i) {
    r[i] = saturate<To>(x[i]);
    r[i + kLanes<From>] = saturate<To>(y[i]);
  }
  return pack(r);
}

template <class From, class To>
inline V128 extend(V128 a, int first) {
  const Vector<From> x = lanes<From>(a);
  Vector<To> r = {};
  for (int i = 0; i < kLanes<To>; ++i) r[i] = static_cast<To>(x[first + i]);
  return pack(r);
}
template <class From, class To>
inline V128 extend_low(V128 a) {
  return extend<From, To>(a, 0);
}
template <class From, class To>
inline V128 extend_high(V128 a) {
  return extend<From, To>(a, kLanes<To>);
}
template <class From, class To>
inline V128 extmul_low(V128 a, V128 b) {
  return mul<std::make_unsigned_t<To>>(extend_low<From, To>(a), extend_low<From, To>(b));
}
template <class From, class To>
inline V128 extmul_high(V128 a, V128 b) {
  return mul<std::make_unsigned_t<To>>(extend_high<From, To>(a), extend_high<From, To>(b));
}
template <class From, class To>
inline V128 extadd_pairwise(V128 a) {
  const Vector<From> x = lanes<From>(a);
  Vector<To> r = {};
  for (int i = 0; i < kLanes<To>; ++i) r[i] = static_cast<To>(int{x[2 * i]} + int{x[2 * i + 1]});
  return pack(r);
}

// The sums of two adjacent products. Only -2^15 * -2^15 * 2 does not fit; it wraps.
inline V128 dot(V128 a, V128 b) {
  const Vector<int16_t> x = lanes<int16_t>(a), y = lanes<int16_t>(b);
  Vector<uint32_t> r = {};
  for (int i = 0; i < 4; ++i) {
    r[i] = static_cast<uint32_t>(x[2 * i] * y[2 * i]) + static_cast<uint32_t>(x[2 * i + 1] * y[2 * i + 1]);
  }
  return pack(r);
}
inline V128 dot_i8_sat(V128 a, V128 b) {
  const Vector<int8_t> x = lanes<int8_t>(a), y = lanes<int8_t>(b);
  Vector<int16_t> r = {};
  for (int i = 0; i < 8; ++i) r[i] = saturate<int16_t>(x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1]);
  return pack(r);
}

// ---- Moving lanes

template <class T, class Value>
inline V128 splat(Value x) {
  Vector<T> r = {};
  for (int i = 0; i < kLanes<T>; ++i) r[i] = static_cast<T>(x);
  return pack(r);
}
// The lane index has been validated. The mask tells the compiler so.
template <class T>
inline T extract(V128 a, uint32_t lane) {
  return lanes<T>(a)[lane & (kLanes<T> - 1)];
}
template <class T>
inline uint32_t extract_s(V128 a, uint32_t lane) {
  return static_cast<uint32_t>(int32_t{extract<T>(a, lane)});
}
template <class T, class Value>
inline V128 replace(V128 a, Value x, uint32_t lane) {
  Vector<T> r = lanes<T>(a);
  r[lane & (kLanes<T> - 1)] = static_cast<T>(x);
  return pack(r);
}
inline V128 swizzle(V128 a, V128 indices) {
  const Vector<uint8_t> x = lanes<uint8_t>(a);
  return each<uint8_t>(indices, [&](uint8_t i) { return i < 16 ? x[i & 15] : uint8_t{0}; });
}
inline V128 shuffle(V128 a, V128 b, V128 indices) {
  const Vector<uint8_t> x = lanes<uint8_t>(a), y = lanes<uint8_t>(b);
  return each<uint8_t>(indices, [&](uint8_t i) { return i < 16 ? x[i & 15] : y[i & 15]; });
}

// ---- Floating point

template <class F>
inline V128 sign_bits() {
  return splat<Bits<F>>(Bits<F>{1} << (8 * sizeof(F) - 1));
}
template <class F>
inline V128 fabs(V128 a) {
  return {a.bits & ~sign_bits<F>().bits};
}
template <class F>
inline V128 fneg(V128 a) {
  return {a.bits ^ sign_bits<F>().bits};
}
template <class F>
inline V128 fmul_add(V128 a, V128 b, V128 c) {
  return add<F>(mul<F>(a, b), c);
}

// ---- Memory

template <class T>
inline T load(const uint8_t* at) {
  T x;
  std::memcpy(&x, at, sizeof(x));
  return x;
}
template <class T>
inline void store(uint8_t* at, T x) {
  std::memcpy(at, &x, sizeof(x));
}
template <class T>
inline V128 load_lane(const uint8_t* at, V128 a, uint32_t lane) {
  return replace<T>(a, load<T>(at), lane);
}
template <class T>
inline void store_lane(uint8_t* at, V128 a, uint32_t lane) {
  store(at, extract<T>(a, lane));
}
template <class From, class To>
inline V128 load_extended(const uint8_t* at) {
  return extend_low<From, To>(v128_from(load<uint64_t>(at), 0));
}

}  // namespace detail
}  // namespace mini_wasm::numeric
