// A directory that may be read and not changed.
// prepare: echo content > data/file
// options: --read-only-dir data::/
// check: test "$(cat data/file)" = content && test "$(ls data)" = file
// output:
// content
// create: refused
// truncate: refused
// write: refused
// mkdir: refused
// unlink: refused
// rename: refused
// link: refused
// symlink: refused

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void report(const char* what, int result) { printf("%s: %s\n", what, result < 0 ? "refused" : "done!"); }

int main(void) {
  char text[16];
  ssize_t n = read(open("/file", O_RDONLY), text, sizeof text);
  printf("%.*s", (int)n, text);
  report("create", open("/new", O_CREAT | O_WRONLY, 0644));
  report("truncate", open("/file", O_WRONLY | O_TRUNC));
  report("write", (int)write(open("/file", O_RDWR), "x", 1));
  report("mkdir", mkdir("/dir", 0755));
  report("unlink", unlink("/file"));
  report("rename", rename("/file", "/moved"));
  report("link", link("/file", "/hard"));
  report("symlink", symlink("file", "/soft"));
}
