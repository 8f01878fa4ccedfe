// Heat on a plate: a five-point stencil in single precision, bound by loads and stores.
#include "kernel.h"

enum { kSize = 130 };
static float plate[2][kSize][kSize];

static NOINLINE void relax(float (*from)[kSize], float (*to)[kSize]) {
  for (uint32_t i = 1; i < kSize - 1; ++i) {
    for (uint32_t j = 1; j < kSize - 1; ++j) {
      to[i][j] = 0.5f * from[i][j] + 0.125f * (from[i - 1][j] + from[i + 1][j] + from[i][j - 1] + from[i][j + 1]);
    }
  }
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 800);
  for (uint32_t i = 0; i < kSize; ++i) {
    for (uint32_t side = 0; side < 2; ++side) plate[side][0][i] = 100.0f, plate[side][i][0] = (float)i;
  }
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    relax(plate[r & 1], plate[~r & 1]);
    sum = fold_double(sum, (double)plate[~r & 1][1 + r % (kSize - 2)][kSize / 4]);
  }
  return kernel_report("stencil", sum);
}
