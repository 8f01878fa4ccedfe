#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <ostream>
#include <random>
#include <type_traits>
#include <vector>

#include "core/numeric_simd_x64.h"
#include "core/opcode.h"

namespace mini_wasm::numeric {

void PrintTo(V128 v, std::ostream* out) { *out << std::hex << "0x" << v.bits[1] << ":" << v.bits[0] << std::dec; }

namespace {

template <class T>
V128 v(std::initializer_list<double> lanes) {
  std::array<T, 16 / sizeof(T)> a{};
  size_t i = 0;
  for (double x : lanes)
    a[i++] = std::is_unsigned_v<T> && x < 0 ? static_cast<T>(static_cast<int64_t>(x)) : static_cast<T>(x);
  V128 r;
  std::memcpy(&r, a.data(), 16);
  return r;
}
constexpr auto i8 = v<int8_t>;
constexpr auto u8 = v<uint8_t>;
constexpr auto i16 = v<int16_t>;
constexpr auto u16 = v<uint16_t>;
constexpr auto i32 = v<int32_t>;
constexpr auto u32 = v<uint32_t>;
constexpr auto i64 = v<int64_t>;
constexpr auto f32 = v<float>;
constexpr auto f64 = v<double>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// --- Edges ---------------------------------------------------------------------------------------------------------

TEST(numeric_simd, swizzle_gives_zero_beyond_the_vector) {
  const V128 a = u8({10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25});
  const V128 indices = u8({0, 15, 16, 31, 127, 128, 255, 1});
  const V128 expected = u8({10, 25, 0, 0, 0, 0, 0, 11, 10, 10, 10, 10, 10, 10, 10, 10});
  EXPECT_EQ(i8x16_swizzle(a, indices), expected);
  EXPECT_EQ(fast::i8x16_swizzle(a, indices), expected);
  EXPECT_EQ(i8x16_relaxed_swizzle(a, indices), expected);
}

TEST(numeric_simd, shuffle_takes_lanes_of_both) {
  const V128 a = u8({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
  const V128 b = i8x16_add(a, i8x16_splat(100));
  const V128 indices = u8({0, 16, 15, 31, 1, 17});
  EXPECT_EQ(i8x16_shuffle(a, b, indices), u8({0, 100, 15, 115, 1, 101}));
  EXPECT_EQ(fast::i8x16_shuffle(a, b, indices), u8({0, 100, 15, 115, 1, 101}));
}

TEST(numeric_simd, narrowing_saturates_signed_lanes) {
  EXPECT_EQ(i8x16_narrow_i16x8_u(i16({-1, 255, 256, 32767}), i16({-32768, 7})),
            u8({0, 255, 255, 255, 0, 0, 0, 0, 0, 7}));
  EXPECT_EQ(i8x16_narrow_i16x8_s(i16({-129, 128}), i16({-128, 127})), i8({-128, 127, 0, 0, 0, 0, 0, 0, -128, 127}));
  EXPECT_EQ(i16x8_narrow_i32x4_u(i32({-1, 65536}), i32({65535})), u16({0, 65535, 0, 0, 65535}));
  EXPECT_EQ(i16x8_narrow_i32x4_s(i32({-32769, 32768}), i32({5})), i16({-32768, 32767, 0, 0, 5}));
}

TEST(numeric_simd, saturating_sums_and_rounded_averages) {
  EXPECT_EQ(i8x16_add_sat_s(i8({127, -128}), i8({1, -1})), i8({127, -128}));
  EXPECT_EQ(i8x16_sub_sat_u(u8({1, 255}), u8({2, 1})), u8({0, 254}));
  EXPECT_EQ(i16x8_sub_sat_s(i16({-32768, 32767}), i16({1, -1})), i16({-32768, 32767}));
  EXPECT_EQ(i16x8_add_sat_u(u16({65535, 1}), u16({65535, 1})), u16({65535, 2}));
  EXPECT_EQ(i8x16_avgr_u(u8({255, 0}), u8({254, 1})), u8({255, 1}));
  EXPECT_EQ(i16x8_avgr_u(u16({65535, 0}), u16({65535, 1})), u16({65535, 1}));
}

TEST(numeric_simd, products_of_the_smallest_numbers) {
  EXPECT_EQ(i16x8_q15mulr_sat_s(i16({-32768, -32768}), i16({-32768, 32767})), i16({32767, -32767}));
  EXPECT_EQ(i16x8_relaxed_q15mulr_s(i16({-32768}), i16({-32768})), i16({32767}));
  const V128 min = i16({-32768, -32768});
  EXPECT_EQ(i32x4_dot_i16x8_s(min, min), u32({0x8000'0000}));
  EXPECT_EQ(i16x8_extmul_low_i8x16_s(i8({-128}), i8({-128})), i16({16384}));
  EXPECT_EQ(i32x4_extmul_low_i16x8_u(u16({65535}), u16({65535})), u32({4294836225}));
  EXPECT_EQ(i16x8_relaxed_dot_i8x16_i7x16_s(i8({-128, -128}), i8({-128, -128})), i16({32767}));
  EXPECT_EQ(i16x8_abs(i16({-32768, -1})), i16({-32768, 1}));
  EXPECT_EQ(i8x16_abs(i8({-128, -5})), i8({-128, 5}));
}

TEST(numeric_simd, shift_counts_wrap_at_the_width_of_a_lane) {
  EXPECT_EQ(i8x16_shl(u8({0x81}), 9), u8({2}));
  EXPECT_EQ(i8x16_shr_s(i8({-128}), 15), i8({-1}));
  EXPECT_EQ(i16x8_shr_u(u16({0x8000}), 31), u16({1}));
  EXPECT_EQ(i32x4_shr_s(i32({-8, 8}), 33), i32({-4, 4}));
  EXPECT_EQ(i64x2_shl(i64({1, 3}), 65), i64({2, 6}));
}

TEST(numeric_simd, minimum_and_maximum_of_zeros_and_nans) {
  const V128 a = f32({0.0, -0.0, kNaN, 1}), b = f32({-0.0, 0.0, 1, kNaN});
  EXPECT_EQ(i32x4_bitmask(f32x4_min(a, b)) & 3, 3u);
  EXPECT_EQ(i32x4_bitmask(f32x4_max(a, b)) & 3, 0u);
  for (uint32_t lane : {2u, 3u}) {
    EXPECT_TRUE(std::isnan(f32x4_extract_lane(f32x4_min(a, b), lane)));
    EXPECT_TRUE(std::isnan(f32x4_extract_lane(f32x4_max(a, b), lane)));
  }
  // pmin(a, b) is b < a ? b : a, so for zeros and NaNs it is a.
  EXPECT_EQ(f32x4_pmin(a, b), a);
  EXPECT_EQ(f32x4_pmax(a, b), a);
  EXPECT_EQ(f64x2_pmin(f64({2, 1}), f64({1, 2})), f64({1, 1}));
  EXPECT_EQ(f64x2_pmax(f64({2, 1}), f64({1, 2})), f64({2, 2}));
}

TEST(numeric_simd, rounding_keeps_the_sign_of_zero) {
  EXPECT_EQ(f32x4_nearest(f32({0.5, 1.5, -0.5, 2.5})), f32({0, 2, -0.0, 2}));
  EXPECT_EQ(f64x2_ceil(f64({-0.5, 1.25})), f64({-0.0, 2}));
  EXPECT_EQ(f64x2_floor(f64({-0.5, 1.25})), f64({-1, 1}));
  EXPECT_EQ(f32x4_trunc(f32({-0.5, 1.75, -1.75, 1e30})), f32({-0.0, 1, -1, 1e30}));
}

TEST(numeric_simd, conversions_saturate_and_nan_becomes_zero) {
  EXPECT_EQ(i32x4_trunc_sat_f32x4_s(f32({kNaN, 3e9, -3e9, -1.9})), i32({0, 2147483647, -2147483648.0, -1}));
  EXPECT_EQ(i32x4_trunc_sat_f32x4_u(f32({kNaN, 5e9, -1, 3e9})), u32({0, 4294967295, 0, 3000000000}));
  EXPECT_EQ(i32x4_trunc_sat_f64x2_s_zero(f64({kInfinity, -kInfinity})), i32({2147483647, -2147483648.0, 0, 0}));
  EXPECT_EQ(i32x4_trunc_sat_f64x2_u_zero(f64({4294967295.5, kNaN})), u32({4294967295, 0, 0, 0}));
  EXPECT_EQ(f32x4_demote_f64x2_zero(f64({1e300, -0.5})), f32({kInfinity, -0.5, 0, 0}));
  EXPECT_EQ(f64x2_convert_low_i32x4_u(u32({4294967295, 1, 7, 7})), f64({4294967295, 1}));
}

TEST(numeric_simd, multiplication_and_addition_round_twice) {
  const V128 x = f32({1 + 0x1p-12f}), c = f32({-1});
  EXPECT_EQ(f32x4_extract_lane(f32x4_relaxed_madd(x, x, c), 0), 0x1p-11f);
  EXPECT_EQ(f32x4_extract_lane(f32x4_relaxed_nmadd(x, x, f32({1})), 0), -0x1p-11f);
}

TEST(numeric_simd, lanes_in_memory) {
  uint8_t bytes[8] = {0x80, 1, 2, 3, 4, 5, 6, 0xff};
  EXPECT_EQ(v128_load8x8_s(bytes), i16({-128, 1, 2, 3, 4, 5, 6, -1}));
  EXPECT_EQ(v128_load8x8_u(bytes), i16({128, 1, 2, 3, 4, 5, 6, 255}));
  EXPECT_EQ(v128_load16_splat(bytes), i16x8_splat(0x0180));
  EXPECT_EQ(v128_load32_zero(bytes), v128_from(0x03020180, 0));
  EXPECT_EQ(v128_load8_lane(bytes + 7, V128{}, 15), u8({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255}));
  v128_store16_lane(bytes + 1, i16x8_splat(0x1122), 7);
  EXPECT_EQ(bytes[1], 0x22);
  EXPECT_EQ(bytes[2], 0x11);
  EXPECT_EQ(bytes[3], 3);
}

// --- The fast forms against the portable ones ----------------------------------------------------------------------

// Vectors of boundary values of all shapes, and random ones.
std::vector<V128> samples() {
  std::vector<V128> list = {
      V128{},
      {~V128{}.bits},
      i8x16_splat(0x80),
      i8x16_splat(0x7f),
      i16x8_splat(0x8000),
      i16x8_splat(0x7fff),
      i32x4_splat(0x8000'0000),
      u8({0, 1, 15, 16, 17, 31, 32, 127, 128, 129, 254, 255, 3, 5, 7, 9}),
      f32({0.0, -0.0, 0.5, -0.5}),
      f32({1.5, 2.5, -1.5, 0x1p31}),
      f32({-0x1p31, 0x1p32, 4294967040.0, 2147483520.0}),
      f32({kInfinity, -kInfinity, kNaN, -kNaN}),
      f64({0.0, -0.0}),
      f64({2147483647.5, -2147483648.5}),
      f64({4294967295.5, -0.75}),
      f64({kNaN, kInfinity}),
      f64({-kInfinity, 0x1p63}),
      v128_from(0x7ff0'0000'0000'0001, 0x7fa0'0000'ffa0'0001),
  };
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) list.push_back(v128_from(random(), random()));
  return list;
}

// Whether the vectors are equal; lanes of floats may be different NaNs.
bool agree(V128 a, V128 b, std::string_view name) {
  if (a == b) return true;
  const V128 nans = name.starts_with("f32x4")   ? v128_and(f32x4_ne(a, a), f32x4_ne(b, b))
                    : name.starts_with("f64x2") ? v128_and(f64x2_ne(a, a), f64x2_ne(b, b))
                                                : V128{};
  return v128_or(a, nans) == v128_or(b, nans);
}
bool agree(uint32_t a, uint32_t b, std::string_view) { return a == b; }

template <class R>
void compare(R (*fast)(V128), R (*portable)(V128), std::string_view name) {
  for (V128 a : samples()) {
    EXPECT_TRUE(agree(fast(a), portable(a), name)) << name << " " << ::testing::PrintToString(a);
  }
}
void compare(V128 (*fast)(V128, V128), V128 (*portable)(V128, V128), std::string_view name) {
  const std::vector<V128> list = samples();
  for (V128 a : list) {
    for (V128 b : list) {
      ASSERT_TRUE(agree(fast(a, b), portable(a, b), name))
          << name << " " << ::testing::PrintToString(a) << " " << ::testing::PrintToString(b);
    }
  }
}
void compare(V128 (*fast)(V128, V128, V128), V128 (*portable)(V128, V128, V128), std::string_view name) {
  const std::vector<V128> list = samples();
  for (V128 a : list) {
    for (V128 b : list) ASSERT_TRUE(agree(fast(a, b, list[7]), portable(a, b, list[7]), name)) << name;
  }
}
void compare(V128 (*fast)(V128, uint32_t), V128 (*portable)(V128, uint32_t), std::string_view name) {
  for (V128 a : samples()) {
    for (uint32_t count = 0; count < 130; ++count) ASSERT_TRUE(agree(fast(a, count), portable(a, count), name)) << name;
  }
}
void compare(V128 (*fast)(const uint8_t*), V128 (*portable)(const uint8_t*), std::string_view name) {
  for (V128 a : samples()) {
    uint8_t bytes[16];
    v128_store(bytes, a);
    EXPECT_TRUE(agree(fast(bytes), portable(bytes), name)) << name;
  }
}
// Splats have only one version. Instructions with lanes and stores have tests of their own.
template <Op op, class Function>
void compare_fast_form(Function* fast, Function* portable) {
  constexpr const OpInfo& info = op_info(op);
  if constexpr (info.cls == OpClass::simd_load || (info.cls == OpClass::simd && info.params[0] == SigType::v128)) {
    compare(fast, portable, info.text);
  }
}

TEST(numeric_simd, the_fast_forms_compute_what_the_portable_ones_do) {
#define VECTOR(id) compare_fast_form<Op::id>(&fast::id, &numeric::id);
#include "core/functions.def"
}

TEST(numeric_simd, the_fast_shuffle_computes_what_the_portable_one_does) {
  const std::vector<V128> list = samples();
  const V128 mask = i8x16_splat(31);
  for (V128 a : list) {
    for (V128 lanes : list) {
      const V128 indices = v128_and(lanes, mask);
      ASSERT_EQ(fast::i8x16_shuffle(a, list[7], indices), i8x16_shuffle(a, list[7], indices));
    }
  }
}

}  // namespace
}  // namespace mini_wasm::numeric
