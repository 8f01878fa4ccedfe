#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <vector>

#include "runtime/cache/cache_file.h"
#include "runtime/system/own_descriptor.h"

namespace mini_wasm::runtime {
namespace {

constexpr char kSuffix[] = ".code", kTemporary[] = ".tmp";
constexpr time_t kAbandoned = 3600;  // seconds; an older temporary file has no writer any more

bool is_ours(const struct stat& info) {
  return S_ISREG(info.st_mode) && info.st_uid == geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int open_directory(const std::string& path) {
  return open_own_descriptor([&] { return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
}

}  // namespace

// --- Reading

// O_NONBLOCK: if the name belongs to a pipe, opening it would wait for somebody who writes to it.
std::unique_ptr<CacheFile> CacheFile::open(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name + kSuffix;
  HostFile file(open_own_descriptor(
      [&] { return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }));
  struct stat info;
  if (!file.ok() || fstat(file.get(), &info) != 0 || !is_ours(info)) return nullptr;
  (void)futimens(file.get(), nullptr);
  return std::unique_ptr<CacheFile>(new CacheFile(std::move(file), static_cast<uint64_t>(info.st_size)));
}

bool CacheFile::read(uint64_t at, std::span<uint8_t> to) const {
  while (!to.empty()) {
    const ssize_t n = pread(file_.get(), to.data(), to.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<uint64_t>(n);
    to = to.subspan(static_cast<size_t>(n));
  }
  return true;
}

// --- Writing

NewCacheFile::NewCacheFile(const std::string& directory, const std::string& name)
    : directory_(make_directories(directory)), name_(name + kSuffix) {
  static std::atomic<uint32_t> count{0};
  temporary_ = name_ + "." + std::to_string(getpid()) + "-" + std::to_string(count++) + kTemporary;
  if (!directory_.ok()) return;
  fd_ = open_own_descriptor([&] {
    return openat(directory_.get(), temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  });
  ok_ = fd_ >= 0;
}

NewCacheFile::~NewCacheFile() {
  if (fd_ >= 0) {
    if (!temporary_.empty()) unlinkat(directory_.get(), temporary_.c_str(), 0);
    close(fd_);
  }
}

void NewCacheFile::append(std::span<const uint8_t> bytes) {
  write(size_, bytes);
  size_ += bytes.size();
}

void NewCacheFile::overwrite(uint64_t at, std::span<const uint8_t> bytes) { write(at, bytes); }

void NewCacheFile::write(uint64_t at, std::span<const uint8_t> bytes) {
  // Checked first because a write beyond RLIMIT_FSIZE would raise SIGXFSZ in the host.
  if (!allows_file_size(at + bytes.size())) ok_ = false;
  while (ok_ && !bytes.empty()) {
    const ssize_t n = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return void(ok_ = false);
    at += static_cast<uint64_t>(n);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
}

void NewCacheFile::publish() {
  if (!ok_ || renameat(directory_.get(), temporary_.c_str(), directory_.get(), name_.c_str()) != 0)
    return void(ok_ = false);
  temporary_.clear();
}

// --- Trimming

void trim_cache(const std::string& directory, uint64_t bytes) {
  const int fd = open_directory(directory);
  const auto close_entries = [](DIR* entries) { closedir(entries); };
  const std::unique_ptr<DIR, decltype(close_entries)> entries(fd < 0 ? nullptr : fdopendir(fd));
  if (entries == nullptr) return void(fd < 0 ? 0 : close(fd));
  struct File {
    std::string name;
    uint64_t size;
    struct timespec used;
  };
  std::vector<File> files;
  uint64_t total = 0;
  const time_t now = time(nullptr);
  while (const dirent* entry = readdir(entries.get())) {
    const std::string name = entry->d_name;
    const bool temporary = name.ends_with(kTemporary) && name.find(std::string(kSuffix) + ".") != name.npos;
    struct stat info;
    if (!temporary && !name.ends_with(kSuffix)) continue;
    if (fstatat(fd, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !is_ours(info)) continue;
    // Only our own files are counted and removed: the directory may hold files of others.
    if (!temporary) {
      files.push_back({name, static_cast<uint64_t>(info.st_size), info.st_mtim});
      total += files.back().size;
    } else if (info.st_mtim.tv_sec + kAbandoned < now) {
      unlinkat(fd, name.c_str(), 0);
    }
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
    return a.used.tv_sec != b.used.tv_sec ? a.used.tv_sec < b.used.tv_sec : a.used.tv_nsec < b.used.tv_nsec;
  });
  for (size_t i = 0; total > bytes && i < files.size(); ++i) {
    if (unlinkat(fd, files[i].name.c_str(), 0) == 0) total -= files[i].size;
  }
}

}  // namespace mini_wasm::runtime
