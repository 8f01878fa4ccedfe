// Without a directory nothing opens.
// options: --env X=1
// output:
// /etc/passwd: refused
// etc/passwd: refused
// .: refused

#include <fcntl.h>
#include <stdio.h>

int main(void) {
  const char* paths[] = {"/etc/passwd", "etc/passwd", "."};
  for (int i = 0; i < 3; ++i) printf("%s: %s\n", paths[i], open(paths[i], O_RDONLY) < 0 ? "refused" : "opened!");
}
