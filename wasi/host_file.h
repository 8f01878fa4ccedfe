// HostFile: a file, directory, socket or stream of the host, behind a descriptor of the host.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "wasi/dir_stream.h"
#include "wasi/file.h"
#include "wasi/host_fd.h"
#include "wasi/sandbox.h"

namespace mini_wasm::wasi {

class HostFile final : public File {
 public:
  HostFile(HostFd fd, FileType type, const Sandbox& sandbox) : File(type), fd(std::move(fd)), sandbox_(sandbox) {}

  HostFile* host() override { return this; }
  ErrnoOr<Filestat> stat() override;
  Errno set_times(const NewTimes& times) override;
  ErrnoOr<FdFlags> flags() override;
  Errno set_flags(FdFlags flags, FdFlags changed) override;
  Errno sync(bool only_data) override;
  Errno close() override;

  bool may_wait() override;
  int poll_descriptor() const override { return fd.get(); }
  ErrnoOr<Size> read(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) override;
  ErrnoOr<Size> write(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) override;
  ErrnoOr<FileSize> seek(FileDelta offset, Whence whence) override;
  Errno advise(FileSize offset, FileSize size, Advice advice) override;
  Errno allocate(FileSize offset, FileSize size) override;
  Errno set_size(FileSize size) override;

  ErrnoOr<Place> locate(const std::string& path, LastLink last) override;
  ErrnoOr<Found> find(const std::string& path, LastLink last) override;
  ErrnoOr<Opened> open(const std::string& path, const OpenRequest& request) override;
  bool is_fifo(const std::string& path, LastLink last) const;

  ErrnoOr<Filestat> stat_entry(const std::string& name) override;
  Errno set_entry_times(const std::string& name, const NewTimes& times) override;
  Errno make_directory(const std::string& name) override;
  Errno remove_directory(const std::string& name) override;
  Errno unlink(const std::string& name) override;
  Errno make_link(const std::string& target, const std::string& name) override;
  ErrnoOr<std::string> read_link(const std::string& name) override;
  Errno link(const std::string& name, File& to, const std::string& new_name) override;
  Errno rename(const std::string& name, File& to, const std::string& new_name) override;
  Errno read_entries(DirCookie cookie, const TakeEntry& take) override;

  // Owned, or borrowed from the embedder. The flags of a borrowed one are shared with other processes, so they are not
  // changed; `nonblock` is this guest's own.
  HostFd fd;
  bool nonblock = false;
  // For without_waiting.h:
  // * waits: whether reading and writing may wait at all,
  // * knows_nowait: whether the system can read and write without waiting; true until it has said no,
  // * nonblocking: of a terminal, a second open file in non-blocking mode.
  enum class Waits : uint8_t { unknown, may, never };
  Waits waits = Waits::unknown;
  bool knows_nowait = true;
  HostFd nonblocking;

 private:
  Place place_of(Sandbox::Place place);
  const Sandbox sandbox_;
  std::unique_ptr<DirStream> stream_;  // made by the first read_entries
};

}  // namespace mini_wasm::wasi
