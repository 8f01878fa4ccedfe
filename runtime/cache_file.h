// Files of a cache directory, which is the user's own but lies open to accidents: a file is believed to be ours when it
// is a regular file that this user owns and nobody else may write to, and becomes visible under its name once it is
// complete. Nothing here reports why something did not work: a cache does without.
// Thread rule: any thread may read; one thread writes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "runtime/host_file.h"

namespace mini_wasm::runtime {

// A file that is read. What has been opened stays as it is when another takes its name.
class CacheFile {
 public:
  // Null unless there is such a file of ours. It counts as used now.
  static std::unique_ptr<CacheFile> open(const std::string& directory, const std::string& name);

  uint64_t size() const { return size_; }
  // All of `to`, or false.
  bool read(uint64_t at, std::span<uint8_t> to) const;

 private:
  CacheFile(HostFile file, uint64_t size) : file_(std::move(file)), size_(size) {}
  const HostFile file_;
  const uint64_t size_;
};

// A file that is written, from the beginning to the end. The directory is made if it is missing.
class NewCacheFile {
 public:
  NewCacheFile(const std::string& directory, const std::string& name);
  ~NewCacheFile();  // without `publish` it was for nothing
  NewCacheFile(const NewCacheFile&) = delete;
  NewCacheFile& operator=(const NewCacheFile&) = delete;

  // So far all has gone well.
  bool ok() const { return ok_; }
  uint64_t size() const { return size_; }
  void append(std::span<const uint8_t> bytes);
  // Over what was written before.
  void overwrite(uint64_t at, std::span<const uint8_t> bytes);
  // Gives the file its name, which another may have had.
  void publish();

 private:
  void write(uint64_t at, std::span<const uint8_t> bytes);

  HostFile directory_;
  int fd_ = -1;
  std::string name_, temporary_;
  bool ok_ = false;
  uint64_t size_ = 0;
};

// Removes files of ours, those first that have not been used for longest, until all take `bytes` at most; and what
// processes that ended early left behind.
void trim_cache(const std::string& directory, uint64_t bytes);

}  // namespace mini_wasm::runtime
