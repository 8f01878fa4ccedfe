// Functions on names in directories, except for path_open. Each one resolves its paths in the sandbox and then acts on
// the last component without following it.
//
// Trailing slashes (POSIX 4.16) are never passed to the host. That they require a directory is checked here. No
// operation may act on a last component of "." or ".."; the error is the one that Linux gives.
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "core/utf8.h"
#include "wasi/context.h"
#include "wasi/host_name.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

namespace {

using LastLink = Sandbox::LastLink;
using Place = Sandbox::Place;

// The metadata of the file at the place itself; links are not followed.
Errno stat_place(const Place& place, struct stat& host) {
  return check(::fstatat(place.dir.get(), place.name.c_str(), &host, AT_SYMLINK_NOFOLLOW));
}

// For a name that is followed by a slash: success if there is a directory.
Errno require_directory(const Place& place) {
  struct stat host;
  if (const Errno error = stat_place(place, host); error != Errno::success) return error;
  return S_ISDIR(host.st_mode) ? Errno::success : Errno::notdir;
}

// For a new name that will not be a directory: a slash after it always fails, with noent when the name is free.
Errno refuse_slash(const Place& place) {
  if (!place.trailing_slash) return Errno::success;
  struct stat host;
  const Errno error = stat_place(place, host);
  return error == Errno::success ? Errno::exist : error;
}

// Whether a file may move from one directory to the other. It may not if the guest could do more with it in the new
// directory.
Errno may_move(const Descriptor& from, const Descriptor& to) {
  constexpr Rights kContent = rights::fd_read | rights::fd_write | rights::fd_allocate | rights::fd_filestat_set_size |
                              rights::fd_filestat_set_times;
  return (to.inheriting & ~from.inheriting & kContent) == 0 ? Errno::success : Errno::notcapable;
}

LastLink last_link(LookupFlags flags) {
  return (flags & lookup_flags::kSymlinkFollow) != 0 ? LastLink::follow : LastLink::keep;
}

}  // namespace

ErrnoOr<std::string> read_path(GuestMemory memory, GuestString path) {
  const auto bytes = memory.range(path);
  if (!bytes) return Errno::fault;
  if (bytes->size() > PATH_MAX) return Errno::nametoolong;  // checked before copying it
  std::string text(bytes->begin(), bytes->end());
  if (text.find('\0') != std::string::npos) return Errno::inval;
  if (!is_valid_utf8(text)) return Errno::ilseq;
  return name_for_host(text);
}

ErrnoOr<Context::PathAt> Context::path_at(GuestMemory memory, Fd fd, Rights needed, GuestString path) {
  const auto dir = fds_.find_directory(fd, needed);
  if (!dir.ok()) return dir.error();
  ErrnoOr<std::string> text = read_path(memory, path);
  if (!text.ok()) return text.error();
  return PathAt{*dir, std::move(*text)};
}

Errno Context::path_create_directory(GuestMemory memory, Fd fd, GuestString path) {
  const auto at = path_at(memory, fd, rights::path_create_directory, path);
  if (!at.ok()) return at.error();
  const auto place = sandbox_.locate(at->dir->host.get(), at->path, LastLink::keep);
  if (!place.ok()) return place.error();
  if (place->is_dot) return Errno::exist;
  return check(::mkdirat(place->dir.get(), place->name.c_str(), 0777));
}

ErrnoOr<Filestat> Context::path_filestat_get(GuestMemory memory, Fd fd, LookupFlags flags, GuestString path) {
  const auto at = path_at(memory, fd, rights::path_filestat_get, path);
  if (!at.ok()) return at.error();
  if ((flags & ~lookup_flags::kAll) != 0) return Errno::inval;
  const auto found = sandbox_.find(at->dir->host.get(), at->path, last_link(flags));
  if (!found.ok()) return found.error();
  return filestat_of(found->stat, file_type_of(found->stat.st_mode));
}

Errno Context::path_filestat_set_times(GuestMemory memory, Fd fd, LookupFlags flags, GuestString path, Timestamp atim,
                                       Timestamp mtim, FstFlags fst_flags) {
  const auto at = path_at(memory, fd, rights::path_filestat_set_times, path);
  if (!at.ok()) return at.error();
  timespec times[2];
  if ((flags & ~lookup_flags::kAll) != 0) return Errno::inval;
  if (const Errno error = times_from(atim, mtim, fst_flags, times); error != Errno::success) return error;
  const auto found = sandbox_.find(at->dir->host.get(), at->path, last_link(flags));
  if (!found.ok()) return found.error();
  return check(::utimensat(found->place.dir.get(), found->place.name.c_str(), times, AT_SYMLINK_NOFOLLOW));
}

Errno Context::path_link(GuestMemory memory, Fd old_fd, LookupFlags flags, GuestString old_path, Fd new_fd,
                         GuestString new_path) {
  const auto from = path_at(memory, old_fd, rights::path_link_source, old_path);
  if (!from.ok()) return from.error();
  const auto to = path_at(memory, new_fd, rights::path_link_target, new_path);
  if (!to.ok()) return to.error();
  if ((flags & ~lookup_flags::kAll) != 0) return Errno::inval;
  if (const Errno error = may_move(*from->dir, *to->dir); error != Errno::success) return error;
  const auto found = sandbox_.find(from->dir->host.get(), from->path, last_link(flags));
  if (!found.ok()) return found.error();
  const auto place = sandbox_.locate(to->dir->host.get(), to->path, LastLink::keep);
  if (!place.ok()) return place.error();
  if (place->is_dot) return Errno::exist;
  if (const Errno error = refuse_slash(*place); error != Errno::success) return error;
  if (S_ISDIR(found->stat.st_mode)) return Errno::perm;
  return check(::linkat(found->place.dir.get(), found->place.name.c_str(), place->dir.get(), place->name.c_str(), 0));
}

ErrnoOr<Size> Context::path_readlink(GuestMemory memory, Fd fd, GuestString path, GuestBytes buffer) {
  const auto at = path_at(memory, fd, rights::path_readlink, path);
  if (!at.ok()) return at.error();
  const auto bytes = memory.range(buffer);
  if (!bytes) return Errno::fault;
  const auto found = sandbox_.find(at->dir->host.get(), at->path, LastLink::keep);
  if (!found.ok()) return found.error();
  if (found->place.is_dot) return Errno::inval;  // a directory, not a link
  char text[PATH_MAX];
  const ssize_t size = ::readlinkat(found->place.dir.get(), found->place.name.c_str(), text, sizeof(text));
  if (size < 0) return last_error();
  const std::string target = name_for_guest({text, static_cast<size_t>(size)});
  const size_t copied = std::min(bytes->size(), target.size());
  std::memcpy(bytes->data(), target.data(), copied);
  return static_cast<Size>(copied);
}

Errno Context::path_remove_directory(GuestMemory memory, Fd fd, GuestString path) {
  const auto at = path_at(memory, fd, rights::path_remove_directory, path);
  if (!at.ok()) return at.error();
  const auto place = sandbox_.locate(at->dir->host.get(), at->path, LastLink::keep);
  if (!place.ok()) return place.error();
  if (place->is_dot) return place->is_dot_dot ? Errno::notempty : Errno::inval;
  return check(::unlinkat(place->dir.get(), place->name.c_str(), AT_REMOVEDIR));
}

Errno Context::path_rename(GuestMemory memory, Fd old_fd, GuestString old_path, Fd new_fd, GuestString new_path) {
  const auto from = path_at(memory, old_fd, rights::path_rename_source, old_path);
  if (!from.ok()) return from.error();
  const auto to = path_at(memory, new_fd, rights::path_rename_target, new_path);
  if (!to.ok()) return to.error();
  if (const Errno error = may_move(*from->dir, *to->dir); error != Errno::success) return error;
  const auto source = sandbox_.locate(from->dir->host.get(), from->path, LastLink::keep);
  if (!source.ok()) return source.error();
  const auto target = sandbox_.locate(to->dir->host.get(), to->path, LastLink::keep);
  if (!target.ok()) return target.error();
  if (source->is_dot || target->is_dot) return Errno::busy;
  if (source->trailing_slash || target->trailing_slash) {
    if (const Errno error = require_directory(*source); error != Errno::success) return error;
  }
  return check(::renameat(source->dir.get(), source->name.c_str(), target->dir.get(), target->name.c_str()));
}

// Only relative links are made: the host would resolve an absolute one from its own root.
Errno Context::path_symlink(GuestMemory memory, GuestString target, Fd fd, GuestString path) {
  const auto text = read_path(memory, target);
  if (!text.ok()) return text.error();
  const auto at = path_at(memory, fd, rights::path_symlink, path);
  if (!at.ok()) return at.error();
  if (text->empty()) return Errno::noent;
  if (text->front() == '/') return Errno::perm;
  const auto place = sandbox_.locate(at->dir->host.get(), at->path, LastLink::keep);
  if (!place.ok()) return place.error();
  if (place->is_dot) return Errno::exist;
  if (place->trailing_slash) {
    const Errno error = require_directory(*place);
    return error == Errno::success ? Errno::exist : error;
  }
  return check(::symlinkat(text->c_str(), place->dir.get(), place->name.c_str()));
}

Errno Context::path_unlink_file(GuestMemory memory, Fd fd, GuestString path) {
  const auto at = path_at(memory, fd, rights::path_unlink_file, path);
  if (!at.ok()) return at.error();
  const auto place = sandbox_.locate(at->dir->host.get(), at->path, LastLink::keep);
  if (!place.ok()) return place.error();
  if (place->is_dot) return Errno::isdir;
  if (place->trailing_slash) {
    const Errno error = require_directory(*place);
    return error == Errno::success ? Errno::isdir : error;
  }
  return check(::unlinkat(place->dir.get(), place->name.c_str(), 0));
}

}  // namespace mini_wasm::wasi
