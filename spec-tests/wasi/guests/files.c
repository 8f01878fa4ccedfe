// Files: create, write, seek, read, append, truncate, status.
// check: test "$(cat data/notes.txt)" = "Hello, WASI!"
// output:
// wrote 12
// at 12, size 12, regular 1
// read: WASI
// pread: Hello, position 11
// appended: 13
// truncated: 12
// exclusive: File exists
// missing: No such file or directory
// not a directory: Not a directory

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  char text[32] = {0};
  struct stat st;
  int fd = open("/notes.txt", O_CREAT | O_RDWR | O_EXCL, 0644);
  printf("wrote %zd\n", write(fd, "Hello, WASI!", 12));
  fstat(fd, &st);
  printf("at %d, size %d, regular %d\n", (int)lseek(fd, 0, SEEK_CUR), (int)st.st_size, S_ISREG(st.st_mode));
  lseek(fd, -5, SEEK_END);
  read(fd, text, 4);
  printf("read: %s\n", text);
  memset(text, 0, sizeof text);
  pread(fd, text, 5, 0);
  printf("pread: %s, position %d\n", text, (int)lseek(fd, 0, SEEK_CUR));
  close(fd);
  fd = open("/notes.txt", O_WRONLY | O_APPEND);
  write(fd, "!", 1);
  fstat(fd, &st);
  printf("appended: %d\n", (int)st.st_size);
  ftruncate(fd, 12);
  stat("/notes.txt", &st);
  printf("truncated: %d\n", (int)st.st_size);
  close(fd);
  open("/notes.txt", O_CREAT | O_EXCL | O_RDWR, 0644);
  printf("exclusive: %s\n", strerror(errno));
  open("/missing", O_RDONLY);
  printf("missing: %s\n", strerror(errno));
  open("/notes.txt/", O_RDONLY);
  printf("not a directory: %s\n", strerror(errno));
}
