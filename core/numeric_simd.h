// The results of all vector instructions (spec 4.3 "Vector Operations"): one function for each opcode, with its
// name; see numeric.h.
//
// A lane index, or for shuffles a vector of them, is the last parameter and has been validated. Memory instructions
// receive the address of their bytes. If an operation results in a NaN, the CPU chooses which one, as in numeric.h.
// numeric_simd_x64.h has faster versions of some functions.
#pragma once

#include "core/numeric_simd_lanes.h"

namespace mini_wasm::numeric {

// ---- All bits

inline V128 v128_not(V128 a) { return {~a.bits}; }
inline V128 v128_and(V128 a, V128 b) { return {a.bits & b.bits}; }
inline V128 v128_andnot(V128 a, V128 b) { return {a.bits & ~b.bits}; }
inline V128 v128_or(V128 a, V128 b) { return {a.bits | b.bits}; }
inline V128 v128_xor(V128 a, V128 b) { return {a.bits ^ b.bits}; }
inline V128 v128_bitselect(V128 a, V128 b, V128 c) { return detail::bitselect(a, b, c); }
inline uint32_t v128_any_true(V128 a) { return (a.bits[0] | a.bits[1]) != 0; }

// ---- Splats and lanes

inline V128 i8x16_shuffle(V128 a, V128 b, V128 indices) { return detail::shuffle(a, b, indices); }
inline V128 i8x16_swizzle(V128 a, V128 b) { return detail::swizzle(a, b); }
inline V128 i8x16_splat(uint32_t x) { return detail::splat<uint8_t>(x); }
inline V128 i16x8_splat(uint32_t x) { return detail::splat<uint16_t>(x); }
inline V128 i32x4_splat(uint32_t x) { return detail::splat<uint32_t>(x); }
inline V128 i64x2_splat(uint64_t x) { return detail::splat<uint64_t>(x); }
inline V128 f32x4_splat(float x) { return detail::splat<float>(x); }
inline V128 f64x2_splat(double x) { return detail::splat<double>(x); }
inline uint32_t i8x16_extract_lane_s(V128 a, uint32_t lane) { return detail::extract_s<int8_t>(a, lane); }
inline uint32_t i8x16_extract_lane_u(V128 a, uint32_t lane) { return detail::extract<uint8_t>(a, lane); }
inline V128 i8x16_replace_lane(V128 a, uint32_t x, uint32_t lane) { return detail::replace<uint8_t>(a, x, lane); }
inline uint32_t i16x8_extract_lane_s(V128 a, uint32_t lane) { return detail::extract_s<int16_t>(a, lane); }
inline uint32_t i16x8_extract_lane_u(V128 a, uint32_t lane) { return detail::extract<uint16_t>(a, lane); }
inline V128 i16x8_replace_lane(V128 a, uint32_t x, uint32_t lane) { return detail::replace<uint16_t>(a, x, lane); }
inline uint32_t i32x4_extract_lane(V128 a, uint32_t lane) { return detail::extract<uint32_t>(a, lane); }
inline V128 i32x4_replace_lane(V128 a, uint32_t x, uint32_t lane) { return detail::replace<uint32_t>(a, x, lane); }
inline uint64_t i64x2_extract_lane(V128 a, uint32_t lane) { return detail::extract<uint64_t>(a, lane); }
inline V128 i64x2_replace_lane(V128 a, uint64_t x, uint32_t lane) { return detail::replace<uint64_t>(a, x, lane); }
inline float f32x4_extract_lane(V128 a, uint32_t lane) { return detail::extract<float>(a, lane); }
inline V128 f32x4_replace_lane(V128 a, float x, uint32_t lane) { return detail::replace<float>(a, x, lane); }
inline double f64x2_extract_lane(V128 a, uint32_t lane) { return detail::extract<double>(a, lane); }
inline V128 f64x2_replace_lane(V128 a, double x, uint32_t lane) { return detail::replace<double>(a, x, lane); }

// ---- i8x16

inline V128 i8x16_eq(V128 a, V128 b) { return detail::eq<uint8_t>(a, b); }
inline V128 i8x16_ne(V128 a, V128 b) { return detail::ne<uint8_t>(a, b); }
inline V128 i8x16_lt_s(V128 a, V128 b) { return detail::lt<int8_t>(a, b); }
inline V128 i8x16_lt_u(V128 a, V128 b) { return detail::lt<uint8_t>(a, b); }
inline V128 i8x16_gt_s(V128 a, V128 b) { return detail::lt<int8_t>(b, a); }
inline V128 i8x16_gt_u(V128 a, V128 b) { return detail::lt<uint8_t>(b, a); }
inline V128 i8x16_le_s(V128 a, V128 b) { return detail::le<int8_t>(a, b); }
inline V128 i8x16_le_u(V128 a, V128 b) { return detail::le<uint8_t>(a, b); }
inline V128 i8x16_ge_s(V128 a, V128 b) { return detail::le<int8_t>(b, a); }
inline V128 i8x16_ge_u(V128 a, V128 b) { return detail::le<uint8_t>(b, a); }
inline V128 i8x16_abs(V128 a) { return detail::abs<uint8_t>(a); }
inline V128 i8x16_neg(V128 a) { return detail::neg<uint8_t>(a); }
inline V128 i8x16_popcnt(V128 a) { return detail::popcnt(a); }
inline uint32_t i8x16_all_true(V128 a) { return detail::all_true<uint8_t>(a); }
inline uint32_t i8x16_bitmask(V128 a) { return detail::bitmask<uint8_t>(a); }
inline V128 i8x16_narrow_i16x8_s(V128 a, V128 b) { return detail::narrow<int16_t, int8_t>(a, b); }
inline V128 i8x16_narrow_i16x8_u(V128 a, V128 b) { return detail::narrow<int16_t, uint8_t>(a, b); }
inline V128 i8x16_shl(V128 a, uint32_t count) { return detail::shl<uint8_t>(a, count); }
inline V128 i8x16_shr_s(V128 a, uint32_t count) { return detail::shr<int8_t>(a, count); }
inline V128 i8x16_shr_u(V128 a, uint32_t count) { return detail::shr<uint8_t>(a, count); }
inline V128 i8x16_add(V128 a, V128 b) { return detail::add<uint8_t>(a, b); }
inline V128 i8x16_add_sat_s(V128 a, V128 b) { return detail::add_sat<int8_t>(a, b); }
inline V128 i8x16_add_sat_u(V128 a, V128 b) { return detail::add_sat<uint8_t>(a, b); }
inline V128 i8x16_sub(V128 a, V128 b) { return detail::sub<uint8_t>(a, b); }
inline V128 i8x16_sub_sat_s(V128 a, V128 b) { return detail::sub_sat<int8_t>(a, b); }
inline V128 i8x16_sub_sat_u(V128 a, V128 b) { return detail::sub_sat<uint8_t>(a, b); }
inline V128 i8x16_min_s(V128 a, V128 b) { return detail::min<int8_t>(a, b); }
inline V128 i8x16_min_u(V128 a, V128 b) { return detail::min<uint8_t>(a, b); }
inline V128 i8x16_max_s(V128 a, V128 b) { return detail::max<int8_t>(a, b); }
inline V128 i8x16_max_u(V128 a, V128 b) { return detail::max<uint8_t>(a, b); }
inline V128 i8x16_avgr_u(V128 a, V128 b) { return detail::avgr<uint8_t>(a, b); }

// ---- i16x8

inline V128 i16x8_eq(V128 a, V128 b) { return detail::eq<uint16_t>(a, b); }
inline V128 i16x8_ne(V128 a, V128 b) { return detail::ne<uint16_t>(a, b); }
inline V128 i16x8_lt_s(V128 a, V128 b) { return detail::lt<int16_t>(a, b); }
inline V128 i16x8_lt_u(V128 a, V128 b) { return detail::lt<uint16_t>(a, b); }
inline V128 i16x8_gt_s(V128 a, V128 b) { return detail::lt<int16_t>(b, a); }
inline V128 i16x8_gt_u(V128 a, V128 b) { return detail::lt<uint16_t>(b, a); }
inline V128 i16x8_le_s(V128 a, V128 b) { return detail::le<int16_t>(a, b); }
inline V128 i16x8_le_u(V128 a, V128 b) { return detail::le<uint16_t>(a, b); }
inline V128 i16x8_ge_s(V128 a, V128 b) { return detail::le<int16_t>(b, a); }
inline V128 i16x8_ge_u(V128 a, V128 b) { return detail::le<uint16_t>(b, a); }
inline V128 i16x8_extadd_pairwise_i8x16_s(V128 a) { return detail::extadd_pairwise<int8_t, int16_t>(a); }
inline V128 i16x8_extadd_pairwise_i8x16_u(V128 a) { return detail::extadd_pairwise<uint8_t, uint16_t>(a); }
inline V128 i16x8_abs(V128 a) { return detail::abs<uint16_t>(a); }
inline V128 i16x8_neg(V128 a) { return detail::neg<uint16_t>(a); }
inline V128 i16x8_q15mulr_sat_s(V128 a, V128 b) { return detail::q15mulr_sat(a, b); }
inline uint32_t i16x8_all_true(V128 a) { return detail::all_true<uint16_t>(a); }
inline uint32_t i16x8_bitmask(V128 a) { return detail::bitmask<uint16_t>(a); }
inline V128 i16x8_narrow_i32x4_s(V128 a, V128 b) { return detail::narrow<int32_t, int16_t>(a, b); }
inline V128 i16x8_narrow_i32x4_u(V128 a, V128 b) { return detail::narrow<int32_t, uint16_t>(a, b); }
inline V128 i16x8_extend_low_i8x16_s(V128 a) { return detail::extend_low<int8_t, int16_t>(a); }
inline V128 i16x8_extend_high_i8x16_s(V128 a) { return detail::extend_high<int8_t, int16_t>(a); }
inline V128 i16x8_extend_low_i8x16_u(V128 a) { return detail::extend_low<uint8_t, uint16_t>(a); }
inline V128 i16x8_extend_high_i8x16_u(V128 a) { return detail::extend_high<uint8_t, uint16_t>(a); }
inline V128 i16x8_shl(V128 a, uint32_t count) { return detail::shl<uint16_t>(a, count); }
inline V128 i16x8_shr_s(V128 a, uint32_t count) { return detail::shr<int16_t>(a, count); }
inline V128 i16x8_shr_u(V128 a, uint32_t count) { return detail::shr<uint16_t>(a, count); }
inline V128 i16x8_add(V128 a, V128 b) { return detail::add<uint16_t>(a, b); }
inline V128 i16x8_add_sat_s(V128 a, V128 b) { return detail::add_sat<int16_t>(a, b); }
inline V128 i16x8_add_sat_u(V128 a, V128 b) { return detail::add_sat<uint16_t>(a, b); }
inline V128 i16x8_sub(V128 a, V128 b) { return detail::sub<uint16_t>(a, b); }
inline V128 i16x8_sub_sat_s(V128 a, V128 b) { return detail::sub_sat<int16_t>(a, b); }
inline V128 i16x8_sub_sat_u(V128 a, V128 b) { return detail::sub_sat<uint16_t>(a, b); }
inline V128 i16x8_mul(V128 a, V128 b) { return detail::mul<uint16_t>(a, b); }
inline V128 i16x8_min_s(V128 a, V128 b) { return detail::min<int16_t>(a, b); }
inline V128 i16x8_min_u(V128 a, V128 b) { return detail::min<uint16_t>(a, b); }
inline V128 i16x8_max_s(V128 a, V128 b) { return detail::max<int16_t>(a, b); }
inline V128 i16x8_max_u(V128 a, V128 b) { return detail::max<uint16_t>(a, b); }
inline V128 i16x8_avgr_u(V128 a, V128 b) { return detail::avgr<uint16_t>(a, b); }
inline V128 i16x8_extmul_low_i8x16_s(V128 a, V128 b) { return detail::extmul_low<int8_t, int16_t>(a, b); }
inline V128 i16x8_extmul_high_i8x16_s(V128 a, V128 b) { return detail::extmul_high<int8_t, int16_t>(a, b); }
inline V128 i16x8_extmul_low_i8x16_u(V128 a, V128 b) { return detail::extmul_low<uint8_t, uint16_t>(a, b); }
inline V128 i16x8_extmul_high_i8x16_u(V128 a, V128 b) { return detail::extmul_high<uint8_t, uint16_t>(a, b); }

// ---- i32x4

inline V128 i32x4_eq(V128 a, V128 b) { return detail::eq<uint32_t>(a, b); }
inline V128 i32x4_ne(V128 a, V128 b) { return detail::ne<uint32_t>(a, b); }
inline V128 i32x4_lt_s(V128 a, V128 b) { return detail::lt<int32_t>(a, b); }
inline V128 i32x4_lt_u(V128 a, V128 b) { return detail::lt<uint32_t>(a, b); }
inline V128 i32x4_gt_s(V128 a, V128 b) { return detail::lt<int32_t>(b, a); }
inline V128 i32x4_gt_u(V128 a, V128 b) { return detail::lt<uint32_t>(b, a); }
inline V128 i32x4_le_s(V128 a, V128 b) { return detail::le<int32_t>(a, b); }
inline V128 i32x4_le_u(V128 a, V128 b) { return detail::le<uint32_t>(a, b); }
inline V128 i32x4_ge_s(V128 a, V128 b) { return detail::le<int32_t>(b, a); }
inline V128 i32x4_ge_u(V128 a, V128 b) { return detail::le<uint32_t>(b, a); }
inline V128 i32x4_extadd_pairwise_i16x8_s(V128 a) { return detail::extadd_pairwise<int16_t, int32_t>(a); }
inline V128 i32x4_extadd_pairwise_i16x8_u(V128 a) { return detail::extadd_pairwise<uint16_t, uint32_t>(a); }
inline V128 i32x4_abs(V128 a) { return detail::abs<uint32_t>(a); }
inline V128 i32x4_neg(V128 a) { return detail::neg<uint32_t>(a); }
inline uint32_t i32x4_all_true(V128 a) { return detail::all_true<uint32_t>(a); }
inline uint32_t i32x4_bitmask(V128 a) { return detail::bitmask<uint32_t>(a); }
inline V128 i32x4_extend_low_i16x8_s(V128 a) { return detail::extend_low<int16_t, int32_t>(a); }
inline V128 i32x4_extend_high_i16x8_s(V128 a) { return detail::extend_high<int16_t, int32_t>(a); }
inline V128 i32x4_extend_low_i16x8_u(V128 a) { return detail::extend_low<uint16_t, uint32_t>(a); }
inline V128 i32x4_extend_high_i16x8_u(V128 a) { return detail::extend_high<uint16_t, uint32_t>(a); }
inline V128 i32x4_shl(V128 a, uint32_t count) { return detail::shl<uint32_t>(a, count); }
inline V128 i32x4_shr_s(V128 a, uint32_t count) { return detail::shr<int32_t>(a, count); }
inline V128 i32x4_shr_u(V128 a, uint32_t count) { return detail::shr<uint32_t>(a, count); }
inline V128 i32x4_add(V128 a, V128 b) { return detail::add<uint32_t>(a, b); }
inline V128 i32x4_sub(V128 a, V128 b) { return detail::sub<uint32_t>(a, b); }
inline V128 i32x4_mul(V128 a, V128 b) { return detail::mul<uint32_t>(a, b); }
inline V128 i32x4_min_s(V128 a, V128 b) { return detail::min<int32_t>(a, b); }
inline V128 i32x4_min_u(V128 a, V128 b) { return detail::min<uint32_t>(a, b); }
inline V128 i32x4_max_s(V128 a, V128 b) { return detail::max<int32_t>(a, b); }
inline V128 i32x4_max_u(V128 a, V128 b) { return detail::max<uint32_t>(a, b); }
inline V128 i32x4_dot_i16x8_s(V128 a, V128 b) { return detail::dot(a, b); }
inline V128 i32x4_extmul_low_i16x8_s(V128 a, V128 b) { return detail::extmul_low<int16_t, int32_t>(a, b); }
inline V128 i32x4_extmul_high_i16x8_s(V128 a, V128 b) { return detail::extmul_high<int16_t, int32_t>(a, b); }
inline V128 i32x4_extmul_low_i16x8_u(V128 a, V128 b) { return detail::extmul_low<uint16_t, uint32_t>(a, b); }
inline V128 i32x4_extmul_high_i16x8_u(V128 a, V128 b) { return detail::extmul_high<uint16_t, uint32_t>(a, b); }
inline V128 i32x4_trunc_sat_f32x4_s(V128 a) { return detail::each<float, uint32_t>(a, i32_trunc_sat_f32_s); }
inline V128 i32x4_trunc_sat_f32x4_u(V128 a) { return detail::each<float, uint32_t>(a, i32_trunc_sat_f32_u); }
inline V128 i32x4_trunc_sat_f64x2_s_zero(V128 a) { return detail::each<double, uint32_t>(a, i32_trunc_sat_f64_s); }
inline V128 i32x4_trunc_sat_f64x2_u_zero(V128 a) { return detail::each<double, uint32_t>(a, i32_trunc_sat_f64_u); }

// ---- i64x2

inline V128 i64x2_abs(V128 a) { return detail::abs<uint64_t>(a); }
inline V128 i64x2_neg(V128 a) { return detail::neg<uint64_t>(a); }
inline uint32_t i64x2_all_true(V128 a) { return detail::all_true<uint64_t>(a); }
inline uint32_t i64x2_bitmask(V128 a) { return detail::bitmask<uint64_t>(a); }
inline V128 i64x2_extend_low_i32x4_s(V128 a) { return detail::extend_low<int32_t, int64_t>(a); }
inline V128 i64x2_extend_high_i32x4_s(V128 a) { return detail::extend_high<int32_t, int64_t>(a); }
inline V128 i64x2_extend_low_i32x4_u(V128 a) { return detail::extend_low<uint32_t, uint64_t>(a); }
inline V128 i64x2_extend_high_i32x4_u(V128 a) { return detail::extend_high<uint32_t, uint64_t>(a); }
inline V128 i64x2_shl(V128 a, uint32_t count) { return detail::shl<uint64_t>(a, count); }
inline V128 i64x2_shr_s(V128 a, uint32_t count) { return detail::shr<int64_t>(a, count); }
inline V128 i64x2_shr_u(V128 a, uint32_t count) { return detail::shr<uint64_t>(a, count); }
inline V128 i64x2_add(V128 a, V128 b) { return detail::add<uint64_t>(a, b); }
inline V128 i64x2_sub(V128 a, V128 b) { return detail::sub<uint64_t>(a, b); }
inline V128 i64x2_mul(V128 a, V128 b) { return detail::mul<uint64_t>(a, b); }
inline V128 i64x2_eq(V128 a, V128 b) { return detail::eq<uint64_t>(a, b); }
inline V128 i64x2_ne(V128 a, V128 b) { return detail::ne<uint64_t>(a, b); }
inline V128 i64x2_lt_s(V128 a, V128 b) { return detail::lt<int64_t>(a, b); }
inline V128 i64x2_gt_s(V128 a, V128 b) { return detail::lt<int64_t>(b, a); }
inline V128 i64x2_le_s(V128 a, V128 b) { return detail::le<int64_t>(a, b); }
inline V128 i64x2_ge_s(V128 a, V128 b) { return detail::le<int64_t>(b, a); }
inline V128 i64x2_extmul_low_i32x4_s(V128 a, V128 b) { return detail::extmul_low<int32_t, int64_t>(a, b); }
inline V128 i64x2_extmul_high_i32x4_s(V128 a, V128 b) { return detail::extmul_high<int32_t, int64_t>(a, b); }
inline V128 i64x2_extmul_low_i32x4_u(V128 a, V128 b) { return detail::extmul_low<uint32_t, uint64_t>(a, b); }
inline V128 i64x2_extmul_high_i32x4_u(V128 a, V128 b) { return detail::extmul_high<uint32_t, uint64_t>(a, b); }

// ---- f32x4

inline V128 f32x4_eq(V128 a, V128 b) { return detail::eq<float>(a, b); }
inline V128 f32x4_ne(V128 a, V128 b) { return detail::ne<float>(a, b); }
inline V128 f32x4_lt(V128 a, V128 b) { return detail::lt<float>(a, b); }
inline V128 f32x4_gt(V128 a, V128 b) { return detail::lt<float>(b, a); }
inline V128 f32x4_le(V128 a, V128 b) { return detail::le<float>(a, b); }
inline V128 f32x4_ge(V128 a, V128 b) { return detail::le<float>(b, a); }
inline V128 f32x4_demote_f64x2_zero(V128 a) { return detail::each<double, float>(a, f32_demote_f64); }
inline V128 f32x4_ceil(V128 a) { return detail::each<float>(a, f32_ceil); }
inline V128 f32x4_floor(V128 a) { return detail::each<float>(a, f32_floor); }
inline V128 f32x4_trunc(V128 a) { return detail::each<float>(a, f32_trunc); }
inline V128 f32x4_nearest(V128 a) { return detail::each<float>(a, f32_nearest); }
inline V128 f32x4_abs(V128 a) { return detail::fabs<float>(a); }
inline V128 f32x4_neg(V128 a) { return detail::fneg<float>(a); }
inline V128 f32x4_sqrt(V128 a) { return detail::each<float>(a, f32_sqrt); }
inline V128 f32x4_add(V128 a, V128 b) { return detail::add<float>(a, b); }
inline V128 f32x4_sub(V128 a, V128 b) { return detail::sub<float>(a, b); }
inline V128 f32x4_mul(V128 a, V128 b) { return detail::mul<float>(a, b); }
inline V128 f32x4_div(V128 a, V128 b) { return detail::pack(detail::lanes<float>(a) / detail::lanes<float>(b)); }
inline V128 f32x4_min(V128 a, V128 b) { return detail::each<float>(a, b, f32_min); }
inline V128 f32x4_max(V128 a, V128 b) { return detail::each<float>(a, b, f32_max); }
inline V128 f32x4_pmin(V128 a, V128 b) { return detail::bitselect(b, a, detail::lt<float>(b, a)); }
inline V128 f32x4_pmax(V128 a, V128 b) { return detail::bitselect(b, a, detail::lt<float>(a, b)); }
inline V128 f32x4_convert_i32x4_s(V128 a) { return detail::each<uint32_t, float>(a, f32_convert_i32_s); }
inline V128 f32x4_convert_i32x4_u(V128 a) { return detail::each<uint32_t, float>(a, f32_convert_i32_u); }

// ---- f64x2

inline V128 f64x2_eq(V128 a, V128 b) { return detail::eq<double>(a, b); }
inline V128 f64x2_ne(V128 a, V128 b) { return detail::ne<double>(a, b); }
inline V128 f64x2_lt(V128 a, V128 b) { return detail::lt<double>(a, b); }
inline V128 f64x2_gt(V128 a, V128 b) { return detail::lt<double>(b, a); }
inline V128 f64x2_le(V128 a, V128 b) { return detail::le<double>(a, b); }
inline V128 f64x2_ge(V128 a, V128 b) { return detail::le<double>(b, a); }
inline V128 f64x2_promote_low_f32x4(V128 a) { return detail::each<float, double>(a, f64_promote_f32); }
inline V128 f64x2_ceil(V128 a) { return detail::each<double>(a, f64_ceil); }
inline V128 f64x2_floor(V128 a) { return detail::each<double>(a, f64_floor); }
inline V128 f64x2_trunc(V128 a) { return detail::each<double>(a, f64_trunc); }
inline V128 f64x2_nearest(V128 a) { return detail::each<double>(a, f64_nearest); }
inline V128 f64x2_abs(V128 a) { return detail::fabs<double>(a); }
inline V128 f64x2_neg(V128 a) { return detail::fneg<double>(a); }
inline V128 f64x2_sqrt(V128 a) { return detail::each<double>(a, f64_sqrt); }
inline V128 f64x2_add(V128 a, V128 b) { return detail::add<double>(a, b); }
inline V128 f64x2_sub(V128 a, V128 b) { return detail::sub<double>(a, b); }
inline V128 f64x2_mul(V128 a, V128 b) { return detail::mul<double>(a, b); }
inline V128 f64x2_div(V128 a, V128 b) { return detail::pack(detail::lanes<double>(a) / detail::lanes<double>(b)); }
inline V128 f64x2_min(V128 a, V128 b) { return detail::each<double>(a, b, f64_min); }
inline V128 f64x2_max(V128 a, V128 b) { return detail::each<double>(a, b, f64_max); }
inline V128 f64x2_pmin(V128 a, V128 b) { return detail::bitselect(b, a, detail::lt<double>(b, a)); }
inline V128 f64x2_pmax(V128 a, V128 b) { return detail::bitselect(b, a, detail::lt<double>(a, b)); }
inline V128 f64x2_convert_low_i32x4_s(V128 a) { return detail::each<uint32_t, double>(a, f64_convert_i32_s); }
inline V128 f64x2_convert_low_i32x4_u(V128 a) { return detail::each<uint32_t, double>(a, f64_convert_i32_u); }

// ---- Relaxed: as in the deterministic profile (spec 7.2), so that a program has the same results everywhere

inline V128 i8x16_relaxed_swizzle(V128 a, V128 b) { return detail::swizzle(a, b); }
inline V128 i32x4_relaxed_trunc_f32x4_s(V128 a) { return i32x4_trunc_sat_f32x4_s(a); }
inline V128 i32x4_relaxed_trunc_f32x4_u(V128 a) { return i32x4_trunc_sat_f32x4_u(a); }
inline V128 i32x4_relaxed_trunc_f64x2_s_zero(V128 a) { return i32x4_trunc_sat_f64x2_s_zero(a); }
inline V128 i32x4_relaxed_trunc_f64x2_u_zero(V128 a) { return i32x4_trunc_sat_f64x2_u_zero(a); }
inline V128 f32x4_relaxed_madd(V128 a, V128 b, V128 c) { return detail::fmul_add<float>(a, b, c); }
inline V128 f32x4_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return detail::fmul_add<float>(detail::fneg<float>(a), b, c);
}
inline V128 f64x2_relaxed_madd(V128 a, V128 b, V128 c) { return detail::fmul_add<double>(a, b, c); }
inline V128 f64x2_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return detail::fmul_add<double>(detail::fneg<double>(a), b, c);
}
inline V128 i8x16_relaxed_laneselect(V128 a, V128 b, V128 c) { return detail::bitselect(a, b, c); }
inline V128 i16x8_relaxed_laneselect(V128 a, V128 b, V128 c) { return detail::bitselect(a, b, c); }
inline V128 i32x4_relaxed_laneselect(V128 a, V128 b, V128 c) { return detail::bitselect(a, b, c); }
inline V128 i64x2_relaxed_laneselect(V128 a, V128 b, V128 c) { return detail::bitselect(a, b, c); }
inline V128 f32x4_relaxed_min(V128 a, V128 b) { return f32x4_min(a, b); }
inline V128 f32x4_relaxed_max(V128 a, V128 b) { return f32x4_max(a, b); }
inline V128 f64x2_relaxed_min(V128 a, V128 b) { return f64x2_min(a, b); }
inline V128 f64x2_relaxed_max(V128 a, V128 b) { return f64x2_max(a, b); }
inline V128 i16x8_relaxed_q15mulr_s(V128 a, V128 b) { return detail::q15mulr_sat(a, b); }
inline V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) { return detail::dot_i8_sat(a, b); }
inline V128 i32x4_relaxed_dot_i8x16_i7x16_add_s(V128 a, V128 b, V128 c) {
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s(detail::dot_i8_sat(a, b)), c);
}

// ---- Memory: `at` is the address of the bytes

inline V128 v128_load(const uint8_t* at) { return detail::load<V128>(at); }
inline V128 v128_load8x8_s(const uint8_t* at) { return detail::load_extended<int8_t, int16_t>(at); }
inline V128 v128_load8x8_u(const uint8_t* at) { return detail::load_extended<uint8_t, uint16_t>(at); }
inline V128 v128_load16x4_s(const uint8_t* at) { return detail::load_extended<int16_t, int32_t>(at); }
inline V128 v128_load16x4_u(const uint8_t* at) { return detail::load_extended<uint16_t, uint32_t>(at); }
inline V128 v128_load32x2_s(const uint8_t* at) { return detail::load_extended<int32_t, int64_t>(at); }
inline V128 v128_load32x2_u(const uint8_t* at) { return detail::load_extended<uint32_t, uint64_t>(at); }
inline V128 v128_load8_splat(const uint8_t* at) { return detail::splat<uint8_t>(detail::load<uint8_t>(at)); }
inline V128 v128_load16_splat(const uint8_t* at) { return detail::splat<uint16_t>(detail::load<uint16_t>(at)); }
inline V128 v128_load32_splat(const uint8_t* at) { return detail::splat<uint32_t>(detail::load<uint32_t>(at)); }
inline V128 v128_load64_splat(const uint8_t* at) { return detail::splat<uint64_t>(detail::load<uint64_t>(at)); }
inline void v128_store(uint8_t* at, V128 a) { static_cast<void>(std::memcpy(at, &a, sizeof(a))); }
inline V128 v128_load8_lane(const uint8_t* at, V128 a, uint32_t lane) {
  return detail::load_lane<uint8_t>(at, a, lane);
}
inline V128 v128_load16_lane(const uint8_t* at, V128 a, uint32_t lane) {
  return detail::load_lane<uint16_t>(at, a, lane);
}
inline V128 v128_load32_lane(const uint8_t* at, V128 a, uint32_t lane) {
  return detail::load_lane<uint32_t>(at, a, lane);
}
inline V128 v128_load64_lane(const uint8_t* at, V128 a, uint32_t lane) {
  return detail::load_lane<uint64_t>(at, a, lane);
}
inline void v128_store8_lane(uint8_t* at, V128 a, uint32_t lane) { detail::store_lane<uint8_t>(at, a, lane); }
inline void v128_store16_lane(uint8_t* at, V128 a, uint32_t lane) { detail::store_lane<uint16_t>(at, a, lane); }
inline void v128_store32_lane(uint8_t* at, V128 a, uint32_t lane) { detail::store_lane<uint32_t>(at, a, lane); }
inline void v128_store64_lane(uint8_t* at, V128 a, uint32_t lane) { detail::store_lane<uint64_t>(at, a, lane); }
inline V128 v128_load32_zero(const uint8_t* at) { return v128_from(detail::load<uint32_t>(at), 0); }
inline V128 v128_load64_zero(const uint8_t* at) { return v128_from(detail::load<uint64_t>(at), 0); }

}  // namespace mini_wasm::numeric
