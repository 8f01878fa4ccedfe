// Functions on names in directories, except for path_open. Each one resolves its paths and then acts on the last
// component without following it.
//
// Trailing slashes (POSIX 4.16) are never passed to a File. That they require a directory is checked here. No
// operation may act on a last component of "." or ".."; the error is the one that Linux gives.
#include <limits.h>

#include <algorithm>
#include <cstring>

#include "core/utf8.h"
#include "wasi/context.h"
#include "wasi/host_name.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

namespace {

// For a name that is followed by a slash: success if there is a directory.
Errno require_directory(const Place& place) {
  const ErrnoOr<Filestat> stat = place.dir->stat_entry(place.name);
  if (!stat.ok()) return stat.error();
  return stat->filetype == FileType::directory ? Errno::success : Errno::notdir;
}

// For a new name that will not be a directory: a slash after it always fails, with noent when the name is free.
Errno refuse_slash(const Place& place) {
  if (!place.trailing_slash) return Errno::success;
  const ErrnoOr<Filestat> stat = place.dir->stat_entry(place.name);
  return stat.ok() ? Errno::exist : stat.error();
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
  const auto place = at->dir->file->locate(at->path, LastLink::keep);
  if (!place.ok()) return place.error();
  if (place->is_dot) return Errno::exist;
  return place->dir->make_directory(place->name);
}

ErrnoOr<Filestat> Context::path_filestat_get(GuestMemory memory, Fd fd, LookupFlags flags, GuestString path) {
  const auto at = path_at(memory, fd, rights::path_filestat_get, path);
  if (!at.ok()) return at.error();
  if ((flags & ~lookup_flags::kAll) != 0) return Errno::inval;
  const auto found = at->dir->file->find(at->path, last_link(flags));
  if (!found.ok()) return found.error();
  return found->stat;
}

Errno Context::path_filestat_set_times(GuestMemory memory, Fd fd, LookupFlags flags, GuestString path, Timestamp atim,
                                       Timestamp mtim, FstFlags fst_flags) {
  const auto at = path_at(memory, fd, rights::path_filestat_set_times, path);
  if (!at.ok()) return at.error();
  NewTimes times;
  if ((flags & ~lookup_flags::kAll) != 0) return Errno::inval;
  if (const Errno error = times_from(atim, mtim, fst_flags, times); error != Errno::success) return error;
  const auto found = at->dir->file->find(at->path, last_link(flags));
  if (!found.ok()) return found.error();
  return found->place.dir->set_entry_times(found->place.name, times);
}

Errno Context::path_link(GuestMemory memory, Fd old_fd, LookupFlags flags, GuestString old_path, Fd new_fd,
                         GuestString new_path) {
  const auto from = path_at(memory, old_fd, rights::path_link_source, old_path);
  if (!from.ok()) return from.error();
  const auto to = path_at(memory, new_fd, rights::path_link_target, new_path);
  if (!to.ok()) return to.error();
  if ((flags & ~lookup_flags::kAll) != 0) return Errno::inval;
  if (const Errno error = may_move(*from->dir, *to->dir); error != Errno::success) return error;
  const auto found = from->dir->file->find(from->path, last_link(flags));
  if (!found.ok()) return found.error();
  const auto place = to->dir->file->locate(to->path, LastLink::keep);
  if (!place.ok()) return place.error();
  if (place->is_dot) return Errno::exist;
  if (const Errno error = refuse_slash(*place); error != Errno::success) return error;
  if (found->stat.filetype == FileType::directory) return Errno::perm;
  return found->place.dir->link(found->place.name, *place->dir, place->name);
}

ErrnoOr<Size> Context::path_readlink(GuestMemory memory, Fd fd, GuestString path, GuestBytes buffer) {
  const auto at = path_at(memory, fd, rights::path_readlink, path);
  if (!at.ok()) return at.error();
  const auto bytes = memory.range(buffer);
  if (!bytes) return Errno::fault;
  const auto found = at->dir->file->find(at->path, LastLink::keep);
  if (!found.ok()) return found.error();
  if (found->place.is_dot) return Errno::inval;  // a directory, not a link
  const ErrnoOr<std::string> text = found->place.dir->read_link(found->place.name);
  if (!text.ok()) return text.error();
  const std::string target = name_for_guest(*text);
  const size_t copied = std::min(bytes->size(), target.size());
  std::memcpy(bytes->data(), target.data(), copied);
  return static_cast<Size>(copied);
}

Errno Context::path_remove_directory(GuestMemory memory, Fd fd, GuestString path) {
  const auto at = path_at(memory, fd, rights::path_remove_directory, path);
  if (!at.ok()) return at.error();
  const auto place = at->dir->file->locate(at->path, LastLink::keep);
  if (!place.ok()) return place.error();
  if (place->is_dot) return place->is_dot_dot ? Errno::notempty : Errno::inval;
  return place->dir->remove_directory(place->name);
}

Errno Context::path_rename(GuestMemory memory, Fd old_fd, GuestString old_path, Fd new_fd, GuestString new_path) {
  const auto from = path_at(memory, old_fd, rights::path_rename_source, old_path);
  if (!from.ok()) return from.error();
  const auto to = path_at(memory, new_fd, rights::path_rename_target, new_path);
  if (!to.ok()) return to.error();
  if (const Errno error = may_move(*from->dir, *to->dir); error != Errno::success) return error;
  const auto source = from->dir->file->locate(from->path, LastLink::keep);
  if (!source.ok()) return source.error();
  const auto target = to->dir->file->locate(to->path, LastLink::keep);
  if (!target.ok()) return target.error();
  if (source->is_dot || target->is_dot) return Errno::busy;
  if (source->trailing_slash || target->trailing_slash) {
    if (const Errno error = require_directory(*source); error != Errno::success) return error;
  }
  return source->dir->rename(source->name, *target->dir, target->name);
}

// Only relative links are made: the host would resolve an absolute one from its own root.
Errno Context::path_symlink(GuestMemory memory, GuestString target, Fd fd, GuestString path) {
  const auto text = read_path(memory, target);
  if (!text.ok()) return text.error();
  const auto at = path_at(memory, fd, rights::path_symlink, path);
  if (!at.ok()) return at.error();
  if (text->empty()) return Errno::noent;
  if (text->front() == '/') return Errno::perm;
  const auto place = at->dir->file->locate(at->path, LastLink::keep);
  if (!place.ok()) return place.error();
  if (place->is_dot) return Errno::exist;
  if (place->trailing_slash) {
    const Errno error = require_directory(*place);
    return error == Errno::success ? Errno::exist : error;
  }
  return place->dir->make_link(*text, place->name);
}

Errno Context::path_unlink_file(GuestMemory memory, Fd fd, GuestString path) {
  const auto at = path_at(memory, fd, rights::path_unlink_file, path);
  if (!at.ok()) return at.error();
  const auto place = at->dir->file->locate(at->path, LastLink::keep);
  if (!place.ok()) return place.error();
  if (place->is_dot) return Errno::isdir;
  if (place->trailing_slash) {
    const Errno error = require_directory(*place);
    return error == Errno::success ? Errno::isdir : error;
  }
  return place->dir->unlink(place->name);
}

}  // namespace mini_wasm::wasi
