// Quicksort with insertion sort at the leaves: branches that cannot be predicted.
#include "kernel.h"

enum { kCount = 10000 };
static int32_t values[kCount];

static void insertion_sort(int32_t* low, int32_t* high) {
  for (int32_t* i = low + 1; i <= high; ++i) {
    int32_t value = *i, *j = i;
    for (; j > low && j[-1] > value; --j) *j = j[-1];
    *j = value;
  }
}

static NOINLINE void quicksort(int32_t* low, int32_t* high) {
  while (high - low > 12) {
    int32_t pivot = low[(high - low) / 2], *i = low, *j = high;
    while (i <= j) {
      while (*i < pivot) ++i;
      while (*j > pivot) --j;
      if (i <= j) {
        int32_t t = *i;
        *i++ = *j;
        *j-- = t;
      }
    }
    if (j - low < high - i) {
      quicksort(low, j);
      low = i;
    } else {
      quicksort(i, high);
      high = j;
    }
  }
  insertion_sort(low, high);
}

int main(int argc, char** argv) {
  uint32_t rounds = kernel_rounds(argc, argv, 150), seed = 19;
  uint64_t sum = 0;
  for (uint32_t r = 0; r < rounds; ++r) {
    for (int i = 0; i < kCount; ++i) values[i] = (int32_t)next_random(&seed);
    quicksort(values, values + kCount - 1);
    for (int i = 1; i < kCount; ++i) sum += (uint64_t)(values[i - 1] <= values[i]);
    sum = fold(sum, (uint32_t)values[r % kCount]);
  }
  return kernel_report("quicksort", sum);
}
