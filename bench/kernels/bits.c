// Bit counting and bit boards: clz, ctz and popcount, 32 and 64 bits wide.
#include "kernel.h"

// Sum of the set bit positions, lowest first.
static uint32_t bit_positions(uint64_t set) {
  uint32_t sum = 0, order = 1;
  for (; set != 0; set &= set - 1) sum += order++ * (uint32_t)__builtin_ctzll(set);
  return sum;
}

static NOINLINE uint64_t scan(uint32_t count, uint32_t seed) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t low = next_random(&seed) | 1, high = next_random(&seed);
    uint64_t board = (uint64_t)high << 32 | low;
    uint64_t neighbours = (board << 8 | board >> 8 | (board << 1 & 0xfefefefefefefefeULL)) & ~board;
    sum +=
        (uint32_t)__builtin_clz(low) + (uint32_t)__builtin_popcountll(neighbours) + (uint32_t)__builtin_popcount(high);
    sum = (sum << 1) + bit_positions(board & neighbours >> 3);
  }
  return sum;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 400);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) sum = fold(sum, scan(opaque(5000), r + 1));
  return kernel_report("bits", sum);
}
