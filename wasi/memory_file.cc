// The operations of files on a MemoryTree, with the errors that the host's files give on Linux.
#include "wasi/memory_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "wasi/host_name.h"
#include "wasi/path_walk.h"
#include "wasi/stat.h"

namespace mini_wasm::wasi {

namespace {

using Lock = std::lock_guard<std::mutex>;

void set_time(Timestamp& time, const timespec& wanted, Timestamp now) {
  if (wanted.tv_nsec == UTIME_OMIT) return;
  time = wanted.tv_nsec == UTIME_NOW ? now : timestamp_of(wanted);
}

void set_times_of(MemoryTree::Node& node, const NewTimes& times, Timestamp now) {
  set_time(node.accessed, times.access, now);
  set_time(node.modified, times.modification, now);
  node.changed = now;
}

// A position in the tree below a directory; the last one is where the walk is.
class MemoryWalk final : public PathWalk {
 public:
  MemoryWalk(MemoryTree& tree, MemoryTree::Node& root) : tree_(tree), path_{&root} {}
  MemoryTree::Node& at() const { return *path_.back(); }

  Errno enter(const std::string& name) override {
    if (name.size() > MemoryTree::kMaxName) return Errno::nametoolong;
    MemoryTree::Node* const node = tree_.find(at(), name);
    if (node == nullptr) return Errno::noent;
    if (!node->is_directory()) return Errno::notdir;
    path_.push_back(node);
    return Errno::success;
  }
  Errno climb() override {
    if (path_.size() == 1) return Errno::perm;
    path_.pop_back();
    return Errno::success;
  }
  ErrnoOr<std::string> read_link(const std::string& name) override {
    if (name.size() > MemoryTree::kMaxName) return Errno::nametoolong;
    const MemoryTree::Node* const node = tree_.find(at(), name);
    if (node == nullptr) return Errno::noent;
    if (node->type != FileType::symbolic_link) return Errno::inval;
    if (const Errno error = check_path(node->content); error != Errno::success) return error;
    return node->content;
  }

 private:
  MemoryTree& tree_;
  std::vector<MemoryTree::Node*> path_;
};

}  // namespace

struct MemoryFile::Located {
  Node* dir = nullptr;
  WalkEnd end;
};

MemoryFile::~MemoryFile() {
  const Lock lock(tree().mutex);
  tree().close(node_);
}

std::unique_ptr<MemoryFile> MemoryFile::root(const Tree& tree) {
  const Lock lock(tree.tree->mutex);
  return std::make_unique<MemoryFile>(tree, tree.tree->root(), FdFlags{0});
}

// --- Every kind of file

Filestat MemoryFile::stat_of(const Node& node) const {
  Filestat stat{};
  stat.dev = tree_.device;
  stat.ino = node.ino;
  stat.filetype = node.type;
  stat.nlink = node.links;
  stat.size = node.content.size();
  stat.atim = node.accessed;
  stat.mtim = node.modified;
  stat.ctim = node.changed;
  return stat;
}

ErrnoOr<Filestat> MemoryFile::stat() {
  const Lock lock(tree().mutex);
  return stat_of(node_);
}

Errno MemoryFile::set_times(const NewTimes& times) { return set_entry_times(".", times); }

Errno MemoryFile::set_flags(FdFlags flags, FdFlags) {
  const Lock lock(tree().mutex);
  flags_ = flags;
  return Errno::success;
}

// --- Content

FileSize MemoryFile::readable() {
  const Lock lock(tree().mutex);
  const uint64_t size = node_.content.size();
  return size - std::min(size, position_);
}

ErrnoOr<Size> MemoryFile::read(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) {
  const Lock lock(tree().mutex);
  const uint64_t begin = offset.value_or(position_), size = node_.content.size();
  if (begin >= size) return Size{0};
  return buffers.limited_to(std::min(max_bytes, size - begin), [&](const iovec* list, int count) {
    const char* from = node_.content.data() + begin;
    for (int i = 0; i < count; from += list[i++].iov_len) std::memcpy(list[i].iov_base, from, list[i].iov_len);
    const uint64_t end = static_cast<uint64_t>(from - node_.content.data());
    if (!offset) position_ = end;
    return static_cast<Size>(end - begin);
  });
}

// Writes as much as there is room for.
ErrnoOr<Size> MemoryFile::write(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) {
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  const bool appends = (flags_ & fd_flags::kAppend) != 0;
  const uint64_t begin = appends ? node_.content.size() : offset.value_or(position_);
  const uint64_t wanted = std::min(max_bytes, buffers.bytes());
  if (wanted == 0) return Size{0};
  const ErrnoOr<uint64_t> room = tree().room_at(node_, begin, wanted);
  if (!room.ok()) return room.error();
  const uint64_t end = begin + *room;
  if (end > node_.content.size()) {
    if (const Errno error = tree().resize(node_, end); error != Errno::success) return error;
  }
  buffers.limited_to(*room, [&](const iovec* list, int count) {
    char* to = node_.content.data() + begin;
    for (int i = 0; i < count; to += list[i++].iov_len) std::memcpy(to, list[i].iov_base, list[i].iov_len);
    return 0;
  });
  node_.modified = node_.changed = time;
  if (!offset) position_ = end;
  return static_cast<Size>(*room);
}

ErrnoOr<FileSize> MemoryFile::seek(FileDelta offset, Whence whence) {
  const Lock lock(tree().mutex);
  const uint64_t from = whence == Whence::set ? 0 : whence == Whence::cur ? position_ : node_.content.size();
  FileDelta position;
  // Sizes and positions are at most the greatest FileDelta.
  if (__builtin_add_overflow(static_cast<FileDelta>(from), offset, &position)) return Errno::overflow;
  if (position < 0) return Errno::inval;
  return position_ = static_cast<uint64_t>(position);
}

Errno MemoryFile::resize(FileSize size, Timestamp now) {
  const Errno error = tree().resize(node_, size);
  if (error == Errno::success) node_.modified = node_.changed = now;
  return error;
}

Errno MemoryFile::allocate(FileSize offset, FileSize size) {
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  return offset + size <= node_.content.size() ? Errno::success : resize(offset + size, time);
}

Errno MemoryFile::set_size(FileSize size) {
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  return resize(size, time);
}

// --- Paths

ErrnoOr<MemoryFile::Located> MemoryFile::walk(const std::string& path, LastLink last) {
  MemoryWalk walk(tree(), node_);
  ErrnoOr<WalkEnd> end = walk_path(walk, path, last);
  if (!end.ok()) return end.error();
  return Located{&walk.at(), std::move(*end)};
}

ErrnoOr<Place> MemoryFile::locate(const std::string& path, LastLink last) {
  const Lock lock(tree().mutex);
  ErrnoOr<Located> found = walk(path, last);
  if (!found.ok()) return found.error();
  WalkEnd& end = found->end;
  return Place{std::make_shared<MemoryFile>(tree_, *found->dir, FdFlags{0}), std::move(end.name), end.is_dot,
               end.is_dot_dot, end.trailing_slash};
}

ErrnoOr<Found> MemoryFile::find(const std::string& path, LastLink last) {
  // POSIX 4.16: a pathname that ends in a slash is resolved as if "." followed.
  ErrnoOr<Place> place = locate(path, path.ends_with('/') ? LastLink::follow : last);
  if (!place.ok()) return place.error();
  const ErrnoOr<Filestat> stat = place->dir->stat_entry(place->name);
  if (!stat.ok()) return stat.error();
  if (place->trailing_slash && stat->filetype != FileType::directory) return Errno::notdir;
  return Found{std::move(*place), *stat};
}

ErrnoOr<Opened> MemoryFile::open(const std::string& path, const OpenRequest& request) {
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  const bool creates = request.has(o_flags::kCreat), exclusive = creates && request.has(o_flags::kExcl);
  const bool keeps = exclusive || (!request.follows() && !path.ends_with('/'));
  const ErrnoOr<Located> found = walk(path, keeps ? LastLink::keep : LastLink::follow);
  if (!found.ok()) return found.error();
  const WalkEnd& end = found->end;
  if (end.trailing_slash && creates) return Errno::isdir;
  Node* node = tree().find(*found->dir, end.name);
  const bool is_new = node == nullptr;
  if (is_new) {
    if (!creates) return end.name.size() > MemoryTree::kMaxName ? Errno::nametoolong : Errno::noent;
    const ErrnoOr<Node*> made = tree().make(*found->dir, end.name, FileType::regular_file, time);
    if (!made.ok()) return made.error();
    node = *made;
  } else if (exclusive) {
    return Errno::exist;
  }
  if (node->type == FileType::symbolic_link) return Errno::loop;
  if (node->is_directory() ? creates || request.writes() : request.has(o_flags::kDirectory) || end.trailing_slash) {
    return node->is_directory() ? Errno::isdir : Errno::notdir;
  }
  auto file = std::make_unique<MemoryFile>(tree_, *node, request.fdflags);
  if (request.has(o_flags::kTrunc) && !is_new) file->resize(0, time);
  return Opened{std::move(file)};
}

// --- Entries

ErrnoOr<Filestat> MemoryFile::stat_entry(const std::string& name) {
  const Lock lock(tree().mutex);
  if (name.size() > MemoryTree::kMaxName) return Errno::nametoolong;
  const Node* const node = tree().find(node_, name);
  if (node == nullptr) return Errno::noent;
  return stat_of(*node);
}

Errno MemoryFile::set_entry_times(const std::string& name, const NewTimes& times) {
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  Node* const node = tree().find(node_, name);
  if (node == nullptr) return Errno::noent;
  set_times_of(*node, times, time);
  return Errno::success;
}

Errno MemoryFile::make_directory(const std::string& name) {
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  const ErrnoOr<Node*> made = tree().make(node_, name, FileType::directory, time);
  return made.ok() ? Errno::success : made.error();
}

Errno MemoryFile::make_link(const std::string& target, const std::string& name) {
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  const ErrnoOr<Node*> made = tree().make(node_, name, FileType::symbolic_link, time, target);
  return made.ok() ? Errno::success : made.error();
}

Errno MemoryFile::remove_directory(const std::string& name) {
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  return tree().remove(node_, name, /*directory=*/true, time);
}

Errno MemoryFile::unlink(const std::string& name) {
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  return tree().remove(node_, name, /*directory=*/false, time);
}

ErrnoOr<std::string> MemoryFile::read_link(const std::string& name) {
  const Lock lock(tree().mutex);
  const Node* const node = tree().find(node_, name);
  if (node == nullptr) return Errno::noent;
  if (node->type != FileType::symbolic_link) return Errno::inval;
  return node->content;
}

MemoryTree::Node* MemoryFile::in_same_tree(File& to) {
  MemoryFile* const other = to.memory();
  return other != nullptr && other->tree_.tree == tree_.tree ? &other->node_ : nullptr;
}

Errno MemoryFile::link(const std::string& name, File& to, const std::string& new_name) {
  Node* const dir = in_same_tree(to);
  if (dir == nullptr) return Errno::xdev;
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  Node* const node = tree().find(node_, name);
  if (node == nullptr) return Errno::noent;
  return node->is_directory() ? Errno::perm : tree().link(*node, *dir, new_name, time);
}

Errno MemoryFile::rename(const std::string& name, File& to, const std::string& new_name) {
  Node* const dir = in_same_tree(to);
  if (dir == nullptr) return Errno::xdev;
  const Timestamp time = now();
  const Lock lock(tree().mutex);
  return tree().rename(node_, name, *dir, new_name, time);
}

// ".." is the directory itself, as for those of the host.
Errno MemoryFile::read_entries(DirCookie cookie, const TakeEntry& take) {
  const Lock lock(tree().mutex);
  for (; cookie < MemoryTree::kFirstCookie; ++cookie) {
    if (!take({cookie + 1, node_.ino, FileType::directory, cookie == 0 ? "." : ".."})) return Errno::success;
  }
  for (auto at = node_.order.upper_bound(cookie); at != node_.order.end(); ++at) {
    const auto& [name, slot] = *at->second;
    if (!take({at->first, slot.node->ino, slot.node->type, name_for_guest(name)})) return Errno::success;
  }
  return Errno::success;
}

}  // namespace mini_wasm::wasi
