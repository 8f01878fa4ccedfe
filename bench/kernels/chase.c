// A list laid out at random over 8 MiB and followed: each step waits for the memory.
#include "kernel.h"

enum { kNodes = 1 << 17 };
static struct Node {
  uint32_t next, value;
  uint8_t unused[56];  // a cache line each
} nodes[kNodes];

// One cycle through all nodes (Sattolo's shuffle).
static void lay_out(uint32_t seed) {
  for (uint32_t i = 0; i < kNodes; ++i) nodes[i].next = i, nodes[i].value = next_random(&seed);
  for (uint32_t i = kNodes - 1; i > 0; --i) {
    uint32_t j = next_random(&seed) % i, next = nodes[i].next;
    nodes[i].next = nodes[j].next;
    nodes[j].next = next;
  }
}

static NOINLINE uint64_t follow(uint32_t from, uint32_t steps) {
  uint64_t sum = 0;
  for (; steps != 0; --steps) {
    sum += nodes[from].value;
    from = nodes[from].next;
  }
  return sum ^ from;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 20);
  lay_out(19);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) sum = fold(sum, follow(r, opaque(40000)));
  return kernel_report("chase", sum);
}
