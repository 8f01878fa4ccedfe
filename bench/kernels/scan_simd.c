// Text sixteen bytes at a time: the places of quotes and separators by masks, then the text in hexadecimal by table look-up.
#include "kernel_simd.h"

enum { kLength = 1 << 14 };
static uint8_t text[kLength], digits[2 * kLength];

// The sum of the places of all quotes, commas and line ends.
static NOINLINE uint64_t find_marks(uint32_t length) {
  const u8x16 quote = SPLAT16('"'), comma = SPLAT16(','), end = SPLAT16('\n');
  uint64_t sum = 0;
  for (uint32_t at = 0; at < length; at += 16) {
    u8x16 bytes = load_u8x16(text + at);
    for (uint32_t mask = bitmask((u8x16)((bytes == quote) | (bytes == comma) | (bytes == end))); mask; mask &= mask - 1) {
      sum += at + (uint32_t)__builtin_ctz(mask);
    }
  }
  return sum;
}

static NOINLINE void to_hexadecimal(uint32_t length) {
  const u8x16 table = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  const u8x16 low_half = SPLAT16(15), spread = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7};
  const u8x16 odd = {0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255}, eight = SPLAT16(8);
  for (uint32_t at = 0; at < length; at += 16) {
    u8x16 bytes = load_u8x16(text + at);
    u8x16 high = swizzle(table, bytes >> 4), low = swizzle(table, bytes & low_half);
    for (uint32_t half = 0; half < 2; ++half) {
      u8x16 places = half ? spread + eight : spread;
      u8x16 pairs = (swizzle(high, places) & ~odd) | (swizzle(low, places) & odd);
      store_u8x16(digits + 2 * at + 16 * half, pairs);
    }
  }
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 4000);
  static const char kLetters[] = "abcdefghijklmnopqrstuvwxyz 0123456789\",\n[]{}:.";
  uint32_t seed = 17;
  for (uint32_t i = 0; i < kLength; ++i) text[i] = (uint8_t)kLetters[next_random(&seed) % (sizeof kLetters - 1)];
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    text[r % kLength] ^= 1;
    sum = fold(sum, find_marks(opaque(kLength)));
    to_hexadecimal(opaque(kLength));
    for (uint32_t i = r & 1023; i < 2 * kLength; i += 4096) sum = fold(sum, digits[i]);
  }
  return kernel_report("scan_simd", sum);
}
