#include "text/number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace mini_wasm::text {
namespace {

uint64_t f32(const char* literal) { return parse_float(literal, 32).value_or(~uint64_t{0}); }
uint64_t f64(const char* literal) { return parse_float(literal, 64).value_or(~uint64_t{0}); }

TEST(number, integers_are_signed_or_unsigned) {
  EXPECT_EQ(parse_integer("255", 8), 255u);
  EXPECT_EQ(parse_integer("-128", 8), 128u);
  EXPECT_EQ(parse_integer("256", 8), std::nullopt);
  EXPECT_EQ(parse_integer("-129", 8), std::nullopt);
  EXPECT_EQ(parse_integer("0xffff_ffff", 32), 0xffff'ffffu);
  EXPECT_EQ(parse_integer("-0x80000001", 32), std::nullopt);
  EXPECT_EQ(parse_integer("18446744073709551615", 64), ~uint64_t{0});
  EXPECT_EQ(parse_integer("18446744073709551616", 64), std::nullopt);
  EXPECT_EQ(parse_integer("-9223372036854775808", 64), uint64_t{1} << 63);
  EXPECT_EQ(parse_integer("-0", 32), 0u);
}

TEST(number, floats_round_to_nearest_even) {
  EXPECT_EQ(f32("1"), 0x3f80'0000u);
  EXPECT_EQ(f32("0x1.000001p0"), 0x3f80'0000u);  // a tie: rounded to even
  EXPECT_EQ(f32("0x1.000003p0"), 0x3f80'0002u);  // a tie: rounded to even
  EXPECT_EQ(f32("0x1.00000100000000000001p0"), 0x3f80'0001u);
  EXPECT_EQ(f64("0x1.00000000000008p0"), 0x3ff0'0000'0000'0000u);
  EXPECT_EQ(f64("0x1.000000000000080001p0"), 0x3ff0'0000'0000'0001u);
  // Rounded only once: if it were first rounded to a double, the result would be a tie.
  EXPECT_EQ(f32("1.00000017881393432617187499"), 0x3f80'0001u);
}

TEST(number, subnormal_floats) {
  EXPECT_EQ(f32("0x1p-149"), 1u);
  EXPECT_EQ(f32("0x1p-150"), 0u);
  EXPECT_EQ(f32("0x1.000001p-150"), 1u);
  EXPECT_EQ(f32("0x1.fffffep-127"), 0x0080'0000u);
  EXPECT_EQ(f32("0x1p-126"), 0x0080'0000u);
  EXPECT_EQ(f32("0x0.fffffep-126"), 0x007f'ffffu);
  EXPECT_EQ(f64("4.9e-324"), 1u);
  EXPECT_EQ(f64("2e-324"), 0u);
  EXPECT_EQ(f64("-1e-400"), uint64_t{1} << 63);
  EXPECT_EQ(f64("0x1p-1074"), 1u);
  EXPECT_EQ(f64("0x1p-99999999999999999999"), 0u);
  EXPECT_EQ(f64("0x0p99999999999999999999"), 0u);
  EXPECT_EQ(f64("0e99999999999999999999"), 0u);
}

TEST(number, floats_out_of_range) {
  EXPECT_EQ(f32("0x1.fffffefffffff8p127"), 0x7f7f'ffffu);
  EXPECT_EQ(parse_float("0x1.ffffffp127", 32), std::nullopt);
  EXPECT_EQ(parse_float("340282356779733661637539395458142568448", 32), std::nullopt);
  EXPECT_EQ(f32("340282356779733661637539395458142568447"), 0x7f7f'ffffu);
  EXPECT_EQ(parse_float("1e309", 64), std::nullopt);
  EXPECT_EQ(parse_float("0x1p1024", 64), std::nullopt);
  EXPECT_EQ(parse_float("-1e99999999999999999999", 64), std::nullopt);
}

TEST(number, infinities_and_nans) {
  EXPECT_EQ(f32("-inf"), 0xff80'0000u);
  EXPECT_EQ(f64("nan"), 0x7ff8'0000'0000'0000u);
  EXPECT_EQ(f32("-nan:0x1"), 0xff80'0001u);
  EXPECT_EQ(f32("nan:0x7f_ffff"), 0x7fff'ffffu);
  EXPECT_EQ(parse_float("nan:0x80_0000", 32), std::nullopt);
  EXPECT_EQ(parse_float("nan:0x0", 64), std::nullopt);
}

TEST(number, underscores_do_not_count) { EXPECT_EQ(f64("1_000.5_0e0_1"), std::bit_cast<uint64_t>(10005.0)); }

// The C library also rounds hexadecimal and decimal numbers correctly.
TEST(number, agrees_with_the_c_library) {
  std::mt19937_64 random(7);
  char text[64];
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random() & ~(uint64_t{1} << 63);
    const double value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) continue;
    std::snprintf(text, sizeof text, "%a", value);
    EXPECT_EQ(f64(text), bits) << text;
    std::snprintf(text, sizeof text, "%.17g", value);
    EXPECT_EQ(f64(text), bits) << text;
    const float narrow = std::bit_cast<float>(static_cast<uint32_t>(random()) & 0x7fff'ffff);
    if (!std::isfinite(narrow)) continue;
    std::snprintf(text, sizeof text, "%.13g", static_cast<double>(narrow) * 1.0000001);
    const float expected = std::strtof(text, nullptr);
    if (!std::isfinite(expected)) continue;
    EXPECT_EQ(f32(text), std::bit_cast<uint32_t>(expected)) << text;
  }
}

}  // namespace
}  // namespace mini_wasm::text
