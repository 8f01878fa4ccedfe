#include "scripts/pattern_match.h"

#include <gtest/gtest.h>

namespace mini_wasm::spec {
namespace {

using namespace text;  // the types of scripts

Val f32_bits(uint32_t bits) { return Val::from_bits(ValType::f32, bits); }
Val f64_bits(uint64_t bits) { return Val::from_bits(ValType::f64, bits); }
Pattern number(ValType type, LanePattern::Kind kind, uint64_t bits = 0) { return {NumberPattern{type, {kind, bits}}}; }
Pattern number(ValType type, uint64_t bits) { return number(type, LanePattern::Kind::bits, bits); }

constexpr auto kCanonical = LanePattern::Kind::canonical_nan;
constexpr auto kArithmetic = LanePattern::Kind::arithmetic_nan;

TEST(pattern_match, numbers_match_by_bits_and_type) {
  EXPECT_TRUE(matches(number(ValType::i32, 0xffff'ffff), Val::i32(-1)));
  EXPECT_FALSE(matches(number(ValType::i32, 0xffff'fffe), Val::i32(-1)));
  EXPECT_FALSE(matches(number(ValType::i64, 1), Val::i32(1)));
  EXPECT_TRUE(matches(number(ValType::i64, ~uint64_t{0}), Val::i64(-1)));
  EXPECT_TRUE(matches(number(ValType::f32, 0x8000'0000), Val::f32(-0.0F)));
  EXPECT_FALSE(matches(number(ValType::f32, 0), Val::f32(-0.0F)));
  EXPECT_FALSE(matches(number(ValType::f64, 0), Val::f64(-0.0)));
}

TEST(pattern_match, canonical_nan_has_only_the_top_payload_bit) {
  const Pattern f32 = number(ValType::f32, kCanonical), f64 = number(ValType::f64, kCanonical);
  EXPECT_TRUE(matches(f32, f32_bits(0x7fc0'0000)));
  EXPECT_TRUE(matches(f32, f32_bits(0xffc0'0000)));
  EXPECT_FALSE(matches(f32, f32_bits(0x7fc0'0001)));
  EXPECT_FALSE(matches(f32, f32_bits(0x7fa0'0000)));
  EXPECT_FALSE(matches(f32, f32_bits(0x7f80'0000)));  // infinity
  EXPECT_TRUE(matches(f64, f64_bits(0x7ff8'0000'0000'0000)));
  EXPECT_TRUE(matches(f64, f64_bits(0xfff8'0000'0000'0000)));
  EXPECT_FALSE(matches(f64, f64_bits(0x7ff8'0000'0000'0001)));
  EXPECT_FALSE(matches(f64, f64_bits(0x7ff0'0000'0000'0000)));
}

TEST(pattern_match, arithmetic_nan_has_at_least_the_top_payload_bit) {
  const Pattern f32 = number(ValType::f32, kArithmetic), f64 = number(ValType::f64, kArithmetic);
  EXPECT_TRUE(matches(f32, f32_bits(0x7fc0'0000)));
  EXPECT_TRUE(matches(f32, f32_bits(0xffff'ffff)));
  EXPECT_FALSE(matches(f32, f32_bits(0x7fa0'0000)));  // signalling
  EXPECT_FALSE(matches(f32, f32_bits(0x7f80'0000)));
  EXPECT_TRUE(matches(f64, f64_bits(0x7ff8'0000'0000'0001)));
  EXPECT_FALSE(matches(f64, f64_bits(0x7ff4'0000'0000'0000)));
  EXPECT_FALSE(matches(f64, Val::f64(1)));
}

TEST(pattern_match, vectors_match_lane_by_lane) {
  const Val value = Val::from_bits(ValType::v128, 0x7fc0'0000'0000'0001, 0xffff'ffff'3f80'0000);
  const auto bits = [](uint64_t b) { return LanePattern{LanePattern::Kind::bits, b}; };
  EXPECT_TRUE(matches({VectorPattern{32, {bits(1), {kCanonical}, bits(0x3f80'0000), {kArithmetic}}}}, value));
  EXPECT_FALSE(matches({VectorPattern{32, {bits(1), {kCanonical}, bits(0x3f80'0000), {kCanonical}}}}, value));
  EXPECT_FALSE(matches({VectorPattern{32, {bits(1), {kCanonical}, bits(0x3f80'0001), {kArithmetic}}}}, value));
  EXPECT_TRUE(matches({VectorPattern{64, {bits(0x7fc0'0000'0000'0001), bits(0xffff'ffff'3f80'0000)}}}, value));
  EXPECT_TRUE(matches(
      {VectorPattern{16, {bits(1), bits(0), bits(0), bits(0x7fc0), bits(0), bits(0x3f80), bits(0xffff), bits(0xffff)}}},
      value));
  EXPECT_FALSE(matches({VectorPattern{32, {bits(1)}}}, value)) << "too few lanes";
  EXPECT_FALSE(matches({VectorPattern{32, {bits(0), bits(0), bits(0), bits(0)}}}, Val::i32(0)));
}

TEST(pattern_match, references_match_by_nullness_and_hierarchy) {
  const Val null_func = Val::null(ValType::funcref), null_extern = Val::null(ValType::externref);
  const Val func = Val::func(reinterpret_cast<runtime::FuncInst*>(16));
  const Pattern any_null{RefPattern{RefPattern::Kind::null, std::nullopt}};
  const Pattern func_null{RefPattern{RefPattern::Kind::null, HeapKind::func}};
  const Pattern some_func{RefPattern{RefPattern::Kind::not_null, HeapKind::func}};
  const Pattern some_extern{RefPattern{RefPattern::Kind::not_null, HeapKind::extern_}};
  EXPECT_TRUE(matches(any_null, null_func));
  EXPECT_TRUE(matches(any_null, null_extern));
  EXPECT_FALSE(matches(any_null, func));
  EXPECT_FALSE(matches(any_null, Val::i32(0)));
  EXPECT_TRUE(matches(func_null, null_func));
  EXPECT_FALSE(matches(func_null, null_extern));
  EXPECT_TRUE(matches(some_func, func));
  EXPECT_FALSE(matches(some_func, null_func));
  EXPECT_FALSE(matches(some_extern, func));
}

TEST(pattern_match, host_references_match_by_number) {
  const Engine engine;
  Store store(engine);
  const Pattern zero{RefPattern{RefPattern::Kind::host, HeapKind::extern_, 0}};
  const Pattern seven{RefPattern{RefPattern::Kind::host, HeapKind::extern_, 7}};
  const Val value = make_value(store, {ValType::externref, {7, 0}});
  EXPECT_TRUE(matches(seven, value));
  EXPECT_FALSE(matches(zero, value));
  EXPECT_TRUE(matches(zero, make_value(store, {ValType::externref, {0, 0}})));
  EXPECT_FALSE(matches(zero, make_value(store, {ValType::externref, {0, 0}, /*null=*/true})));
}

TEST(pattern_match, either_needs_one_that_matches) {
  const Pattern either{EitherPattern{{number(ValType::i32, 1), number(ValType::i32, 2)}}};
  EXPECT_TRUE(matches(either, Val::i32(1)));
  EXPECT_TRUE(matches(either, Val::i32(2)));
  EXPECT_FALSE(matches(either, Val::i32(3)));
}

TEST(pattern_match, results_match_in_number_and_order) {
  const std::vector<Pattern> patterns = {number(ValType::i32, 1), number(ValType::i64, 2)};
  EXPECT_TRUE(matches(patterns, std::vector{Val::i32(1), Val::i64(2)}));
  EXPECT_FALSE(matches(patterns, std::vector{Val::i64(2), Val::i32(1)}));
  EXPECT_FALSE(matches(patterns, std::vector{Val::i32(1)}));
  EXPECT_TRUE(matches(std::vector<Pattern>{}, std::vector<Val>{}));
}

TEST(pattern_match, literals_become_values) {
  const Engine engine;
  Store store(engine);
  EXPECT_EQ(make_value(store, {ValType::f32, {0x7fa0'0001, 0}}).bits(), 0x7fa0'0001U) << "the payload of a NaN stays";
  EXPECT_EQ(make_value(store, {ValType::v128, {1, 2}}).bits(1), 2U);
  EXPECT_TRUE(make_value(store, {ValType::funcref, {}, /*null=*/true}).is_null());
}

}  // namespace
}  // namespace mini_wasm::spec
