// Functions on descriptors, without reading and writing: fd_advise ... fd_sync.
#include <cstring>
#include <limits>

#include "wasi/context.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

namespace {

constexpr FileSize kMaxOffset = std::numeric_limits<int64_t>::max();

bool is_file_range(FileSize offset, FileSize size) { return offset <= kMaxOffset && size <= kMaxOffset - offset; }

}  // namespace

Errno Context::fd_advise(Fd fd, FileSize offset, FileSize size, Advice advice) {
  const auto found = fds_.find(fd, rights::fd_advise);
  if (!found.ok()) return found.error();
  if (advice > Advice::noreuse || !is_file_range(offset, size)) return Errno::inval;
  if ((*found)->file->is_directory()) return Errno::badf;
  return (*found)->file->advise(offset, size, advice);
}

// What is reserved counts as written, as far as there was room for it.
Errno Context::fd_allocate(Fd fd, FileSize offset, FileSize size) {
  const auto found = fds_.find_file(fd, rights::fd_allocate);
  if (!found.ok()) return found.error();
  if (size == 0 || !is_file_range(offset, 0)) return Errno::inval;
  if (!is_file_range(offset, size)) return Errno::fbig;
  WriteAllowance::Part part(allowance_, size);
  if (part.granted() < size) return Errno::nospc;
  File& file = *(*found)->file;
  const Errno error = take_long(**found, [&] { return file.allocate(offset, size); });
  if (error == Errno::success) part.use(size);
  return error;
}

Errno Context::fd_close(Fd fd) { return fds_.close(fd); }

Errno Context::fd_datasync(Fd fd) {
  const auto found = fds_.find(fd, rights::fd_datasync);
  if (!found.ok()) return found.error();
  return take_long(**found, [&file = *(*found)->file] { return file.sync(/*only_data=*/true); });
}

Errno Context::fd_sync(Fd fd) {
  const auto found = fds_.find(fd, rights::fd_sync);
  if (!found.ok()) return found.error();
  return take_long(**found, [&file = *(*found)->file] { return file.sync(/*only_data=*/false); });
}

ErrnoOr<Fdstat> Context::fd_fdstat_get(Fd fd) {
  const auto found = fds_.find(fd, 0);
  if (!found.ok()) return found.error();
  const ErrnoOr<FdFlags> flags = (*found)->file->flags();
  if (!flags.ok()) return flags.error();
  Fdstat stat{};
  stat.filetype = (*found)->file->type();
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
  File& file = *(*found)->file;
  const ErrnoOr<FdFlags> now = file.flags();
  if (!now.ok()) return now.error();
  const FdFlags changed = flags ^ *now;
  return (changed & ~kSettable) == 0 ? file.set_flags(flags, changed) : Errno::notsup;
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
  return (*found)->file->stat();
}

Errno Context::fd_filestat_set_size(Fd fd, FileSize size) {
  const auto file = fds_.find_file(fd, rights::fd_filestat_set_size);
  if (!file.ok()) return file.error();
  if (size > kMaxOffset) return Errno::inval;
  return (*file)->file->set_size(size);
}

Errno Context::fd_filestat_set_times(Fd fd, Timestamp atim, Timestamp mtim, FstFlags flags) {
  const auto found = fds_.find(fd, rights::fd_filestat_set_times);
  if (!found.ok()) return found.error();
  NewTimes times;
  if (const Errno error = times_from(atim, mtim, flags, times); error != Errno::success) return error;
  return (*found)->file->set_times(times);
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
