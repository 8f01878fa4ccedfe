// The guest's descriptors: what each stands for on the host, and what the guest may do with it.
// Numbers are given out lowest first, as POSIX wants; how many are open at once is limited.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wasi/abi.h"
#include "wasi/dir_stream.h"
#include "wasi/host_fd.h"
#include "wasi/rights.h"

namespace mini_wasm::wasi {

struct Descriptor : std::enable_shared_from_this<Descriptor> {
  HostFd host;
  FileType type = FileType::unknown;
  Rights base = 0;
  Rights inheriting = 0;
  Rights not_asked = 0;    // of the rights to the content, those that it was opened without: missing like natively
  bool read_only = false;  // descends from a read-only preopen: a missing right to change something reads EROFS
  bool nonblock = false;   // kept here for a borrowed descriptor, whose flags are shared with other processes
  // For without_waiting.h: whether reading and writing may wait at all; whether the system can do without, until it has
  // said otherwise; then, of a terminal, the same once more, but in a mode of its own.
  enum class Waits : uint8_t { unknown, may, never };
  mutable Waits waits = Waits::unknown;
  mutable bool knows_nowait = true;
  mutable HostFd nonblocking;
  std::optional<std::string> preopen;  // the name the guest sees
  std::unique_ptr<DirStream> stream;   // once fd_readdir was called

  bool is_directory() const { return type == FileType::directory; }
  bool is_socket() const { return type == FileType::socket_stream || type == FileType::socket_dgram; }
  // success, or why an operation that needs these rights is refused: rofs; badf or inval, as natively, on a file that
  // was not opened for it; else notcapable.
  Errno require(Rights needed) const;
};

class FdTable {
 public:
  explicit FdTable(uint32_t max_open) : max_open_(max_open) {}

  // Gives the descriptor the lowest free number. Error: mfile.
  ErrnoOr<Fd> insert(Descriptor descriptor);
  // Gives it a number above all that were ever used. Error: mfile.
  ErrnoOr<Fd> append(std::optional<Descriptor> descriptor);
  bool full() const { return open_ >= max_open_; }

  // Null when that number is not open. Valid until it is closed or renumbered, which other threads may do while the
  // calling one waits: `shared_from_this` keeps it, and the host's descriptor open, until then.
  Descriptor* find(Fd fd);
  // Error: badf, and those of `require`.
  ErrnoOr<Descriptor*> find(Fd fd, Rights needed);
  // As above; a directory is isdir, whatever its rights.
  ErrnoOr<Descriptor*> find_file(Fd fd, Rights needed);
  // As above; anything but a directory is notdir.
  ErrnoOr<Descriptor*> find_directory(Fd fd, Rights needed);
  // As above; anything but a socket is notsock.
  ErrnoOr<Descriptor*> find_socket(Fd fd, Rights needed);

  // Error: badf, or the host's for closing (the number is free all the same). What somebody waits for is closed when
  // that is over.
  Errno close(Fd fd);
  // Moves `from` onto `to`, which is closed; both must be open (badf).
  Errno renumber(Fd from, Fd to);

 private:
  std::vector<std::shared_ptr<Descriptor>> entries_;
  uint32_t open_ = 0;
  uint32_t max_open_;
};

}  // namespace mini_wasm::wasi
