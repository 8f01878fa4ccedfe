// HostIovecs: the guest's lists of buffers (iovecs) in the host's form.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <utility>

#include "wasi/abi.h"
#include "wasi/errno_map.h"
#include "wasi/guest_ptr.h"

namespace mini_wasm::wasi {

// Up to kMax buffers of a guest's list, checked against guest memory. Empty buffers are left out. Buffers may overlap:
// the host copies from or to each one in turn. A longer list is handled in parts, so that the host's memory use does
// not depend on its length.
class HostIovecs {
 public:
  static constexpr uint32_t kMax = 1024;              // IOV_MAX on Linux
  static constexpr uint64_t kMaxBytes = 0x7fff'ffff;  // the largest ssize_t of a guest; more is a short read or write
  static constexpr uint32_t kMaxEmpty = 1 << 20;      // at most this many buffers are examined in one call

  // Takes buffers, starting with `list[first]`, of at most `max_bytes` bytes in total. Returns the index of the first
  // buffer that was not examined. Error: fault.
  ErrnoOr<uint32_t> load(GuestMemory memory, GuestArray<const Iovec> list, uint32_t first = 0,
                         uint64_t max_bytes = kMaxBytes);

  // The buffers that have not been consumed yet.
  iovec* data() { return iovecs_.data() + begin_; }
  int count() const { return static_cast<int>(end_ - begin_); }
  uint64_t bytes() const { return bytes_; }

  // Removes the first `size` bytes, which have been read or written. `size` must be at most `bytes()`.
  void consume(uint64_t size);
  // Calls `use(iovec*, count)` with the first buffers, cut to at most `max_bytes` bytes.
  template <class Use>
  auto limited_to(uint64_t max_bytes, Use use) {
    uint32_t end = begin_;
    uint64_t left = max_bytes;
    while (end < end_ && iovecs_[end].iov_len <= left) left -= iovecs_[end++].iov_len;
    if (end == end_ || left == 0) return use(data(), static_cast<int>(end - begin_));
    const size_t whole = std::exchange(iovecs_[end].iov_len, left);
    const auto result = use(data(), static_cast<int>(end + 1 - begin_));
    iovecs_[end].iov_len = whole;
    return result;
  }

 private:
  std::array<iovec, kMax> iovecs_;
  uint32_t begin_ = 0, end_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace mini_wasm::wasi
