// Loops over arrays that a compiler vectorises, and a few that are written with vectors. Prints a checksum of each.
// Floating point is exact: no reassociation, no fused multiplication, so that every build gives the same bits.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kSize = 4096, kRounds = 20 };

typedef float F32x4 __attribute__((vector_size(16)));
typedef double F64x2 __attribute__((vector_size(16)));
typedef int32_t I32x4 __attribute__((vector_size(16)));
typedef uint32_t U32x4 __attribute__((vector_size(16)));
typedef uint8_t U8x16 __attribute__((vector_size(16)));
typedef int8_t I8x16 __attribute__((vector_size(16)));

static uint8_t bytes[kSize], more_bytes[kSize];
static int8_t signed_bytes[kSize];
static int16_t shorts[kSize], more_shorts[kSize];
static uint32_t words[kSize], more_words[kSize];
static int64_t longs[kSize];
static float floats[kSize], more_floats[kSize];
static double doubles[kSize];

static uint64_t state = 88172645463325252u;
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static void fill(void) {
  for (int i = 0; i < kSize; ++i) {
    bytes[i] = (uint8_t)next();
    more_bytes[i] = (uint8_t)next();
    signed_bytes[i] = (int8_t)next();
    shorts[i] = (int16_t)next();
    more_shorts[i] = (int16_t)next();
    words[i] = (uint32_t)next();
    more_words[i] = (uint32_t)next();
    longs[i] = (int64_t)next();
    floats[i] = (float)(int32_t)next() / 65536;
    more_floats[i] = (float)(int32_t)next() / 3;
    doubles[i] = (double)(int64_t)next() / 1e6;
  }
}

static uint64_t hash(const void* data, size_t size) {
  uint64_t h = 14695981039346656037u;
  for (size_t i = 0; i < size; ++i) h = (h ^ ((const uint8_t*)data)[i]) * 1099511628211u;
  return h;
}
#define SHOW(name, array) printf("%-16s %016llx\n", name, (unsigned long long)hash(array, sizeof(array)))

static void saturate(void) {
  for (int i = 0; i < kSize; ++i) {
    const int sum = bytes[i] + more_bytes[i];
    bytes[i] = (uint8_t)(sum > 255 ? 255 : sum);
    const int difference = shorts[i] - more_shorts[i];
    shorts[i] = (int16_t)(difference > 32767 ? 32767 : difference < -32768 ? -32768 : difference);
  }
  for (int i = 0; i < kSize; ++i) more_bytes[i] = (uint8_t)((bytes[i] + more_bytes[i] + 1) >> 1);
}

static void widen_and_narrow(void) {
  for (int i = 0; i < kSize; ++i) words[i] += (uint32_t)(signed_bytes[i] * 3) + bytes[i];
  for (int i = 0; i < kSize; ++i) bytes[i] ^= (uint8_t)words[i];
  for (int i = 0; i < kSize; ++i) longs[i] += (int64_t)shorts[i] * more_shorts[i];
  for (int i = 0; i < kSize; ++i) signed_bytes[i] = (int8_t)(words[i] >> 9);
}

static int32_t dot(void) {
  int32_t sum = 0;
  for (int i = 0; i < kSize; ++i) sum += (shorts[i] >> 8) * (more_shorts[i] >> 8);
  return sum;
}

static void rotate_and_mix(void) {
  for (int i = 0; i < kSize; ++i) {
    uint32_t a = words[i], b = more_words[i];
    for (int k = 0; k < 4; ++k) {
      a += b;
      b ^= a;
      b = b << 16 | b >> 16;
      a ^= a << 7;
      b = b << 12 | b >> 20;
    }
    words[i] = a;
    more_words[i] = b;
  }
}

static void real_numbers(void) {
  for (int i = 0; i < kSize; ++i) floats[i] = floats[i] * 0.75f + more_floats[i] / (1.0f + fabsf(floats[i]));
  for (int i = 0; i < kSize; ++i) more_floats[i] = sqrtf(fabsf(more_floats[i])) - floorf(floats[i]);
  for (int i = 0; i < kSize; ++i) doubles[i] = ceil(doubles[i] * 0.5) + (double)floats[i];
  for (int i = 0; i < kSize; ++i) words[i] ^= (uint32_t)(int32_t)(more_floats[i] * 0.001f);
  for (int i = 0; i < kSize; ++i) floats[i] += (float)(int32_t)words[i] * 1e-9f + (float)doubles[i] * 1e-9f;
  for (int i = 0; i < kSize; ++i) floats[i] = floats[i] < more_floats[i] ? floats[i] : more_floats[i];
}

// Four points of a row at once.
static void mandelbrot(uint32_t* counts, int side) {
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; x += 4) {
      const F32x4 cx = ((F32x4){x, x + 1, x + 2, x + 3}) * (3.0f / side) - 2.25f;
      const F32x4 cy = ((F32x4){y, y, y, y}) * (3.0f / side) - 1.5f;
      F32x4 zx = {0}, zy = {0};
      I32x4 n = {0}, inside = {-1, -1, -1, -1};
      for (int i = 0; i < 100 && (inside[0] | inside[1] | inside[2] | inside[3]); ++i) {
        const F32x4 xx = zx * zx, yy = zy * zy;
        inside &= (xx + yy) < 4.0f;
        n -= inside;
        zy = (zx + zx) * zy + cy;
        zx = xx - yy + cx;
      }
      memcpy(counts + y * side + x, &n, sizeof(n));
    }
  }
}

// Where `wanted` first is, as memchr does it: sixteen bytes at a time.
static int find(const uint8_t* in, uint8_t wanted) {
  const U8x16 all = ((U8x16){0}) + wanted;
  for (int i = 0; i < kSize; i += 16) {
    U8x16 v;
    memcpy(&v, in + i, 16);
    const I8x16 equal = v == all;
    uint64_t halves[2];
    memcpy(halves, &equal, 16);
    if ((halves[0] | halves[1]) == 0) continue;
    return i + (halves[0] != 0 ? __builtin_ctzll(halves[0]) / 8 : 8 + __builtin_ctzll(halves[1]) / 8);
  }
  return -1;
}

// Vectors through calls, and in arrays whose index is not known.
__attribute__((noinline)) static F64x2 turn(F64x2 a, double angle) {
  const double s = angle - angle * angle * angle / 6, c = 1 - angle * angle / 2;
  return (F64x2){a[0] * c - a[1] * s, a[0] * s + a[1] * c};
}
__attribute__((noinline)) static U32x4 mix(U32x4 a, U32x4 b, int depth) {
  if (depth == 0) return __builtin_shufflevector(a, b, 0, 5, 2, 7);
  const U32x4 c = mix(b, a + (uint32_t)depth, depth - 1);
  return (c ^ (a >> 3)) * 0x9e3779b1u + mix(a ^ b, c, depth / 2);
}

int main(void) {
  fill();
  int32_t dots[kRounds], found[kRounds];
  for (int i = 0; i < kRounds; ++i) {
    saturate();
    widen_and_narrow();
    rotate_and_mix();
    real_numbers();
    dots[i] = dot();
    found[i] = find(more_bytes, (uint8_t)(i * 7));
  }
  SHOW("bytes", bytes);
  SHOW("averages", more_bytes);
  SHOW("signed bytes", signed_bytes);
  SHOW("shorts", shorts);
  SHOW("words", words);
  SHOW("longs", longs);
  SHOW("floats", floats);
  SHOW("doubles", doubles);
  SHOW("dot products", dots);
  SHOW("positions", found);

  static uint32_t counts[128 * 128];
  mandelbrot(counts, 128);
  SHOW("mandelbrot", counts);

  F64x2 points[8];
  U32x4 blocks[8];
  for (int i = 0; i < 8; ++i) {
    points[i] = (F64x2){i, -i};
    blocks[i] = (U32x4){i, i + 1, i + 2, i + 3};
  }
  for (int i = 0; i < 500; ++i) {
    points[next() % 8] = turn(points[next() % 8], 0.001 * i);
    blocks[next() % 8] = mix(blocks[next() % 8], blocks[next() % 8], i % 6);
  }
  SHOW("points", points);
  SHOW("blocks", blocks);
  return 0;
}
