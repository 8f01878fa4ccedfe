// path_open: what is opened, with which host flags, and with which rights.
#include <fcntl.h>
#include <sys/stat.h>

#include "wasi/context.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

namespace {

struct OpenRequest {
  LookupFlags lookup;
  OFlags oflags;
  FdFlags fdflags;
  Rights base;
  Rights inheriting;
};

bool has(unsigned flags, unsigned flag) { return (flags & flag) != 0; }

// Flags that exist and go together.
Errno check_flags(const OpenRequest& request) {
  const bool known = (request.lookup & ~lookup_flags::kAll) == 0 && (request.oflags & ~o_flags::kAll) == 0 &&
                     (request.fdflags & ~fd_flags::kAll) == 0;
  const bool creates_directory = has(request.oflags, o_flags::kCreat) && has(request.oflags, o_flags::kDirectory);
  return known && !creates_directory ? Errno::success : Errno::inval;
}

// What the directory must allow for this: on itself, and to be inherited.
Errno check_rights(const Descriptor& dir, const OpenRequest& request) {
  Rights needed = rights::path_open;
  if (has(request.oflags, o_flags::kCreat)) needed |= rights::path_create_file;
  if (has(request.oflags, o_flags::kTrunc)) needed |= rights::path_filestat_set_size;
  if (const Errno error = dir.require(needed); error != Errno::success) return error;
  Rights inherited = request.base | request.inheriting;
  if (has(request.fdflags, fd_flags::kSync | fd_flags::kRsync)) inherited |= rights::fd_sync;
  if (has(request.fdflags, fd_flags::kDsync)) inherited |= rights::fd_datasync;
  const Rights missing = inherited & ~dir.inheriting;
  if (missing == 0) return Errno::success;
  return dir.read_only && (missing & rights::kChanging) != 0 ? Errno::rofs : Errno::notcapable;
}

int host_flags(const OpenRequest& request) {
  // Never wait for the other end of a FIFO, never acquire a terminal.
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  if (!has(request.lookup, lookup_flags::kSymlinkFollow)) flags |= O_NOFOLLOW;
  if (has(request.oflags, o_flags::kDirectory)) flags |= O_DIRECTORY;
  // POSIX leaves O_RDONLY | O_TRUNC open. The guest's own writes are checked by right.
  const bool writes = (request.base & rights::fd_write) != 0 || has(request.oflags, o_flags::kTrunc);
  const bool reads = (request.base & rights::fd_read) != 0;
  flags |= !writes ? O_RDONLY : reads ? O_RDWR : O_WRONLY;
  if (has(request.oflags, o_flags::kTrunc)) flags |= O_TRUNC;
  if (has(request.oflags, o_flags::kCreat)) {
    flags |= O_CREAT;
    if (has(request.oflags, o_flags::kExcl)) flags |= O_EXCL;
  }
  if (has(request.fdflags, fd_flags::kAppend)) flags |= O_APPEND;
  if (has(request.fdflags, fd_flags::kDsync)) flags |= O_DSYNC;
  if (has(request.fdflags, fd_flags::kSync | fd_flags::kRsync)) flags |= O_SYNC;
  return flags;
}

// Undoes the O_NONBLOCK of opening, unless the guest asked for it.
Errno finish_blocking(int fd, const OpenRequest& request) {
  if (has(request.fdflags, fd_flags::kNonblock)) return Errno::success;
  const int flags = ::fcntl(fd, F_GETFL);
  return flags < 0 ? last_error() : check(::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK));
}

}  // namespace

ErrnoOr<Fd> Context::path_open(GuestMemory memory, Fd dir_fd, LookupFlags lookup, GuestString path, OFlags oflags,
                               Rights base, Rights inheriting, FdFlags fdflags) {
  // Bits that mean nothing are dropped: programs ask for ~0.
  const OpenRequest request{lookup, oflags, fdflags, base & rights::kAll, inheriting & rights::kAll};
  ErrnoOr<PathAt> at = path_at(memory, dir_fd, 0, path);
  if (!at.ok()) return at.error();
  const Descriptor& dir = *at->dir;
  if (const Errno error = check_flags(request); error != Errno::success) return error;
  if (const Errno error = check_rights(dir, request); error != Errno::success) return error;
  if (fds_.full()) return Errno::mfile;  // before the host creates or truncates anything

  ErrnoOr<Sandbox::Opened> opened = sandbox_.open(dir.host.get(), at->path, host_flags(request), 0666);
  if (!opened.ok()) return opened.error();
  if (const Errno error = finish_blocking(opened->file.get(), request); error != Errno::success) return error;
  Descriptor file;
  file.type = file_type_of(opened->stat.st_mode);
  file.base = request.base & rights_of_type(file.type);
  file.inheriting = file.is_directory() ? request.inheriting : 0;
  file.read_only = dir.read_only;
  file.host = std::move(opened->file);
  return fds_.insert(std::move(file));
}

}  // namespace mini_wasm::wasi
