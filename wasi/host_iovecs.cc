// Converts the guest's lists of buffers (iovecs) to the host's form.
#include "wasi/host_iovecs.h"

#include <algorithm>

namespace mini_wasm::wasi {

ErrnoOr<uint32_t> HostIovecs::load(GuestMemory memory, GuestArray<const Iovec> list, uint32_t first,
                                   uint64_t max_bytes) {
  begin_ = end_ = 0;
  bytes_ = 0;
  if (!memory.range(list)) return Errno::fault;
  uint32_t i = first;
  for (; i < list.count && i - first < kMaxEmpty && end_ < kMax; ++i) {
    Iovec guest;
    if (!memory.load(list[i], guest)) return Errno::fault;
    const auto bytes = memory.range(guest.buf, guest.buf_len);
    if (!bytes) return Errno::fault;
    const uint64_t size = std::min<uint64_t>(bytes->size(), max_bytes - bytes_);
    if (size == 0) continue;
    iovecs_[end_++] = {bytes->data(), size};
    bytes_ += size;
  }
  return i;
}

void HostIovecs::consume(uint64_t size) {
  bytes_ -= size;
  while (size != 0) {
    iovec& buffer = iovecs_[begin_];
    const uint64_t taken = std::min<uint64_t>(size, buffer.iov_len);
    buffer.iov_base = static_cast<char*>(buffer.iov_base) + taken;
    buffer.iov_len -= taken;
    size -= taken;
    begin_ += buffer.iov_len == 0;
  }
}

}  // namespace mini_wasm::wasi
