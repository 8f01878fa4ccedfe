// Metadata of host files in the guest's form.
#include "wasi/stat.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <limits>

namespace mini_wasm::wasi {

namespace {

constexpr uint64_t kNanosPerSecond = 1'000'000'000;

// One of the two times: set to `time`, set to now, or unchanged.
timespec time_from(Timestamp time, bool set, bool now) {
  if (now) return {0, UTIME_NOW};
  if (!set) return {0, UTIME_OMIT};
  return {static_cast<time_t>(time / kNanosPerSecond), static_cast<long>(time % kNanosPerSecond)};
}

}  // namespace

FileType file_type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return FileType::regular_file;
    case S_IFDIR: return FileType::directory;
    case S_IFLNK: return FileType::symbolic_link;
    case S_IFCHR: return FileType::character_device;
    case S_IFBLK: return FileType::block_device;
    case S_IFSOCK: return FileType::socket_stream;
    default: return FileType::unknown;  // FIFOs: preview1 has no type for them
  }
}

FileType file_type_of_fd(int fd, const struct stat& host) {
  if (!S_ISSOCK(host.st_mode)) return file_type_of(host.st_mode);
  int type = 0;
  socklen_t size = sizeof(type);
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return FileType::socket_stream;
  return type == SOCK_DGRAM ? FileType::socket_dgram : FileType::socket_stream;
}

Timestamp timestamp_of(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  const uint64_t seconds = static_cast<uint64_t>(time.tv_sec);
  if (seconds > std::numeric_limits<uint64_t>::max() / kNanosPerSecond - 1) return std::numeric_limits<uint64_t>::max();
  return seconds * kNanosPerSecond + static_cast<uint64_t>(time.tv_nsec);
}

Filestat filestat_of(const struct stat& host, FileType type) {
  Filestat stat{};
  stat.dev = host.st_dev;
  stat.ino = host.st_ino;
  stat.filetype = type;
  stat.nlink = host.st_nlink;
  stat.size = host.st_size < 0 ? 0 : static_cast<FileSize>(host.st_size);
  stat.atim = timestamp_of(host.st_atim);
  stat.mtim = timestamp_of(host.st_mtim);
  stat.ctim = timestamp_of(host.st_ctim);
  return stat;
}

Errno times_from(Timestamp atim, Timestamp mtim, FstFlags flags, NewTimes& times) {
  using namespace fst_flags;
  const bool contradictory = (flags & kAtim && flags & kAtimNow) || (flags & kMtim && flags & kMtimNow);
  if ((flags & ~kAll) != 0 || contradictory) return Errno::inval;
  times.access = time_from(atim, flags & kAtim, flags & kAtimNow);
  times.modification = time_from(mtim, flags & kMtim, flags & kMtimNow);
  return Errno::success;
}

}  // namespace mini_wasm::wasi
