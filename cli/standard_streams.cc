#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "cli/options.h"

namespace mini_wasm::cli {
namespace {

bool was_closed[3] = {};

}  // namespace

// Each one is opened in the wrong direction, so that reading or writing gives the same error as for a closed one:
// EBADF.
void occupy_closed_streams() {
  for (int number = 0; number < 3; ++number) {
    if (fcntl(number, F_GETFD) >= 0) continue;
    was_closed[number] = true;
    const int fd = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (fd >= 0 && fd != number) close(fd);
  }
}

int guest_stream(int number) { return was_closed[number] ? -1 : number; }

int finish_output(int code) {
  const bool written = std::fflush(stdout) == 0;
  const char* const why = written ? "not all of it could be written" : std::strerror(errno);
  if (written && std::ferror(stdout) == 0) return code;
  print_error(std::string("standard output: ") + why);
  return code == kSuccess ? kBadInput : code;
}

}  // namespace mini_wasm::cli
