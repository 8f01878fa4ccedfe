// Blocks a SIGPIPE that this thread causes, and removes it, using only POSIX signals.
#include "wasi/sigpipe.h"

#include <cerrno>

namespace mini_wasm::wasi {

namespace {

sigset_t only_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

bool sigpipe_pending() {
  sigset_t pending;
  return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

}  // namespace

SigpipeGuard::SigpipeGuard(bool active) : active_(active) {
  struct sigaction action;
  if (active_ && ::sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) active_ = false;
  // If a SIGPIPE is already pending, somebody else has blocked it, so it is left alone.
  if (active_ && sigpipe_pending()) active_ = false;
  if (!active_) return;
  const sigset_t set = only_sigpipe();
  pthread_sigmask(SIG_BLOCK, &set, &before_);
}

SigpipeGuard::~SigpipeGuard() {
  if (!active_) return;
  const int saved = errno;
  if (saved == EPIPE && sigpipe_pending()) {
    const sigset_t set = only_sigpipe();
    int signal;
    sigwait(&set, &signal);
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = saved;
}

}  // namespace mini_wasm::wasi
