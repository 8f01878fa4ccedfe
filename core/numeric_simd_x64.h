// Vector instructions for which x86-64 has better code than compilers generate from numeric_simd.h: SSE up to 4.1,
// nothing newer.
//
// numeric::fast::<id> is the fastest version of an instruction: the one here if there is one, otherwise numeric::<id>.
// Both give the same results, except for which NaN results where the spec allows several. A test compares them.
#pragma once

#include "core/numeric_simd.h"

#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

namespace mini_wasm::numeric::fast {

using namespace numeric;

#if defined(__SSE4_1__)

namespace detail {

inline __m128i i(V128 a) { return (__m128i)a.bits; }
inline __m128 f(V128 a) { return (__m128)a.bits; }
inline __m128d d(V128 a) { return (__m128d)a.bits; }
template <class Register>
inline V128 v(Register a) {
  return numeric::detail::pack(a);
}
inline __m128i high(V128 a) { return _mm_srli_si128(i(a), 8); }
inline __m128i low_bytes(const uint8_t* at) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at)); }

// The two orders of the CPU's minimum differ for zeros with different signs (see numeric.h); a sum with a NaN is a
// quiet NaN.
inline V128 min(__m128 a, __m128 b) {
  const __m128 r = _mm_or_ps(_mm_min_ps(a, b), _mm_min_ps(b, a));
  return v(_mm_blendv_ps(r, _mm_add_ps(a, b), _mm_cmpunord_ps(a, b)));
}
inline V128 max(__m128 a, __m128 b) {
  const __m128 r = _mm_and_ps(_mm_max_ps(a, b), _mm_max_ps(b, a));
  return v(_mm_blendv_ps(r, _mm_add_ps(a, b), _mm_cmpunord_ps(a, b)));
}
inline V128 min(__m128d a, __m128d b) {
  const __m128d r = _mm_or_pd(_mm_min_pd(a, b), _mm_min_pd(b, a));
  return v(_mm_blendv_pd(r, _mm_add_pd(a, b), _mm_cmpunord_pd(a, b)));
}
inline V128 max(__m128d a, __m128d b) {
  const __m128d r = _mm_and_pd(_mm_max_pd(a, b), _mm_max_pd(b, a));
  return v(_mm_blendv_pd(r, _mm_add_pd(a, b), _mm_cmpunord_pd(a, b)));
}

// For a value that does not fit, the CPU's conversion gives 0x80000000. This is right for values that are too small.
// For those that are too large, all bits are inverted. NaN becomes 0 first.
inline V128 trunc_sat_s(__m128 a) {
  const __m128 x = _mm_and_ps(a, _mm_cmpeq_ps(a, a));
  return v(_mm_xor_si128(_mm_cvttps_epi32(x), _mm_castps_si128(_mm_cmpge_ps(x, _mm_set1_ps(0x1p31f)))));
}
// In two parts: the values below 2^31, and for the others the excess, as 0 .. 2^31-1.
inline V128 trunc_sat_u(__m128 a) {
  const __m128 x = _mm_max_ps(a, _mm_setzero_ps());  // NaN becomes 0
  const __m128 beyond = _mm_sub_ps(x, _mm_set1_ps(0x1p31f));
  const __m128i too_large = _mm_castps_si128(_mm_cmpge_ps(beyond, _mm_set1_ps(0x1p31f)));
  const __m128i upper = _mm_max_epi32(_mm_xor_si128(_mm_cvttps_epi32(beyond), too_large), _mm_setzero_si128());
  return v(_mm_add_epi32(_mm_cvttps_epi32(x), upper));
}
inline V128 trunc_sat_s(__m128d a) {
  const __m128d x = _mm_and_pd(a, _mm_cmpeq_pd(a, a));
  return v(_mm_cvttpd_epi32(_mm_min_pd(x, _mm_set1_pd(0x1p31 - 1))));
}
// The double 2^52 + n has n in its low bits.
inline V128 trunc_sat_u(__m128d a) {
  const __m128d x = _mm_min_pd(_mm_max_pd(a, _mm_setzero_pd()), _mm_set1_pd(0x1p32 - 1));
  const __m128d n = _mm_add_pd(_mm_round_pd(x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC), _mm_set1_pd(0x1p52));
  return v(_mm_shuffle_ps(_mm_castpd_ps(n), _mm_setzero_ps(), _MM_SHUFFLE(0, 0, 2, 0)));
}

// Counts half a byte at a time.
inline V128 popcnt(__m128i a) {
  const __m128i counts = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m128i low = _mm_and_si128(a, _mm_set1_epi8(15));
  const __m128i high = _mm_and_si128(_mm_srli_epi16(a, 4), _mm_set1_epi8(15));
  return v(_mm_add_epi8(_mm_shuffle_epi8(counts, low), _mm_shuffle_epi8(counts, high)));
}
// pshufb gives 0 for an index with its top bit set; otherwise it uses only the low four bits.
inline __m128i swizzle(__m128i a, __m128i indices) {
  return _mm_shuffle_epi8(a, _mm_adds_epu8(indices, _mm_set1_epi8(0x70)));
}
inline V128 shuffle(__m128i a, __m128i b, __m128i indices) {
  const __m128i from_b = _mm_shuffle_epi8(b, _mm_sub_epi8(indices, _mm_set1_epi8(16)));
  return v(_mm_or_si128(swizzle(a, indices), from_b));
}
inline V128 q15mulr_sat(__m128i a, __m128i b) {
  const __m128i r = _mm_mulhrs_epi16(a, b);
  return v(_mm_xor_si128(r, _mm_cmpeq_epi16(r, _mm_set1_epi16(-0x8000))));
}
inline __m128i dot_i8_sat(V128 a, V128 b) {
  const __m128i low = _mm_madd_epi16(_mm_cvtepi8_epi16(i(a)), _mm_cvtepi8_epi16(i(b)));
  const __m128i upper = _mm_madd_epi16(_mm_cvtepi8_epi16(high(a)), _mm_cvtepi8_epi16(high(b)));
  return _mm_packs_epi32(low, upper);
}
inline uint32_t none(__m128i mask) { return static_cast<uint32_t>(_mm_testz_si128(mask, mask)); }

}  // namespace detail

// ---- Bits and lanes

inline uint32_t v128_any_true(V128 a) { return 1 - detail::none(detail::i(a)); }
inline uint32_t i8x16_all_true(V128 a) { return detail::none(_mm_cmpeq_epi8(detail::i(a), _mm_setzero_si128())); }
inline uint32_t i16x8_all_true(V128 a) { return detail::none(_mm_cmpeq_epi16(detail::i(a), _mm_setzero_si128())); }
inline uint32_t i32x4_all_true(V128 a) { return detail::none(_mm_cmpeq_epi32(detail::i(a), _mm_setzero_si128())); }
inline uint32_t i64x2_all_true(V128 a) { return detail::none(_mm_cmpeq_epi64(detail::i(a), _mm_setzero_si128())); }
inline uint32_t i8x16_bitmask(V128 a) { return static_cast<uint32_t>(_mm_movemask_epi8(detail::i(a))); }
inline uint32_t i16x8_bitmask(V128 a) {
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(detail::i(a), _mm_setzero_si128())));
}
inline uint32_t i32x4_bitmask(V128 a) { return static_cast<uint32_t>(_mm_movemask_ps(detail::f(a))); }
inline uint32_t i64x2_bitmask(V128 a) { return static_cast<uint32_t>(_mm_movemask_pd(detail::d(a))); }
inline V128 i8x16_shuffle(V128 a, V128 b, V128 indices) {
  return detail::shuffle(detail::i(a), detail::i(b), detail::i(indices));
}
inline V128 i8x16_swizzle(V128 a, V128 indices) { return detail::v(detail::swizzle(detail::i(a), detail::i(indices))); }
inline V128 i8x16_relaxed_swizzle(V128 a, V128 indices) {
  return detail::v(detail::swizzle(detail::i(a), detail::i(indices)));
}

// ---- Integers

inline V128 i8x16_popcnt(V128 a) { return detail::popcnt(detail::i(a)); }
inline V128 i8x16_abs(V128 a) { return detail::v(_mm_abs_epi8(detail::i(a))); }
inline V128 i16x8_abs(V128 a) { return detail::v(_mm_abs_epi16(detail::i(a))); }
inline V128 i32x4_abs(V128 a) { return detail::v(_mm_abs_epi32(detail::i(a))); }
inline V128 i8x16_min_s(V128 a, V128 b) { return detail::v(_mm_min_epi8(detail::i(a), detail::i(b))); }
inline V128 i8x16_min_u(V128 a, V128 b) { return detail::v(_mm_min_epu8(detail::i(a), detail::i(b))); }
inline V128 i8x16_max_s(V128 a, V128 b) { return detail::v(_mm_max_epi8(detail::i(a), detail::i(b))); }
inline V128 i8x16_max_u(V128 a, V128 b) { return detail::v(_mm_max_epu8(detail::i(a), detail::i(b))); }
inline V128 i16x8_min_s(V128 a, V128 b) { return detail::v(_mm_min_epi16(detail::i(a), detail::i(b))); }
inline V128 i16x8_min_u(V128 a, V128 b) { return detail::v(_mm_min_epu16(detail::i(a), detail::i(b))); }
inline V128 i16x8_max_s(V128 a, V128 b) { return detail::v(_mm_max_epi16(detail::i(a), detail::i(b))); }
inline V128 i16x8_max_u(V128 a, V128 b) { return detail::v(_mm_max_epu16(detail::i(a), detail::i(b))); }
inline V128 i32x4_min_s(V128 a, V128 b) { return detail::v(_mm_min_epi32(detail::i(a), detail::i(b))); }
inline V128 i32x4_min_u(V128 a, V128 b) { return detail::v(_mm_min_epu32(detail::i(a), detail::i(b))); }
inline V128 i32x4_max_s(V128 a, V128 b) { return detail::v(_mm_max_epi32(detail::i(a), detail::i(b))); }
inline V128 i32x4_max_u(V128 a, V128 b) { return detail::v(_mm_max_epu32(detail::i(a), detail::i(b))); }
inline V128 i8x16_add_sat_s(V128 a, V128 b) { return detail::v(_mm_adds_epi8(detail::i(a), detail::i(b))); }
inline V128 i8x16_add_sat_u(V128 a, V128 b) { return detail::v(_mm_adds_epu8(detail::i(a), detail::i(b))); }
inline V128 i8x16_sub_sat_s(V128 a, V128 b) { return detail::v(_mm_subs_epi8(detail::i(a), detail::i(b))); }
inline V128 i8x16_sub_sat_u(V128 a, V128 b) { return detail::v(_mm_subs_epu8(detail::i(a), detail::i(b))); }
inline V128 i8x16_avgr_u(V128 a, V128 b) { return detail::v(_mm_avg_epu8(detail::i(a), detail::i(b))); }
inline V128 i16x8_add_sat_s(V128 a, V128 b) { return detail::v(_mm_adds_epi16(detail::i(a), detail::i(b))); }
inline V128 i16x8_add_sat_u(V128 a, V128 b) { return detail::v(_mm_adds_epu16(detail::i(a), detail::i(b))); }
inline V128 i16x8_sub_sat_s(V128 a, V128 b) { return detail::v(_mm_subs_epi16(detail::i(a), detail::i(b))); }
inline V128 i16x8_sub_sat_u(V128 a, V128 b) { return detail::v(_mm_subs_epu16(detail::i(a), detail::i(b))); }
inline V128 i16x8_avgr_u(V128 a, V128 b) { return detail::v(_mm_avg_epu16(detail::i(a), detail::i(b))); }
inline V128 i16x8_q15mulr_sat_s(V128 a, V128 b) { return detail::q15mulr_sat(detail::i(a), detail::i(b)); }
inline V128 i16x8_relaxed_q15mulr_s(V128 a, V128 b) { return detail::q15mulr_sat(detail::i(a), detail::i(b)); }
inline V128 i32x4_dot_i16x8_s(V128 a, V128 b) { return detail::v(_mm_madd_epi16(detail::i(a), detail::i(b))); }
inline V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) { return detail::v(detail::dot_i8_sat(a, b)); }
inline V128 i32x4_relaxed_dot_i8x16_i7x16_add_s(V128 a, V128 b, V128 c) {
  return detail::v(_mm_add_epi32(_mm_madd_epi16(detail::dot_i8_sat(a, b), _mm_set1_epi16(1)), detail::i(c)));
}

// ---- Lanes of another size

inline V128 i8x16_narrow_i16x8_s(V128 a, V128 b) { return detail::v(_mm_packs_epi16(detail::i(a), detail::i(b))); }
inline V128 i8x16_narrow_i16x8_u(V128 a, V128 b) { return detail::v(_mm_packus_epi16(detail::i(a), detail::i(b))); }
inline V128 i16x8_narrow_i32x4_s(V128 a, V128 b) { return detail::v(_mm_packs_epi32(detail::i(a), detail::i(b))); }
inline V128 i16x8_narrow_i32x4_u(V128 a, V128 b) { return detail::v(_mm_packus_epi32(detail::i(a), detail::i(b))); }
inline V128 i16x8_extend_low_i8x16_s(V128 a) { return detail::v(_mm_cvtepi8_epi16(detail::i(a))); }
inline V128 i16x8_extend_high_i8x16_s(V128 a) { return detail::v(_mm_cvtepi8_epi16(detail::high(a))); }
inline V128 v128_load8x8_s(const uint8_t* at) { return detail::v(_mm_cvtepi8_epi16(detail::low_bytes(at))); }
inline V128 i16x8_extend_low_i8x16_u(V128 a) { return detail::v(_mm_cvtepu8_epi16(detail::i(a))); }
inline V128 i16x8_extend_high_i8x16_u(V128 a) { return detail::v(_mm_cvtepu8_epi16(detail::high(a))); }
inline V128 v128_load8x8_u(const uint8_t* at) { return detail::v(_mm_cvtepu8_epi16(detail::low_bytes(at))); }
inline V128 i32x4_extend_low_i16x8_s(V128 a) { return detail::v(_mm_cvtepi16_epi32(detail::i(a))); }
inline V128 i32x4_extend_high_i16x8_s(V128 a) { return detail::v(_mm_cvtepi16_epi32(detail::high(a))); }
inline V128 v128_load16x4_s(const uint8_t* at) { return detail::v(_mm_cvtepi16_epi32(detail::low_bytes(at))); }
inline V128 i32x4_extend_low_i16x8_u(V128 a) { return detail::v(_mm_cvtepu16_epi32(detail::i(a))); }
inline V128 i32x4_extend_high_i16x8_u(V128 a) { return detail::v(_mm_cvtepu16_epi32(detail::high(a))); }
inline V128 v128_load16x4_u(const uint8_t* at) { return detail::v(_mm_cvtepu16_epi32(detail::low_bytes(at))); }
inline V128 i64x2_extend_low_i32x4_s(V128 a) { return detail::v(_mm_cvtepi32_epi64(detail::i(a))); }
inline V128 i64x2_extend_high_i32x4_s(V128 a) { return detail::v(_mm_cvtepi32_epi64(detail::high(a))); }
inline V128 v128_load32x2_s(const uint8_t* at) { return detail::v(_mm_cvtepi32_epi64(detail::low_bytes(at))); }
inline V128 i64x2_extend_low_i32x4_u(V128 a) { return detail::v(_mm_cvtepu32_epi64(detail::i(a))); }
inline V128 i64x2_extend_high_i32x4_u(V128 a) { return detail::v(_mm_cvtepu32_epi64(detail::high(a))); }
inline V128 v128_load32x2_u(const uint8_t* at) { return detail::v(_mm_cvtepu32_epi64(detail::low_bytes(at))); }
inline V128 i16x8_extadd_pairwise_i8x16_s(V128 a) {
  return detail::v(_mm_maddubs_epi16(_mm_set1_epi8(1), detail::i(a)));
}
inline V128 i16x8_extadd_pairwise_i8x16_u(V128 a) {
  return detail::v(_mm_maddubs_epi16(detail::i(a), _mm_set1_epi8(1)));
}
inline V128 i32x4_extadd_pairwise_i16x8_s(V128 a) { return detail::v(_mm_madd_epi16(detail::i(a), _mm_set1_epi16(1))); }
inline V128 i32x4_trunc_sat_f32x4_s(V128 a) { return detail::trunc_sat_s(detail::f(a)); }
inline V128 i32x4_trunc_sat_f64x2_s_zero(V128 a) { return detail::trunc_sat_s(detail::d(a)); }
inline V128 i32x4_trunc_sat_f32x4_u(V128 a) { return detail::trunc_sat_u(detail::f(a)); }
inline V128 i32x4_trunc_sat_f64x2_u_zero(V128 a) { return detail::trunc_sat_u(detail::d(a)); }
inline V128 i32x4_relaxed_trunc_f32x4_s(V128 a) { return detail::trunc_sat_s(detail::f(a)); }
inline V128 i32x4_relaxed_trunc_f64x2_s_zero(V128 a) { return detail::trunc_sat_s(detail::d(a)); }
inline V128 i32x4_relaxed_trunc_f32x4_u(V128 a) { return detail::trunc_sat_u(detail::f(a)); }
inline V128 i32x4_relaxed_trunc_f64x2_u_zero(V128 a) { return detail::trunc_sat_u(detail::d(a)); }

// ---- Floating point

inline V128 f32x4_ceil(V128 a) { return detail::v(_mm_ceil_ps(detail::f(a))); }
inline V128 f32x4_floor(V128 a) { return detail::v(_mm_floor_ps(detail::f(a))); }
inline V128 f32x4_trunc(V128 a) {
  return detail::v(_mm_round_ps(detail::f(a), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC));
}
inline V128 f32x4_nearest(V128 a) {
  return detail::v(_mm_round_ps(detail::f(a), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
inline V128 f32x4_sqrt(V128 a) { return detail::v(_mm_sqrt_ps(detail::f(a))); }
inline V128 f32x4_min(V128 a, V128 b) { return detail::min(detail::f(a), detail::f(b)); }
inline V128 f32x4_max(V128 a, V128 b) { return detail::max(detail::f(a), detail::f(b)); }
inline V128 f32x4_relaxed_min(V128 a, V128 b) { return detail::min(detail::f(a), detail::f(b)); }
inline V128 f32x4_relaxed_max(V128 a, V128 b) { return detail::max(detail::f(a), detail::f(b)); }
inline V128 f32x4_pmin(V128 a, V128 b) { return detail::v(_mm_min_ps(detail::f(b), detail::f(a))); }
inline V128 f32x4_pmax(V128 a, V128 b) { return detail::v(_mm_max_ps(detail::f(b), detail::f(a))); }
inline V128 f64x2_ceil(V128 a) { return detail::v(_mm_ceil_pd(detail::d(a))); }
inline V128 f64x2_floor(V128 a) { return detail::v(_mm_floor_pd(detail::d(a))); }
inline V128 f64x2_trunc(V128 a) {
  return detail::v(_mm_round_pd(detail::d(a), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC));
}
inline V128 f64x2_nearest(V128 a) {
  return detail::v(_mm_round_pd(detail::d(a), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
inline V128 f64x2_sqrt(V128 a) { return detail::v(_mm_sqrt_pd(detail::d(a))); }
inline V128 f64x2_min(V128 a, V128 b) { return detail::min(detail::d(a), detail::d(b)); }
inline V128 f64x2_max(V128 a, V128 b) { return detail::max(detail::d(a), detail::d(b)); }
inline V128 f64x2_relaxed_min(V128 a, V128 b) { return detail::min(detail::d(a), detail::d(b)); }
inline V128 f64x2_relaxed_max(V128 a, V128 b) { return detail::max(detail::d(a), detail::d(b)); }
inline V128 f64x2_pmin(V128 a, V128 b) { return detail::v(_mm_min_pd(detail::d(b), detail::d(a))); }
inline V128 f64x2_pmax(V128 a, V128 b) { return detail::v(_mm_max_pd(detail::d(b), detail::d(a))); }
inline V128 f32x4_demote_f64x2_zero(V128 a) { return detail::v(_mm_cvtpd_ps(detail::d(a))); }
inline V128 f64x2_promote_low_f32x4(V128 a) { return detail::v(_mm_cvtps_pd(detail::f(a))); }

#endif

}  // namespace mini_wasm::numeric::fast
