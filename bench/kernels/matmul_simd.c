// Matrix product in single precision, four columns at a time.
#include "kernel_simd.h"

enum { kSize = 128 };
static float a[kSize][kSize], b[kSize][kSize], c[kSize][kSize];

static NOINLINE void multiply(uint32_t size) {
  for (uint32_t i = 0; i < size; ++i) {
    for (uint32_t j = 0; j < size; j += 8) {
      f32x4 left = SPLAT4(0.0f), right = SPLAT4(0.0f);
      for (uint32_t k = 0; k < size; ++k) {
        f32x4 factor = SPLAT4(a[i][k]);
        left += factor * load_f32x4(&b[k][j]);
        right += factor * load_f32x4(&b[k][j + 4]);
      }
      store_f32x4(&c[i][j], left);
      store_f32x4(&c[i][j + 4], right);
    }
  }
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 80);
  uint32_t seed = 11;
  for (uint32_t i = 0; i < kSize; ++i) {
    for (uint32_t j = 0; j < kSize; ++j) {
      a[i][j] = (float)(next_random(&seed) & 1023) / 512.0f - 1.0f;
      b[i][j] = (float)(next_random(&seed) & 1023) / 512.0f - 1.0f;
    }
  }
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    a[r % kSize][0] += 1.0f;
    multiply(opaque(kSize));
    for (uint32_t i = 0; i < kSize; ++i) sum = fold_double(sum, (double)c[i][(i * 7) % kSize]);
  }
  return kernel_report("matmul_simd", sum);
}
