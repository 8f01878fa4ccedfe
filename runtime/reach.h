// From which directories a path can be reached or redirected. See runtime/cache_fence.h.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace mini_wasm::runtime {

// A directory or file, whatever it is called.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

// All zero, which no file is, when the descriptor is not open.
FileId id_of(int fd);

class Reach {
 public:
  // Adds every directory in which a component of `path` is looked up, that of symbolic links included, the last one,
  // and all above these. A path that ends early, since there is nothing of that name, ends where it does.
  void add_path(const std::string& path);
  // Adds the directory and all above it.
  void add_upwards(int dir);
  // Adds the places where one of these is mounted once more, and all above them.
  void add_other_mounts();

  bool has(FileId id) const;
  // The last component of the path that was added last; all zero when it does not exist.
  FileId end() const { return end_; }

 private:
  bool add(FileId id);  // whether it is new

  std::vector<FileId> ids_;
  FileId end_;
};

}  // namespace mini_wasm::runtime
