// POSIX functions that WASI cannot offer and wasi-libc therefore does not declare. Programs written
// for Unix call them on the side (keeping a file's owner, asking for a shell); here they fail or do nothing.
// Included before every source that the recipes compile.
#ifndef MINI_WASM_PROGRAMS_WASI_MISSING_H
#define MINI_WASM_PROGRAMS_WASI_MISSING_H

#if !defined(__ASSEMBLER__)
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__cplusplus)
extern "C" {
#endif

static inline int chmod(const char *path, mode_t mode) { return 0; }
static inline int fchmod(int fd, mode_t mode) { return 0; }
static inline int chown(const char *path, uid_t uid, gid_t gid) { return 0; }
static inline int fchown(int fd, uid_t uid, gid_t gid) { return 0; }
static inline mode_t umask(mode_t mask) { return 022; }
static inline uid_t getuid(void) { return 0; }
static inline uid_t geteuid(void) { return 0; }
static inline gid_t getgid(void) { return 0; }
static inline int dup(int fd) { errno = ENOSYS; return -1; }
static inline int dup2(int from, int to) { errno = ENOSYS; return -1; }
static inline int pipe(int fds[2]) { errno = ENOSYS; return -1; }
static inline int system(const char *command) { errno = ENOSYS; return -1; }
static inline FILE *popen(const char *command, const char *mode) { errno = ENOSYS; return 0; }
static inline int pclose(FILE *stream) { errno = ENOSYS; return -1; }
static inline int mkstemp(char *pattern) { errno = ENOSYS; return -1; }
// Every path leads to where it says: nothing here depends on links.
static inline char *realpath(const char *path, char *resolved) {
  return resolved ? strcpy(resolved, path) : strdup(path);
}

// Advisory locks: wasi-libc has struct flock, but neither the commands nor an fcntl that knows them.
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7

#if defined(__cplusplus)
}
#endif
#endif
#endif
