// DirStream: reads a directory for fd_readdir. Cookies are numbers that are given out in ascending order as entries are
// listed, because programs keep them in 32 bits (`long` of telldir). Each one stands for a position of the host's
// stream (telldir); file systems keep these valid while entries come and go. For a cookie that was not given out,
// entries are counted from the beginning; a cookie beyond the end gives no entries.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "wasi/abi.h"
#include "wasi/file.h"

namespace mini_wasm::wasi {

class DirStream {
 public:
  // Reads the directory behind `fd`. The caller keeps `fd`.
  static ErrnoOr<DirStream> open(int fd);
  DirStream() = default;
  DirStream(DirStream&& other) noexcept;
  DirStream& operator=(DirStream&& other) noexcept;
  ~DirStream();

  // Moves to the entry after the one with this cookie, or to the first entry for 0.
  Errno seek(DirCookie cookie);
  // The next entry; empty at the end.
  ErrnoOr<std::optional<DirEntry>> next();
  // Puts back the entry that `next` has just returned. It was read at position `cookie`.
  void unread(DirCookie cookie, DirEntry entry);

 private:
  // Reads one entry of the host; null at the end. Error: overflow, when there are more than kMostPositions positions.
  ErrnoOr<const dirent*> read_host();
  // The cookie for the host's position after the entry that was read at position_; 0 when there are too many.
  DirCookie number_of(long position);
  void forget_after_position();
  FileType type_of(const dirent& entry) const;

  static constexpr size_t kMostPositions = size_t{1} << 22;

  DIR* dir_ = nullptr;
  uint64_t own_ino_ = 0;
  DirCookie position_ = 0;
  bool from_start_ = true;        // all entries up to position_ were read in one pass from the start
  std::optional<DirEntry> held_;  // an entry that was already read from dir_, at position_
  std::vector<long> positions_;   // [i] is the host's position for cookie i + 1
  // The inverse of positions_; filled when entries have changed after a seek backwards.
  std::unordered_map<long, DirCookie> numbers_;
};

}  // namespace mini_wasm::wasi
