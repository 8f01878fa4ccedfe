// Reads a directory for fd_readdir. A cookie is a number, given out one after another as entries are listed: programs
// keep it in 32 bits (`long` of telldir). It stands for the host's own position (telldir), which file systems keep
// meaningful while entries come and go; of entries one is kept. A cookie that was not given out counts from the
// beginning; past the end there is nothing.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

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
  // The next entry, none at the end. Its name is the guest's (host_name.h).
  ErrnoOr<std::optional<Entry>> next();
  // Puts back the entry that `next` gave last, read at position `cookie`.
  void unread(DirCookie cookie, Entry entry);

 private:
  // Reads one entry of the host's, null at the end. Error: overflow, beyond kMostPositions.
  ErrnoOr<const dirent*> read_host();
  // The number of the host's position behind the entry that was read at position_; 0 when there are too many.
  DirCookie number_of(long position);
  void forget_after_position();
  FileType type_of(const dirent& entry) const;

  static constexpr size_t kMostPositions = size_t{1} << 22;

  DIR* dir_ = nullptr;
  uint64_t own_ino_ = 0;
  DirCookie position_ = 0;
  bool from_start_ = true;                       // all entries up to position_ have been read one after another
  std::optional<Entry> held_;                    // at position_, already read from dir_
  std::vector<long> positions_;                  // [i]: the host's that cookie i + 1 stands for
  std::unordered_map<long, DirCookie> numbers_;  // the other way round, once somebody has gone back and found changes
};

}  // namespace mini_wasm::wasi
