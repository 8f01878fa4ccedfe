// Edit distance by dynamic programming over one row: min, compare, neighbouring loads.
#include "kernel.h"

enum { kLength = 300 };
static char a[kLength], b[kLength];
static uint32_t row[kLength + 1];

static NOINLINE uint32_t distance(uint32_t length) {
  for (uint32_t j = 0; j <= length; ++j) row[j] = j;
  for (uint32_t i = 1; i <= length; ++i) {
    uint32_t diagonal = row[0];
    row[0] = i;
    for (uint32_t j = 1; j <= length; ++j) {
      uint32_t best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (diagonal + 1 < best) best = diagonal + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[length];
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 200), seed = 41;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < kLength; ++i) {
    a[i] = (char)('a' + (next_random(&seed) & 3));
    b[i] = (char)('a' + (next_random(&seed) & 3));
  }
  for (uint32_t r = 0; r < rounds; ++r) {
    b[r % kLength] = 'e';
    sum = fold(sum, distance(opaque(kLength)));
  }
  return kernel_report("levenshtein", sum);
}
