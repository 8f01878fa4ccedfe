// Doubly recursive Fibonacci: direct calls with one i32 argument.
#include "kernel.h"

static NOINLINE uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 500);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < rounds; ++i) sum = fold(sum, fib(opaque(22)));
  return kernel_report("fib", sum);
}
