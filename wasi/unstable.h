// Unstable: the few functions of the older `wasi_unstable` (snapshot 0) whose ABI differs from preview1: other numbers
// for whence, 32-bit link counts, and clock subscriptions with one more field (legacy/preview0/witx/typenames.witx).
// They convert their arguments and call the functions of preview1.
#pragma once

#include "wasi/context.h"

namespace mini_wasm::wasi {

namespace unstable {

enum class Whence : uint8_t { cur, end, set };

struct Filestat {
  uint64_t dev;
  uint64_t ino;
  FileType filetype;
  uint8_t pad[3];
  uint32_t nlink;
  FileSize size;
  Timestamp atim;
  Timestamp mtim;
  Timestamp ctim;
};
static_assert(sizeof(Filestat) == 56 && offsetof(Filestat, nlink) == 20 && offsetof(Filestat, size) == 24);

struct Subscription {
  uint64_t userdata;
  uint8_t tag;  // EventType
  uint8_t pad0[7];
  union {
    struct {
      uint64_t identifier;
      uint32_t id;  // ClockId
      uint32_t pad0;
      Timestamp timeout;
      Timestamp precision;
      SubclockFlags flags;
      uint8_t pad1[6];
    } clock;
    uint32_t fd;  // fd_read, fd_write
  };
};
static_assert(sizeof(Subscription) == 56 && offsetof(Subscription, clock) == 16);

}  // namespace unstable

class Unstable {
 public:
  explicit Unstable(Context& context) : context_(context) {}

  ErrnoOr<unstable::Filestat> fd_filestat_get(Fd);
  ErrnoOr<FileSize> fd_seek(Fd, FileDelta, unstable::Whence);
  ErrnoOr<unstable::Filestat> path_filestat_get(GuestMemory, Fd, LookupFlags, GuestString path);
  ErrnoOr<Size> poll_oneoff(GuestMemory, GuestPtr<const unstable::Subscription>, GuestPtr<Event>, Size count);

 private:
  Context& context_;
};

}  // namespace mini_wasm::wasi
