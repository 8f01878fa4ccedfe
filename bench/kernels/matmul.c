// Matrix product in double precision, the textbook triple loop.
#include "kernel.h"

enum { kSize = 100 };
static double a[kSize][kSize], b[kSize][kSize], c[kSize][kSize];

static NOINLINE void multiply(uint32_t size) {
  for (uint32_t i = 0; i < size; ++i) {
    for (uint32_t j = 0; j < size; ++j) {
      double sum = 0;
      for (uint32_t k = 0; k < size; ++k) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  }
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 50);
  uint32_t seed = 7;
  for (uint32_t i = 0; i < kSize; ++i) {
    for (uint32_t j = 0; j < kSize; ++j) {
      a[i][j] = (double)(next_random(&seed) & 1023) / 512.0 - 1.0;
      b[i][j] = (double)(next_random(&seed) & 1023) / 512.0 - 1.0;
    }
  }
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    a[r % kSize][0] += 1.0;
    multiply(opaque(kSize));
    for (uint32_t i = 0; i < kSize; ++i) sum = fold_double(sum, c[i][(i * 7) % kSize]);
  }
  return kernel_report("matmul", sum);
}
