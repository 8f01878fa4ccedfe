// CRC-32 by table: a byte load, a table load and a dependency chain per byte.
#include "kernel.h"

static uint32_t table[256];

static NOINLINE uint32_t crc32(const uint8_t* data, uint32_t length, uint32_t crc) {
  crc = ~crc;
  for (uint32_t i = 0; i < length; ++i) crc = crc >> 8 ^ table[(crc ^ data[i]) & 0xff];
  return ~crc;
}

int main(int argc, char** argv) {
  enum { kLength = 1 << 16 };
  static uint8_t data[kLength];
  uint32_t rounds = kernel_rounds(argc, argv, 400), seed = 29;
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
    table[i] = c;
  }
  for (uint32_t i = 0; i < kLength; ++i) data[i] = (uint8_t)next_random(&seed);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) sum = fold(sum, crc32(data, opaque(kLength), r));
  return kernel_report("crc32", sum);
}
