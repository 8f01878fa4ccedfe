// Files of a cache directory. The directory belongs to the user, but other programs may leave files in it by accident.
// A file is accepted as ours when it is a regular file, owned by this user, that nobody else may write to. A new file
// gets its name only when it is complete. Nothing here reports why an operation failed: without a cache file the engine
// compiles again.
// Thread rule: any thread may read; one thread writes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "runtime/cache/code_image.h"
#include "runtime/system/host_file.h"

namespace mini_wasm::runtime {

// A file that is open for reading. Its content stays the same when another file takes its name.
class CacheFile final : public CodeSource {
 public:
  // Opens a file and marks it as used now. Null unless there is such a file, and it is ours.
  static std::unique_ptr<CacheFile> open(const std::string& directory, const std::string& name);

  uint64_t size() const override { return size_; }
  bool read(uint64_t at, std::span<uint8_t> to) const override;

 private:
  CacheFile(HostFile file, uint64_t size) : file_(std::move(file)), size_(size) {}
  const HostFile file_;
  const uint64_t size_;
};

// A file that is written from the beginning to the end. Its directory is made if it is missing.
class NewCacheFile final : public CodeSink {
 public:
  NewCacheFile(const std::string& directory, const std::string& name);
  ~NewCacheFile() override;  // removes the file unless it was published
  NewCacheFile(const NewCacheFile&) = delete;
  NewCacheFile& operator=(const NewCacheFile&) = delete;

  bool ok() const override { return ok_; }
  uint64_t size() const override { return size_; }
  void append(std::span<const uint8_t> bytes) override;
  void overwrite(uint64_t at, std::span<const uint8_t> bytes) override;
  // Gives the complete file its name. A file that had this name is replaced.
  void publish();

 private:
  void write(uint64_t at, std::span<const uint8_t> bytes);

  HostFile directory_;
  int fd_ = -1;
  std::string name_, temporary_;
  bool ok_ = false;
  uint64_t size_ = 0;
};

// Removes our files, the least recently used first, until the rest take at most `bytes`. Also removes temporary files
// that processes left behind when they ended early.
void trim_cache(const std::string& directory, uint64_t bytes);

}  // namespace mini_wasm::runtime
