// HostFd: a descriptor of the host. It is either owned, and closed at the end, or borrowed from the embedder, and left
// open.
#pragma once

#include <unistd.h>

#include <utility>

namespace mini_wasm::wasi {

class HostFd {
 public:
  HostFd() = default;
  static HostFd own(int fd) { return HostFd(fd, true); }
  static HostFd borrow(int fd) { return HostFd(fd, false); }
  HostFd(HostFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)), owned_(std::exchange(other.owned_, false)) {}
  HostFd& operator=(HostFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
      owned_ = std::exchange(other.owned_, false);
    }
    return *this;
  }
  ~HostFd() { reset(); }

  int get() const { return fd_; }
  bool owned() const { return owned_; }
  // Returns the descriptor, which the caller must close from now on.
  int release() {
    owned_ = false;
    return std::exchange(fd_, -1);
  }

 private:
  HostFd(int fd, bool owned) : fd_(fd), owned_(owned) {}
  void reset() {
    if (owned_ && fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  int fd_ = -1;
  bool owned_ = false;
};

}  // namespace mini_wasm::wasi
