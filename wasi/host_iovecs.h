// The guest's scatter/gather lists in the host's form.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <span>

#include "wasi/abi.h"
#include "wasi/guest_ptr.h"

namespace mini_wasm::wasi {

// Up to kMax buffers of a guest's list, checked against guest memory. Buffers may overlap: the host copies from or to
// each in turn. Longer lists are handled a piece at a time, so that the host's memory does not depend on their length.
class HostIovecs {
 public:
  static constexpr uint32_t kMax = 1024;              // IOV_MAX of Linux
  static constexpr uint64_t kMaxBytes = 0x7fff'ffff;  // a guest's ssize_t; the rest is a short read or write

  // Takes buffers from `list[first]` on, at most `max_bytes` in all. Error: fault.
  Errno load(GuestMemory memory, GuestArray<const Iovec> list, uint32_t first, uint64_t max_bytes = kMaxBytes);

  std::span<const iovec> host() const { return std::span(iovecs_).first(count_); }
  iovec* data() { return iovecs_.data(); }
  int count() const { return static_cast<int>(count_); }
  uint64_t bytes() const { return bytes_; }

 private:
  std::array<iovec, kMax> iovecs_;
  uint32_t count_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace mini_wasm::wasi
