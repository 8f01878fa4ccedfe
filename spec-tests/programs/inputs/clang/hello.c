#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  char name[16];
  double value;
} Entry;

static int by_value(const void *a, const void *b) {
  double x = ((const Entry *)a)->value, y = ((const Entry *)b)->value;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  Entry entries[20];
  for (int i = 0; i < 20; i++) {
    snprintf(entries[i].name, sizeof entries[i].name, "entry-%02d", i);
    entries[i].value = sin(i) * 100;
  }
  qsort(entries, 20, sizeof(Entry), by_value);
  printf("%s from %d arguments, last %s\n", getenv("GREETING"), argc - 1, argv[argc - 1]);
  for (int i = 0; i < 20; i += 5) printf("%s %.6f\n", entries[i].name, entries[i].value);
  return strlen(getenv("GREETING"));
}
