// Game of Life on a torus of bytes: small integer loads, adds and compares.
#include "kernel.h"

enum { kSize = 128 };
static uint8_t world[2][kSize][kSize];

static NOINLINE uint32_t generation(uint8_t (*from)[kSize], uint8_t (*to)[kSize]) {
  uint32_t alive = 0;
  for (uint32_t i = 0; i < kSize; ++i) {
    const uint8_t *up = from[(i - 1) % kSize], *here = from[i], *down = from[(i + 1) % kSize];
    for (uint32_t j = 0; j < kSize; ++j) {
      uint32_t l = (j - 1) % kSize, r = (j + 1) % kSize;
      uint32_t n = (uint32_t)(up[l] + up[j] + up[r] + here[l] + here[r] + down[l] + down[j] + down[r]);
      to[i][j] = n == 3 || (n == 2 && here[j]);
      alive += to[i][j];
    }
  }
  return alive;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 400), seed = 31;
  for (uint32_t i = 0; i < kSize; ++i) {
    for (uint32_t j = 0; j < kSize; ++j) world[0][i][j] = next_random(&seed) % 3 == 0;
  }
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) sum = fold(sum, generation(world[r & 1], world[~r & 1]));
  return kernel_report("life", sum);
}
