// Reads directories with POSIX directory streams.
#include "wasi/dir_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "runtime/system/own_descriptor.h"
#include "wasi/host_name.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

ErrnoOr<DirStream> DirStream::open(int fd) {
  // The duplicate has the same directory offset as `fd`. This is no problem: guests cannot seek directories, so `fd`
  // does not use it.
  const int copy = runtime::duplicate_descriptor(fd);
  if (copy < 0) return last_error();
  DirStream stream;
  stream.dir_ = ::fdopendir(copy);
  if (stream.dir_ == nullptr) {
    const Errno error = last_error();
    ::close(copy);
    return error;
  }
  struct stat self;
  if (::fstat(fd, &self) != 0) return last_error();
  stream.own_ino_ = self.st_ino;
  ::rewinddir(stream.dir_);
  return stream;
}

DirStream::DirStream(DirStream&& other) noexcept { *this = std::move(other); }

DirStream& DirStream::operator=(DirStream&& other) noexcept {
  std::swap(dir_, other.dir_);
  std::swap(own_ino_, other.own_ino_);
  std::swap(position_, other.position_);
  std::swap(held_, other.held_);
  std::swap(from_start_, other.from_start_);
  std::swap(positions_, other.positions_);
  std::swap(numbers_, other.numbers_);
  return *this;
}

DirStream::~DirStream() {
  if (dir_ != nullptr) ::closedir(dir_);
}

Errno DirStream::seek(DirCookie cookie) {
  if (cookie == position_ && cookie != 0) return Errno::success;
  held_.reset();
  from_start_ = cookie == 0 || cookie > positions_.size();
  if (!from_start_) {
    ::seekdir(dir_, positions_[cookie - 1]);
    position_ = cookie;
    return Errno::success;
  }
  // Restarts the host's stream, so that the listing shows entries that were created since.
  ::rewinddir(dir_);
  position_ = 0;
  while (position_ < cookie) {
    const ErrnoOr<const dirent*> skipped = read_host();
    if (!skipped.ok()) return skipped.error();
    if (*skipped == nullptr) break;
  }
  return Errno::success;
}

ErrnoOr<const dirent*> DirStream::read_host() {
  errno = 0;
  const dirent* const host = ::readdir(dir_);
  if (host == nullptr && errno != 0) return last_error();
  if (host == nullptr) {
    if (from_start_) forget_after_position();
    return host;
  }
  const DirCookie number = number_of(::telldir(dir_));
  if (number == 0) return Errno::overflow;
  position_ = number;
  return host;
}

// Returns the cookie for a position of the host; usually it is the next number. If a listing from the start differs
// from the one before, the numbers after the difference are given out again: they mean what was listed last. If the
// difference is found after a seek backwards, deleted entries keep their numbers and new entries get new ones.
DirCookie DirStream::number_of(long position) {
  const bool repeats = position_ < positions_.size();
  if (repeats && positions_[position_] == position) return position_ + 1;
  if (from_start_) {
    forget_after_position();
  } else if (repeats && numbers_.empty()) {
    for (size_t i = 0; i < positions_.size(); ++i) numbers_.emplace(positions_[i], i + 1);
  }
  if (const auto known = numbers_.find(position); known != numbers_.end()) return known->second;
  if (positions_.size() == kMostPositions) return 0;
  positions_.push_back(position);
  if (!numbers_.empty()) numbers_.emplace(position, positions_.size());
  return positions_.size();
}

void DirStream::forget_after_position() {
  positions_.resize(position_);
  numbers_.clear();
}

ErrnoOr<std::optional<DirEntry>> DirStream::next() {
  if (held_) {
    std::optional<DirEntry> entry = std::exchange(held_, std::nullopt);
    position_ = entry->next;
    return entry;
  }
  const ErrnoOr<const dirent*> host = read_host();
  if (!host.ok()) return host.error();
  if (*host == nullptr) return std::optional<DirEntry>();
  DirEntry entry{position_, (*host)->d_ino, type_of(**host), name_for_guest((*host)->d_name)};
  // A guest must not learn the inode of the directory above a preopened one. So there, as at the root of a file system,
  // ".." is the directory itself. An inode of zero would mean a removed entry (wasi-libc then asks again).
  if (entry.name == "..") entry.ino = own_ino_;
  return std::optional<DirEntry>(std::move(entry));
}

void DirStream::unread(DirCookie cookie, DirEntry entry) {
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
    case DT_UNKNOWN: break;  // the file system does not tell the type
    default: return FileType::unknown;
  }
  struct stat host;
  if (::fstatat(::dirfd(dir_), entry.d_name, &host, AT_SYMLINK_NOFOLLOW) != 0) return FileType::unknown;
  return file_type_of(host.st_mode);
}

}  // namespace mini_wasm::wasi
