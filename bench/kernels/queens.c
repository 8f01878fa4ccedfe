// Eight queens by bit masks: recursion, and loops over the bits of a word.
#include "kernel.h"

static NOINLINE uint32_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint32_t count = 0;
  for (uint32_t free = all & ~(columns | left | right); free != 0; free &= free - 1) {
    uint32_t queen = free & -free;
    count += place(all, columns | queen, (left | queen) << 1, (right | queen) >> 1);
  }
  return count;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 4000);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) sum = fold(sum, place((1u << opaque(8)) - 1, 0, 0, 0));
  return kernel_report("queens", sum);
}
