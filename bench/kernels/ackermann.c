// Ackermann's function: deep recursion (about 500 frames), returns in long runs.
#include "kernel.h"

static NOINLINE uint32_t ackermann(uint32_t m, uint32_t n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 150);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < rounds; ++i) sum = fold(sum, ackermann(opaque(3), 6));
  return kernel_report("ackermann", sum);
}
