// What the engine's own files have in common: descriptors that close themselves, names, folders.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

namespace mini_wasm::runtime {

// A descriptor that is closed at the end, or none.
class HostFile {
 public:
  explicit HostFile(int fd = -1) : fd_(fd) {}
  HostFile(HostFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  HostFile& operator=(HostFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~HostFile() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

struct SplitPath {
  std::string folder;  // "." when the path has one name
  std::string name;    // empty when it ends in a slash
};
SplitPath split_path(const std::string& path);

// Opens the folder, made (0700) with those above it where it is missing.
HostFile make_directories(const std::string& path);

// Whether a file may be so large. To write beyond the limit of the process would raise a signal.
bool allows_file_size(uint64_t bytes);

}  // namespace mini_wasm::runtime
