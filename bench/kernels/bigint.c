// Arbitrary precision: digits of e by a spigot, and factorials, with 64-bit multiply, divide and remainder.
#include "kernel.h"

enum { kLimbs = 200, kBase = 1000000000 };
static uint32_t limbs[kLimbs];

static NOINLINE uint64_t factorial(uint32_t n) {
  uint32_t used = 1;
  limbs[0] = 1;
  for (uint32_t factor = 2; factor <= n; ++factor) {
    uint64_t carry = 0;
    for (uint32_t i = 0; i < used; ++i) {
      uint64_t t = (uint64_t)limbs[i] * factor + carry;
      limbs[i] = (uint32_t)(t % kBase);
      carry = t / kBase;
    }
    if (carry) limbs[used++] = (uint32_t)carry;
  }
  uint64_t sum = used;
  for (uint32_t i = 0; i < used; ++i) sum = fold(sum, limbs[i]);
  return sum;
}

static NOINLINE uint64_t digits_of_e(uint32_t digits) {
  static uint32_t remainders[400];
  uint64_t sum = 0;
  for (uint32_t i = 0; i < 400; ++i) remainders[i] = 1;
  for (uint32_t d = 0; d < digits; ++d) {
    uint32_t carry = 0;
    for (uint32_t i = 400; i-- > 0;) {
      uint32_t t = remainders[i] * 10 + carry;
      carry = t / (i + 2);
      remainders[i] = t % (i + 2);
    }
    sum = fold(sum, carry);
  }
  return sum;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 350);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) sum = fold(sum, factorial(opaque(500)) + digits_of_e(opaque(100)));
  return kernel_report("bigint", sum);
}
