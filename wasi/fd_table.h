// FdTable: the guest's descriptors: which file each one stands for, and what the guest may do with it. The
// lowest free number is used first, as in POSIX. The number of open descriptors is limited.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wasi/abi.h"
#include "wasi/file.h"
#include "wasi/rights.h"

namespace mini_wasm::wasi {

struct Descriptor : std::enable_shared_from_this<Descriptor> {
  std::unique_ptr<File> file;
  Rights base = 0;
  Rights inheriting = 0;
  // Rights to the content that were not requested when the file was opened. Using one of them gives the same error as
  // on the host, and not notcapable.
  Rights not_asked = 0;
  bool read_only = false;  // opened below a read-only preopen: a missing right to change something gives EROFS
  std::optional<std::string> preopen;  // the name that the guest sees
  // Where it comes from, so that it can be made again elsewhere (saved_state.cc): the number of a descriptor that the
  // program began with, and, unless it is that one, the path below it that was opened. None: it cannot be made again.
  struct Origin {
    Fd begin{};
    std::optional<std::string> path;
  };
  std::optional<Origin> origin;

  // Returns success, or the reason why an operation that needs these rights is refused: rofs; badf or inval, as on the
  // host, for a file that was not opened for it; otherwise notcapable.
  Errno require(Rights needed) const;
};

class FdTable {
 public:
  explicit FdTable(uint32_t max_open) : max_open_(max_open) {}

  // Assigns the lowest free number. Error: mfile.
  ErrnoOr<Fd> insert(Descriptor descriptor);
  // Assigns a number that is greater than all numbers ever used. Error: mfile.
  ErrnoOr<Fd> append(std::optional<Descriptor> descriptor);
  bool full() const { return open_ >= max_open_; }

  // Null when that number is not open. The pointer is valid until the descriptor is closed or renumbered, which other
  // threads may do while the calling one waits; `shared_from_this` keeps it alive, with its file, until then.
  Descriptor* find(Fd fd);
  // Error: badf, and those of `require`.
  ErrnoOr<Descriptor*> find(Fd fd, Rights needed);
  // As above; for a directory the error is isdir, whatever its rights are.
  ErrnoOr<Descriptor*> find_file(Fd fd, Rights needed);
  // As above; for anything but a directory the error is notdir.
  ErrnoOr<Descriptor*> find_directory(Fd fd, Rights needed);
  // As above; for anything but a socket the error is notsock.
  ErrnoOr<Descriptor*> find_socket(Fd fd, Rights needed);

  // Error: badf, or the file's error for closing; the number is free in any case. A descriptor that a thread still
  // waits for is closed when the wait is over.
  Errno close(Fd fd);
  // All descriptors by their numbers, null where there is none; and new ones for all numbers.
  const std::vector<std::shared_ptr<Descriptor>>& all() const { return entries_; }
  void replace(std::vector<std::shared_ptr<Descriptor>> entries);

  // Moves `from` to the number `to`, whose old descriptor is closed. Both must be open (badf).
  Errno renumber(Fd from, Fd to);

 private:
  // Frees the number.
  std::shared_ptr<Descriptor> take(Fd fd);

  std::vector<std::shared_ptr<Descriptor>> entries_;
  uint32_t open_ = 0;
  uint32_t lowest_free_ = 0;  // all numbers below are open
  uint32_t max_open_;
};

}  // namespace mini_wasm::wasi
