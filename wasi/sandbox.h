// Path resolution that cannot leave a directory, nor get at what is no file: every path of the guest is resolved here,
// and nowhere else.
//
// `..` may climb as far as the directory it started from, symbolic links are followed as long as they stay below it; an
// absolute path or link, or one that climbs out, is EPERM. What is checked is what is used: either the kernel resolves
// the whole path confined (openat2), or it is walked one component at a time with O_NOFOLLOW on descriptors already
// held, so that renames and links that change meanwhile lead nowhere else. Both answer alike; the kernel's way is
// chosen at run time.
//
// Other mounted file systems belong to the tree, but for the kernel's own (proc and its like: memory, environment and
// descriptors of the host's processes). These are EPERM as everything outside is: to open, to change, to ask about, and
// to pass through, since what is found there tells of the host. As long as a path stays on the file system that it
// begins on, nothing has to be asked; the kernel says when it does not, and the path is walked and each step looked at.
// Devices are EPERM but for a few that hold nothing of the host's.
//
// Operations on names (unlink, rename, ...) resolve the parent with `locate`, then act on the last component relative
// to it without following it and without a trailing slash, which would make the host follow it.
#pragma once

#include <sys/stat.h>

#include <string>

#include "wasi/errno_map.h"
#include "wasi/host_fd.h"

namespace mini_wasm::wasi {

class Sandbox {
 public:
  enum class Strategy { kernel, walk };
  enum class LastLink { keep, follow };  // whether a symbolic link at the end of the path is expanded

  // A name below a directory, both inside the sandbox.
  struct Place {
    HostFd dir;                   // borrowed when the path has one component
    std::string name;             // one component, never with a slash; "." when `is_dot`
    bool is_dot = false;          // the path ends in "." or "..": the place is `dir` itself
    bool is_dot_dot = false;      // in ".."
    bool trailing_slash = false;  // the path demands a directory
  };

  explicit Sandbox(Strategy strategy) : strategy_(strategy) {}
  // The kernel's when it has one.
  static Strategy best_strategy();
  // Why a directory cannot be where paths begin, or null: the name of the kernel's own file system that it is on.
  static const char* fault_of_root(int dir);

  struct Opened {
    HostFd file;
    struct stat stat;
  };
  // Opens the path below `dir`. `flags` and `mode` are those of openat; O_NOFOLLOW says not to follow the last link.
  // Errors: perm when the path leaves `dir` or leads to what is no file, loop after 40 links, else the host's.
  ErrnoOr<Opened> open(int dir, const std::string& path, int flags, mode_t mode) const;

  // Resolves all but the last component. With LastLink::follow the place is never a link, unless it turns into one
  // afterwards: so always act on it without following.
  ErrnoOr<Place> locate(int dir, const std::string& path, LastLink last) const;

  // The place of an existing file and its metadata, with a trailing slash only that of a directory (notdir).
  struct Found {
    Place place;
    struct stat stat;
  };
  ErrnoOr<Found> find(int dir, const std::string& path, LastLink last) const;

 private:
  ErrnoOr<HostFd> resolve(int dir, const std::string& path, int flags, mode_t mode) const;
  ErrnoOr<HostFd> open_by_walking(int dir, const std::string& path, int flags, mode_t mode) const;
  ErrnoOr<Place> locate_by_walking(int dir, const std::string& path, LastLink last) const;
  ErrnoOr<Place> locate_by_kernel(int dir, std::string path, LastLink last) const;

  Strategy strategy_;
};

}  // namespace mini_wasm::wasi
