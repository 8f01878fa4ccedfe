// How calls wait: other threads may use the Context meanwhile, and an interrupt of the store ends the wait.
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
  const ErrnoOr<FdFlags> flags = descriptor.file->flags();
  if (!flags.ok()) return flags.error();
  if ((*flags & fd_flags::kNonblock) != 0) return Errno::again;
  runtime::Store* const store = this->store();
  const Errno error = let_others_in([&] {
    // poll said that it was ready, but not for this operation, or another process was faster. A short pause keeps this
    // from becoming a busy loop.
    if (in_vain && nap(1, store) != Errno::success) return Errno::intr;
    pollfd fds[2] = {{descriptor.file->poll_descriptor(), events, 0}, {}};
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

Errno Context::wait_for_writer(const File& fifo) {
  return look_until([fd = fifo.poll_descriptor()] { return has_had_writer(fd); });
}

ErrnoOr<Opened> Context::open_when_read(const Descriptor& dir, const std::string& path, OpenRequest request) {
  const LastLink last = request.follows() ? LastLink::follow : LastLink::keep;
  const HostFile* const host = dir.file->host();
  if (host == nullptr || !host->is_fifo(path, last)) return Errno::nxio;
  request.oflags &= static_cast<OFlags>(~o_flags::kCreat);
  ErrnoOr<Opened> opened = Errno::nxio;
  const Errno error = look_until([&] {
    opened = dir.file->open(path, request);
    return opened.ok() || opened.error() != Errno::nxio;
  });
  return error == Errno::success ? std::move(opened) : error;
}

}  // namespace mini_wasm::wasi
