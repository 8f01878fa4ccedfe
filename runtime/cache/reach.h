// Reach: the set of directories from which a path can be reached or redirected. See runtime/cache/cache_fence.h.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace mini_wasm::runtime {

// Identifies a directory or file independently of its name.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

// All zeros, which no file has, when the descriptor is not open.
FileId id_of(int fd);

class Reach {
 public:
  // Adds every directory in which a component of `path` is looked up, including the components of symbolic links; also
  // the last one; and all directories above these. If a component does not exist, the path ends there.
  void add_path(const std::string& path);
  // Adds a directory and all directories above it.
  void add_upwards(int dir);
  // Adds the places where one of the directories is mounted a second time, and all directories above them.
  void add_other_mounts();

  bool has(FileId id) const;
  // The last component of the path that was added last; all zeros when it does not exist.
  FileId end() const { return end_; }

 private:
  bool add(FileId id);  // returns whether it is new

  std::vector<FileId> ids_;
  FileId end_;
};

}  // namespace mini_wasm::runtime
