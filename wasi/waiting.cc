// How calls wait: other threads may use the Context meanwhile, and an interrupt of the store ends the wait.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "wasi/context.h"
#include "wasi/system_wait.h"
#include "wasi/without_waiting.h"

namespace mini_wasm::wasi {

Errno Context::interrupted() {
  if (call_ != nullptr) call_->interrupted_ = true;
  return Errno::intr;
}

Errno Context::wait_until_ready(const Descriptor& descriptor, short events, bool in_vain) {
  const int flags = ::fcntl(descriptor.host.get(), F_GETFL);
  if (flags < 0) return last_error();
  if (descriptor.nonblock || (flags & O_NONBLOCK) != 0) return Errno::again;
  runtime::Store* const store = this->store();
  const Errno error = let_others_in([&] {
    // poll said that it was ready, but not for this operation, or another process was faster. A short pause keeps this
    // from becoming a busy loop.
    if (in_vain && nap(1, store) != Errno::success) return Errno::intr;
    pollfd fds[2] = {{descriptor.host.get(), events, 0}, {}};
    return wait_in_system(fds, nullptr, store);
  });
  return error == Errno::intr ? interrupted() : error;
}

// The system can wait for data, but not for somebody who opens the other end and writes nothing. So the condition is
// checked again and again, with growing pauses.
template <class Done>
Errno Context::look_until(Done done) {
  constexpr unsigned kLongestNap = 5;  // milliseconds
  runtime::Store* const store = this->store();
  for (unsigned milliseconds = 1; !done(); milliseconds = std::min(milliseconds + 1, kLongestNap)) {
    const Errno error = let_others_in([&] { return nap(milliseconds, store); });
    if (error != Errno::success) return error == Errno::intr ? interrupted() : error;
  }
  return Errno::success;
}

Errno Context::wait_for_writer(int fifo) {
  return look_until([fifo] { return has_had_writer(fifo); });
}

ErrnoOr<Sandbox::Opened> Context::open_when_read(const Descriptor& dir, const std::string& path, int flags) {
  const auto last = (flags & O_NOFOLLOW) != 0 ? Sandbox::LastLink::keep : Sandbox::LastLink::follow;
  const ErrnoOr<Sandbox::Found> found = sandbox_.find(dir.host.get(), path, last);
  if (!found.ok() || !S_ISFIFO(found->stat.st_mode)) return Errno::nxio;
  ErrnoOr<Sandbox::Opened> opened = Errno::nxio;
  const Errno error = look_until([&] {
    opened = sandbox_.open(dir.host.get(), path, flags & ~O_CREAT, 0);
    return opened.ok() || opened.error() != Errno::nxio;
  });
  return error == Errno::success ? std::move(opened) : error;
}

}  // namespace mini_wasm::wasi
