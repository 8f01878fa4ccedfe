// Sieve of Eratosthenes over bytes: strided stores and a counting loop.
#include "kernel.h"

enum { kLimit = 1 << 18 };
static uint8_t composite[kLimit];

static NOINLINE uint32_t count_primes(uint32_t limit) {
  memset(composite, 0, limit);
  uint32_t count = 0;
  for (uint32_t i = 2; i < limit; ++i) {
    if (composite[i]) continue;
    ++count;
    for (uint64_t j = (uint64_t)i * i; j < limit; j += i) composite[j] = 1;
  }
  return count;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 60);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < rounds; ++i) sum = fold(sum, count_primes(opaque(kLimit) - (i & 7)));
  return kernel_report("sieve", sum);
}
