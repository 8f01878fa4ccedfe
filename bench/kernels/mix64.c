// 64-bit integer mixing: i64 multiply, shift, rotate and xor, nothing but locals.
#include "kernel.h"

static uint64_t rotate_left(uint64_t x, uint32_t n) { return x << n | x >> (64 - n); }

static NOINLINE uint64_t mix(uint32_t count, uint64_t seed) {
  uint64_t a = seed ^ 0x8a5cd789635d2dffULL, b = seed * 0xd6e8feb86659fd93ULL + 1, c = ~seed;
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t t = a + b;
    b ^= a;
    a = rotate_left(a, 24) ^ b ^ b << 16;
    b = rotate_left(b, 37);
    c += (t ^ t >> 32) * 0xd6e8feb86659fd93ULL;
  }
  return a ^ b ^ c;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 500);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) sum = fold(sum, mix(opaque(50000), r));
  return kernel_report("mix64", sum);
}
