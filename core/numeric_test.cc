// Numeric instructions: every row of the table has a function with the types of the row; and the boundary values of
// each function.
//
// Expected values are constants, or are computed in another way (wider integers, the C library's rounding).
#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <ostream>
#include <random>
#include <tuple>
#include <vector>

#include "core/numeric_simd.h"
#include "core/opcode.h"

namespace mini_wasm::numeric {

template <class T>
bool operator==(const Checked<T>& a, const Checked<T>& b) {
  return a.trap == b.trap && (a.trap != TrapCode::none || a.value == b.value);
}
template <class T>
std::ostream& operator<<(std::ostream& out, const Checked<T>& c) {
  return c.trap == TrapCode::none ? out << c.value : out << "trap " << static_cast<int>(c.trap);
}
std::ostream& operator<<(std::ostream& out, const I64Pair& p) { return out << p.hi << ":" << p.lo; }

namespace {

// ---- The table and the functions agree

template <class T>
constexpr SigType kSigType = SigType::none;
template <>
constexpr SigType kSigType<uint32_t> = SigType::i32;
template <>
constexpr SigType kSigType<uint64_t> = SigType::i64;
template <>
constexpr SigType kSigType<float> = SigType::f32;
template <>
constexpr SigType kSigType<double> = SigType::f64;
template <>
constexpr SigType kSigType<V128> = SigType::v128;

template <class T>
struct ResultOf {
  static constexpr bool traps = false;
  static constexpr SigType types[2] = {kSigType<T>, SigType::none};
};
template <class T>
struct ResultOf<Checked<T>> {
  static constexpr bool traps = true;
  static constexpr SigType types[2] = {kSigType<T>, SigType::none};
};
template <>
struct ResultOf<I64Pair> {
  static constexpr bool traps = false;
  static constexpr SigType types[2] = {SigType::i64, SigType::i64};
};

template <class R, class... Args>
constexpr bool has_signature_of(Op op, R (*)(Args...)) {
  const OpInfo& info = op_info(op);
  const SigType params[4] = {kSigType<Args>...};
  const OpClass cls = ResultOf<R>::traps ? OpClass::numeric_trap : has_vectors(info) ? OpClass::simd : OpClass::numeric;
  bool same = info.cls == cls && info.param_count == sizeof...(Args);
  for (size_t i = 0; i < 4; ++i) same = same && info.params[i] == params[i];
  for (size_t i = 0; i < 2; ++i) same = same && info.results[i] == ResultOf<R>::types[i];
  return same;
}

// Every row that has a function here: one that does not fit does not compile.
#define SCALAR(id) static_assert(has_signature_of(Op::id, &numeric::id), #id);
#define VECTOR(id) static_assert(op_info(Op::id).cls != OpClass::simd || has_signature_of(Op::id, &numeric::id), #id);
#include "core/functions.def"

// No row of these classes is left out of the list.
constexpr size_t count_rows(std::initializer_list<OpClass> classes) {
  size_t count = 0;
  for (const OpInfo& info : kOpInfo) {
    for (const OpClass cls : classes) count += info.cls == cls ? 1 : 0;
  }
  return count;
}
constexpr size_t kScalarFunctions = 0
#define SCALAR(id) +1
#include "core/functions.def"
    ;
constexpr size_t kVectorFunctions = 0
#define VECTOR(id) +1
#include "core/functions.def"
    ;
static_assert(kScalarFunctions == count_rows({OpClass::numeric, OpClass::numeric_trap}));
static_assert(kVectorFunctions == count_rows({OpClass::simd, OpClass::simd_lane, OpClass::simd_load,
                                              OpClass::simd_store, OpClass::load_lane, OpClass::store_lane}));

// The functions can be evaluated at compile time.
static_assert(i32_add(0xffffffff, 2) == 1 && i32_div_s(7, 0).trap == TrapCode::integer_divide_by_zero);
static_assert(f32_min(0.0f, -0.0f) == 0.0f && f64_copysign(1.0, -2.0) == -1.0);
static_assert(i64_trunc_sat_f64_s(1e300) == 0x7fffffffffffffff);

// ---- Values

using std::bit_cast;

constexpr float f32_bits(uint32_t bits) { return bit_cast<float>(bits); }
constexpr double f64_bits(uint64_t bits) { return bit_cast<double>(bits); }

template <class F>
constexpr F kInf = std::numeric_limits<F>::infinity();

template <class F>
F quiet_nan() {
  return bit_cast<F>(detail::bits(kInf<F>) | detail::kQuietBit<F> | 0x1234);
}
template <class F>
F signalling_nan() {
  return bit_cast<F>(detail::bits(kInf<F>) | 0x4321);
}

// The spec's "arithmetic NaN": quiet.
template <class F>
testing::AssertionResult is_arithmetic_nan(F a) {
  if (a != a && (detail::bits(a) & detail::kQuietBit<F>)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << std::hex << detail::bits(a);
}

// Compares the bits of numbers, so that 0 and -0 are different.
#define EXPECT_BITS(actual, expected) EXPECT_EQ(detail::bits(actual), detail::bits(expected)) << (actual)

template <class F>
std::vector<F> interesting_floats() {
  using L = std::numeric_limits<F>;
  std::vector<F> out = {F{0},   L::denorm_min(), L::min(), F(0.25), F(0.5),       F(0.75),  F{1},   F(1.5),
                        F(2.5), F(3.5),          F(4.5),   F(1e6),  F(1e6 + 0.5), L::max(), kInf<F>};
  for (int exponent : {22, 23, 24, 31, 32, 51, 52, 53, 62, 63, 64}) {
    const F power = std::ldexp(F{1}, exponent);
    out.insert(out.end(), {power, std::nextafter(power, F{0}), std::nextafter(power, kInf<F>), power + F(0.5),
                           power - F(0.5), power - F{1}, power + F{1}});
  }
  for (size_t i = 0, n = out.size(); i < n; ++i) out.push_back(-out[i]);
  return out;
}

template <class F>
std::vector<F> random_floats(int count) {
  std::mt19937_64 random(7);
  std::vector<F> out;
  while (static_cast<int>(out.size()) < count) {
    // Any bits, and numbers whose exponent is near that of integers.
    const F any = bit_cast<F>(static_cast<detail::Bits<F>>(random()));
    const F near = std::ldexp(static_cast<F>(static_cast<int64_t>(random())), -static_cast<int>(random() % 64));
    for (F value : {any, near}) {
      if (value == value) out.push_back(value);
    }
  }
  return out;
}

const std::vector<uint64_t> kWords = {0,
                                      1,
                                      2,
                                      7,
                                      0x7f,
                                      0x80,
                                      0xff,
                                      0x7fff,
                                      0x8000,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0x100000000,
                                      0x7fffffffffffffff,
                                      0x8000000000000000,
                                      0xfffffffffffffffe,
                                      0xffffffffffffffff,
                                      0x123456789abcdef0};

// ---- Integers

TEST(numeric_integer, comparisons_tell_signed_from_unsigned) {
  EXPECT_EQ(i32_lt_s(0xffffffff, 0), 1u);
  EXPECT_EQ(i32_lt_u(0xffffffff, 0), 0u);
  EXPECT_EQ(i64_ge_s(0x8000000000000000, 0), 0u);
  EXPECT_EQ(i64_ge_u(0x8000000000000000, 0), 1u);
  EXPECT_EQ(i64_eqz(0x100000000), 0u);
  for (uint64_t a : kWords) {
    for (uint64_t b : kWords) {
      const auto sa = static_cast<int64_t>(a), sb = static_cast<int64_t>(b);
      EXPECT_EQ(i64_gt_s(a, b), uint32_t{sa > sb});
      EXPECT_EQ(i64_le_s(a, b), uint32_t{sa <= sb});
      EXPECT_EQ(i64_gt_u(a, b), uint32_t{a > b});
      EXPECT_EQ(i64_ne(a, b), uint32_t{a != b});
    }
  }
}

TEST(numeric_integer, counts_of_zero_are_the_width) {
  EXPECT_EQ(i32_clz(0), 32u);
  EXPECT_EQ(i32_ctz(0), 32u);
  EXPECT_EQ(i64_clz(0), 64u);
  EXPECT_EQ(i64_ctz(0), 64u);
  EXPECT_EQ(i32_clz(1), 31u);
  EXPECT_EQ(i32_ctz(0x80000000), 31u);
  EXPECT_EQ(i64_clz(1), 63u);
  EXPECT_EQ(i64_popcnt(~uint64_t{0}), 64u);
  EXPECT_EQ(i32_popcnt(0xaaaaaaaa), 16u);
}

TEST(numeric_integer, arithmetic_wraps) {
  EXPECT_EQ(i32_sub(0, 1), 0xffffffffu);
  EXPECT_EQ(i32_mul(0x10000, 0x10000), 0u);
  EXPECT_EQ(i64_add(~uint64_t{0}, 1), 0u);
  EXPECT_EQ(i64_mul(0x8000000000000000, 2), 0u);
}

TEST(numeric_integer, division_traps) {
  const Checked<uint32_t> by_zero{0, TrapCode::integer_divide_by_zero}, overflow{0, TrapCode::integer_overflow};
  EXPECT_EQ(i32_div_s(1, 0), by_zero);
  EXPECT_EQ(i32_div_u(1, 0), by_zero);
  EXPECT_EQ(i32_rem_s(1, 0), by_zero);
  EXPECT_EQ(i32_rem_u(1, 0), by_zero);
  EXPECT_EQ(i32_div_s(0x80000000, 0xffffffff), overflow);
  EXPECT_EQ(i64_div_s(uint64_t{1} << 63, ~uint64_t{0}).trap, TrapCode::integer_overflow);
  EXPECT_EQ(i64_div_s(uint64_t{1} << 63, 0).trap, TrapCode::integer_divide_by_zero);
  EXPECT_EQ(i64_rem_u(1, 0).trap, TrapCode::integer_divide_by_zero);
}

TEST(numeric_integer, division_truncates_and_the_remainder_has_the_sign_of_the_dividend) {
  const auto n = [](int64_t v) { return static_cast<uint32_t>(v); };
  const auto value = [](uint32_t v) { return Checked<uint32_t>{v, TrapCode::none}; };
  EXPECT_EQ(i32_div_s(n(-7), 2), value(n(-3)));
  EXPECT_EQ(i32_rem_s(n(-7), 2), value(n(-1)));
  EXPECT_EQ(i32_rem_s(7, n(-2)), value(1));
  EXPECT_EQ(i32_div_s(7, n(-1)), value(n(-7)));
  EXPECT_EQ(i32_div_u(n(-7), 2), value(0x7ffffffc));
  EXPECT_EQ(i32_rem_s(0x80000000, n(-1)), value(0));
  EXPECT_EQ(i64_rem_s(uint64_t{1} << 63, ~uint64_t{0}).value, 0u);
  EXPECT_EQ(i32_div_s(0x80000000, 1), value(0x80000000));
  EXPECT_EQ(i32_div_u(0x80000000, 0xffffffff), value(0));
}

TEST(numeric_integer, shift_and_rotate_counts_are_taken_modulo_the_width) {
  EXPECT_EQ(i32_shl(1, 32), 1u);
  EXPECT_EQ(i32_shl(1, 0xffffffff), 0x80000000u);
  EXPECT_EQ(i32_shr_s(0x80000000, 31), 0xffffffffu);
  EXPECT_EQ(i32_shr_s(0x80000000, 33), 0xc0000000u);
  EXPECT_EQ(i32_shr_u(0x80000000, 63), 1u);
  EXPECT_EQ(i64_shl(1, 64), 1u);
  EXPECT_EQ(i64_shl(1, 0x100000003f), uint64_t{1} << 63);
  EXPECT_EQ(i64_shr_s(uint64_t{1} << 63, 127), ~uint64_t{0});
  EXPECT_EQ(i32_rotl(0x80000001, 1), 3u);
  EXPECT_EQ(i32_rotl(0x80000001, 32), 0x80000001u);
  EXPECT_EQ(i32_rotr(1, 33), 0x80000000u);
  EXPECT_EQ(i64_rotr(1, 1), uint64_t{1} << 63);
  EXPECT_EQ(i64_rotl(0xff00000000000000, 0x8000000000000008), 0xffu);
}

TEST(numeric_integer, extensions_look_at_the_low_bits_only) {
  EXPECT_EQ(i32_extend8_s(0x1280), 0xffffff80u);
  EXPECT_EQ(i32_extend8_s(0xffffff7f), 0x7fu);
  EXPECT_EQ(i32_extend16_s(0x128000), 0xffff8000u);
  EXPECT_EQ(i64_extend8_s(0x80), 0xffffffffffffff80u);
  EXPECT_EQ(i64_extend16_s(0x7fff), 0x7fffu);
  EXPECT_EQ(i64_extend32_s(0x180000000), 0xffffffff80000000u);
  EXPECT_EQ(i64_extend_i32_s(0x80000000), 0xffffffff80000000u);
  EXPECT_EQ(i64_extend_i32_u(0x80000000), 0x80000000u);
  EXPECT_EQ(i32_wrap_i64(0x1234567890abcdef), 0x90abcdefu);
}

TEST(numeric_integer, wide_arithmetic_carries_between_the_halves) {
  const uint64_t max = ~uint64_t{0};
  EXPECT_EQ(i64_add128(max, 0, 1, 0), (I64Pair{0, 1}));
  EXPECT_EQ(i64_add128(max, max, 1, 0), (I64Pair{0, 0}));
  EXPECT_EQ(i64_sub128(0, 0, 1, 0), (I64Pair{max, max}));
  EXPECT_EQ(i64_sub128(0, 5, 1, 2), (I64Pair{max, 2}));
  EXPECT_EQ(i64_mul_wide_u(max, max), (I64Pair{1, max - 1}));
  EXPECT_EQ(i64_mul_wide_s(max, max), (I64Pair{1, 0}));
  EXPECT_EQ(i64_mul_wide_s(uint64_t{1} << 63, 2), (I64Pair{0, max}));
  EXPECT_EQ(i64_mul_wide_s(uint64_t{1} << 63, uint64_t{1} << 63), (I64Pair{0, uint64_t{1} << 62}));
}

// ---- Floating point, the same cases for both widths

template <class F>
struct Ops;
template <>
struct Ops<float> {
  static constexpr auto min = f32_min, max = f32_max, add = f32_add, sub = f32_sub, mul = f32_mul, div = f32_div;
  static constexpr auto abs = f32_abs, neg = f32_neg, ceil = f32_ceil, floor = f32_floor, trunc = f32_trunc;
  static constexpr auto nearest = f32_nearest, sqrt = f32_sqrt;
  static constexpr auto copysign = f32_copysign;
  static constexpr auto eq = f32_eq, ne = f32_ne, lt = f32_lt, gt = f32_gt, le = f32_le, ge = f32_ge;
};
template <>
struct Ops<double> {
  static constexpr auto min = f64_min, max = f64_max, add = f64_add, sub = f64_sub, mul = f64_mul, div = f64_div;
  static constexpr auto abs = f64_abs, neg = f64_neg, ceil = f64_ceil, floor = f64_floor, trunc = f64_trunc;
  static constexpr auto nearest = f64_nearest, sqrt = f64_sqrt;
  static constexpr auto copysign = f64_copysign;
  static constexpr auto eq = f64_eq, ne = f64_ne, lt = f64_lt, gt = f64_gt, le = f64_le, ge = f64_ge;
};

template <class F>
class numeric_float : public testing::Test {};
using FloatTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(numeric_float, FloatTypes);

TYPED_TEST(numeric_float, min_and_max_order_the_zeros_and_agree_with_less_than) {
  using F = TypeParam;
  for (F a : interesting_floats<F>()) {
    for (F b : interesting_floats<F>()) {
      const bool a_first = a < b || (a == b && std::signbit(a));
      EXPECT_BITS(Ops<F>::min(a, b), a_first ? a : b);
      EXPECT_BITS(Ops<F>::max(a, b), a_first ? b : a);
    }
  }
}

TYPED_TEST(numeric_float, operations_on_nan_give_a_quiet_nan) {
  using F = TypeParam;
  for (F nan : {quiet_nan<F>(), signalling_nan<F>(), -quiet_nan<F>(), -signalling_nan<F>()}) {
    for (auto op : {Ops<F>::ceil, Ops<F>::floor, Ops<F>::trunc, Ops<F>::nearest})
      EXPECT_TRUE(is_arithmetic_nan(op(nan)));
    EXPECT_TRUE(is_arithmetic_nan(Ops<F>::sqrt(nan)));
    for (F other : {F{0}, F{1}, -kInf<F>, quiet_nan<F>(), signalling_nan<F>()}) {
      for (auto op : {Ops<F>::min, Ops<F>::max, Ops<F>::add, Ops<F>::sub, Ops<F>::mul, Ops<F>::div}) {
        EXPECT_TRUE(is_arithmetic_nan(op(nan, other)));
        EXPECT_TRUE(is_arithmetic_nan(op(other, nan)));
      }
    }
  }
}

TYPED_TEST(numeric_float, sign_operations_move_one_bit_of_any_nan) {
  using F = TypeParam;
  constexpr auto sign = detail::Bits<F>{1} << (sizeof(F) * 8 - 1);
  std::vector<F> values = interesting_floats<F>();
  for (F nan : {quiet_nan<F>(), signalling_nan<F>()}) values.insert(values.end(), {nan, Ops<F>::neg(nan)});
  for (F a : values) {
    EXPECT_EQ(detail::bits(Ops<F>::neg(a)), detail::bits(a) ^ sign);
    EXPECT_EQ(detail::bits(Ops<F>::abs(a)), detail::bits(a) & ~sign);
    for (F b : values) {
      EXPECT_EQ(detail::bits(Ops<F>::copysign(a, b)), (detail::bits(a) & ~sign) | (detail::bits(b) & sign));
    }
  }
}

TYPED_TEST(numeric_float, comparisons_with_nan_are_false_but_ne) {
  using F = TypeParam;
  const F nan = quiet_nan<F>();
  for (F a : {F{0}, kInf<F>, nan}) {
    for (auto op : {Ops<F>::eq, Ops<F>::lt, Ops<F>::gt, Ops<F>::le, Ops<F>::ge}) {
      EXPECT_EQ(op(a, nan), 0u);
      EXPECT_EQ(op(nan, a), 0u);
    }
    EXPECT_EQ(Ops<F>::ne(a, nan), 1u);
  }
  EXPECT_EQ(Ops<F>::eq(F{0}, -F{0}), 1u);
  EXPECT_EQ(Ops<F>::lt(-F{0}, F{0}), 0u);
}

TYPED_TEST(numeric_float, invalid_operations_give_nan) {
  using F = TypeParam;
  EXPECT_TRUE(is_arithmetic_nan(Ops<F>::sqrt(F{-1})));
  EXPECT_TRUE(is_arithmetic_nan(Ops<F>::div(F{0}, F{0})));
  EXPECT_TRUE(is_arithmetic_nan(Ops<F>::sub(kInf<F>, kInf<F>)));
  EXPECT_TRUE(is_arithmetic_nan(Ops<F>::mul(kInf<F>, F{0})));
  EXPECT_BITS(Ops<F>::div(F{1}, -F{0}), -kInf<F>);
  EXPECT_BITS(Ops<F>::sqrt(-F{0}), -F{0});
}

// Checks both the function of the opcode, which may be a builtin, and the portable version.
template <class F>
void expect_roundings(F a) {
  EXPECT_BITS(Ops<F>::ceil(a), std::ceil(a));
  EXPECT_BITS(Ops<F>::floor(a), std::floor(a));
  EXPECT_BITS(Ops<F>::trunc(a), std::trunc(a));
  EXPECT_BITS(Ops<F>::nearest(a), std::nearbyint(a));
  EXPECT_BITS(detail::ceil(a), std::ceil(a));
  EXPECT_BITS(detail::floor(a), std::floor(a));
  EXPECT_BITS(detail::trunc(a), std::trunc(a));
  EXPECT_BITS(detail::nearest(a), std::nearbyint(a));
}

TYPED_TEST(numeric_float, roundings_agree_with_the_c_library) {
  for (TypeParam a : interesting_floats<TypeParam>()) expect_roundings(a);
  for (TypeParam a : random_floats<TypeParam>(20000)) expect_roundings(a);
}

TYPED_TEST(numeric_float, nearest_takes_ties_to_even_and_keeps_the_sign_of_zero) {
  using F = TypeParam;
  EXPECT_BITS(Ops<F>::nearest(F(0.5)), F{0});
  EXPECT_BITS(Ops<F>::nearest(F(-0.5)), -F{0});
  EXPECT_BITS(Ops<F>::nearest(F(1.5)), F{2});
  EXPECT_BITS(Ops<F>::nearest(F(2.5)), F{2});
  EXPECT_BITS(Ops<F>::ceil(F(-0.9)), -F{0});
  EXPECT_BITS(Ops<F>::trunc(F(-0.9)), -F{0});
  EXPECT_BITS(Ops<F>::floor(-F{0}), -F{0});
}

// ---- Conversions

// The expected result of a float-to-integer conversion, calculated by comparing in a type that represents every integer
// exactly.
template <class Int, class F>
Checked<std::make_unsigned_t<Int>> expected_trunc(F a) {
  using T = std::make_unsigned_t<Int>;
  if (a != a) return {0, TrapCode::invalid_conversion_to_integer};
  if (std::fabs(a) > F(1e25)) return {0, TrapCode::integer_overflow};
  const auto integer = static_cast<detail::int128>(a);
  if (integer < detail::int128{std::numeric_limits<Int>::min()}) return {0, TrapCode::integer_overflow};
  if (integer > detail::int128{std::numeric_limits<Int>::max()}) return {0, TrapCode::integer_overflow};
  return {static_cast<T>(integer), TrapCode::none};
}
template <class Int, class F>
std::make_unsigned_t<Int> expected_sat(F a) {
  const auto checked = expected_trunc<Int>(a);
  if (checked.trap == TrapCode::none) return checked.value;
  if (a != a) return 0;
  return static_cast<std::make_unsigned_t<Int>>(a < 0 ? std::numeric_limits<Int>::min()
                                                      : std::numeric_limits<Int>::max());
}

template <class F>
std::vector<F> conversion_operands() {
  std::vector<F> values = interesting_floats<F>();
  for (F a : random_floats<F>(20000)) values.push_back(a);
  values.insert(values.end(), {quiet_nan<F>(), signalling_nan<F>(), F(-0.9), F(-1), std::nextafter(F{-1}, F{0})});
  return values;
}

TEST(numeric_conversion, float_to_integer_truncates_or_traps) {
  for (float a : conversion_operands<float>()) {
    ASSERT_EQ(i32_trunc_f32_s(a), expected_trunc<int32_t>(a)) << a;
    ASSERT_EQ(i32_trunc_f32_u(a), expected_trunc<uint32_t>(a)) << a;
    ASSERT_EQ(i64_trunc_f32_s(a), expected_trunc<int64_t>(a)) << a;
    ASSERT_EQ(i64_trunc_f32_u(a), expected_trunc<uint64_t>(a)) << a;
  }
  for (double a : conversion_operands<double>()) {
    ASSERT_EQ(i32_trunc_f64_s(a), expected_trunc<int32_t>(a)) << a;
    ASSERT_EQ(i32_trunc_f64_u(a), expected_trunc<uint32_t>(a)) << a;
    ASSERT_EQ(i64_trunc_f64_s(a), expected_trunc<int64_t>(a)) << a;
    ASSERT_EQ(i64_trunc_f64_u(a), expected_trunc<uint64_t>(a)) << a;
  }
}

TEST(numeric_conversion, float_to_integer_saturates) {
  for (float a : conversion_operands<float>()) {
    ASSERT_EQ(i32_trunc_sat_f32_s(a), expected_sat<int32_t>(a)) << a;
    ASSERT_EQ(i32_trunc_sat_f32_u(a), expected_sat<uint32_t>(a)) << a;
    ASSERT_EQ(i64_trunc_sat_f32_s(a), expected_sat<int64_t>(a)) << a;
    ASSERT_EQ(i64_trunc_sat_f32_u(a), expected_sat<uint64_t>(a)) << a;
  }
  for (double a : conversion_operands<double>()) {
    ASSERT_EQ(i32_trunc_sat_f64_s(a), expected_sat<int32_t>(a)) << a;
    ASSERT_EQ(i32_trunc_sat_f64_u(a), expected_sat<uint32_t>(a)) << a;
    ASSERT_EQ(i64_trunc_sat_f64_s(a), expected_sat<int64_t>(a)) << a;
    ASSERT_EQ(i64_trunc_sat_f64_u(a), expected_sat<uint64_t>(a)) << a;
  }
}

TEST(numeric_conversion, the_last_floats_inside_each_integer_range) {
  EXPECT_EQ(i32_trunc_f64_s(-2147483648.9).value, 0x80000000u);
  EXPECT_EQ(i32_trunc_f64_s(-2147483649.0).trap, TrapCode::integer_overflow);
  EXPECT_EQ(i32_trunc_f64_s(2147483647.9).value, 0x7fffffffu);
  EXPECT_EQ(i32_trunc_f64_u(4294967295.9).value, 0xffffffffu);
  EXPECT_EQ(i32_trunc_f64_u(-0.9).value, 0u);
  EXPECT_EQ(i32_trunc_f64_u(-1.0).trap, TrapCode::integer_overflow);
  EXPECT_EQ(i32_trunc_f32_s(-2147483648.0f).value, 0x80000000u);
  EXPECT_EQ(i32_trunc_f32_s(2147483648.0f).trap, TrapCode::integer_overflow);
  EXPECT_EQ(i64_trunc_f64_s(-9223372036854775808.0).value, uint64_t{1} << 63);
  EXPECT_EQ(i64_trunc_f64_u(18446744073709549568.0).value, 0xfffffffffffff800u);
  EXPECT_EQ(i64_trunc_f64_u(18446744073709551616.0).trap, TrapCode::integer_overflow);
}

TEST(numeric_conversion, integer_to_float_rounds_to_nearest_even) {
  EXPECT_BITS(f32_convert_i32_s(0xffffffff), -1.0f);
  EXPECT_BITS(f32_convert_i32_u(0xffffffff), 4294967296.0f);
  EXPECT_BITS(f32_convert_i32_s(16777217), 16777216.0f);
  EXPECT_BITS(f32_convert_i32_s(16777219), 16777220.0f);
  EXPECT_BITS(f64_convert_i32_u(0xffffffff), 4294967295.0);
  EXPECT_BITS(f64_convert_i64_u(~uint64_t{0}), 18446744073709551616.0);
  EXPECT_BITS(f64_convert_i64_u(0x8000000000000400), 9223372036854775808.0);
  EXPECT_BITS(f64_convert_i64_u(0x8000000000000401), 9223372036854777856.0);
  EXPECT_BITS(f64_convert_i64_s(0x20000000000001), 9007199254740992.0);
  // These would be rounded twice if they were converted through f64.
  EXPECT_BITS(f32_convert_i64_u(0x8000008000000001), 0x1.000002p+63f);
  EXPECT_BITS(f32_convert_i64_s(0x20000020000001), 0x1.000002p+53f);
  EXPECT_BITS(f32_convert_i64_u(0xffffff7fffffffff), 0x1.fffffep+63f);
}

TEST(numeric_conversion, integer_to_float_is_the_nearest_for_random_words) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20000; ++i) {
    const uint64_t a = random() >> (random() % 64);
    // The exact error of the result and of its neighbours.
    const auto error = [a](float f) {
      const detail::int128 d = static_cast<detail::int128>(f) - static_cast<detail::int128>(a);
      return d < 0 ? -d : d;
    };
    const float f = f32_convert_i64_u(a);
    ASSERT_LE(error(f), error(std::nextafter(f, 0.0f))) << a;
    ASSERT_LE(error(f), error(std::nextafter(f, kInf<float>))) << a;
  }
}

TEST(numeric_conversion, demotion_and_promotion_quiet_nans) {
  EXPECT_TRUE(is_arithmetic_nan(f32_demote_f64(signalling_nan<double>())));
  EXPECT_TRUE(is_arithmetic_nan(f32_demote_f64(-quiet_nan<double>())));
  EXPECT_TRUE(is_arithmetic_nan(f64_promote_f32(signalling_nan<float>())));
  EXPECT_BITS(f64_promote_f32(f32_bits(1)), 0x1p-149);
  EXPECT_BITS(f32_demote_f64(1e300), kInf<float>);
  EXPECT_BITS(f32_demote_f64(-1e-300), -0.0f);
  EXPECT_BITS(f32_demote_f64(0x1.fffffefffffffp127), std::numeric_limits<float>::max());
  EXPECT_BITS(f32_demote_f64(0x1.ffffffp127), kInf<float>);
}

TEST(numeric_conversion, reinterpretation_keeps_every_bit) {
  for (uint32_t bits : {0u, 0x80000000u, 0x7fa00001u, 0xffc12345u, 0x3f800000u}) {
    EXPECT_EQ(i32_reinterpret_f32(f32_reinterpret_i32(bits)), bits);
  }
  for (uint64_t bits : {uint64_t{0}, uint64_t{0x7ff4000000000001}, uint64_t{0xfff8000000000001}}) {
    EXPECT_EQ(i64_reinterpret_f64(f64_reinterpret_i64(bits)), bits);
  }
  EXPECT_BITS(f64_reinterpret_i64(0x3ff0000000000000), f64_bits(0x3ff0000000000000));
}

}  // namespace
}  // namespace mini_wasm::numeric
