// Keeps code caches and what guests may use apart, for the whole process: who could write into a cache, or read its
// key, would say what runs as machine code next time. A cache is fenced by its Engine, a preopened directory by its
// Wasi, for as long as these live; whichever comes second is refused.
//
// Directories are compared as what they are (device and inode), not by name. A guest reaches a cache when its directory
// is one that the cache's path, or the key's, is looked up in (those that hold symbolic links on the way as well), or
// lies above one; also above a place where one is mounted once more (/proc/self/mountinfo), as far as the system tells.
// What is renamed or mounted by others later is not seen.
// Thread rule: any thread.
#pragma once

#include <mini_wasm/result.h>

#include <memory>
#include <string>

namespace mini_wasm::runtime {

struct FencedDirectory;

class CacheFence {
 public:
  CacheFence();  // around nothing
  CacheFence(CacheFence&&) noexcept;
  CacheFence& operator=(CacheFence&&) noexcept;
  ~CacheFence();

  // Neither needs to exist yet. Error: usage, when a preopened directory reaches one of them.
  static Result<CacheFence> around_cache(const std::string& directory, const std::string& key_file);
  // `fd` is the directory that was opened as `name`. Error: usage, when it reaches a cache or a key, or lies in one.
  static Result<CacheFence> around_preopen(const std::string& name, int fd);

 private:
  explicit CacheFence(std::unique_ptr<FencedDirectory> entry);
  std::unique_ptr<FencedDirectory> entry_;
};

}  // namespace mini_wasm::runtime
