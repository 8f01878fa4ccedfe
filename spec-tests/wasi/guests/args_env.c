// Arguments, environment and exit code.
// options: --env A=1 --env EMPTY= --argv0 program
// args: one --two=2 drei
// status: 42
// output:
// 4: program one --two=2 drei
// A=1
// EMPTY=
// 2 variables

#include <stdio.h>
#include <stdlib.h>

extern char** environ;

int main(int argc, char** argv) {
  printf("%d:", argc);
  for (int i = 0; i < argc; ++i) printf(" %s", argv[i]);
  printf("\nA=%s\nEMPTY=%s\n", getenv("A"), getenv("EMPTY"));
  int n = 0;
  while (environ[n]) ++n;
  printf("%d variables\n", n);
  return 42;
}
