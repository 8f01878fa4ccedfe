// The binary interface of preview1: numbers and structures exactly as in guest memory (wasi_snapshot_preview1,
// typenames.witx). Structures are copied in and out as a whole, so that the guest receives zeros in their padding.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "wasi/errno_map.h"
#include "wasi/guest_ptr.h"

namespace mini_wasm::wasi {

static_assert(std::endian::native == std::endian::little, "guest structures are copied as they are");

enum class Fd : uint32_t {};
using Size = uint32_t;
using FileSize = uint64_t;
using FileDelta = int64_t;
using Timestamp = uint64_t;  // nanoseconds
using DirCookie = uint64_t;

enum class ClockId : uint32_t { realtime, monotonic, process_cputime, thread_cputime };
enum class Whence : uint8_t { set, cur, end };
enum class Advice : uint8_t { normal, sequential, random, willneed, dontneed, noreuse };
enum class EventType : uint8_t { clock, fd_read, fd_write };
enum class FileType : uint8_t {
  unknown,
  block_device,
  character_device,
  directory,
  regular_file,
  socket_dgram,
  socket_stream,
  symbolic_link,
};

// Sets of flags are integers of the width in the ABI. The binding (bind.h) refuses values that do not fit.
using FdFlags = uint16_t;
namespace fd_flags {
inline constexpr FdFlags kAppend = 1, kDsync = 2, kNonblock = 4, kRsync = 8, kSync = 16, kAll = 31;
}
using FstFlags = uint16_t;
namespace fst_flags {
inline constexpr FstFlags kAtim = 1, kAtimNow = 2, kMtim = 4, kMtimNow = 8, kAll = 15;
}
using LookupFlags = uint32_t;
namespace lookup_flags {
inline constexpr LookupFlags kSymlinkFollow = 1, kAll = 1;
}
using OFlags = uint16_t;
namespace o_flags {
inline constexpr OFlags kCreat = 1, kDirectory = 2, kExcl = 4, kTrunc = 8, kAll = 15;
}
using SubclockFlags = uint16_t;
inline constexpr SubclockFlags kSubclockAbstime = 1;
using EventRwFlags = uint16_t;
inline constexpr EventRwFlags kEventHangup = 1;
using RiFlags = uint16_t;
namespace ri_flags {
inline constexpr RiFlags kPeek = 1, kWaitall = 2, kAll = 3;
}
using RoFlags = uint16_t;
inline constexpr RoFlags kRoDataTruncated = 1;
using SiFlags = uint16_t;  // none defined
using SdFlags = uint8_t;
namespace sd_flags {
inline constexpr SdFlags kRd = 1, kWr = 2, kAll = 3;
}

struct Iovec {
  uint32_t buf;
  Size buf_len;
};
static_assert(sizeof(Iovec) == 8);

struct Fdstat {
  FileType filetype;
  uint8_t pad0;
  FdFlags flags;
  uint32_t pad1;
  uint64_t rights_base;
  uint64_t rights_inheriting;
};
static_assert(sizeof(Fdstat) == 24 && offsetof(Fdstat, flags) == 2 && offsetof(Fdstat, rights_base) == 8);

struct Filestat {
  uint64_t dev;
  uint64_t ino;
  FileType filetype;
  uint8_t pad[7];
  uint64_t nlink;
  FileSize size;
  Timestamp atim;
  Timestamp mtim;
  Timestamp ctim;
};
static_assert(sizeof(Filestat) == 64 && offsetof(Filestat, nlink) == 24 && offsetof(Filestat, ctim) == 56);

struct Prestat {
  uint8_t tag;  // 0 for a directory
  uint8_t pad[3];
  Size name_len;
};
static_assert(sizeof(Prestat) == 8);

// fd_readdir writes `namlen` bytes of name after each of these.
struct Dirent {
  DirCookie next;
  uint64_t ino;
  uint32_t namlen;
  FileType type;
  uint8_t pad[3];
};
static_assert(sizeof(Dirent) == 24 && offsetof(Dirent, type) == 20);

struct Subscription {
  uint64_t userdata;
  uint8_t tag;  // EventType
  uint8_t pad0[7];
  union {
    struct {
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
static_assert(sizeof(Subscription) == 48 && offsetof(Subscription, clock) == 16);

struct Event {
  uint64_t userdata;
  Errno error;
  EventType type;
  uint8_t pad0[5];
  FileSize nbytes;
  EventRwFlags flags;
  uint8_t pad1[6];
};
static_assert(sizeof(Event) == 32 && offsetof(Event, type) == 10 && offsetof(Event, flags) == 24);

}  // namespace mini_wasm::wasi
