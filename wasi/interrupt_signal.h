// A descriptor that becomes readable when a store is interrupted: what blocks in ppoll waits for it as well.
// Thread rule: that of the store; the interrupt comes from any thread.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "runtime/own_descriptor.h"
#include "runtime/store.h"
#include "wasi/host_fd.h"

namespace mini_wasm::wasi {

class InterruptSignal {
 public:
  // `store` may be null: there is nothing to wait for then.
  explicit InterruptSignal(runtime::Store* store) : store_(store) {
    int ends[2];
    const auto open = [](int(&pair)[2]) { return ::pipe2(pair, O_CLOEXEC | O_NONBLOCK); };
    if (store == nullptr || !runtime::open_own_descriptors(ends, open)) return;
    receiver_ = HostFd::own(ends[0]);
    sender_ = HostFd::own(ends[1]);
    blocked_.emplace(*store, [fd = ends[1]] { [[maybe_unused]] const auto n = ::write(fd, "", 1); });
  }

  // For a pollfd; negative, which poll passes over, when there is nothing to wait for.
  int fd() const { return receiver_.get(); }
  bool raised() const { return store_ != nullptr && store_->interrupted(); }

 private:
  runtime::Store* store_;
  HostFd receiver_, sender_;
  std::optional<runtime::Store::BlockedScope> blocked_;  // the first to go: it writes to the sender
};

}  // namespace mini_wasm::wasi
