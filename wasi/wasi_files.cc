// WasiFiles: a MemoryTree as the embedder sees it.
#include <mini_wasm/wasi.h>

#include <algorithm>
#include <utility>

#include "core/guarded.h"
#include "core/utf8.h"
#include "wasi/memory_tree.h"

namespace mini_wasm {

namespace {

using wasi::Errno;
using wasi::ErrnoOr;
using wasi::FileType;
using wasi::MemoryTree;
using Lock = std::lock_guard<std::mutex>;
constexpr wasi::Timestamp kMade = 0;  // the times of what the embedder makes

Error error_at(std::string_view path, Errno error) {
  const bool is_full = error == Errno::nospc || error == Errno::fbig;
  return Error::make(is_full ? ErrorKind::limit : ErrorKind::usage,
                     "file in memory \"" + escape_for_terminal(path) + "\": " + wasi::errno_name(error));
}

// The place of a path's last component; the name is "." for the root.
struct Position {
  MemoryTree::Node* dir = nullptr;
  std::string_view name = ".";
};

// Makes the directories on the way, when `makes`. Errors: inval for a path with `..` or NUL, notdir, noent, those of
// MemoryTree::make.
ErrnoOr<Position> walk_to(MemoryTree& tree, std::string_view path, bool makes) {
  if (path.find('\0') != path.npos) return Errno::inval;
  Position at{&tree.root()};
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (name.empty() || name == ".") continue;
    if (name == "..") return Errno::inval;
    if (at.name != ".") {
      MemoryTree::Node* next = tree.find(*at.dir, at.name);
      if (next == nullptr && makes) {
        const ErrnoOr<MemoryTree::Node*> made = tree.make(*at.dir, at.name, FileType::directory, kMade);
        if (!made.ok()) return made.error();
        next = *made;
      }
      if (next == nullptr) return Errno::noent;
      if (!next->is_directory()) return Errno::notdir;
      at.dir = next;
    }
    at.name = name;
  }
  return at;
}

Errno write_file(MemoryTree& tree, std::string_view path, std::string_view content) {
  const ErrnoOr<Position> at = walk_to(tree, path, /*makes=*/true);
  if (!at.ok()) return at.error();
  MemoryTree::Node* node = tree.find(*at->dir, at->name);
  if (node == nullptr) {
    const ErrnoOr<MemoryTree::Node*> made = tree.make(*at->dir, at->name, FileType::regular_file, kMade);
    if (!made.ok()) return made.error();
    node = *made;
  }
  if (node->type != FileType::regular_file) return node->is_directory() ? Errno::isdir : Errno::exist;
  if (const Errno error = tree.resize(*node, content.size()); error != Errno::success) return error;
  node->content.replace(0, content.size(), content);
  node->modified = node->changed = kMade;
  return Errno::success;
}

Errno make_entry(MemoryTree& tree, std::string_view path, FileType type, std::string_view target) {
  const ErrnoOr<Position> at = walk_to(tree, path, /*makes=*/true);
  if (!at.ok()) return at.error();
  const MemoryTree::Node* const node = tree.find(*at->dir, at->name);
  if (node != nullptr) return type == FileType::directory && node->is_directory() ? Errno::success : Errno::exist;
  const ErrnoOr<MemoryTree::Node*> made = tree.make(*at->dir, at->name, type, kMade, target);
  return made.ok() ? Errno::success : made.error();
}

ErrnoOr<MemoryTree::Node*> existing(MemoryTree& tree, std::string_view path) {
  const ErrnoOr<Position> at = walk_to(tree, path, /*makes=*/false);
  if (!at.ok()) return at.error();
  MemoryTree::Node* const node = tree.find(*at->dir, at->name);
  if (node == nullptr) return Errno::noent;
  return node;
}

// The result of `act(context)` as that of a function of the API.
Result<void> acted(MemoryTree& tree, std::string_view path, Errno (*act)(void*), void* context) {
  return guarded([&]() -> Result<void> {
    const Lock lock(tree.mutex);
    const Errno error = act(context);
    if (error != Errno::success) return error_at(path, error);
    return {};
  });
}
template <class Act>
Result<void> acted(MemoryTree& tree, std::string_view path, Act act) {
  return acted(tree, path, [](void* context) { return (*static_cast<Act*>(context))(); }, &act);
}

WasiFiles::Entry::Kind kind_of(FileType type) {
  using Kind = WasiFiles::Entry::Kind;
  return type == FileType::directory ? Kind::directory : type == FileType::symbolic_link ? Kind::link : Kind::file;
}

}  // namespace

WasiFiles::WasiFiles(std::shared_ptr<MemoryTree> tree) : tree_(std::move(tree)) {}

Result<WasiFiles> WasiFiles::make(const std::vector<std::pair<std::string, std::string>>& files,
                                  const WasiFileLimits& limits) {
  return guarded([&]() -> Result<WasiFiles> {
    WasiFiles tree(std::make_shared<MemoryTree>(limits));
    for (const auto& [path, content] : files) {
      if (Result<void> r = tree.write(path, content); !r) return std::move(r).error();
    }
    return tree;
  });
}

Result<void> WasiFiles::write(std::string_view path, std::string_view content) {
  return acted(*tree_, path, [&] { return write_file(*tree_, path, content); });
}

Result<void> WasiFiles::make_directory(std::string_view path) {
  return acted(*tree_, path, [&] { return make_entry(*tree_, path, FileType::directory, {}); });
}

Result<void> WasiFiles::make_link(std::string_view target, std::string_view path) {
  return acted(*tree_, path, [&] {
    if (target.empty() || target.find('\0') != target.npos) return Errno::inval;
    return make_entry(*tree_, path, FileType::symbolic_link, target);
  });
}

Result<void> WasiFiles::remove(std::string_view path) {
  return acted(*tree_, path, [&] {
    const ErrnoOr<Position> at = walk_to(*tree_, path, /*makes=*/false);
    if (!at.ok()) return at.error();
    const MemoryTree::Node* const node = tree_->find(*at->dir, at->name);
    if (at->name == ".") return Errno::inval;
    return tree_->remove(*at->dir, at->name, node != nullptr && node->is_directory(), kMade);
  });
}

Result<std::string> WasiFiles::read(std::string_view path) const {
  return guarded([&]() -> Result<std::string> {
    const Lock lock(tree_->mutex);
    const ErrnoOr<MemoryTree::Node*> node = existing(*tree_, path);
    if (!node.ok()) return error_at(path, node.error());
    if ((*node)->is_directory()) return error_at(path, Errno::isdir);
    return (*node)->content;
  });
}

Result<std::vector<WasiFiles::Entry>> WasiFiles::list(std::string_view path) const {
  return guarded([&]() -> Result<std::vector<Entry>> {
    const Lock lock(tree_->mutex);
    const ErrnoOr<MemoryTree::Node*> dir = existing(*tree_, path);
    if (!dir.ok()) return error_at(path, dir.error());
    if (!(*dir)->is_directory()) return error_at(path, Errno::notdir);
    std::vector<Entry> entries;
    for (const auto& [cookie, place] : (*dir)->order) {
      const MemoryTree::Node& node = *place->second.node;
      entries.push_back({place->first, kind_of(node.type), node.content.size()});
    }
    return entries;
  });
}

uint64_t WasiFiles::bytes() const {
  const Lock lock(tree_->mutex);
  return tree_->bytes();
}

}  // namespace mini_wasm
