// Runs tests in processes that were started without some of the standard streams.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mini_wasm::testing {

// A set of closed streams is a bit mask, beginning with stdin; the sets are 0 to kStreamSets - 1.
inline constexpr int kStreamSets = 8;

inline int closed_now() {
  int closed = 0;
  for (int fd = 0; fd < 3; ++fd) closed |= static_cast<int>(fcntl(fd, F_GETFD) < 0) << fd;
  return closed;
}

// Runs `work` in a child process in which these streams are closed. Returns its result; -1 when the child was killed.
template <class Work>
int with_closed_streams(int closed, Work work) {
  const pid_t child = fork();
  if (child == 0) {
    for (int fd = 0; fd < 3; ++fd) {
      if ((closed >> fd & 1) != 0) close(fd);
    }
    _exit(work());
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace mini_wasm::testing
