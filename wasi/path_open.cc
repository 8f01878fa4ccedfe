// path_open: what is opened, and with which rights.
//
// Rights are upper limits: a descriptor may do what its directory passes on, as far as that applies to its type. The
// rights that the guest asks for only say whether it wants to read or write. Programs ask for arbitrary rights (0, ~0,
// what their libc uses) and still expect to seek, stat and list. A guest that wants fewer rights uses
// fd_fdstat_set_rights.
#include "wasi/context.h"

namespace mini_wasm::wasi {

namespace {

bool has(unsigned flags, unsigned flag) { return (flags & flag) != 0; }
constexpr Rights kWriting = OpenRequest::kWriting;

// Checks that the flags exist and can be combined.
Errno check_flags(const OpenRequest& request) {
  const bool known = (request.lookup & ~lookup_flags::kAll) == 0 && (request.oflags & ~o_flags::kAll) == 0 &&
                     (request.fdflags & ~fd_flags::kAll) == 0;
  const bool creates_directory = has(request.oflags, o_flags::kCreat) && has(request.oflags, o_flags::kDirectory);
  return known && !creates_directory ? Errno::success : Errno::inval;
}

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
  if (!request.reads()) granted &= ~rights::fd_read;
  if ((request.base & rights::fd_write) == 0) granted &= ~rights::fd_write;
  if ((request.base & kWriting) == 0) granted &= ~kWriting;
  return granted;
}

// Whether writing is needed only for the rights to allocate and to resize, and not for fd_write.
bool writes_by_the_way(const OpenRequest& request) {
  return (request.base & rights::fd_write) == 0 && request.writes() && !request.has(o_flags::kTrunc);
}
bool is_against_writing(Errno error) {
  return error == Errno::isdir || error == Errno::acces || error == Errno::rofs || error == Errno::txtbsy;
}

// O_CREAT below a read-only directory behaves as on a file system that is mounted read-only: an existing file is
// opened, unless O_EXCL is given.
ErrnoOr<Opened> open_below(const Descriptor& dir, const std::string& path, OpenRequest request) {
  if (!dir.read_only || !request.has(o_flags::kCreat)) return dir.file->open(path, request);
  if (request.has(o_flags::kExcl)) {
    const auto found = dir.file->find(path, LastLink::keep);
    if (found.ok()) return Errno::exist;
    return found.error() == Errno::noent ? Errno::rofs : found.error();
  }
  request.oflags &= static_cast<OFlags>(~o_flags::kCreat);
  ErrnoOr<Opened> opened = dir.file->open(path, request);
  return opened.ok() || opened.error() != Errno::noent ? std::move(opened) : Errno::rofs;
}

}  // namespace

ErrnoOr<Fd> Context::path_open(GuestMemory memory, Fd dir_fd, LookupFlags lookup, GuestString path, OFlags oflags,
                               Rights base, Rights, FdFlags fdflags) {
  const OpenRequest request{lookup, oflags, fdflags, base};
  ErrnoOr<PathAt> at = path_at(memory, dir_fd, 0, path);
  if (!at.ok()) return at.error();
  const auto held = at->dir->shared_from_this();
  if (const Errno error = check_flags(request); error != Errno::success) return error;
  if (const Errno error = check_rights(*held, request); error != Errno::success) return error;
  if (fds_.full()) return Errno::mfile;  // checked before anything is created or truncated
  const ErrnoOr<std::shared_ptr<Descriptor>> file = open_at(*held, at->path, request);
  if (!file.ok()) return file.error();
  return fds_.insert(std::move(**file));
}

ErrnoOr<std::shared_ptr<Descriptor>> Context::open_at(const Descriptor& dir, const std::string& path,
                                                      OpenRequest request) {
  if (const Errno error = check_rights(dir, request); error != Errno::success) return error;
  ErrnoOr<Opened> opened = open_below(dir, path, request);
  // A request for all rights except fd_write wants whatever is possible. If writing is not possible, or the file is not
  // a regular file, it is opened again without those rights. (A reader of a pipe that is itself open for writing would
  // never see its end.)
  const bool in_vain =
      opened.ok() ? opened->file->type() != FileType::regular_file : is_against_writing(opened.error());
  if (in_vain && writes_by_the_way(request)) {
    request.base &= ~kWriting;
    opened = open_below(dir, path, request);
  }
  const bool waits = !has(request.fdflags, fd_flags::kNonblock);
  if (!opened.ok() && opened.error() == Errno::nxio && waits) opened = open_when_read(dir, path, request);
  if (!opened.ok()) return opened.error();
  if (waits && opened->is_fifo && !request.writes()) {
    if (const Errno error = wait_for_writer(*opened->file); error != Errno::success) return error;
  }
  const FileType type = opened->file->type();
  auto file = std::make_shared<Descriptor>();
  file->base = granted_rights(dir, request, type);
  file->not_asked = dir.inheriting & rights_of_type(type) & ~file->base;
  file->inheriting = type == FileType::directory ? dir.inheriting : 0;
  file->read_only = dir.read_only;
  if (dir.origin) {
    const auto& [begin, above] = *dir.origin;
    file->origin = {begin, above ? *above + "/" + path : path};
  }
  file->file = std::move(opened->file);
  return file;
}

}  // namespace mini_wasm::wasi
