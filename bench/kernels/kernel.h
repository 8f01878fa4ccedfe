// Shared by all kernels: the argument for rounds, an optimisation barrier,
// a random generator, and the checksum line. A kernel has one optional argument:
// the number of rounds (12), or a multiple of its default (x12). Its time is
// proportional to the rounds; one round is about a millisecond of work. It prints
// only "<name> <checksum>", which is the same on every platform: it uses no libm
// function except sqrt, and does not depend on the size of pointers.
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

// The rounds given on the command line, or else `usual`. Exits with 2 when the
// argument is not a positive number, with or without a leading x.
static inline uint32_t kernel_rounds(int argc, char** argv, uint32_t usual) {
  if (argc < 2) return usual;
  const char* number = argv[1] + (argv[1][0] == 'x');
  char* end = 0;
  unsigned long long rounds = strtoull(number, &end, 10);
  if (*end != 0 || rounds == 0 || rounds > 0xffffffff) exit(2);
  if (number != argv[1]) rounds *= usual;
  if (rounds > 0xffffffff) exit(2);
  return (uint32_t)rounds;
}

// Hides a value from the optimiser, so that no round is precomputed or moved.
static inline uint32_t opaque(uint32_t value) {
  __asm__ volatile("" : "+r"(value));
  return value;
}

// Xorshift with a period of 2^32 - 1; the state must not be 0.
static inline uint32_t next_random(uint32_t* state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

// Adds a value to a running checksum; the order of the values matters.
static inline uint64_t fold(uint64_t sum, uint64_t value) {
  sum = (sum ^ value) * 0x9e3779b97f4a7c15ULL;
  return sum ^ (sum >> 29);
}

// Adds the bits of a double to a running checksum.
static inline uint64_t fold_double(uint64_t sum, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return fold(sum, bits);
}

// Prints "<name> <sum in hexadecimal>"; the result is main's. Plain write()
// keeps printf, and its start-up cost, out of the modules.
static inline int kernel_report(const char* name, uint64_t sum) {
  char line[64];
  size_t length = strlen(name);
  memcpy(line, name, length);
  line[length++] = ' ';
  for (int shift = 60; shift >= 0; shift -= 4) line[length++] = "0123456789abcdef"[(sum >> shift) & 15];
  line[length++] = '\n';
  return write(1, line, length) == (ssize_t)length ? 0 : 1;
}

