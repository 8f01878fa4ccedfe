// MemoryTree: files, directories and symbolic links in memory, which several programs may use at once.
//
// Nodes are owned by the tree and not by each other, so that no depth of directories makes a recursion. A node is freed
// when it has no name any more and nobody has it open. There is one name for each directory, and any number for the
// others. What the tree may hold is limited; each function that adds something fails before it changes anything.
// Thread rule: the caller of each function holds `mutex`.
#pragma once

#include <mini_wasm/wasi.h>

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "wasi/abi.h"
#include "wasi/errno_map.h"

namespace mini_wasm::wasi {

class MemoryTree {
 public:
  struct Node;
  struct Slot {
    Node* node;
    DirCookie cookie;  // its place in the listing of its directory: numbers in the order of creation
  };
  using Names = std::map<std::string, Slot, std::less<>>;

  struct Node {
    Node(uint64_t ino, FileType type, Timestamp now)
        : ino(ino), type(type), accessed(now), modified(now), changed(now) {}
    bool is_directory() const { return type == FileType::directory; }
    // A directory that was removed while somebody has it open: nothing can be made in it.
    bool is_removed() const { return links == 0; }

    const uint64_t ino;
    const FileType type;
    uint64_t links = 0;  // as in stat: names; of a directory, 2 and one for each directory in it
    uint64_t opens = 0;  // how often it is open
    Timestamp accessed, modified, changed;
    std::string content;     // of a file; the target of a link
    Node* parent = nullptr;  // of a directory; null for the root and when removed
    Names names;             // of a directory, as the others
    std::map<DirCookie, Names::iterator> order;
    DirCookie last_cookie = kFirstCookie;
    std::list<Node>::iterator self;
  };
  // Cookies up to here are those of "." and "..".
  static constexpr DirCookie kFirstCookie = 2;
  static constexpr size_t kMaxName = 255;

  explicit MemoryTree(const WasiFileLimits& limits);
  Node& root() { return *root_; }
  uint64_t bytes() const { return bytes_; }

  // The node with that name in a directory; "." is the directory itself. Null when there is none.
  Node* find(Node& dir, std::string_view name);
  // Makes an empty file or directory, or a link to `target`. Errors: exist, noent (in a removed directory), nametoolong,
  // nospc.
  ErrnoOr<Node*> make(Node& dir, std::string_view name, FileType type, Timestamp now, std::string_view target = {});
  // Gives a file or link one more name. Errors: as above.
  Errno link(Node& node, Node& dir, std::string_view name, Timestamp now);
  // Removes an empty directory, or anything else. Errors: noent, notdir, isdir, notempty.
  Errno remove(Node& dir, std::string_view name, bool directory, Timestamp now);
  // As rename(2). Errors: noent, inval (a directory into itself), nametoolong, isdir, notdir, notempty.
  Errno rename(Node& from, std::string_view name, Node& to, std::string_view new_name, Timestamp now);
  // Sets the size of a file. Errors: fbig, nospc.
  Errno resize(Node& node, uint64_t size);
  // How many of `wanted` bytes have room in a file at an offset. Errors: fbig, nospc.
  ErrnoOr<uint64_t> room_at(const Node& node, uint64_t offset, uint64_t wanted) const;
  // Ends one opening of the node.
  void close(Node& node);

  std::mutex mutex;

 private:
  Errno may_add(const Node& dir, std::string_view name) const;
  void add(Node& dir, std::string_view name, Node& node, Timestamp now);
  // The node has lost its name in `dir`.
  void lose(Node& dir, Node& node, Timestamp now);
  void free_if_unused(Node& node);

  const WasiFileLimits limits_;
  uint64_t bytes_ = 0, entries_ = 0, last_ino_ = 0;
  std::list<Node> nodes_;
  Node* root_;
};

}  // namespace mini_wasm::wasi
