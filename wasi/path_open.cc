// path_open: what is opened, with which host flags, and with which rights.
//
// Rights are upper limits: a descriptor may do what its directory passes on, as far as that applies to its type. The
// rights that the guest asks for only say whether it wants to read or write. Programs ask for arbitrary rights (0, ~0,
// what their libc uses) and still expect to seek, stat and list. A guest that wants fewer rights uses
// fd_fdstat_set_rights.
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
};

bool has(unsigned flags, unsigned flag) { return (flags & flag) != 0; }
bool has_right(Rights rights, Rights right) { return (rights & right) != 0; }

// Checks that the flags exist and can be combined.
Errno check_flags(const OpenRequest& request) {
  const bool known = (request.lookup & ~lookup_flags::kAll) == 0 && (request.oflags & ~o_flags::kAll) == 0 &&
                     (request.fdflags & ~fd_flags::kAll) == 0;
  const bool creates_directory = has(request.oflags, o_flags::kCreat) && has(request.oflags, o_flags::kDirectory);
  return known && !creates_directory ? Errno::success : Errno::inval;
}

// Rights for which the host's descriptor must be open for writing.
constexpr Rights kWriting = rights::fd_write | rights::fd_allocate | rights::fd_filestat_set_size;

// Checks the rights that the directory must have for this request: its own, and those that are inherited.
Errno check_rights(const Descriptor& dir, const OpenRequest& request) {
  Rights needed = rights::path_open;
  // Below a read-only directory the flag is accepted, because a file that exists can be opened.
  if (has(request.oflags, o_flags::kCreat) && !dir.read_only) needed |= rights::path_create_file;
  if (has(request.oflags, o_flags::kTrunc)) needed |= rights::path_filestat_set_size;
  if (const Errno error = dir.require(needed); error != Errno::success) return error;
  Rights inherited = request.base & (rights::fd_read | kWriting);
  if (has(request.fdflags, fd_flags::kSync | fd_flags::kRsync)) inherited |= rights::fd_sync;
  if (has(request.fdflags, fd_flags::kDsync)) inherited |= rights::fd_datasync;
  const Rights missing = inherited & ~dir.inheriting;
  if (missing == 0) return Errno::success;
  return dir.read_only && (missing & rights::kChanging) != 0 ? Errno::rofs : Errno::notcapable;
}

// The rights of a file or directory that was opened below `dir`.
Rights granted_rights(const Descriptor& dir, const OpenRequest& request, FileType type) {
  Rights granted = dir.inheriting & rights_of_type(type);
  if (!has_right(request.base, rights::fd_read)) granted &= ~rights::fd_read;
  if (!has_right(request.base, rights::fd_write)) granted &= ~rights::fd_write;
  if (!has_right(request.base, kWriting)) granted &= ~kWriting;
  return granted;
}

// Whether writing is needed only for the rights to allocate and to resize, and not for fd_write.
bool writes_by_the_way(const OpenRequest& request) {
  return !has_right(request.base, rights::fd_write) && has_right(request.base, kWriting) &&
         !has(request.oflags, o_flags::kTrunc);
}
bool is_against_writing(Errno error) {
  return error == Errno::isdir || error == Errno::acces || error == Errno::rofs || error == Errno::txtbsy;
}

int host_flags(const OpenRequest& request) {
  // O_NONBLOCK: opening must not wait for the other end of a FIFO. O_NOCTTY: it must never acquire a terminal.
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  if (!has(request.lookup, lookup_flags::kSymlinkFollow)) flags |= O_NOFOLLOW;
  if (has(request.oflags, o_flags::kDirectory)) flags |= O_DIRECTORY;
  // O_TRUNC needs a descriptor for writing, because POSIX does not define O_RDONLY | O_TRUNC. Whether the guest may
  // write is checked by its rights.
  const bool writes = has_right(request.base, kWriting) || has(request.oflags, o_flags::kTrunc);
  const bool reads = has_right(request.base, rights::fd_read);
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

// O_CREAT below a read-only directory behaves as on a file system that is mounted read-only: an existing file is
// opened, unless O_EXCL is given.
ErrnoOr<Sandbox::Opened> open_below(const Sandbox& sandbox, const Descriptor& dir, const std::string& path,
                                    const OpenRequest& request) {
  const int flags = host_flags(request);
  if (!dir.read_only || (flags & O_CREAT) == 0) return sandbox.open(dir.host.get(), path, flags, 0666);
  if ((flags & O_EXCL) != 0) {
    const auto found = sandbox.find(dir.host.get(), path, Sandbox::LastLink::keep);
    if (found.ok()) return Errno::exist;
    return found.error() == Errno::noent ? Errno::rofs : found.error();
  }
  ErrnoOr<Sandbox::Opened> opened = sandbox.open(dir.host.get(), path, flags & ~O_CREAT, 0);
  return opened.ok() || opened.error() != Errno::noent ? std::move(opened) : Errno::rofs;
}

// Resets the O_NONBLOCK that was used for opening, unless the guest has asked for it.
Errno finish_blocking(int fd, const OpenRequest& request) {
  if (has(request.fdflags, fd_flags::kNonblock)) return Errno::success;
  const int flags = ::fcntl(fd, F_GETFL);
  return flags < 0 ? last_error() : check(::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK));
}

}  // namespace

ErrnoOr<Fd> Context::path_open(GuestMemory memory, Fd dir_fd, LookupFlags lookup, GuestString path, OFlags oflags,
                               Rights base, Rights, FdFlags fdflags) {
  OpenRequest request{lookup, oflags, fdflags, base};
  ErrnoOr<PathAt> at = path_at(memory, dir_fd, 0, path);
  if (!at.ok()) return at.error();
  const auto held = at->dir->shared_from_this();
  const Descriptor& dir = *held;
  if (const Errno error = check_flags(request); error != Errno::success) return error;
  if (const Errno error = check_rights(dir, request); error != Errno::success) return error;
  if (fds_.full()) return Errno::mfile;  // checked before the host creates or truncates anything

  ErrnoOr<Sandbox::Opened> opened = open_below(sandbox_, dir, at->path, request);
  // A request for all rights except fd_write wants whatever is possible. If writing is not possible, or the file is not
  // a regular file, it is opened again without those rights. (A reader of a pipe that is itself open for writing would
  // never see its end.)
  const bool in_vain = opened.ok() ? !S_ISREG(opened->stat.st_mode) : is_against_writing(opened.error());
  if (in_vain && writes_by_the_way(request)) {
    request.base &= ~kWriting;
    opened = open_below(sandbox_, dir, at->path, request);
  }
  const int flags = host_flags(request);
  const bool waits = !has(fdflags, fd_flags::kNonblock);
  if (!opened.ok() && opened.error() == Errno::nxio && waits) opened = open_when_read(dir, at->path, flags);
  if (!opened.ok()) return opened.error();
  if (waits && S_ISFIFO(opened->stat.st_mode) && (flags & O_ACCMODE) == O_RDONLY) {
    if (const Errno error = wait_for_writer(opened->file.get()); error != Errno::success) return error;
  }
  if (const Errno error = finish_blocking(opened->file.get(), request); error != Errno::success) return error;
  Descriptor file;
  file.type = file_type_of(opened->stat.st_mode);
  file.base = granted_rights(dir, request, file.type);
  file.not_asked = dir.inheriting & rights_of_type(file.type) & ~file.base;
  file.inheriting = file.is_directory() ? dir.inheriting : 0;
  file.read_only = dir.read_only;
  file.host = std::move(opened->file);
  return fds_.insert(std::move(file));
}

}  // namespace mini_wasm::wasi
