#include "wasi/memory_tree.h"

#include <algorithm>
#include <utility>

#include "core/guarded.h"

namespace mini_wasm::wasi {

MemoryTree::MemoryTree(const WasiFileLimits& limits) : limits_(limits) {
  root_ = &nodes_.emplace_back(++last_ino_, FileType::directory, 0);
  root_->links = 2;
  root_->opens = 1;  // it is never freed
}

MemoryTree::Node* MemoryTree::find(Node& dir, std::string_view name) {
  if (name == ".") return &dir;
  const auto found = dir.names.find(name);
  return found == dir.names.end() ? nullptr : found->second.node;
}

Errno MemoryTree::may_add(const Node& dir, std::string_view name) const {
  if (name.size() > kMaxName) return Errno::nametoolong;
  if (dir.names.find(name) != dir.names.end()) return Errno::exist;
  if (dir.is_removed()) return Errno::noent;
  return entries_ < limits_.entries ? Errno::success : Errno::nospc;
}

void MemoryTree::add(Node& dir, std::string_view name, Node& node, Timestamp now) {
  // What needs memory comes first.
  Names one;
  one.emplace(name, Slot{&node, dir.last_cookie + 1});
  const auto place = dir.order.emplace(dir.last_cookie + 1, dir.names.end()).first;
  place->second = dir.names.insert(one.extract(one.begin())).position;
  ++dir.last_cookie;
  ++entries_;
  dir.modified = dir.changed = now;
}

ErrnoOr<MemoryTree::Node*> MemoryTree::make(Node& dir, std::string_view name, FileType type, Timestamp now,
                                            std::string_view target) {
  if (const Errno error = may_add(dir, name); error != Errno::success) return error;
  if (target.size() > limits_.bytes - bytes_) return Errno::nospc;
  std::list<Node> one;
  Node& node = one.emplace_back(last_ino_ + 1, type, now);
  node.content = target;
  add(dir, name, node, now);
  node.self = one.begin();
  nodes_.splice(nodes_.end(), one);
  ++last_ino_;
  bytes_ += target.size();
  node.links = 1;
  if (node.is_directory()) {
    node.links = 2;
    node.parent = &dir;
    ++dir.links;
  }
  return &node;
}

Errno MemoryTree::link(Node& node, Node& dir, std::string_view name, Timestamp now) {
  if (const Errno error = may_add(dir, name); error != Errno::success) return error;
  if (node.is_removed()) return Errno::noent;
  add(dir, name, node, now);
  ++node.links;
  node.changed = now;
  return Errno::success;
}

void MemoryTree::lose(Node& dir, Node& node, Timestamp now) {
  --entries_;
  if (dir.names.empty()) dir.last_cookie = kFirstCookie;  // programs keep cookies in 32 bits
  dir.modified = dir.changed = node.changed = now;
  if (node.is_directory()) {
    --dir.links;
    node.links = 0;
    node.parent = nullptr;
  } else {
    --node.links;
  }
  free_if_unused(node);
}

void MemoryTree::free_if_unused(Node& node) {
  if (node.links != 0 || node.opens != 0) return;
  bytes_ -= node.content.size();
  nodes_.erase(node.self);
}

void MemoryTree::close(Node& node) {
  --node.opens;
  free_if_unused(node);
}

Errno MemoryTree::remove(Node& dir, std::string_view name, bool directory, Timestamp now) {
  const auto found = dir.names.find(name);
  if (found == dir.names.end()) return Errno::noent;
  Node& node = *found->second.node;
  if (node.is_directory() != directory) return directory ? Errno::notdir : Errno::isdir;
  if (!node.names.empty()) return Errno::notempty;
  dir.order.erase(found->second.cookie);
  dir.names.erase(found);
  lose(dir, node, now);
  return Errno::success;
}

Errno MemoryTree::rename(Node& from, std::string_view name, Node& to, std::string_view new_name, Timestamp now) {
  const auto source = from.names.find(name);
  if (source == from.names.end() || to.is_removed()) return Errno::noent;
  if (new_name.size() > kMaxName) return Errno::nametoolong;
  Node& node = *source->second.node;
  if (node.is_directory()) {
    for (const Node* above = &to; above != nullptr; above = above->parent) {
      if (above == &node) return Errno::inval;
    }
  }
  std::string key(new_name);
  const DirCookie old_cookie = source->second.cookie;
  const auto target = to.names.find(new_name);
  if (target != to.names.end()) {
    Node& replaced = *target->second.node;
    if (&replaced == &node) return Errno::success;
    if (replaced.is_directory() != node.is_directory()) return node.is_directory() ? Errno::notdir : Errno::isdir;
    if (!replaced.names.empty()) return Errno::notempty;
    target->second.node = &node;
    from.order.erase(old_cookie);
    from.names.erase(source);
    lose(to, replaced, now);
  } else if (&from == &to) {
    // It keeps its place in the listing: a program that renames what it lists must not see it again.
    auto handle = from.names.extract(source);
    handle.key() = std::move(key);
    from.order[old_cookie] = from.names.insert(std::move(handle)).position;
  } else {
    const auto place = to.order.emplace(to.last_cookie + 1, to.names.end()).first;
    auto handle = from.names.extract(source);
    handle.key() = std::move(key);
    handle.mapped().cookie = ++to.last_cookie;
    place->second = to.names.insert(std::move(handle)).position;
    from.order.erase(old_cookie);
  }
  if (node.is_directory()) {
    --from.links;
    ++to.links;
    node.parent = &to;
  }
  from.modified = from.changed = to.modified = to.changed = node.changed = now;
  return Errno::success;
}

ErrnoOr<uint64_t> MemoryTree::room_at(const Node& node, uint64_t offset, uint64_t wanted) const {
  const uint64_t most = std::min(limits_.bytes, node.content.size() + (limits_.bytes - bytes_));
  if (offset < most) return std::min(wanted, most - offset);
  return offset >= limits_.bytes ? Errno::fbig : Errno::nospc;
}

Errno MemoryTree::resize(Node& node, uint64_t size) {
  const uint64_t before = node.content.size();
  if (size > before) {
    const ErrnoOr<uint64_t> room = room_at(node, before, size - before);
    if (size > limits_.bytes) return Errno::fbig;
    if (!room.ok() || *room < size - before) return Errno::nospc;
  }
  if (!guarded([&] { return node.content.resize(size), true; }, [] { return false; })) return Errno::nospc;
  bytes_ += size - before;
  if (size < node.content.capacity() / 4) node.content.shrink_to_fit();
  return Errno::success;
}

}  // namespace mini_wasm::wasi
