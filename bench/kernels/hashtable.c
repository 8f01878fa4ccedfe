// Open addressing with 64-bit keys: i64 mixing, probing, random memory access.
#include "kernel.h"

enum { kSlots = 1 << 15 };
static struct Slot {
  uint64_t key;  // 0: free
  uint32_t value;
} slots[kSlots];

static struct Slot* find(uint64_t key) {
  uint64_t hash = key * 0xff51afd7ed558ccdULL;
  uint32_t at = (uint32_t)(hash >> 40) & (kSlots - 1);
  while (slots[at].key != 0 && slots[at].key != key) at = (at + 1) & (kSlots - 1);
  return &slots[at];
}

static NOINLINE uint64_t fill_and_query(uint32_t count, uint32_t seed) {
  memset(slots, 0, sizeof slots);
  uint32_t state = seed;
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t key = (uint64_t)next_random(&state) << 16 | 1;
    struct Slot* slot = find(key);
    slot->key = key;
    slot->value += i;
  }
  uint64_t found = 0;
  state = seed;
  for (uint32_t i = 0; i < count * 2; ++i) {
    uint64_t key = (uint64_t)next_random(&state) << 16 | 1;
    found += find(key)->value;
  }
  return found;
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 120);
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) sum = fold(sum, fill_and_query(opaque(20000), r + 1));
  return kernel_report("hashtable", sum);
}
