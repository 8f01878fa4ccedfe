// The guest's descriptors.
#include "wasi/fd_table.h"

#include <algorithm>
#include <utility>

namespace mini_wasm::wasi {

Errno Descriptor::require(Rights needed) const {
  const Rights missing = needed & ~base;
  if (missing == 0) return Errno::success;
  if (read_only && (missing & rights::kChanging) != 0) return Errno::rofs;
  if ((missing & not_asked) == 0) return Errno::notcapable;
  return (missing & not_asked) == rights::fd_filestat_set_size ? Errno::inval : Errno::badf;
}

ErrnoOr<Fd> FdTable::insert(Descriptor descriptor) {
  if (full()) return Errno::mfile;
  const auto free = std::find(entries_.begin() + lowest_free_, entries_.end(), nullptr);
  lowest_free_ = static_cast<uint32_t>(free - entries_.begin());
  if (free == entries_.end()) return append(std::move(descriptor));
  *free = std::make_shared<Descriptor>(std::move(descriptor));
  ++open_;
  return Fd{lowest_free_};
}

ErrnoOr<Fd> FdTable::append(std::optional<Descriptor> descriptor) {
  if (descriptor && full()) return Errno::mfile;
  const Fd fd{static_cast<uint32_t>(entries_.size())};
  open_ += descriptor.has_value();
  entries_.push_back(descriptor ? std::make_shared<Descriptor>(std::move(*descriptor)) : nullptr);
  return fd;
}

Descriptor* FdTable::find(Fd fd) {
  const auto index = static_cast<uint32_t>(fd);
  return index < entries_.size() ? entries_[index].get() : nullptr;
}

ErrnoOr<Descriptor*> FdTable::find(Fd fd, Rights needed) {
  Descriptor* descriptor = find(fd);
  if (descriptor == nullptr) return Errno::badf;
  if (const Errno error = descriptor->require(needed); error != Errno::success) return error;
  return descriptor;
}

ErrnoOr<Descriptor*> FdTable::find_file(Fd fd, Rights needed) {
  Descriptor* descriptor = find(fd);
  if (descriptor != nullptr && descriptor->file->is_directory()) return Errno::isdir;
  return find(fd, needed);
}

ErrnoOr<Descriptor*> FdTable::find_directory(Fd fd, Rights needed) {
  Descriptor* descriptor = find(fd);
  if (descriptor != nullptr && !descriptor->file->is_directory()) return Errno::notdir;
  return find(fd, needed);
}

ErrnoOr<Descriptor*> FdTable::find_socket(Fd fd, Rights needed) {
  Descriptor* descriptor = find(fd);
  if (descriptor != nullptr && !descriptor->file->is_socket()) return Errno::notsock;
  return find(fd, needed);
}

std::shared_ptr<Descriptor> FdTable::take(Fd fd) {
  const auto number = static_cast<uint32_t>(fd);
  --open_;
  lowest_free_ = std::min(lowest_free_, number);
  return std::move(entries_[number]);
}

Errno FdTable::close(Fd fd) {
  if (find(fd) == nullptr) return Errno::badf;
  const std::shared_ptr<Descriptor> descriptor = take(fd);
  if (descriptor.use_count() > 1) return Errno::success;
  return descriptor->file->close();
}

void FdTable::replace(std::vector<std::shared_ptr<Descriptor>> entries) {
  entries_ = std::move(entries);
  open_ = static_cast<uint32_t>(entries_.size()) -
          static_cast<uint32_t>(std::count(entries_.begin(), entries_.end(), nullptr));
  lowest_free_ = static_cast<uint32_t>(std::find(entries_.begin(), entries_.end(), nullptr) - entries_.begin());
}

Errno FdTable::renumber(Fd from, Fd to) {
  if (find(from) == nullptr || find(to) == nullptr) return Errno::badf;
  if (from == to) return Errno::success;
  entries_[static_cast<uint32_t>(to)] = take(from);
  return Errno::success;
}

}  // namespace mini_wasm::wasi
