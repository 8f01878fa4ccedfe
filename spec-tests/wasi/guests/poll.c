// Waiting: on a clock, on standard input, on both.
// stdin: line\n
// output:
// slept
// input ready
// read: line
// end of input

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(void) {
  char text[16] = {0};
  struct timespec nap = {0, 30 * 1000 * 1000};
  double start = now();
  nanosleep(&nap, NULL);
  puts(now() - start >= 0.029 ? "slept" : "too short");
  struct pollfd in = {0, POLLIN, 0};
  puts(poll(&in, 1, 10000) == 1 && (in.revents & POLLIN) ? "input ready" : "no input");
  ssize_t n = read(0, text, sizeof text);
  printf("read: %.*s\n", (int)n - 1, text);
  puts(read(0, text, sizeof text) == 0 ? "end of input" : "more?");
}
