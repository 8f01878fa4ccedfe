// Directory reading over POSIX directory streams.
#include "wasi/dir_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "core/utf8.h"
#include "runtime/own_descriptor.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

ErrnoOr<DirStream> DirStream::open(int fd) {
  // The duplicate shares the directory offset with `fd`, which has no other use: guests cannot seek directories.
  const int copy = runtime::duplicate_descriptor(fd);
  if (copy < 0) return last_error();
  DirStream stream;
  stream.dir_ = ::fdopendir(copy);
  if (stream.dir_ == nullptr) {
    const Errno error = last_error();
    ::close(copy);
    return error;
  }
  ::rewinddir(stream.dir_);
  return stream;
}

DirStream::DirStream(DirStream&& other) noexcept
    : dir_(std::exchange(other.dir_, nullptr)), position_(other.position_), held_(std::move(other.held_)) {}

DirStream& DirStream::operator=(DirStream&& other) noexcept {
  std::swap(dir_, other.dir_);
  std::swap(position_, other.position_);
  std::swap(held_, other.held_);
  return *this;
}

DirStream::~DirStream() {
  if (dir_ != nullptr) ::closedir(dir_);
}

Errno DirStream::seek(DirCookie cookie) {
  if (cookie > static_cast<DirCookie>(std::numeric_limits<long>::max())) return Errno::inval;
  if (cookie == 0) {
    // Always starts afresh, so that a rewound listing shows what was created since.
    held_.reset();
    ::rewinddir(dir_);
  } else if (cookie != position_) {
    held_.reset();
    ::seekdir(dir_, static_cast<long>(cookie));
  }
  position_ = cookie;
  return Errno::success;
}

ErrnoOr<std::optional<DirStream::Entry>> DirStream::next() {
  if (held_) {
    std::optional<Entry> entry = std::exchange(held_, std::nullopt);
    position_ = entry->next;
    return entry;
  }
  for (;;) {
    errno = 0;
    const dirent* host = ::readdir(dir_);
    if (host == nullptr) {
      if (errno != 0) return last_error();
      return std::optional<Entry>();
    }
    position_ = static_cast<DirCookie>(::telldir(dir_));
    if (!is_valid_utf8(host->d_name)) continue;
    Entry entry{position_, host->d_ino, type_of(*host), host->d_name};
    // What lies above is not the guest's to know: the parent of a preopen is outside.
    if (entry.name == "..") entry.ino = 0;
    return std::optional<Entry>(std::move(entry));
  }
}

void DirStream::unread(DirCookie cookie, Entry entry) {
  position_ = cookie;
  held_ = std::move(entry);
}

FileType DirStream::type_of(const dirent& entry) const {
  switch (entry.d_type) {
    case DT_DIR: return FileType::directory;
    case DT_REG: return FileType::regular_file;
    case DT_LNK: return FileType::symbolic_link;
    case DT_CHR: return FileType::character_device;
    case DT_BLK: return FileType::block_device;
    case DT_SOCK: return FileType::socket_stream;
    case DT_UNKNOWN: break;  // the file system does not say
    default: return FileType::unknown;
  }
  struct stat host;
  if (::fstatat(::dirfd(dir_), entry.d_name, &host, AT_SYMLINK_NOFOLLOW) != 0) return FileType::unknown;
  return file_type_of(host.st_mode);
}

}  // namespace mini_wasm::wasi
