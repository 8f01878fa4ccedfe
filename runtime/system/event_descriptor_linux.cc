#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "runtime/system/event_descriptor.h"
#include "runtime/system/own_descriptor.h"

namespace mini_wasm::runtime {

EventDescriptor::~EventDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

bool EventDescriptor::make() {
  fd_ = open_own_descriptor([] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); });
  return fd_ >= 0;
}

void EventDescriptor::set(bool readable) {
  if (fd_ < 0) return;
  uint64_t count = 1;
  // A write fails only when the counter is full, a read only when it is 0. In both cases the state is as wanted.
  [[maybe_unused]] const auto done =
      readable ? ::write(fd_, &count, sizeof(count)) : ::read(fd_, &count, sizeof(count));
}

}  // namespace mini_wasm::runtime
