// MemoryFile: a file or directory of a MemoryTree that is open. A symbolic link cannot be open.
#pragma once

#include <memory>
#include <string>

#include "wasi/clocks.h"
#include "wasi/file.h"
#include "wasi/memory_tree.h"

namespace mini_wasm::wasi {

class MemoryFile final : public File {
 public:
  // What all files of a tree have in common for one guest.
  struct Tree {
    std::shared_ptr<MemoryTree> tree;
    uint64_t device;  // the number that stat shows
    const Clocks& clocks;
  };
  // The caller holds the tree's mutex. The clocks must exist as long as the file.
  MemoryFile(const Tree& tree, MemoryTree::Node& node, FdFlags flags)
      : File(node.type), tree_(tree), node_(node), flags_(flags) {
    ++node.opens;
  }
  ~MemoryFile() override;
  // The root, as a directory.
  static std::unique_ptr<MemoryFile> root(const Tree& tree);

  MemoryFile* memory() override { return this; }
  ErrnoOr<Filestat> stat() override;
  Errno set_times(const NewTimes& times) override;
  ErrnoOr<FdFlags> flags() override { return flags_; }
  Errno set_flags(FdFlags flags, FdFlags changed) override;

  FileSize readable() override;
  ErrnoOr<Size> read(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) override;
  ErrnoOr<Size> write(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) override;
  ErrnoOr<FileSize> seek(FileDelta offset, Whence whence) override;
  Errno advise(FileSize, FileSize, Advice) override { return Errno::success; }
  Errno allocate(FileSize offset, FileSize size) override;
  Errno set_size(FileSize size) override;

  ErrnoOr<Place> locate(const std::string& path, LastLink last) override;
  ErrnoOr<Found> find(const std::string& path, LastLink last) override;
  ErrnoOr<Opened> open(const std::string& path, const OpenRequest& request) override;

  ErrnoOr<Filestat> stat_entry(const std::string& name) override;
  Errno set_entry_times(const std::string& name, const NewTimes& times) override;
  Errno make_directory(const std::string& name) override;
  Errno remove_directory(const std::string& name) override;
  Errno unlink(const std::string& name) override;
  Errno make_link(const std::string& target, const std::string& name) override;
  ErrnoOr<std::string> read_link(const std::string& name) override;
  Errno link(const std::string& name, File& to, const std::string& new_name) override;
  Errno rename(const std::string& name, File& to, const std::string& new_name) override;
  Errno read_entries(DirCookie cookie, const TakeEntry& take) override;

 private:
  using Node = MemoryTree::Node;
  MemoryTree& tree() { return *tree_.tree; }
  Timestamp now() const { return tree_.clocks.time(ClockId::realtime); }
  Filestat stat_of(const Node& node) const;
  // The caller of these holds the mutex.
  struct Located;
  ErrnoOr<Located> walk(const std::string& path, LastLink last);
  Errno resize(FileSize size, Timestamp now);
  // The directory `to`, when it is in the same tree; otherwise null.
  Node* in_same_tree(File& to);

  const Tree tree_;
  Node& node_;
  FdFlags flags_;
  uint64_t position_ = 0;
};

}  // namespace mini_wasm::wasi
