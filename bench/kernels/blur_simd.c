// A 3 x 3 blur of bytes with weights 1 2 1, sixteen pixels at a time: widening loads, 16-bit lanes, narrowing.
#include "kernel_simd.h"

enum { kWidth = 256, kHeight = 96 };
static uint8_t images[2][kHeight][kWidth + 2];

// 1 2 1 along the row around x, of eight pixels.
static u16x8 along(const uint8_t* row, uint32_t x) {
  return load_widened(row + x - 1) + (load_widened(row + x) << 1) + load_widened(row + x + 1);
}

static u16x8 weigh(const uint8_t (*rows)[kWidth + 2], uint32_t x) {
  u16x8 half = {8, 8, 8, 8, 8, 8, 8, 8};
  return (along(rows[0], x) + (along(rows[1], x) << 1) + along(rows[2], x) + half) >> 4;
}

static NOINLINE void blur(uint8_t (*from)[kWidth + 2], uint8_t (*to)[kWidth + 2]) {
  for (uint32_t y = 1; y < kHeight - 1; ++y) {
    for (uint32_t x = 1; x <= kWidth; x += 16) {
      const uint8_t(*rows)[kWidth + 2] = (const uint8_t(*)[kWidth + 2]) & from[y - 1];
      store_u8x16(&to[y][x], narrow(weigh(rows, x), weigh(rows, x + 8)));
    }
  }
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 2000);
  uint32_t seed = 13;
  for (uint32_t y = 0; y < kHeight; ++y) {
    for (uint32_t x = 0; x < kWidth + 2; ++x) images[0][y][x] = images[1][y][x] = (uint8_t)next_random(&seed);
  }
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    uint8_t(*from)[kWidth + 2] = images[r & 1], (*to)[kWidth + 2] = images[~r & 1];
    from[1 + r % (kHeight - 2)][1 + (r * 5) % kWidth] ^= 0xff;
    blur(from, to);
    for (uint32_t y = 1; y < kHeight; y += 8) sum = fold(sum, to[y][1 + (y * 37 + r) % kWidth]);
  }
  return kernel_report("blur_simd", sum);
}
