// Reads a directory for fd_readdir. A cookie is the host's own position in the directory (telldir), which file systems
// keep meaningful while entries come and go; nothing is cached but one entry, so memory stays bounded however large the
// directory is, and a made-up cookie gives some entries or none.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <optional>
#include <string>

#include "wasi/abi.h"

namespace mini_wasm::wasi {

class DirStream {
 public:
  struct Entry {
    DirCookie next = 0;
    uint64_t ino = 0;
    FileType type = FileType::unknown;
    std::string name;
  };

  // Reads the directory behind `fd`, which stays the caller's.
  static ErrnoOr<DirStream> open(int fd);
  DirStream() = default;
  DirStream(DirStream&& other) noexcept;
  DirStream& operator=(DirStream&& other) noexcept;
  ~DirStream();

  // Goes to the entry after the one that carried this cookie, or to the first one for 0.
  Errno seek(DirCookie cookie);
  // The next entry, none at the end. Names that are not UTF-8 are passed over: the guest could not use them.
  ErrnoOr<std::optional<Entry>> next();
  // Puts back the entry that `next` gave last, read at position `cookie`.
  void unread(DirCookie cookie, Entry entry);

 private:
  FileType type_of(const dirent& entry) const;

  DIR* dir_ = nullptr;
  DirCookie position_ = 0;
  std::optional<Entry> held_;  // at position_, already read from dir_
};

}  // namespace mini_wasm::wasi
