#include "wasi/system_wait.h"

#include <cerrno>

namespace mini_wasm::wasi {

namespace {

constexpr long kMillisecond = 1'000'000;  // in nanoseconds
// How often to check for an interrupt when the system has no descriptor left that would report it.
constexpr timespec kTick{0, 5 * kMillisecond};

bool is_shorter(const timespec& a, const timespec& b) {
  return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

}  // namespace

Errno wait_in_system(std::span<pollfd> fds, const timespec* timeout, runtime::Store* store) {
  pollfd& interrupt = fds.back();
  interrupt = {store != nullptr ? store->interruption().descriptor() : -1, POLLIN, 0};
  if (store != nullptr && interrupt.fd < 0 && (timeout == nullptr || is_shorter(kTick, *timeout))) timeout = &kTick;
  if (store == nullptr || !store->interrupted()) {
    if (::ppoll(fds.data(), static_cast<nfds_t>(fds.size()), timeout, nullptr) < 0) {
      if (errno != EINTR) return last_error();
      for (pollfd& fd : fds) fd.revents = 0;
    }
  }
  return store != nullptr && store->interrupted() ? Errno::intr : Errno::success;
}

Errno nap(unsigned milliseconds, runtime::Store* store) {
  pollfd interrupt{};
  const timespec timeout{milliseconds / 1000, static_cast<long>(milliseconds % 1000) * kMillisecond};
  return wait_in_system({&interrupt, 1}, &timeout, store);
}

}  // namespace mini_wasm::wasi
