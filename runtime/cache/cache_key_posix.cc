#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "runtime/cache/cache_key.h"
#include "runtime/system/host_file.h"
#include "runtime/system/own_descriptor.h"

namespace mini_wasm::runtime {
namespace {

static_assert(sizeof(CacheKey) == 32, "the file is these bytes");

std::optional<std::string> folder_of_environment(const char* name) {
  const char* const value = secure_getenv(name);
  if (value == nullptr || value[0] != '/') return std::nullopt;
  return std::string(value);
}

Error problem(const std::string& file, const std::string& what) {
  return Error::make(ErrorKind::io, "cache key " + file + ": " + what);
}
Error problem(const std::string& file, int host_errno) { return problem(file, std::strerror(host_errno)); }

// Why the file is not a key, or null.
const char* fault_of(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return "not a regular file";
  if (info.st_uid != geteuid()) return "another user's";
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) return "others may use it; its permissions have to be 600";
  if (info.st_nlink != 1) return "it has another name as well";
  if (info.st_size != sizeof(CacheKey)) return "not a key, which has 32 bytes";
  return nullptr;
}

const char* fault_of_folder(const struct stat& info) {
  if (info.st_uid != geteuid() && info.st_uid != 0) return "the folder is another user's";
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "others may write to the folder";
  return nullptr;
}

// Empty when there is no such file.
Result<std::optional<CacheKey>> read_key(int folder, const std::string& name, const std::string& file) {
  const HostFile key(open_own_descriptor(
      [&] { return openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }));
  if (!key.ok() && errno == ENOENT) return std::optional<CacheKey>();
  if (!key.ok()) return problem(file, errno == ELOOP ? "not a regular file" : std::strerror(errno));
  struct stat info;
  if (fstat(key.get(), &info) != 0) return problem(file, errno);
  if (const char* fault = fault_of(info)) return problem(file, fault);
  CacheKey bytes;
  const ssize_t size = read(key.get(), &bytes, sizeof(bytes));
  if (size != static_cast<ssize_t>(sizeof(bytes))) return problem(file, size < 0 ? errno : EIO);
  return std::optional(bytes);
}

bool random_bytes(void* to, size_t size) {
  ssize_t got;
  do got = getrandom(to, size, 0);
  while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(size);
}

// Gives the file its name unless another file has it by now (errno is EEXIST then). Some file systems cannot rename in
// this way. There the file has two names for a moment, and a process that reads the key in that moment refuses it
// (`fault_of`) and works without a cache.
bool publish(int folder, const std::string& temporary, const std::string& name) {
  if (renameat2(folder, temporary.c_str(), folder, name.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  return linkat(folder, temporary.c_str(), folder, name.c_str(), 0) == 0;
}

// Makes a key under that name. The file is complete when it becomes visible. It is no error when another process has
// made one first.
Result<void> make_key(int folder, const std::string& name, const std::string& file) {
  CacheKey key;
  uint64_t number = 0;
  if (!random_bytes(&key, sizeof(key)) || !random_bytes(&number, sizeof(number))) return problem(file, errno);
  if (!allows_file_size(sizeof(key))) return problem(file, EFBIG);
  const std::string temporary = name + "." + std::to_string(number) + ".tmp";
  const HostFile fresh(open_own_descriptor(
      [&] { return openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600); }));
  if (!fresh.ok()) return problem(file, errno);
  // fsync before the file gets its name: after a crash there could be an empty file, which would be refused for ever.
  bool made = write(fresh.get(), &key, sizeof(key)) == static_cast<ssize_t>(sizeof(key)) && fsync(fresh.get()) == 0;
  made = made && (publish(folder, temporary, name) || errno == EEXIST);
  const int error = errno;
  (void)unlinkat(folder, temporary.c_str(), 0);
  return made ? Result<void>() : Result<void>(problem(file, error));
}

}  // namespace

Result<std::string> default_cache_key_file() {
  if (const auto state = folder_of_environment("XDG_STATE_HOME")) return *state + "/mini-wasm/cache.key";
  if (const auto home = folder_of_environment("HOME")) return *home + "/.local/state/mini-wasm/cache.key";
  return Error::make(ErrorKind::usage, "cache key: neither XDG_STATE_HOME nor HOME is set here");
}

Result<CacheKey> obtain_cache_key(const std::string& file) {
  // The folder is opened once and everything is looked up in it, so that the folder which was checked is the one that
  // is used.
  const auto [folder, name] = split_path(file);
  if (name.empty()) return problem(file, "not the name of a file");
  const HostFile opened = make_directories(folder);
  if (!opened.ok()) return problem(file, errno);
  struct stat info;
  if (fstat(opened.get(), &info) != 0) return problem(file, errno);
  if (const char* fault = fault_of_folder(info)) return problem(file, fault);
  Result<std::optional<CacheKey>> key = read_key(opened.get(), name, file);
  if (!key) return std::move(key).error();
  if (!*key) {
    if (Result<void> made = make_key(opened.get(), name, file); !made) return std::move(made).error();
    key = read_key(opened.get(), name, file);
    if (!key) return std::move(key).error();
  }
  if (!*key) return problem(file, ENOENT);
  return **key;
}

}  // namespace mini_wasm::runtime
