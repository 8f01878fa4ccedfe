// Vectors of 128 bits for the kernels named *_simd. Arithmetic, comparisons and shifts use the compiler's vector
// extension, which both builds have. Where it has no operator, the WebAssembly build uses the instruction, and the
// native build a few lines of C (so the native build of scan_simd does not measure speed).
#pragma once

#include "kernel.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

typedef float f32x4 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));
typedef uint64_t u64x2 __attribute__((vector_size(16)));
typedef uint16_t u16x8 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));

// The same value in every lane.
#define SPLAT4(value) {(value), (value), (value), (value)}
#define SPLAT16(v) {(v), (v), (v), (v), (v), (v), (v), (v), (v), (v), (v), (v), (v), (v), (v), (v)}

// Loads from any address, aligned or not.
static inline f32x4 load_f32x4(const float* from) {
  f32x4 value;
  memcpy(&value, from, sizeof value);
  return value;
}
static inline void store_f32x4(float* to, f32x4 value) { memcpy(to, &value, sizeof value); }
static inline u8x16 load_u8x16(const uint8_t* from) {
  u8x16 value;
  memcpy(&value, from, sizeof value);
  return value;
}
static inline void store_u8x16(uint8_t* to, u8x16 value) { memcpy(to, &value, sizeof value); }

// Whether any bit is set.
static inline int any_true(i32x4 value) {
#ifdef __wasm_simd128__
  return wasm_v128_any_true((v128_t)value);
#else
  u64x2 halves = (u64x2)value;
  return (halves[0] | halves[1]) != 0;
#endif
}

// The highest bit of each lane; lane 0 gives the lowest bit.
static inline uint32_t bitmask(u8x16 value) {
#ifdef __wasm_simd128__
  return wasm_i8x16_bitmask((v128_t)value);
#else
  uint32_t mask = 0;
  for (int i = 0; i < 16; ++i) mask |= (uint32_t)(value[i] >> 7) << i;
  return mask;
#endif
}

// Lane i is table[at[i]], or 0 when at[i] is beyond the end.
static inline u8x16 swizzle(u8x16 table, u8x16 at) {
#ifdef __wasm_simd128__
  return (u8x16)wasm_i8x16_swizzle((v128_t)table, (v128_t)at);
#else
  u8x16 result;
  for (int i = 0; i < 16; ++i) result[i] = at[i] < 16 ? table[at[i]] : 0;
  return result;
#endif
}

// Eight bytes, each extended to 16 bits.
static inline u16x8 load_widened(const uint8_t* from) {
#ifdef __wasm_simd128__
  return (u16x8)wasm_u16x8_load8x8(from);
#else
  u16x8 result;
  for (int i = 0; i < 8; ++i) result[i] = from[i];
  return result;
#endif
}

// The lanes of both vectors, which must be below 256, as bytes.
static inline u8x16 narrow(u16x8 low, u16x8 high) {
#ifdef __wasm_simd128__
  return (u8x16)wasm_u8x16_narrow_i16x8((v128_t)low, (v128_t)high);
#else
  u8x16 result;
  for (int i = 0; i < 8; ++i) result[i] = (uint8_t)low[i], result[i + 8] = (uint8_t)high[i];
  return result;
#endif
}
