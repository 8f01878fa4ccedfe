// File: what a descriptor of the guest stands for. HostFile (host_file.h) is a file, directory, socket or stream of the
// host; MemoryFile (memory_file.h) is a file or directory in memory; streams.h has streams that the embedder provides.
//
// The functions of WASI (Context) check arguments, rights and guest memory, and decide what waits; a File acts. Nothing
// here depends on preview1's form of arguments, except for the structures of abi.h.
//
// Operations that a kind of file does not have give an error that Linux gives, too.
// Thread rule: that of Context; an operation that takes long (takes_long) may run on several threads at once.
#pragma once

#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "wasi/abi.h"
#include "wasi/host_iovecs.h"
#include "wasi/rights.h"

namespace mini_wasm::wasi {

class File;
class HostFile;
class MemoryFile;

enum class LastLink { keep, follow };  // whether a symbolic link at the end of a path is followed

// A name in a directory; both are below the directory where the path began.
struct Place {
  std::shared_ptr<File> dir;
  std::string name;             // one component without a slash; "." when `is_dot`
  bool is_dot = false;          // the path ends in "." or "..": the place is `dir` itself
  bool is_dot_dot = false;      // the path ends in ".."
  bool trailing_slash = false;  // the path requires a directory
};

// The place of an existing file, and its metadata.
struct Found {
  Place place;
  Filestat stat{};
};

// What path_open asks for.
struct OpenRequest {
  LookupFlags lookup;
  OFlags oflags;
  FdFlags fdflags;
  Rights base;

  // The rights for which a file must be open for writing.
  static constexpr Rights kWriting = rights::fd_write | rights::fd_allocate | rights::fd_filestat_set_size;
  bool has(OFlags flag) const { return (oflags & flag) != 0; }
  bool reads() const { return (base & rights::fd_read) != 0; }
  bool writes() const { return (base & kWriting) != 0 || has(o_flags::kTrunc); }
  bool follows() const { return (lookup & lookup_flags::kSymlinkFollow) != 0; }
};

struct Opened {
  std::unique_ptr<File> file;
  bool is_fifo = false;
};

struct DirEntry {
  DirCookie next = 0;  // the position after this entry
  uint64_t ino = 0;
  FileType type = FileType::unknown;
  std::string name;  // in the guest's form (host_name.h)
};

// The two times of utimensat, with UTIME_NOW and UTIME_OMIT.
struct NewTimes {
  timespec access, modification;
};

class File {
 public:
  explicit File(FileType type) : type_(type) {}
  virtual ~File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  FileType type() const { return type_; }
  bool is_directory() const { return type_ == FileType::directory; }
  bool is_socket() const { return type_ == FileType::socket_stream || type_ == FileType::socket_dgram; }
  // This file as one of the kind, or null. Sockets are always of the host.
  virtual HostFile* host() { return nullptr; }
  virtual MemoryFile* memory() { return nullptr; }

  // --- Every kind of file
  virtual ErrnoOr<Filestat> stat() = 0;
  virtual Errno set_times(const NewTimes&) { return Errno::notsup; }
  virtual ErrnoOr<FdFlags> flags() = 0;
  // Only kAppend and kNonblock are in `changed`.
  virtual Errno set_flags(FdFlags flags, FdFlags changed) = 0;
  virtual Errno sync(bool /*only_data*/) { return Errno::success; }
  virtual Errno close() { return Errno::success; }

  // --- Waiting
  // Whether reading and writing may have to wait for somebody. Then they fail with `again` instead of waiting.
  virtual bool may_wait() { return false; }
  // Whether other threads may use the Context while that many bytes are moved.
  virtual bool takes_long(uint64_t bytes) const { return bytes >= kLong; }
  // What poll is given; -1: the file is always ready, for `readable` bytes.
  virtual int poll_descriptor() const { return -1; }
  virtual FileSize readable() { return 0; }

  // --- Content. `offset`: without it, the position of the descriptor, which moves.
  virtual ErrnoOr<Size> read(HostIovecs&, uint64_t /*max_bytes*/, std::optional<FileSize> /*offset*/) {
    return Errno::badf;
  }
  virtual ErrnoOr<Size> write(HostIovecs&, uint64_t /*max_bytes*/, std::optional<FileSize> /*offset*/) {
    return Errno::badf;
  }
  virtual ErrnoOr<FileSize> seek(FileDelta, Whence) { return Errno::spipe; }
  virtual Errno advise(FileSize, FileSize, Advice) { return Errno::spipe; }
  virtual Errno allocate(FileSize /*offset*/, FileSize /*size*/) { return Errno::spipe; }
  virtual Errno set_size(FileSize) { return Errno::inval; }

  // --- Directories: paths. They never lead out of the directory (perm), and through at most 40 links (loop).
  // Resolves all components but the last one. With LastLink::follow, links at the end are resolved too.
  virtual ErrnoOr<Place> locate(const std::string& /*path*/, LastLink) { return Errno::notdir; }
  // With a trailing slash it must be a directory (notdir).
  virtual ErrnoOr<Found> find(const std::string& /*path*/, LastLink) { return Errno::notdir; }
  virtual ErrnoOr<Opened> open(const std::string& /*path*/, const OpenRequest&) { return Errno::notdir; }

  // --- Directories: entries. `name` is that of a Place in this directory; links are not followed.
  virtual ErrnoOr<Filestat> stat_entry(const std::string& /*name*/) { return Errno::notdir; }
  virtual Errno set_entry_times(const std::string& /*name*/, const NewTimes&) { return Errno::notdir; }
  virtual Errno make_directory(const std::string& /*name*/) { return Errno::notdir; }
  virtual Errno remove_directory(const std::string& /*name*/) { return Errno::notdir; }
  virtual Errno unlink(const std::string& /*name*/) { return Errno::notdir; }
  virtual Errno make_link(const std::string& /*target*/, const std::string& /*name*/) { return Errno::notdir; }
  virtual ErrnoOr<std::string> read_link(const std::string& /*name*/) { return Errno::notdir; }
  // `to`: a directory, of any kind (xdev). `link` makes another name of a file.
  virtual Errno link(const std::string& /*name*/, File& /*to*/, const std::string& /*new_name*/) {
    return Errno::notdir;
  }
  virtual Errno rename(const std::string& /*name*/, File& /*to*/, const std::string& /*new_name*/) {
    return Errno::notdir;
  }
  // Calls `take` with the entries from a position on, until it returns false.
  using TakeEntry = std::function<bool(const DirEntry&)>;
  virtual Errno read_entries(DirCookie, const TakeEntry&) { return Errno::notdir; }

 protected:
  static constexpr uint64_t kLong = uint64_t{64} << 10;

 private:
  const FileType type_;
};

}  // namespace mini_wasm::wasi
