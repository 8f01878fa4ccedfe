// Mandelbrot set, four points at a time: single precision, masks, and an exit when all four have escaped.
#include "kernel_simd.h"

enum { kLimit = 100 };

static i32x4 escape_times(f32x4 cx, f32x4 cy) {
  f32x4 x = SPLAT4(0.0f), y = SPLAT4(0.0f), limit = SPLAT4(4.0f);
  i32x4 inside = SPLAT4(-1), times = SPLAT4(0);
  for (uint32_t i = 0; i < kLimit; ++i) {
    f32x4 x2 = x * x, y2 = y * y;
    inside &= x2 + y2 <= limit;
    if (!any_true(inside)) break;
    times -= inside;
    y = (x + x) * y + cy;
    x = x2 - y2 + cx;
  }
  return times;
}

static NOINLINE uint64_t picture(uint32_t size, float zoom) {
  uint64_t sum = 0;
  for (uint32_t row = 0; row < size; ++row) {
    float y = zoom * (2.6f * (float)row / (float)size - 1.3f);
    f32x4 cy = SPLAT4(y), step = SPLAT4(zoom * 3.0f / (float)size), start = SPLAT4(-0.6f - zoom * 1.5f);
    for (uint32_t column = 0; column < size; column += 4) {
      float at = (float)column;
      f32x4 columns = {at, at + 1, at + 2, at + 3};
      i32x4 times = escape_times(start + step * columns, cy);
      sum += (uint64_t)(uint32_t)(times[0] + times[1] + times[2] + times[3]) * (row + 1);
    }
  }
  return sum;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 160);
  uint64_t sum = 0;
  float zoom = 1.0f;
  for (uint32_t r = 0; r < rounds; ++r) {
    zoom = r % 80 == 0 ? 1.0f : zoom * 0.99f;
    sum = fold(sum, picture(opaque(96), zoom));
  }
  return kernel_report("mandelbrot_simd", sum);
}
