// Takeuchi's function: direct calls with three arguments and little else.
#include "kernel.h"

static NOINLINE int32_t tak(int32_t x, int32_t y, int32_t z) {
  if (y >= x) return z;
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 350);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < rounds; ++i) sum = fold(sum, (uint32_t)tak((int32_t)opaque(18), 12, 6));
  return kernel_report("tak", sum);
}
