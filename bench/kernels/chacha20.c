// ChaCha20 key stream (RFC 8439): unrolled 32-bit add, xor, rotate.
#include "kernel.h"

static uint32_t rotate_left(uint32_t x, uint32_t n) { return x << n | x >> (32 - n); }

#define QUARTER(a, b, c, d)           \
  a += b, d = rotate_left(d ^ a, 16); \
  c += d, b = rotate_left(b ^ c, 12); \
  a += b, d = rotate_left(d ^ a, 8);  \
  c += d, b = rotate_left(b ^ c, 7)

static NOINLINE void block(const uint32_t in[16], uint32_t out[16]) {
  uint32_t x[16];
  memcpy(x, in, sizeof x);
  for (int i = 0; i < 10; ++i) {
    QUARTER(x[0], x[4], x[8], x[12]);
    QUARTER(x[1], x[5], x[9], x[13]);
    QUARTER(x[2], x[6], x[10], x[14]);
    QUARTER(x[3], x[7], x[11], x[15]);
    QUARTER(x[0], x[5], x[10], x[15]);
    QUARTER(x[1], x[6], x[11], x[12]);
    QUARTER(x[2], x[7], x[8], x[13]);
    QUARTER(x[3], x[4], x[9], x[14]);
  }
  for (int i = 0; i < 16; ++i) out[i] = x[i] + in[i];
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 700), seed = 11;
  uint32_t state[16], stream[16];
  for (int i = 0; i < 16; ++i) state[i] = next_random(&seed);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    for (uint32_t i = 0; i < 256; ++i) {
      ++state[12];
      block(state, stream);
      sum ^= (uint64_t)stream[i & 15] << (i & 31);
    }
    sum = fold(sum, stream[0]);
  }
  return kernel_report("chacha20", sum);
}
