// SigpipeGuard: keeps a write to a closed pipe from ending the host. The guest gets EPIPE; SIGPIPE would end the whole
// process. The signal is blocked for this thread while the object exists, and removed if the write has raised it.
#pragma once

#include <csignal>

namespace mini_wasm::wasi {

class SigpipeGuard {
 public:
  // Does nothing when `active` is false: files and terminals raise no SIGPIPE.
  explicit SigpipeGuard(bool active);
  ~SigpipeGuard();
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  bool active_;
  sigset_t before_;
};

}  // namespace mini_wasm::wasi
