// Mandelbrot set: double arithmetic in a loop with an early exit.
#include "kernel.h"

enum { kLimit = 100 };

static uint32_t escape_time(double cx, double cy) {
  double x = 0, y = 0;
  for (uint32_t i = 0; i < kLimit; ++i) {
    double x2 = x * x, y2 = y * y;
    if (x2 + y2 > 4.0) return i;
    y = 2.0 * x * y + cy;
    x = x2 - y2 + cx;
  }
  return kLimit;
}

static NOINLINE uint64_t picture(uint32_t size, double zoom) {
  uint64_t sum = 0;
  for (uint32_t row = 0; row < size; ++row) {
    for (uint32_t column = 0; column < size; ++column) {
      double cx = -0.6 + zoom * (3.0 * column / size - 1.5), cy = zoom * (2.6 * row / size - 1.3);
      sum += (uint64_t)escape_time(cx, cy) * (row + 1);
    }
  }
  return sum;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 80);
  uint64_t sum = 0;
  double zoom = 1.0;
  for (uint32_t r = 0; r < rounds; ++r) {
    zoom = r % 80 == 0 ? 1.0 : zoom * 0.99;
    sum = fold(sum, picture(opaque(96), zoom));
  }
  return kernel_report("mandelbrot", sum);
}
