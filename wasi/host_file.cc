// Files of the host as system calls.
#include "wasi/host_file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wasi/host_name.h"
#include "wasi/stat.h"
#include "wasi/without_waiting.h"

namespace mini_wasm::wasi {

namespace {

FdFlags flags_from_host(int host) {
  FdFlags flags = 0;
  if ((host & O_APPEND) != 0) flags |= fd_flags::kAppend;
  if ((host & O_NONBLOCK) != 0) flags |= fd_flags::kNonblock;
  if ((host & O_SYNC) == O_SYNC) {
    flags |= fd_flags::kSync | fd_flags::kRsync;  // the same on Linux
  } else if ((host & O_DSYNC) != 0) {
    flags |= fd_flags::kDsync;
  }
  return flags;
}

int host_flags(const OpenRequest& request) {
  // O_NONBLOCK: opening must not wait for the other end of a FIFO. O_NOCTTY: it must never acquire a terminal.
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  if (!request.follows()) flags |= O_NOFOLLOW;
  if (request.has(o_flags::kDirectory)) flags |= O_DIRECTORY;
  // O_TRUNC needs a descriptor for writing, because POSIX does not define O_RDONLY | O_TRUNC. Whether the guest may
  // write is checked by its rights.
  flags |= !request.writes() ? O_RDONLY : request.reads() ? O_RDWR : O_WRONLY;
  if (request.has(o_flags::kTrunc)) flags |= O_TRUNC;
  if (request.has(o_flags::kCreat)) {
    flags |= O_CREAT;
    if (request.has(o_flags::kExcl)) flags |= O_EXCL;
  }
  if ((request.fdflags & fd_flags::kAppend) != 0) flags |= O_APPEND;
  if ((request.fdflags & fd_flags::kDsync) != 0) flags |= O_DSYNC;
  if ((request.fdflags & (fd_flags::kSync | fd_flags::kRsync)) != 0) flags |= O_SYNC;
  return flags;
}

// Resets the O_NONBLOCK that was used for opening, unless the guest has asked for it.
Errno finish_blocking(int fd, const OpenRequest& request) {
  if ((request.fdflags & fd_flags::kNonblock) != 0) return Errno::success;
  const int flags = ::fcntl(fd, F_GETFL);
  return flags < 0 ? last_error() : check(::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK));
}

ErrnoOr<Size> size_or_error(ssize_t moved) {
  if (moved < 0) return last_error();
  return static_cast<Size>(moved);
}

}  // namespace

// --- Every kind of file

ErrnoOr<Filestat> HostFile::stat() {
  struct stat host;
  if (::fstat(fd.get(), &host) != 0) return last_error();
  return filestat_of(host, type());
}

Errno HostFile::set_times(const NewTimes& times) {
  const timespec both[2] = {times.access, times.modification};
  return check(::futimens(fd.get(), both));
}

ErrnoOr<FdFlags> HostFile::flags() {
  const int host = ::fcntl(fd.get(), F_GETFL);
  if (host < 0) return last_error();
  FdFlags flags = flags_from_host(host);
  if (nonblock) flags |= fd_flags::kNonblock;
  return flags;
}

Errno HostFile::set_flags(FdFlags flags, FdFlags changed) {
  if (!fd.owned()) {
    // The flags of a standard stream are shared with everybody who has it open. So only the calls of this guest change
    // their behaviour.
    if ((changed & fd_flags::kAppend) != 0) return Errno::notsup;
    nonblock = (flags & fd_flags::kNonblock) != 0;
    return Errno::success;
  }
  int host = ::fcntl(fd.get(), F_GETFL);
  if (host < 0) return last_error();
  host &= ~(O_APPEND | O_NONBLOCK);
  if ((flags & fd_flags::kAppend) != 0) host |= O_APPEND;
  if ((flags & fd_flags::kNonblock) != 0) host |= O_NONBLOCK;
  return check(::fcntl(fd.get(), F_SETFL, host));
}

Errno HostFile::sync(bool only_data) { return check(only_data ? ::fdatasync(fd.get()) : ::fsync(fd.get())); }

Errno HostFile::close() { return fd.owned() ? check(::close(fd.release())) : Errno::success; }

// --- Content

bool HostFile::may_wait() { return wasi::may_wait(*this); }

ErrnoOr<Size> HostFile::read(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) {
  if (!offset && may_wait()) return size_or_error(read_without_waiting(*this, buffers, max_bytes));
  return size_or_error(buffers.limited_to(max_bytes, [&](iovec* all, int count) {
    return offset ? ::preadv(fd.get(), all, count, static_cast<off_t>(*offset)) : ::readv(fd.get(), all, count);
  }));
}

ErrnoOr<Size> HostFile::write(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) {
  if (!offset && may_wait()) return size_or_error(write_without_waiting(*this, buffers, max_bytes));
  return size_or_error(buffers.limited_to(max_bytes, [&](iovec* all, int count) {
    return offset ? ::pwritev(fd.get(), all, count, static_cast<off_t>(*offset)) : ::writev(fd.get(), all, count);
  }));
}

ErrnoOr<FileSize> HostFile::seek(FileDelta offset, Whence whence) {
  const int host = whence == Whence::set ? SEEK_SET : whence == Whence::cur ? SEEK_CUR : SEEK_END;
  const off_t position = ::lseek(fd.get(), offset, host);
  if (position < 0) return last_error();
  return static_cast<FileSize>(position);
}

Errno HostFile::advise(FileSize offset, FileSize size, Advice advice) {
  constexpr int kHost[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                           POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  return errno_from_host(::posix_fadvise(fd.get(), static_cast<off_t>(offset), static_cast<off_t>(size),
                                         kHost[static_cast<size_t>(advice)]));
}

Errno HostFile::allocate(FileSize offset, FileSize size) {
  return errno_from_host(::posix_fallocate(fd.get(), static_cast<off_t>(offset), static_cast<off_t>(size)));
}

Errno HostFile::set_size(FileSize size) { return check(::ftruncate(fd.get(), static_cast<off_t>(size))); }

// --- Paths

Place HostFile::place_of(Sandbox::Place place) {
  // A borrowed directory is this one.
  std::shared_ptr<File> dir(std::shared_ptr<File>(), this);
  if (place.dir.owned()) dir = std::make_shared<HostFile>(std::move(place.dir), FileType::directory, sandbox_);
  return {std::move(dir), std::move(place.name), place.is_dot, place.is_dot_dot, place.trailing_slash};
}

ErrnoOr<Place> HostFile::locate(const std::string& path, LastLink last) {
  ErrnoOr<Sandbox::Place> place = sandbox_.locate(fd.get(), path, last);
  if (!place.ok()) return place.error();
  return place_of(std::move(*place));
}

ErrnoOr<Found> HostFile::find(const std::string& path, LastLink last) {
  ErrnoOr<Sandbox::Found> found = sandbox_.find(fd.get(), path, last);
  if (!found.ok()) return found.error();
  return Found{place_of(std::move(found->place)), filestat_of(found->stat, file_type_of(found->stat.st_mode))};
}

ErrnoOr<Opened> HostFile::open(const std::string& path, const OpenRequest& request) {
  ErrnoOr<Sandbox::Opened> opened = sandbox_.open(fd.get(), path, host_flags(request), 0666);
  if (!opened.ok()) return opened.error();
  if (const Errno error = finish_blocking(opened->file.get(), request); error != Errno::success) return error;
  const mode_t mode = opened->stat.st_mode;
  return Opened{std::make_unique<HostFile>(std::move(opened->file), file_type_of(mode), sandbox_), S_ISFIFO(mode)};
}

bool HostFile::is_fifo(const std::string& path, LastLink last) const {
  const ErrnoOr<Sandbox::Found> found = sandbox_.find(fd.get(), path, last);
  return found.ok() && S_ISFIFO(found->stat.st_mode);
}

// --- Entries

ErrnoOr<Filestat> HostFile::stat_entry(const std::string& name) {
  struct stat host;
  if (::fstatat(fd.get(), name.c_str(), &host, AT_SYMLINK_NOFOLLOW) != 0) return last_error();
  return filestat_of(host, file_type_of(host.st_mode));
}

Errno HostFile::set_entry_times(const std::string& name, const NewTimes& times) {
  const timespec both[2] = {times.access, times.modification};
  return check(::utimensat(fd.get(), name.c_str(), both, AT_SYMLINK_NOFOLLOW));
}

Errno HostFile::make_directory(const std::string& name) { return check(::mkdirat(fd.get(), name.c_str(), 0777)); }
Errno HostFile::remove_directory(const std::string& name) {
  return check(::unlinkat(fd.get(), name.c_str(), AT_REMOVEDIR));
}
Errno HostFile::unlink(const std::string& name) { return check(::unlinkat(fd.get(), name.c_str(), 0)); }
Errno HostFile::make_link(const std::string& target, const std::string& name) {
  return check(::symlinkat(target.c_str(), fd.get(), name.c_str()));
}

ErrnoOr<std::string> HostFile::read_link(const std::string& name) {
  char text[PATH_MAX];
  const ssize_t size = ::readlinkat(fd.get(), name.c_str(), text, sizeof(text));
  if (size < 0) return last_error();
  return std::string(text, static_cast<size_t>(size));
}

Errno HostFile::link(const std::string& name, File& to, const std::string& new_name) {
  if (to.host() == nullptr) return Errno::xdev;
  return check(::linkat(fd.get(), name.c_str(), to.host()->fd.get(), new_name.c_str(), 0));
}

Errno HostFile::rename(const std::string& name, File& to, const std::string& new_name) {
  if (to.host() == nullptr) return Errno::xdev;
  return check(::renameat(fd.get(), name.c_str(), to.host()->fd.get(), new_name.c_str()));
}

Errno HostFile::read_entries(DirCookie cookie, const TakeEntry& take) {
  if (stream_ == nullptr) {
    ErrnoOr<DirStream> opened = DirStream::open(fd.get());
    if (!opened.ok()) return opened.error();
    stream_ = std::make_unique<DirStream>(std::move(*opened));
  }
  if (const Errno error = stream_->seek(cookie); error != Errno::success) return error;
  for (;;) {
    ErrnoOr<std::optional<DirEntry>> read = stream_->next();
    if (!read.ok()) return read.error();
    if (!*read) return Errno::success;
    DirEntry& entry = **read;
    const DirCookie next = entry.next;
    if (!take(entry)) return stream_->unread(cookie, std::move(entry)), Errno::success;
    cookie = next;
  }
}

}  // namespace mini_wasm::wasi
