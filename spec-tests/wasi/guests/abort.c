// A guest that aborts traps: 134, and what it wrote before is there.
// status: 134
// output:
// before

#include <stdio.h>
#include <stdlib.h>

int main(void) {
  puts("before");
  fflush(stdout);
  abort();
}
