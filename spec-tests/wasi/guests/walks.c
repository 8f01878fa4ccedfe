// What programs do with directories: scandir, nftw, glob, realpath; telldir, seekdir and rewinddir while files come and go.
// Debian's wasi-libc has no realpath; spec-tests/programs/recipes/wasi_libc.sh builds this with others.
// cflags: -DNO_REALPATH
// prepare: mkdir -p data/tree/b/deep data/many && cd data && : > tree/a.txt; : > tree/b/c.txt; ln -s b tree/link
// prepare: cd data/many && for i in $(seq 300); do : > file-$i; done && : > "$(printf 'b\303d\377')"
// check: test -z "$(ls -A data/many)"
// output:
// scandir: . .. a.txt b link
// with inodes: 5
// nftw: /tree b a.txt c.txt deep link, depth 2, 3 directories
// glob: /tree/a.txt /tree/b
// 303 entries, 303 places
// back at the right entry 303 times
// after removing half of it: 302
// rewound: 153
// past the end: nothing
// emptied: 301 files, rmdir says Directory not empty before and nothing after

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int directories, deepest;
static char seen[6][NAME_MAX + 1];
static int seen_count;

static int visit(const char* path, const struct stat* info, int kind, struct FTW* at) {
  (void)info;
  directories += kind == FTW_D;
  if (at->level > deepest) deepest = at->level;
  if (at->level > 0) snprintf(seen[seen_count++], NAME_MAX, "%s", path + at->base);
  return 0;
}

static int by_name(const void* a, const void* b) { return strcmp(a, b); }

static void walk(void) {
  struct dirent** names = NULL;
  int count = scandir("/tree", &names, NULL, alphasort), inodes = 0;
  printf("scandir:");
  for (int i = 0; i < count; ++i) {
    printf(" %s", names[i]->d_name);
    inodes += names[i]->d_ino != 0;
  }
  printf("\nwith inodes: %d\n", inodes);
  nftw("/tree", visit, 8, FTW_PHYS);
  // In any order, but for the two that this line begins with.
  qsort(seen, seen_count, sizeof(seen[0]), by_name);
  printf("nftw: /tree b");
  for (int i = 0; i < seen_count; ++i) {
    if (strcmp(seen[i], "b") != 0) printf(" %s", seen[i]);
  }
  printf(", depth %d, %d directories\n", deepest, directories);
  glob_t found;
  printf("glob:");
  if (glob("/tree/[ab]*", 0, NULL, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) printf(" %s", found.gl_pathv[i]);
  }
  puts("");
#ifndef NO_REALPATH
  // Says something only where it is wrong.
  char path[PATH_MAX];
  if (realpath("/tree/./link/../b/deep", path) == NULL) strcpy(path, strerror(errno));
  if (strcmp(path, "/tree/b/deep") != 0) printf("realpath: %s\n", path);
#endif
}

static struct {
  long place;  // before the entry
  char name[NAME_MAX + 1];
} entries[400];

static int check_places(DIR* dir, int count) {
  int right = 0;
  for (int i = count - 1; i >= 0; --i) {
    seekdir(dir, entries[i].place);
    struct dirent* entry = readdir(dir);
    right += entry != NULL && strcmp(entry->d_name, entries[i].name) == 0;
  }
  return right;
}

static int list(DIR* dir) {
  int count = 0;
  for (struct dirent* entry; entries[count].place = telldir(dir), (entry = readdir(dir)) != NULL; ++count) {
    strcpy(entries[count].name, entry->d_name);
  }
  return count;
}

static void unlink_in_many(const char* name) {
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "/many/%s", name);
  if (unlink(path) != 0) printf("unlink %s: %s\n", name, strerror(errno));
}

int main(void) {
  walk();
  DIR* dir = opendir("/many");
  const int count = list(dir);
  int places = 0;
  for (int i = 0; i < count; ++i) places += entries[i].place >= 0 && (i == 0 || entries[i].place > entries[i - 1].place);
  printf("%d entries, %d places\n", count, places);
  printf("back at the right entry %d times\n", check_places(dir, count));

  // Half of what was listed goes. Where the others were they still are.
  int removed = 0, right = 0;
  for (int i = 0; i < count && removed < 150; ++i) {
    if (entries[i].name[0] != 'f') continue;
    unlink_in_many(entries[i].name);
    entries[i].name[0] = '\0';
    ++removed;
  }
  for (int i = 1; i < count; ++i) {  // the first place is where a listing starts anew
    seekdir(dir, entries[i].place);
    struct dirent* entry = readdir(dir);
    int next = i;
    while (next < count && entries[next].name[0] == '\0') ++next;
    right += next == count ? entry == NULL : entry != NULL && strcmp(entry->d_name, entries[next].name) == 0;
  }
  printf("after removing half of it: %d\n", right);
  rewinddir(dir);
  printf("rewound: %d\n", list(dir));
  seekdir(dir, 1000000);
  printf("past the end: %s\n", readdir(dir) == NULL ? "nothing" : "something");

  printf("emptied: 301 files, rmdir says %s before and ", rmdir("/many") == 0 ? "nothing" : strerror(errno));
  rewinddir(dir);
  for (struct dirent* entry; (entry = readdir(dir)) != NULL;) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) unlink_in_many(entry->d_name);
  }
  closedir(dir);
  printf("%s after\n", rmdir("/many") == 0 ? mkdir("/many", 0755), "nothing" : strerror(errno));
}
