// The guest's scatter/gather lists in the host's form.
#include "wasi/host_iovecs.h"

#include <algorithm>

namespace mini_wasm::wasi {

Errno HostIovecs::load(GuestMemory memory, GuestArray<const Iovec> list, uint32_t first, uint64_t max_bytes) {
  count_ = 0;
  bytes_ = 0;
  if (!memory.range(list)) return Errno::fault;
  for (uint32_t i = first; i < list.count && count_ < kMax; ++i) {
    Iovec guest;
    if (!memory.load(list[i], guest)) return Errno::fault;
    const auto bytes = memory.range(guest.buf, guest.buf_len);
    if (!bytes) return Errno::fault;
    const uint64_t size = std::min<uint64_t>(bytes->size(), max_bytes - bytes_);
    iovecs_[count_++] = {bytes->data(), size};
    bytes_ += size;
  }
  return Errno::success;
}

}  // namespace mini_wasm::wasi
