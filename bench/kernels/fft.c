// Fast Fourier transform of 1024 complex numbers, there and back, in double precision.
#include "kernel.h"

enum { kLog = 10, kCount = 1 << kLog };
struct Complex {
  double re, im;
};
static struct Complex data[kCount], roots[kCount / 2];

// The roots of unity, from square roots alone: halving the angle level by level.
static void make_roots(void) {
  double c = -1, s = 0;  // angle pi
  struct Complex base[kLog];
  for (int level = 0; level < kLog; ++level) {
    base[level].re = c, base[level].im = -s;
    s = __builtin_sqrt((1 - c) / 2);
    c = __builtin_sqrt((1 + c) / 2);
  }
  for (uint32_t i = 0; i < kCount / 2; ++i) {
    struct Complex w = {1, 0};
    for (int bit = 0; bit < kLog - 1; ++bit) {
      if (!(i >> bit & 1)) continue;
      struct Complex b = base[kLog - 1 - bit], t = w;
      w.re = t.re * b.re - t.im * b.im;
      w.im = t.re * b.im + t.im * b.re;
    }
    roots[i] = w;
  }
}

static NOINLINE void transform(struct Complex* x, int inverse) {
  for (uint32_t i = 1, j = 0; i < kCount; ++i) {
    uint32_t bit = kCount >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      struct Complex t = x[i];
      x[i] = x[j];
      x[j] = t;
    }
  }
  for (uint32_t half = 1; half < kCount; half <<= 1) {
    uint32_t stride = kCount / 2 / half;
    for (uint32_t start = 0; start < kCount; start += 2 * half) {
      for (uint32_t k = 0; k < half; ++k) {
        struct Complex w = roots[k * stride], *p = &x[start + k], *q = p + half;
        if (inverse) w.im = -w.im;
        double re = q->re * w.re - q->im * w.im, im = q->re * w.im + q->im * w.re;
        q->re = p->re - re, q->im = p->im - im;
        p->re += re, p->im += im;
      }
    }
  }
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 600), seed = 53;
  uint64_t sum = 0;
  make_roots();
  for (uint32_t i = 0; i < kCount; ++i) data[i].re = (double)(next_random(&seed) & 0xffff) / 65536.0;
  for (uint32_t r = 0; r < rounds; ++r) {
    transform(data, 0);
    sum = fold_double(sum, data[r % kCount].im);
    transform(data, 1);
    for (uint32_t i = 0; i < kCount; ++i) data[i].re /= kCount, data[i].im /= kCount;
  }
  return kernel_report("fft", fold_double(sum, data[1].re));
}
