// Directories: create, list, rename, remove.
// prepare: mkdir -p data/big && cd data/big && for i in $(seq 1000); do : > file-$i; done
// check: test ! -e data/a && test ! -e data/b
// output:
// mkdir 0, again: File exists
// 1000 files, 2 dots
// rename 0
// rmdir full: Directory not empty
// unlink directory: Is a directory
// rmdir file: Not a directory
// unlink 0, rmdir 0

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  printf("mkdir %d, again: ", mkdir("/a", 0755));
  mkdir("/a/", 0755);
  puts(strerror(errno));
  DIR* dir = opendir("/big");
  int files = 0, dots = 0;
  for (struct dirent* e; (e = readdir(dir));) {
    if (e->d_name[0] == '.') ++dots;
    else files += e->d_type == DT_REG;
  }
  closedir(dir);
  printf("%d files, %d dots\n", files, dots);
  close(open("/a/inner", O_CREAT | O_WRONLY, 0644));
  printf("rename %d\n", rename("/a/", "/b/"));
  rmdir("/b");
  printf("rmdir full: %s\n", strerror(errno));
  unlink("/b");
  printf("unlink directory: %s\n", strerror(errno));
  rmdir("/b/inner");
  printf("rmdir file: %s\n", strerror(errno));
  printf("unlink %d, ", unlink("/b/inner"));
  printf("rmdir %d\n", rmdir("/b"));
}
