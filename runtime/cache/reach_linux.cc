#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/cache/reach.h"
#include "runtime/system/host_file.h"
#include "runtime/system/own_descriptor.h"
#include "runtime/system/read_file.h"

namespace mini_wasm::runtime {
namespace {

constexpr int kMaxLinks = 40;  // the number that Linux follows in one path
constexpr int kLook = O_PATH | O_CLOEXEC;

HostFile look_up(int dir, const char* name, int flags = 0) {
  return HostFile(open_own_descriptor([&] { return openat(dir, name, kLook | flags); }));
}

// --- /proc/self/mountinfo (proc(5))

struct Mount {
  dev_t device;
  std::string at;
  bool many_devices;  // btrfs: each subvolume has its own device number, which differs from the one in the list
};

// Decodes octal escapes: a space is written as \040.
std::string unescaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      result += static_cast<char>(std::strtol(std::string(text.substr(i + 1, 3)).c_str(), nullptr, 8));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

// "ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS... - TYPE ..."
std::vector<Mount> all_mounts() {
  std::vector<Mount> result;
  const Result<std::vector<uint8_t>> bytes = read_file("/proc/self/mountinfo");
  if (!bytes) return result;
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  for (size_t next = 0, at; (at = next) < text.size();) {
    next = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string line(text.substr(at, next - at));
    unsigned major = 0, minor = 0;
    int begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%*d %*d %u:%u %*s %n%*s%n", &major, &minor, &begin, &end) < 2 || end == 0) continue;
    result.push_back(
        {makedev(major, minor),
         unescaped(std::string_view(line).substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin))),
         line.find(" - btrfs ") != line.npos});
  }
  return result;
}

}  // namespace

FileId id_of(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return {};
  return {info.st_dev, info.st_ino};
}

bool Reach::has(FileId id) const { return std::find(ids_.begin(), ids_.end(), id) != ids_.end(); }

bool Reach::add(FileId id) {
  if (id == FileId() || has(id)) return false;
  ids_.push_back(id);
  return true;
}

// Ends at the root, which is its own parent, or at a directory that is already known, because all directories above
// that are known too.
void Reach::add_upwards(int dir) {
  if (!add(id_of(dir))) return;
  for (HostFile at = look_up(dir, ".."); at.ok() && add(id_of(at.get())); at = look_up(at.get(), "..")) continue;
}

void Reach::add_path(const std::string& path) {
  std::string rest = path;
  HostFile dir = look_up(AT_FDCWD, path.starts_with('/') ? "/" : ".");
  end_ = {};
  for (int links = 0; dir.ok();) {
    add_upwards(dir.get());
    rest.erase(0, rest.find_first_not_of('/'));
    if (rest.empty()) {
      end_ = id_of(dir.get());
      return;
    }
    const std::string name = rest.substr(0, rest.find('/'));
    rest.erase(0, name.size());
    HostFile next = look_up(dir.get(), name.c_str(), O_NOFOLLOW);
    struct stat info;
    if (!next.ok() || fstat(next.get(), &info) != 0) return;
    if (S_ISLNK(info.st_mode)) {
      char target[4096];
      const ssize_t size = readlinkat(next.get(), "", target, sizeof(target));
      if (size <= 0 || ++links > kMaxLinks) return;
      rest.insert(0, std::string(target, static_cast<size_t>(size)) + "/");
      if (rest[0] == '/') dir = look_up(AT_FDCWD, "/");
    } else if (S_ISDIR(info.st_mode)) {
      dir = std::move(next);
    } else {
      end_ = {info.st_dev, info.st_ino};
      add(end_);
      return;
    }
  }
}

// Mounts of other devices are not touched: a network file system whose server does not answer would block us. Repeated
// until nothing new is found, because an added directory may itself be mounted elsewhere.
void Reach::add_other_mounts() {
  std::vector<Mount> mounts = all_mounts();
  for (bool found = true; found;) {
    found = false;
    std::erase_if(mounts, [&](const Mount& mount) {
      const auto is_on_it = [&](FileId id) { return id.device == mount.device; };
      if (!mount.many_devices && std::none_of(ids_.begin(), ids_.end(), is_on_it)) return false;
      const HostFile top = look_up(AT_FDCWD, mount.at.c_str(), O_NOFOLLOW);
      if (!top.ok() || !has(id_of(top.get()))) return false;
      const HostFile above = top.ok() ? look_up(AT_FDCWD, split_path(mount.at).folder.c_str()) : HostFile();
      if (above.ok()) add_upwards(above.get());
      return found = true;
    });
  }
}

}  // namespace mini_wasm::runtime
