// Keeps a write to a closed pipe from killing the host: EPIPE is an answer for the guest, SIGPIPE would be an end for
// everybody. The signal is blocked for this thread while the object lives, and taken away if the write raised it.
#pragma once

#include <csignal>

namespace mini_wasm::wasi {

class SigpipeGuard {
 public:
  // Does nothing when not `active`: files and terminals raise no SIGPIPE.
  explicit SigpipeGuard(bool active);
  ~SigpipeGuard();
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  bool active_;
  sigset_t before_;
};

}  // namespace mini_wasm::wasi
