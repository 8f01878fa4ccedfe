// An LZ77 coder with a hash of three bytes, and its decoder: bytes, copies, branches.
#include "kernel.h"

enum { kLength = 32768, kHashes = 4096, kWindow = 4096, kMaxMatch = 66 };
static uint8_t text[kLength], packed[kLength * 2], unpacked[kLength];
static int32_t last_seen[kHashes];

static void make_text(uint32_t seed) {
  static const char* const kWords[8] = {"the ", "compiler ", "reads ", "a ", "module ", "and ", "writes ", "code. "};
  uint32_t at = 0;
  while (at < kLength) {
    for (const char* s = kWords[next_random(&seed) >> 5 & 7]; *s && at < kLength; ++s) text[at++] = (uint8_t)*s;
    if ((seed & 15) == 0 && at < kLength) text[at++] = (uint8_t)('0' + seed % 10);
  }
}

static uint32_t match_length(uint32_t from, uint32_t at) {
  uint32_t length = 0;
  while (length < kMaxMatch && at + length < kLength && text[from + length] == text[at + length]) ++length;
  return length;
}

// A flag byte (0: literal follows; else match length - 2), then the literal or a 16-bit distance.
static NOINLINE uint32_t pack(void) {
  uint32_t out = 0;
  for (uint32_t i = 0; i < kHashes; ++i) last_seen[i] = -1;
  for (uint32_t at = 0; at < kLength;) {
    uint32_t length = 0, distance = 0;
    if (at + 3 < kLength) {
      uint32_t hash =
          ((uint32_t)text[at] * 506832829u ^ (uint32_t)text[at + 1] * 2654435u ^ (uint32_t)text[at + 2] * 40503u) >> 7 &
          (kHashes - 1);
      int32_t seen = last_seen[hash];
      last_seen[hash] = (int32_t)at;
      if (seen >= 0 && at - (uint32_t)seen < kWindow) {
        distance = at - (uint32_t)seen;
        length = match_length((uint32_t)seen, at);
      }
    }
    if (length >= 4) {
      packed[out++] = (uint8_t)(length - 2);
      packed[out++] = (uint8_t)distance;
      packed[out++] = (uint8_t)(distance >> 8);
      at += length;
    } else {
      packed[out++] = 0;
      packed[out++] = text[at++];
    }
  }
  return out;
}

static NOINLINE uint32_t unpack(uint32_t length) {
  uint32_t out = 0;
  for (uint32_t at = 0; at < length;) {
    uint32_t flag = packed[at++];
    if (flag == 0) {
      unpacked[out++] = packed[at++];
      continue;
    }
    uint32_t distance = packed[at] | (uint32_t)packed[at + 1] << 8;
    at += 2;
    for (uint32_t end = out + flag + 2; out < end; ++out) unpacked[out] = unpacked[out - distance];
  }
  return out;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 250);
  uint64_t sum = 0;
  make_text(37);
  for (uint32_t r = 0; r < rounds; ++r) {
    text[r * 7919 % kLength] ^= 3;
    uint32_t length = pack();
    sum = fold(sum, length);
    sum += unpack(length) == kLength && memcmp(text, unpacked, kLength) == 0;
  }
  return kernel_report("lz", sum);
}
