// Path resolution one component at a time, which cannot leave the directory where it began: for the sandbox of the host
// where the kernel does not do it, and for files in memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/limits.h"
#include "wasi/errno_map.h"
#include "wasi/file.h"

namespace mini_wasm::wasi {

constexpr int kMaxLinks = limits::kMaxLinks;   // the number that Linux follows in one path
constexpr size_t kMaxPath = limits::kMaxPath;  // with the terminating zero

// Errors: noent for an empty path, nametoolong, perm for an absolute one.
Errno check_path(std::string_view path);

// A position below the directory where it began.
class PathWalk {
 public:
  // Into a directory. Errors: loop, notdir or mlink for a link; any other error is final.
  virtual Errno enter(const std::string& name) = 0;
  // Back to where it came from. Error: perm, at the beginning.
  virtual Errno climb() = 0;
  // Errors: inval when it is no link, noent when nothing is there, those of check_path for the target.
  virtual ErrnoOr<std::string> read_link(const std::string& name) = 0;

 protected:
  ~PathWalk() = default;
};

// What is left of a path when all directories have been entered: the members of Place without the directory.
struct WalkEnd {
  std::string name;
  bool is_dot = false, is_dot_dot = false, trailing_slash = false;
};

// Walks a path. Errors: those of check_path and of the walk; loop.
ErrnoOr<WalkEnd> walk_path(PathWalk& walk, const std::string& path, LastLink last);

}  // namespace mini_wasm::wasi
