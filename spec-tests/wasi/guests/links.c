// Symbolic and hard links, and that none of them leads out.
// prepare: echo secret > secret; ln -s ../secret data/out; ln -s /etc/passwd data/absolute; ln -s .. data/up
// check: test "$(cat secret)" = secret && test ! -e new
// output:
// symlink 0, readlink: target
// through the link: text
// link 0, 2 names
// out: Operation not permitted
// absolute: Operation not permitted
// up/secret: Operation not permitted
// up/new: Operation not permitted
// ../secret: Operation not permitted
// make absolute: Operation not permitted

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void try_open(const char* path, int flags) {
  int fd = openat(3, path, flags, 0644);
  printf("%s: %s\n", path, fd < 0 ? strerror(errno) : "opened!");
}

int main(void) {
  char text[32] = {0};
  struct stat st;
  int fd = open("/target", O_CREAT | O_WRONLY, 0644);
  write(fd, "text", 4);
  close(fd);
  printf("symlink %d, ", symlink("target", "/soft"));
  readlink("/soft", text, sizeof text);
  printf("readlink: %s\n", text);
  memset(text, 0, sizeof text);
  read(open("/soft", O_RDONLY), text, sizeof text);
  printf("through the link: %s\n", text);
  printf("link %d, ", link("/target", "/hard"));
  stat("/hard", &st);
  printf("%d names\n", (int)st.st_nlink);
  try_open("out", O_RDONLY);
  try_open("absolute", O_RDONLY);
  try_open("up/secret", O_RDWR | O_TRUNC);
  try_open("up/new", O_CREAT | O_WRONLY);
  try_open("../secret", O_RDONLY);
  symlink("/etc/passwd", "/new");
  printf("make absolute: %s\n", strerror(errno));
}
