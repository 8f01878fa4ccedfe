// The results of all scalar numeric instructions (spec 4.3 "Numerics"): one function for each opcode, with its name.
//
// The interpreter inlines these functions. The compilers fold constants with them, and call them where a CPU has no
// suitable instruction. Integers are unsigned here; comparisons return 0 or 1. Instructions that can trap return
// Checked<T>, whose `value` is meaningful only when `trap` is TrapCode::none.
//
// Floating point relies on IEEE 754 binary32 and binary64 in the default rounding mode, without extra precision. Where
// the spec does not determine the payload of a NaN, the CPU does, but a result is never a signalling NaN. abs, neg,
// copysign and reinterpret only move bits. GCC needs -ffp-contract=off, otherwise it would fuse the inlined
// f32_add(f32_mul(a, b), c). With -fno-math-errno, f32_sqrt is one instruction.
#pragma once

#include <mini_wasm/trap.h>

#include <bit>
#include <cfloat>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace mini_wasm::numeric {

static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);
static_assert(FLT_EVAL_METHOD == 0, "excess precision would round twice");

// The result of an instruction that can trap.
template <class T>
struct Checked {
  T value;
  TrapCode trap;
};

// The result of a 128-bit instruction.
struct I64Pair {
  uint64_t lo;
  uint64_t hi;
  friend constexpr bool operator==(const I64Pair&, const I64Pair&) = default;
};

namespace detail {

template <class T>
concept Unsigned = std::unsigned_integral<T>;
template <class T>
concept Float = std::floating_point<T>;

template <Unsigned T>
constexpr std::make_signed_t<T> s(T a) {
  return static_cast<std::make_signed_t<T>>(a);
}

template <Float F>
using Bits = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;

template <Float F>
constexpr Bits<F> bits(F a) {
  return std::bit_cast<Bits<F>>(a);
}

template <Float F>
inline constexpr Bits<F> kQuietBit = Bits<F>{1} << (std::numeric_limits<F>::digits - 2);
// All floats from here on are integers.
template <Float F>
inline constexpr F kAllIntegers = static_cast<F>(Bits<F>{1} << (std::numeric_limits<F>::digits - 1));

template <class T>
constexpr Checked<T> trap(TrapCode code) {
  return {T{}, code};
}

// ---- Integers (4.3.2)

template <Unsigned T>
constexpr Checked<T> div_s(T a, T b) {
  if (b == 0) [[unlikely]]
    return trap<T>(TrapCode::integer_divide_by_zero);
  if (b == T(-1) && a == T{1} << (sizeof(T) * 8 - 1)) [[unlikely]]
    return trap<T>(TrapCode::integer_overflow);
  return {static_cast<T>(s(a) / s(b)), TrapCode::none};
}

template <Unsigned T>
constexpr Checked<T> div_u(T a, T b) {
  if (b == 0) [[unlikely]]
    return trap<T>(TrapCode::integer_divide_by_zero);
  return {a / b, TrapCode::none};
}

template <Unsigned T>
constexpr Checked<T> rem_s(T a, T b) {
  if (b == 0) [[unlikely]]
    return trap<T>(TrapCode::integer_divide_by_zero);
  if (b == T(-1)) [[unlikely]]
    return {0, TrapCode::none};  // MIN / -1 overflows, but its remainder is 0
  return {static_cast<T>(s(a) % s(b)), TrapCode::none};
}

template <Unsigned T>
constexpr Checked<T> rem_u(T a, T b) {
  if (b == 0) [[unlikely]]
    return trap<T>(TrapCode::integer_divide_by_zero);
  return {a % b, TrapCode::none};
}

// Shift and rotate counts are taken modulo the width.
template <Unsigned T>
constexpr T mask_count(T count) {
  return count & (sizeof(T) * 8 - 1);
}
template <Unsigned T>
constexpr T shl(T a, T b) {
  return a << mask_count(b);
}
template <Unsigned T>
constexpr T shr_s(T a, T b) {
  return static_cast<T>(s(a) >> mask_count(b));
}
template <Unsigned T>
constexpr T shr_u(T a, T b) {
  return a >> mask_count(b);
}
template <Unsigned T>
constexpr T rotl(T a, T b) {
  return std::rotl(a, static_cast<int>(mask_count(b)));
}
template <Unsigned T>
constexpr T rotr(T a, T b) {
  return std::rotr(a, static_cast<int>(mask_count(b)));
}

// Sign-extends the low bits, as many as `Narrow` has.
template <std::signed_integral Narrow, Unsigned T>
constexpr T extend(T a) {
  return static_cast<T>(static_cast<std::make_signed_t<T>>(static_cast<Narrow>(a)));
}

// ---- Floating point (4.3.3)

template <Float F>
constexpr bool is_nan(F a) {
  return a != a;
}

// A single comparison. The builtin is not used because it is not a constant expression in clang.
template <Float F>
constexpr bool unordered(F a, F b) {
  if (std::is_constant_evaluated()) return is_nan(a) || is_nan(b);
  return __builtin_isunordered(a, b);
}

// These three change only the sign bit, also of a NaN (IEEE 754 5.5.1). With the builtins, the value stays in a float
// register.
template <Float F>
constexpr F abs(F a) {
  if constexpr (sizeof(F) == 4) return __builtin_fabsf(a);
  return __builtin_fabs(a);
}
template <Float F>
constexpr F neg(F a) {
  return -a;
}
template <Float F>
constexpr F copysign(F a, F b) {
  if constexpr (sizeof(F) == 4) return __builtin_copysignf(a, b);
  return __builtin_copysign(a, b);
}

// The minimum of the CPU is applied in both orders. The two results differ only for zeros with different signs (NaNs
// are handled before), where `or` keeps the minus sign and, for the maximum, `and` removes it.
template <Float F>
constexpr F min(F a, F b) {
  if (unordered(a, b)) [[unlikely]]
    return a + b;
  return std::bit_cast<F>(bits(a < b ? a : b) | bits(b < a ? b : a));
}
template <Float F>
constexpr F max(F a, F b) {
  if (unordered(a, b)) [[unlikely]]
    return a + b;
  return std::bit_cast<F>(bits(a > b ? a : b) & bits(b > a ? b : a));
}

// The four rounding modes, for numbers whose integer part fits `Int`; all others are integers, infinite or NaN. The
// result keeps the sign of the operand, so that -0.5 rounds up to -0.
template <Float F, class Round>
constexpr F round_with(F a, Round round) {
  if (!(abs(a) < kAllIntegers<F>)) [[unlikely]]
    return is_nan(a) ? std::bit_cast<F>(bits(a) | kQuietBit<F>) : a;
  return copysign(round(a), a);
}
template <Float F>
constexpr F to_integer(F a) {
  using Int = std::make_signed_t<Bits<F>>;
  return static_cast<F>(static_cast<Int>(a));
}
template <Float F>
constexpr F ceil(F a) {
  return round_with(a, [](F x) { return to_integer(x) + (to_integer(x) < x ? F{1} : F{0}); });
}
template <Float F>
constexpr F floor(F a) {
  return round_with(a, [](F x) { return to_integer(x) - (to_integer(x) > x ? F{1} : F{0}); });
}
template <Float F>
constexpr F trunc(F a) {
  return round_with(a, [](F x) { return to_integer(x); });
}
// Adding 2^23 (or 2^52) leaves no bits for the fraction, so the addition rounds to an integer, half to even.
template <Float F>
constexpr F nearest(F a) {
  return round_with(a, [](F x) { return (abs(x) + kAllIntegers<F>)-kAllIntegers<F>; });
}

// ---- Float to integer (4.3 "Conversions")

// The open interval of floats whose integer part fits `Int`. Its upper end, 2^n, is always a float. At the lower end,
// MIN - 1 may have too many digits for a float; then MIN is the smallest float that is accepted.
template <std::integral Int, Float F>
constexpr bool above_min(F a) {
  if constexpr (std::is_unsigned_v<Int>) return a > F{-1};
  constexpr F min = static_cast<F>(std::numeric_limits<Int>::min());
  if constexpr (min - F{1} == min) {
    return a >= min;
  } else {
    return a > min - F{1};
  }
}
template <std::integral Int, Float F>
constexpr bool below_max(F a) {
  constexpr F half = static_cast<F>(std::numeric_limits<Int>::max() / 2 + 1);
  return a < half * 2;
}

template <std::integral Int, Float F>
constexpr Checked<std::make_unsigned_t<Int>> trunc_checked(F a) {
  using T = std::make_unsigned_t<Int>;
  if (above_min<Int>(a) && below_max<Int>(a)) [[likely]] {
    return {static_cast<T>(static_cast<Int>(a)), TrapCode::none};
  }
  return trap<T>(is_nan(a) ? TrapCode::invalid_conversion_to_integer : TrapCode::integer_overflow);
}

template <std::integral Int, Float F>
constexpr std::make_unsigned_t<Int> trunc_sat(F a) {
  using T = std::make_unsigned_t<Int>;
  if (above_min<Int>(a) && below_max<Int>(a)) [[likely]]
    return static_cast<T>(static_cast<Int>(a));
  if (is_nan(a)) return 0;
  return static_cast<T>(a < 0 ? std::numeric_limits<Int>::min() : std::numeric_limits<Int>::max());
}

__extension__ using uint128 = unsigned __int128;
__extension__ using int128 = __int128;

constexpr uint128 wide(uint64_t lo, uint64_t hi) { return uint128{hi} << 64 | lo; }
constexpr I64Pair split(uint128 a) { return {static_cast<uint64_t>(a), static_cast<uint64_t>(a >> 64)}; }

}  // namespace detail

// ---- i32 comparisons

constexpr uint32_t i32_eqz(uint32_t a) { return a == 0; }
constexpr uint32_t i32_eq(uint32_t a, uint32_t b) { return a == b; }
constexpr uint32_t i32_ne(uint32_t a, uint32_t b) { return a != b; }
constexpr uint32_t i32_lt_s(uint32_t a, uint32_t b) { return detail::s(a) < detail::s(b); }
constexpr uint32_t i32_lt_u(uint32_t a, uint32_t b) { return a < b; }
constexpr uint32_t i32_gt_s(uint32_t a, uint32_t b) { return detail::s(a) > detail::s(b); }
constexpr uint32_t i32_gt_u(uint32_t a, uint32_t b) { return a > b; }
constexpr uint32_t i32_le_s(uint32_t a, uint32_t b) { return detail::s(a) <= detail::s(b); }
constexpr uint32_t i32_le_u(uint32_t a, uint32_t b) { return a <= b; }
constexpr uint32_t i32_ge_s(uint32_t a, uint32_t b) { return detail::s(a) >= detail::s(b); }
constexpr uint32_t i32_ge_u(uint32_t a, uint32_t b) { return a >= b; }

// ---- i64 comparisons

constexpr uint32_t i64_eqz(uint64_t a) { return a == 0; }
constexpr uint32_t i64_eq(uint64_t a, uint64_t b) { return a == b; }
constexpr uint32_t i64_ne(uint64_t a, uint64_t b) { return a != b; }
constexpr uint32_t i64_lt_s(uint64_t a, uint64_t b) { return detail::s(a) < detail::s(b); }
constexpr uint32_t i64_lt_u(uint64_t a, uint64_t b) { return a < b; }
constexpr uint32_t i64_gt_s(uint64_t a, uint64_t b) { return detail::s(a) > detail::s(b); }
constexpr uint32_t i64_gt_u(uint64_t a, uint64_t b) { return a > b; }
constexpr uint32_t i64_le_s(uint64_t a, uint64_t b) { return detail::s(a) <= detail::s(b); }
constexpr uint32_t i64_le_u(uint64_t a, uint64_t b) { return a <= b; }
constexpr uint32_t i64_ge_s(uint64_t a, uint64_t b) { return detail::s(a) >= detail::s(b); }
constexpr uint32_t i64_ge_u(uint64_t a, uint64_t b) { return a >= b; }

// ---- f32 comparisons: false when an operand is NaN, `ne` true

constexpr uint32_t f32_eq(float a, float b) { return a == b; }
constexpr uint32_t f32_ne(float a, float b) { return a != b; }
constexpr uint32_t f32_lt(float a, float b) { return a < b; }
constexpr uint32_t f32_gt(float a, float b) { return a > b; }
constexpr uint32_t f32_le(float a, float b) { return a <= b; }
constexpr uint32_t f32_ge(float a, float b) { return a >= b; }

// ---- f64 comparisons: false when an operand is NaN, `ne` true

constexpr uint32_t f64_eq(double a, double b) { return a == b; }
constexpr uint32_t f64_ne(double a, double b) { return a != b; }
constexpr uint32_t f64_lt(double a, double b) { return a < b; }
constexpr uint32_t f64_gt(double a, double b) { return a > b; }
constexpr uint32_t f64_le(double a, double b) { return a <= b; }
constexpr uint32_t f64_ge(double a, double b) { return a >= b; }

// ---- i32 arithmetic: modulo 2^32

constexpr uint32_t i32_clz(uint32_t a) { return static_cast<uint32_t>(std::countl_zero(a)); }
constexpr uint32_t i32_ctz(uint32_t a) { return static_cast<uint32_t>(std::countr_zero(a)); }
constexpr uint32_t i32_popcnt(uint32_t a) { return static_cast<uint32_t>(std::popcount(a)); }
constexpr uint32_t i32_add(uint32_t a, uint32_t b) { return a + b; }
constexpr uint32_t i32_sub(uint32_t a, uint32_t b) { return a - b; }
constexpr uint32_t i32_mul(uint32_t a, uint32_t b) { return a * b; }
constexpr Checked<uint32_t> i32_div_s(uint32_t a, uint32_t b) { return detail::div_s(a, b); }
constexpr Checked<uint32_t> i32_div_u(uint32_t a, uint32_t b) { return detail::div_u(a, b); }
constexpr Checked<uint32_t> i32_rem_s(uint32_t a, uint32_t b) { return detail::rem_s(a, b); }
constexpr Checked<uint32_t> i32_rem_u(uint32_t a, uint32_t b) { return detail::rem_u(a, b); }
constexpr uint32_t i32_and(uint32_t a, uint32_t b) { return a & b; }
constexpr uint32_t i32_or(uint32_t a, uint32_t b) { return a | b; }
constexpr uint32_t i32_xor(uint32_t a, uint32_t b) { return a ^ b; }
constexpr uint32_t i32_shl(uint32_t a, uint32_t b) { return detail::shl(a, b); }
constexpr uint32_t i32_shr_s(uint32_t a, uint32_t b) { return detail::shr_s(a, b); }
constexpr uint32_t i32_shr_u(uint32_t a, uint32_t b) { return detail::shr_u(a, b); }
constexpr uint32_t i32_rotl(uint32_t a, uint32_t b) { return detail::rotl(a, b); }
constexpr uint32_t i32_rotr(uint32_t a, uint32_t b) { return detail::rotr(a, b); }

// ---- i64 arithmetic: modulo 2^64

constexpr uint64_t i64_clz(uint64_t a) { return static_cast<uint64_t>(std::countl_zero(a)); }
constexpr uint64_t i64_ctz(uint64_t a) { return static_cast<uint64_t>(std::countr_zero(a)); }
constexpr uint64_t i64_popcnt(uint64_t a) { return static_cast<uint64_t>(std::popcount(a)); }
constexpr uint64_t i64_add(uint64_t a, uint64_t b) { return a + b; }
constexpr uint64_t i64_sub(uint64_t a, uint64_t b) { return a - b; }
constexpr uint64_t i64_mul(uint64_t a, uint64_t b) { return a * b; }
constexpr Checked<uint64_t> i64_div_s(uint64_t a, uint64_t b) { return detail::div_s(a, b); }
constexpr Checked<uint64_t> i64_div_u(uint64_t a, uint64_t b) { return detail::div_u(a, b); }
constexpr Checked<uint64_t> i64_rem_s(uint64_t a, uint64_t b) { return detail::rem_s(a, b); }
constexpr Checked<uint64_t> i64_rem_u(uint64_t a, uint64_t b) { return detail::rem_u(a, b); }
constexpr uint64_t i64_and(uint64_t a, uint64_t b) { return a & b; }
constexpr uint64_t i64_or(uint64_t a, uint64_t b) { return a | b; }
constexpr uint64_t i64_xor(uint64_t a, uint64_t b) { return a ^ b; }
constexpr uint64_t i64_shl(uint64_t a, uint64_t b) { return detail::shl(a, b); }
constexpr uint64_t i64_shr_s(uint64_t a, uint64_t b) { return detail::shr_s(a, b); }
constexpr uint64_t i64_shr_u(uint64_t a, uint64_t b) { return detail::shr_u(a, b); }
constexpr uint64_t i64_rotl(uint64_t a, uint64_t b) { return detail::rotl(a, b); }
constexpr uint64_t i64_rotr(uint64_t a, uint64_t b) { return detail::rotr(a, b); }

// ---- Rounding and square root
//
// If the CPU can round with one instruction, the compiler's builtin is that instruction. Otherwise the builtin would
// call the C library, which is slower than the portable version.

#if defined(__SSE4_1__) || defined(__aarch64__)
inline float f32_ceil(float a) { return __builtin_ceilf(a); }
inline float f32_floor(float a) { return __builtin_floorf(a); }
inline float f32_trunc(float a) { return __builtin_truncf(a); }
inline float f32_nearest(float a) { return __builtin_nearbyintf(a); }
inline double f64_ceil(double a) { return __builtin_ceil(a); }
inline double f64_floor(double a) { return __builtin_floor(a); }
inline double f64_trunc(double a) { return __builtin_trunc(a); }
inline double f64_nearest(double a) { return __builtin_nearbyint(a); }
#else
constexpr float f32_ceil(float a) { return detail::ceil(a); }
constexpr float f32_floor(float a) { return detail::floor(a); }
constexpr float f32_trunc(float a) { return detail::trunc(a); }
constexpr float f32_nearest(float a) { return detail::nearest(a); }
constexpr double f64_ceil(double a) { return detail::ceil(a); }
constexpr double f64_floor(double a) { return detail::floor(a); }
constexpr double f64_trunc(double a) { return detail::trunc(a); }
constexpr double f64_nearest(double a) { return detail::nearest(a); }
#endif
inline float f32_sqrt(float a) { return __builtin_sqrtf(a); }
inline double f64_sqrt(double a) { return __builtin_sqrt(a); }

// ---- f32 arithmetic

constexpr float f32_abs(float a) { return detail::abs(a); }
constexpr float f32_neg(float a) { return detail::neg(a); }
constexpr float f32_add(float a, float b) { return a + b; }
constexpr float f32_sub(float a, float b) { return a - b; }
constexpr float f32_mul(float a, float b) { return a * b; }
constexpr float f32_div(float a, float b) { return a / b; }
constexpr float f32_min(float a, float b) { return detail::min(a, b); }
constexpr float f32_max(float a, float b) { return detail::max(a, b); }
constexpr float f32_copysign(float a, float b) { return detail::copysign(a, b); }

// ---- f64 arithmetic

constexpr double f64_abs(double a) { return detail::abs(a); }
constexpr double f64_neg(double a) { return detail::neg(a); }
constexpr double f64_add(double a, double b) { return a + b; }
constexpr double f64_sub(double a, double b) { return a - b; }
constexpr double f64_mul(double a, double b) { return a * b; }
constexpr double f64_div(double a, double b) { return a / b; }
constexpr double f64_min(double a, double b) { return detail::min(a, b); }
constexpr double f64_max(double a, double b) { return detail::max(a, b); }
constexpr double f64_copysign(double a, double b) { return detail::copysign(a, b); }

// ---- Conversions: integer to integer

constexpr uint32_t i32_wrap_i64(uint64_t a) { return static_cast<uint32_t>(a); }
constexpr uint64_t i64_extend_i32_s(uint32_t a) { return detail::extend<int32_t>(uint64_t{a}); }
constexpr uint64_t i64_extend_i32_u(uint32_t a) { return a; }
constexpr uint32_t i32_extend8_s(uint32_t a) { return detail::extend<int8_t>(a); }
constexpr uint32_t i32_extend16_s(uint32_t a) { return detail::extend<int16_t>(a); }
constexpr uint64_t i64_extend8_s(uint64_t a) { return detail::extend<int8_t>(a); }
constexpr uint64_t i64_extend16_s(uint64_t a) { return detail::extend<int16_t>(a); }
constexpr uint64_t i64_extend32_s(uint64_t a) { return detail::extend<int32_t>(a); }

// ---- Conversions: float to integer, toward zero

constexpr Checked<uint32_t> i32_trunc_f32_s(float a) { return detail::trunc_checked<int32_t>(a); }
constexpr Checked<uint32_t> i32_trunc_f32_u(float a) { return detail::trunc_checked<uint32_t>(a); }
constexpr Checked<uint32_t> i32_trunc_f64_s(double a) { return detail::trunc_checked<int32_t>(a); }
constexpr Checked<uint32_t> i32_trunc_f64_u(double a) { return detail::trunc_checked<uint32_t>(a); }
constexpr Checked<uint64_t> i64_trunc_f32_s(float a) { return detail::trunc_checked<int64_t>(a); }
constexpr Checked<uint64_t> i64_trunc_f32_u(float a) { return detail::trunc_checked<uint64_t>(a); }
constexpr Checked<uint64_t> i64_trunc_f64_s(double a) { return detail::trunc_checked<int64_t>(a); }
constexpr Checked<uint64_t> i64_trunc_f64_u(double a) { return detail::trunc_checked<uint64_t>(a); }
constexpr uint32_t i32_trunc_sat_f32_s(float a) { return detail::trunc_sat<int32_t>(a); }
constexpr uint32_t i32_trunc_sat_f32_u(float a) { return detail::trunc_sat<uint32_t>(a); }
constexpr uint32_t i32_trunc_sat_f64_s(double a) { return detail::trunc_sat<int32_t>(a); }
constexpr uint32_t i32_trunc_sat_f64_u(double a) { return detail::trunc_sat<uint32_t>(a); }
constexpr uint64_t i64_trunc_sat_f32_s(float a) { return detail::trunc_sat<int64_t>(a); }
constexpr uint64_t i64_trunc_sat_f32_u(float a) { return detail::trunc_sat<uint64_t>(a); }
constexpr uint64_t i64_trunc_sat_f64_s(double a) { return detail::trunc_sat<int64_t>(a); }
constexpr uint64_t i64_trunc_sat_f64_u(double a) { return detail::trunc_sat<uint64_t>(a); }

// ---- Conversions: integer to float, to nearest even

constexpr float f32_convert_i32_s(uint32_t a) { return static_cast<float>(detail::s(a)); }
constexpr float f32_convert_i32_u(uint32_t a) { return static_cast<float>(a); }
constexpr float f32_convert_i64_s(uint64_t a) { return static_cast<float>(detail::s(a)); }
constexpr float f32_convert_i64_u(uint64_t a) { return static_cast<float>(a); }
constexpr double f64_convert_i32_s(uint32_t a) { return static_cast<double>(detail::s(a)); }
constexpr double f64_convert_i32_u(uint32_t a) { return static_cast<double>(a); }
constexpr double f64_convert_i64_s(uint64_t a) { return static_cast<double>(detail::s(a)); }
constexpr double f64_convert_i64_u(uint64_t a) { return static_cast<double>(a); }

// ---- Conversions: float to float (NaNs become quiet), and the same bits as another type

constexpr float f32_demote_f64(double a) { return static_cast<float>(a); }
constexpr double f64_promote_f32(float a) { return static_cast<double>(a); }
constexpr uint32_t i32_reinterpret_f32(float a) { return std::bit_cast<uint32_t>(a); }
constexpr uint64_t i64_reinterpret_f64(double a) { return std::bit_cast<uint64_t>(a); }
constexpr float f32_reinterpret_i32(uint32_t a) { return std::bit_cast<float>(a); }
constexpr double f64_reinterpret_i64(uint64_t a) { return std::bit_cast<double>(a); }

// ---- 128-bit arithmetic (wide-arithmetic proposal), low halves first

constexpr I64Pair i64_add128(uint64_t a_lo, uint64_t a_hi, uint64_t b_lo, uint64_t b_hi) {
  return detail::split(detail::wide(a_lo, a_hi) + detail::wide(b_lo, b_hi));
}
constexpr I64Pair i64_sub128(uint64_t a_lo, uint64_t a_hi, uint64_t b_lo, uint64_t b_hi) {
  return detail::split(detail::wide(a_lo, a_hi) - detail::wide(b_lo, b_hi));
}
constexpr I64Pair i64_mul_wide_s(uint64_t a, uint64_t b) {
  return detail::split(static_cast<detail::uint128>(detail::int128{detail::s(a)} * detail::int128{detail::s(b)}));
}
constexpr I64Pair i64_mul_wide_u(uint64_t a, uint64_t b) { return detail::split(detail::uint128{a} * b); }

}  // namespace mini_wasm::numeric
