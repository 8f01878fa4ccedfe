// CacheFence keeps code caches and the directories of guests apart, for the whole process. A guest that can write into
// a cache, or read the cache's key, decides what runs as machine code next time. An Engine fences its cache, a Wasi its
// preopened directories, each for as long as it lives. When a cache and a directory conflict, the one that comes second
// is refused.
//
// Directories are compared by device and inode, not by name. A guest can reach a cache when its directory
// * is one of those in which the path of the cache or of the key is looked up (including those that hold symbolic links
//   on the way), or
// * lies above one of those, or
// * lies above a place where one of those is mounted a second time (/proc/self/mountinfo), as far as the system tells.
// Renames and mounts that happen later are not noticed.
// Thread rule: any thread.
#pragma once

#include <mini_wasm/result.h>

#include <memory>
#include <string>

namespace mini_wasm::runtime {

struct FencedDirectory;

class CacheFence {
 public:
  CacheFence();  // an empty fence: protects nothing
  CacheFence(CacheFence&&) noexcept;
  CacheFence& operator=(CacheFence&&) noexcept;
  ~CacheFence();

  // The directory and the file need not exist yet. Error: usage, when a preopened directory reaches one of them.
  static Result<CacheFence> around_cache(const std::string& directory, const std::string& key_file);
  // `fd` is the directory that was opened as `name`. Error: usage, when it reaches a cache or a key, or lies in one.
  static Result<CacheFence> around_preopen(const std::string& name, int fd);

 private:
  explicit CacheFence(std::unique_ptr<FencedDirectory> entry);
  std::unique_ptr<FencedDirectory> entry_;
};

}  // namespace mini_wasm::runtime
