// What all files of the engine itself need: descriptors that close themselves, splitting of paths, making of folders.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

namespace mini_wasm::runtime {

// Owns a file descriptor, or none, and closes it.
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
  std::string folder;  // "." when the path has no slash
  std::string name;    // empty when the path ends in a slash
};
SplitPath split_path(const std::string& path);

// Opens the folder. Makes it, and those above it, with mode 0700 where they are missing.
HostFile make_directories(const std::string& path);

// Whether the process may write a file of this size. A write beyond the limit of the process would raise a signal
// (SIGXFSZ).
bool allows_file_size(uint64_t bytes);

}  // namespace mini_wasm::runtime
