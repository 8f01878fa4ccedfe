#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <ctime>

#include "runtime/system/own_descriptor.h"

namespace mini_wasm::runtime {
namespace {

constexpr int kFirst = 3;

std::atomic<unsigned> opening{0};  // number of threads in an OpeningScope
std::atomic<unsigned> looking{0};  // number of threads that wait until there are none

// Gives up after 0.1 s. A call that takes longer has not made its descriptor yet. And in a child of fork, the threads
// that are counted do not exist.
template <class Condition>
void wait_until(Condition condition) {
  constexpr struct timespec kPause = {0, 50'000};
  constexpr int kMostPauses = 2'000;
  for (int i = 0; i < kMostPauses && !condition(); ++i) nanosleep(&kPause, nullptr);
}

}  // namespace

// Each side first counts itself and then reads the other counter, so that at least one of two threads sees the other.
OpeningScope::OpeningScope() {
  ++opening;
  if (looking == 0) return;
  --opening;
  wait_until([] { return looking == 0; });
  ++opening;
}

OpeningScope::~OpeningScope() { --opening; }

int duplicate_descriptor(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, kFirst); }

int above_standard_streams(int fd) {
  if (fd < 0 || fd >= kFirst) return fd;
  const int moved = duplicate_descriptor(fd);
  const int error = errno;
  close(fd);
  errno = error;
  return moved;
}

bool above_standard_streams(int (&ends)[2]) {
  for (int& end : ends) end = above_standard_streams(end);
  if (ends[0] >= 0 && ends[1] >= 0) return true;
  const int error = errno;
  for (const int end : ends) {
    if (end >= 0) close(end);
  }
  errno = error;
  return false;
}

// A descriptor of the library is closed on exec, a standard stream hardly ever is. So other descriptors are answered
// without waiting.
bool is_open_for_good(int fd) {
  const int flags = fcntl(fd, F_GETFD);
  if (flags < 0 || fd >= kFirst || (flags & FD_CLOEXEC) == 0) return flags >= 0;
  ++looking;
  wait_until([] { return opening == 0; });
  const bool open = fcntl(fd, F_GETFD) >= 0;
  --looking;
  return open;
}

}  // namespace mini_wasm::runtime
