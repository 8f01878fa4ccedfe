// Functions on descriptors, without reading and writing: fd_advise ... fd_sync.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <limits>

#include "wasi/context.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

namespace {

constexpr FileSize kMaxOffset = std::numeric_limits<int64_t>::max();

bool is_file_range(FileSize offset, FileSize size) { return offset <= kMaxOffset && size <= kMaxOffset - offset; }

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

ErrnoOr<FdFlags> current_flags(const Descriptor& descriptor) {
  const int host = ::fcntl(descriptor.host.get(), F_GETFL);
  if (host < 0) return last_error();
  FdFlags flags = flags_from_host(host);
  if (descriptor.nonblock) flags |= fd_flags::kNonblock;
  return flags;
}

}  // namespace

Errno Context::fd_advise(Fd fd, FileSize offset, FileSize size, Advice advice) {
  constexpr int kHost[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                           POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  const auto file = fds_.find(fd, rights::fd_advise);
  if (!file.ok()) return file.error();
  const auto index = static_cast<size_t>(advice);
  if (index >= std::size(kHost) || !is_file_range(offset, size)) return Errno::inval;
  if ((*file)->is_directory()) return Errno::badf;
  return errno_from_host(
      ::posix_fadvise((*file)->host.get(), static_cast<off_t>(offset), static_cast<off_t>(size), kHost[index]));
}

Errno Context::fd_allocate(Fd fd, FileSize offset, FileSize size) {
  const auto file = fds_.find_file(fd, rights::fd_allocate);
  if (!file.ok()) return file.error();
  if (size == 0 || !is_file_range(offset, 0)) return Errno::inval;
  if (!is_file_range(offset, size)) return Errno::fbig;
  const int host = (*file)->host.get();
  return take_long(**file, [=] {
    return errno_from_host(::posix_fallocate(host, static_cast<off_t>(offset), static_cast<off_t>(size)));
  });
}

Errno Context::fd_close(Fd fd) { return fds_.close(fd); }

Errno Context::fd_datasync(Fd fd) {
  const auto file = fds_.find(fd, rights::fd_datasync);
  if (!file.ok()) return file.error();
  return take_long(**file, [host = (*file)->host.get()] { return check(::fdatasync(host)); });
}

Errno Context::fd_sync(Fd fd) {
  const auto file = fds_.find(fd, rights::fd_sync);
  if (!file.ok()) return file.error();
  return take_long(**file, [host = (*file)->host.get()] { return check(::fsync(host)); });
}

ErrnoOr<Fdstat> Context::fd_fdstat_get(Fd fd) {
  const auto found = fds_.find(fd, 0);
  if (!found.ok()) return found.error();
  const ErrnoOr<FdFlags> flags = current_flags(**found);
  if (!flags.ok()) return flags.error();
  Fdstat stat{};
  stat.filetype = (*found)->type;
  stat.flags = *flags;
  stat.rights_base = (*found)->base;
  stat.rights_inheriting = (*found)->inheriting;
  return stat;
}

Errno Context::fd_fdstat_set_flags(Fd fd, FdFlags flags) {
  // fcntl(2): the others cannot be changed after opening
  constexpr FdFlags kSettable = fd_flags::kAppend | fd_flags::kNonblock;
  const auto found = fds_.find(fd, rights::fd_fdstat_set_flags);
  if (!found.ok()) return found.error();
  if ((flags & ~fd_flags::kAll) != 0) return Errno::inval;
  Descriptor& descriptor = **found;
  const ErrnoOr<FdFlags> now = current_flags(descriptor);
  if (!now.ok()) return now.error();
  const FdFlags changed = flags ^ *now;
  if ((changed & ~kSettable) != 0) return Errno::notsup;
  if (!descriptor.host.owned()) {
    // The flags of a standard stream are shared with everybody who has it open. So only the calls of this guest change
    // their behaviour.
    if ((changed & fd_flags::kAppend) != 0) return Errno::notsup;
    descriptor.nonblock = (flags & fd_flags::kNonblock) != 0;
    return Errno::success;
  }
  int host = ::fcntl(descriptor.host.get(), F_GETFL);
  if (host < 0) return last_error();
  host &= ~(O_APPEND | O_NONBLOCK);
  if ((flags & fd_flags::kAppend) != 0) host |= O_APPEND;
  if ((flags & fd_flags::kNonblock) != 0) host |= O_NONBLOCK;
  return check(::fcntl(descriptor.host.get(), F_SETFL, host));
}

Errno Context::fd_fdstat_set_rights(Fd fd, Rights base, Rights inheriting) {
  Descriptor* descriptor = fds_.find(fd);
  if (descriptor == nullptr) return Errno::badf;
  if ((base & ~descriptor->base) != 0 || (inheriting & ~descriptor->inheriting) != 0) return Errno::notcapable;
  descriptor->base = base;
  descriptor->inheriting = inheriting;
  return Errno::success;
}

ErrnoOr<Filestat> Context::fd_filestat_get(Fd fd) {
  const auto found = fds_.find(fd, rights::fd_filestat_get);
  if (!found.ok()) return found.error();
  struct stat host;
  if (::fstat((*found)->host.get(), &host) != 0) return last_error();
  return filestat_of(host, (*found)->type);
}

Errno Context::fd_filestat_set_size(Fd fd, FileSize size) {
  const auto file = fds_.find_file(fd, rights::fd_filestat_set_size);
  if (!file.ok()) return file.error();
  if (size > kMaxOffset) return Errno::inval;
  return check(::ftruncate((*file)->host.get(), static_cast<off_t>(size)));
}

Errno Context::fd_filestat_set_times(Fd fd, Timestamp atim, Timestamp mtim, FstFlags flags) {
  const auto found = fds_.find(fd, rights::fd_filestat_set_times);
  if (!found.ok()) return found.error();
  timespec times[2];
  if (const Errno error = times_from(atim, mtim, flags, times); error != Errno::success) return error;
  return check(::futimens((*found)->host.get(), times));
}

ErrnoOr<Prestat> Context::fd_prestat_get(Fd fd) {
  const Descriptor* descriptor = fds_.find(fd);
  // wasi-libc stops at the first number that gives badf
  if (descriptor == nullptr || !descriptor->preopen) return Errno::badf;
  Prestat stat{};
  stat.name_len = static_cast<Size>(descriptor->preopen->size());
  return stat;
}

Errno Context::fd_prestat_dir_name(GuestMemory memory, Fd fd, GuestBytes name) {
  const Descriptor* descriptor = fds_.find(fd);
  if (descriptor == nullptr || !descriptor->preopen) return Errno::badf;
  const auto bytes = memory.range(name);
  if (!bytes) return Errno::fault;
  if (bytes->size() < descriptor->preopen->size()) return Errno::nametoolong;
  std::memcpy(bytes->data(), descriptor->preopen->data(), descriptor->preopen->size());
  return Errno::success;
}

Errno Context::fd_renumber(Fd from, Fd to) { return fds_.renumber(from, to); }

}  // namespace mini_wasm::wasi
