// Sandbox: path resolution that cannot leave a directory and cannot reach anything that is not a file. Every path of a
// guest is resolved here and nowhere else.
//
// * `..` may go up to the directory where the path began, and symbolic links are followed as long as they stay below
//   it. An absolute path or link, or one that leaves the directory, gives EPERM.
// * What was checked is what is used. Either the kernel resolves the whole path and keeps it inside (openat2), or the
//   path is walked one component at a time, with O_NOFOLLOW, on descriptors that are already open. So files that are
//   renamed and links that change meanwhile cannot lead elsewhere. Both ways give the same results; the kernel's is
//   used where it exists.
// * Mounted file systems belong to the tree, except those of the kernel itself (proc and similar: memory, environment
//   and descriptors of the host's processes). Opening them, changing them, asking about them (stat) and passing through
//   them gives EPERM, because what exists there tells something about the host. While a path stays on the file system
//   where it began, nothing needs to be checked. When it does not, the kernel reports that, and the path is walked and
//   each step is checked.
// * Devices give EPERM, except for a few that hold no data of the host.
// * Operations on names (unlink, rename, ...) resolve the parent with `locate`. Then they act on the last component,
//   relative to the parent, without following it, and without a trailing slash, which would make the host follow it.
#pragma once

#include <sys/stat.h>

#include <string>

#include "wasi/errno_map.h"
#include "wasi/file.h"
#include "wasi/host_fd.h"

namespace mini_wasm::wasi {

class Sandbox {
 public:
  enum class Strategy { kernel, walk };
  using LastLink = wasi::LastLink;

  // A name in a directory; both are inside the sandbox.
  struct Place {
    HostFd dir;                   // borrowed when the path has only one component
    std::string name;             // one component without a slash; "." when `is_dot`
    bool is_dot = false;          // the path ends in "." or "..": the place is `dir` itself
    bool is_dot_dot = false;      // the path ends in ".."
    bool trailing_slash = false;  // the path requires a directory
  };

  explicit Sandbox(Strategy strategy) : strategy_(strategy) {}
  // The kernel's, where it exists.
  static Strategy best_strategy();
  // Why a directory cannot be the root of paths: the name of the kernel's own file system that it is on. Null when it
  // can.
  static const char* fault_of_root(int dir);

  struct Opened {
    HostFd file;
    struct stat stat;
  };
  // Opens the path below `dir`. `flags` and `mode` are those of openat. With O_NOFOLLOW, a link at the end is not
  // followed. Errors: perm, when the path leaves `dir` or leads to something that is not a file; loop, after 40 links;
  // those of the host.
  ErrnoOr<Opened> open(int dir, const std::string& path, int flags, mode_t mode) const;

  // Resolves all components but the last one. With LastLink::follow, links at the end are resolved too, so that the
  // place is not a link. It may become one afterwards, so always act on it without following links.
  ErrnoOr<Place> locate(int dir, const std::string& path, LastLink last) const;

  // The place of an existing file, and its metadata. With a trailing slash it must be a directory (notdir).
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
