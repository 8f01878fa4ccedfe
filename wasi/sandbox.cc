// Path resolution that cannot leave a directory (see sandbox.h).
#include "wasi/sandbox.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/system/own_descriptor.h"
#include "wasi/path_walk.h"
#include "wasi/sandbox_os.h"

namespace mini_wasm::wasi {

namespace {

constexpr int kMaxRetries = 16;

// The target of the link `name` in `dir`. Errors: inval when it is not a link, perm when it is absolute.
ErrnoOr<std::string> read_relative_link(int dir, const char* name) {
  char text[kMaxPath];
  const ssize_t size = ::readlinkat(dir, name, text, sizeof(text));
  if (size < 0) return last_error();
  if (size == static_cast<ssize_t>(sizeof(text))) return Errno::nametoolong;
  const std::string target(text, static_cast<size_t>(size));
  if (const Errno error = check_path(target); error != Errno::success) return error;
  return target;
}

// perm for a file that guests must not open; success otherwise, or when nothing has that name.
Errno check_entry(int dir, const char* name) {
  struct stat file;
  if (::fstatat(dir, name, &file, AT_SYMLINK_NOFOLLOW) != 0) return Errno::success;
  return is_open_to_guests(file) && !is_on_kernel_file_system(dir, name) ? Errno::success : Errno::perm;
}

// Whether another file system is mounted at `name`; `file` is its metadata. Not checked for the directory itself, where
// nothing can be mounted.
bool is_other_mount(const Sandbox::Place& place, const struct stat& file) {
  struct stat dir;
  return !place.is_dot && (::fstat(place.dir.get(), &dir) != 0 || dir.st_dev != file.st_dev);
}

// A position in the tree below `root`. Every directory on the way down stays open, so that ".." goes back to the
// directory that the walk came from, even when a directory has been moved meanwhile.
class Walk final : public PathWalk {
 public:
  explicit Walk(int root) : root_(root) {}

  int at() const { return path_.empty() ? root_ : path_.back().get(); }
  Errno enter(const std::string& name) override {
    HostFd dir = HostFd::own(
        runtime::open_own_descriptor([&] { return ::openat(at(), name.c_str(), kLookupFlags | O_NOFOLLOW); }));
    if (dir.get() < 0) return last_error();
    if (kernel_file_system(dir.get()) != nullptr) return Errno::perm;
    path_.push_back(std::move(dir));
    return Errno::success;
  }
  Errno climb() override {
    if (path_.empty()) return Errno::perm;
    path_.pop_back();
    return Errno::success;
  }
  ErrnoOr<std::string> read_link(const std::string& name) override { return read_relative_link(at(), name.c_str()); }
  HostFd take() {
    if (path_.empty()) return HostFd::borrow(root_);
    return std::move(path_.back());
  }

 private:
  int root_;
  std::vector<HostFd> path_;
};

struct SplitPath {
  std::string dir;   // empty when there is no slash before the last component
  std::string name;  // has no slashes
  bool trailing_slash = false;
};

SplitPath split_last(std::string_view path) {
  SplitPath split;
  const size_t end = path.find_last_not_of('/') + 1;
  split.trailing_slash = end < path.size();
  const size_t slash = path.substr(0, end).find_last_of('/');
  const size_t start = slash == std::string_view::npos ? 0 : slash + 1;
  split.name = path.substr(start, end - start);
  split.dir = path.substr(0, start);
  return split;
}

}  // namespace

Sandbox::Strategy Sandbox::best_strategy() {
  static std::atomic<bool> seen{false};  // once the kernel supports it, it stays so
  if (!seen) seen = has_open_beneath();
  return seen ? Strategy::kernel : Strategy::walk;
}

const char* Sandbox::fault_of_root(int dir) { return kernel_file_system(dir); }

ErrnoOr<Sandbox::Opened> Sandbox::open(int dir, const std::string& path, int flags, mode_t mode) const {
  ErrnoOr<HostFd> file = resolve(dir, path, flags, mode);
  if (!file.ok()) return file.error();
  Opened opened{std::move(*file), {}};
  if (::fstat(opened.file.get(), &opened.stat) != 0) return last_error();
  if (!is_open_to_guests(opened.stat)) return Errno::perm;
  return opened;
}

ErrnoOr<HostFd> Sandbox::resolve(int dir, const std::string& path, int flags, mode_t mode) const {
  if (const Errno error = check_path(path); error != Errno::success) return error;
  if (strategy_ == Strategy::kernel) {
    for (int i = 0; i < kMaxRetries; ++i) {
      const int fd = open_beneath(dir, path.c_str(), flags | O_CLOEXEC, mode);
      if (fd >= 0) return HostFd::own(fd);
      if (fd == -EXDEV) break;
      if (fd != -EAGAIN) return errno_from_host(-fd);
    }
    // The path leaves the directory, or another file system is mounted on it, or files are renamed all the time. The
    // walk handles all of these.
  }
  return open_by_walking(dir, path, flags | O_CLOEXEC, mode);
}

ErrnoOr<HostFd> Sandbox::open_by_walking(int dir, const std::string& path, int flags, mode_t mode) const {
  const bool exclusive = (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0;
  const bool slash = path.back() == '/';
  const bool keep = exclusive || ((flags & O_NOFOLLOW) != 0 && !slash);
  ErrnoOr<Place> place = locate_by_walking(dir, path, keep ? LastLink::keep : LastLink::follow);
  if (!place.ok()) return place.error();
  if (place->trailing_slash) {
    // As in the kernel: a path that ends in a slash never creates a file.
    if ((flags & O_CREAT) != 0) return Errno::isdir;
    flags |= O_DIRECTORY;
  }
  // Checked before opening, because opening alone may have an effect there, and again afterwards, because the name may
  // belong to another file by then.
  if (Errno error = check_entry(place->dir.get(), place->name.c_str()); error != Errno::success) return error;
  HostFd file = HostFd::own(runtime::open_own_descriptor(
      [&] { return ::openat(place->dir.get(), place->name.c_str(), flags | O_NOFOLLOW, mode); }));
  if (file.get() < 0) return last_error();
  if (kernel_file_system(file.get()) != nullptr) return Errno::perm;
  return file;
}

ErrnoOr<Sandbox::Place> Sandbox::locate(int dir, const std::string& path, LastLink last) const {
  if (const Errno error = check_path(path); error != Errno::success) return error;
  return strategy_ == Strategy::kernel ? locate_by_kernel(dir, path, last) : locate_by_walking(dir, path, last);
}

ErrnoOr<Sandbox::Place> Sandbox::locate_by_walking(int dir, const std::string& path, LastLink last) const {
  Walk walk(dir);
  ErrnoOr<WalkEnd> end = walk_path(walk, path, last);
  if (!end.ok()) return end.error();
  return Place{walk.take(), std::move(end->name), end->is_dot, end->is_dot_dot, end->trailing_slash};
}

ErrnoOr<Sandbox::Place> Sandbox::locate_by_kernel(int dir, std::string path, LastLink last) const {
  bool slash = false;
  for (int links = 0;; ++links) {
    if (links > kMaxLinks) return Errno::loop;
    SplitPath split = split_last(path);
    slash |= split.trailing_slash;
    const bool is_dot = split.name == "." || split.name == "..";
    const std::string& parent = is_dot ? path : split.dir;
    Place place{HostFd::borrow(dir), is_dot ? "." : split.name, is_dot, split.name == "..", slash};
    if (!parent.empty()) {
      ErrnoOr<HostFd> opened = resolve(dir, parent, kLookupFlags, 0);
      if (!opened.ok()) return opened.error();
      place.dir = std::move(*opened);
    }
    if (is_dot || last == LastLink::keep) return place;
    ErrnoOr<std::string> target = read_relative_link(place.dir.get(), place.name.c_str());
    if (!target.ok()) {
      if (target.error() == Errno::inval || target.error() == Errno::noent) return place;
      return target.error();
    }
    path = split.dir + *target;
  }
}

ErrnoOr<Sandbox::Found> Sandbox::find(int dir, const std::string& path, LastLink last) const {
  // POSIX 4.16: a pathname that ends in a slash is resolved as if "." followed.
  const bool slash = !path.empty() && path.back() == '/';
  ErrnoOr<Place> place = locate(dir, path, slash ? LastLink::follow : last);
  if (!place.ok()) return place.error();
  Found found{std::move(*place), {}};
  if (::fstatat(found.place.dir.get(), found.place.name.c_str(), &found.stat, AT_SYMLINK_NOFOLLOW) != 0) {
    return last_error();
  }
  if (is_other_mount(found.place, found.stat) &&
      is_on_kernel_file_system(found.place.dir.get(), found.place.name.c_str())) {
    return Errno::perm;
  }
  if (found.place.trailing_slash && !S_ISDIR(found.stat.st_mode)) return Errno::notdir;
  return found;
}

}  // namespace mini_wasm::wasi
