// Three arrays of 4 MiB each read and written in order: bound by the memory's bandwidth, one operation per element.
#include "kernel.h"

enum { kElements = 1 << 19 };
static double a[kElements], b[kElements], c[kElements];

static NOINLINE void triad(uint32_t count, double factor) {
  for (uint32_t i = 0; i < count; ++i) a[i] = b[i] + factor * c[i];
}

static NOINLINE void copy(uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) c[i] = a[i];
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 30);
  for (uint32_t i = 0; i < kElements; ++i) b[i] = (double)(i & 1023), c[i] = (double)(i & 255);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    triad(opaque(kElements), 0.5);
    copy(opaque(kElements));
    sum = fold_double(sum, c[(r * 7919) & (kElements - 1)]);
  }
  return kernel_report("stream", sum);
}
