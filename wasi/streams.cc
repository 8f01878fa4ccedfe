#include "wasi/streams.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/guarded.h"

namespace mini_wasm {

namespace wasi {

namespace {

using Lock = std::lock_guard<std::mutex>;

class Stream : public File {
 public:
  explicit Stream(uint64_t number) : File(FileType::unknown), number_(number) {}
  ErrnoOr<Filestat> stat() override {
    Filestat stat{};
    stat.ino = number_ + 1;
    stat.nlink = 1;
    return stat;
  }
  ErrnoOr<FdFlags> flags() override { return flags_; }
  Errno set_flags(FdFlags flags, FdFlags) override {
    flags_ = flags;
    return Errno::success;
  }

 private:
  const uint64_t number_;
  FdFlags flags_ = 0;
};

class InputBytes final : public Stream {
 public:
  InputBytes(uint64_t number, const std::string& bytes) : Stream(number), bytes_(bytes) {}
  FileSize readable() override {
    const Lock lock(mutex_);
    return bytes_.size() - position_;
  }
  ErrnoOr<Size> read(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) override {
    if (offset) return Errno::spipe;
    const Lock lock(mutex_);
    const size_t begin = position_;
    return buffers.limited_to(std::min<uint64_t>(max_bytes, bytes_.size() - begin), [&](const iovec* list, int count) {
      for (int i = 0; i < count; position_ += list[i++].iov_len) {
        std::memcpy(list[i].iov_base, bytes_.data() + position_, list[i].iov_len);
      }
      return static_cast<Size>(position_ - begin);
    });
  }

 private:
  const std::string& bytes_;
  std::mutex mutex_;
  size_t position_ = 0;
};

class InputFunction final : public Stream {
 public:
  InputFunction(uint64_t number, const WasiRead& read) : Stream(number), read_(read) {}
  bool takes_long(uint64_t) const override { return true; }
  // Calls the function once: it may wait, and reading waits only for the first byte.
  ErrnoOr<Size> read(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) override {
    if (offset) return Errno::spipe;
    if (buffers.bytes() == 0) return Size{0};
    const iovec& first = *buffers.data();
    const std::span<uint8_t> buffer(static_cast<uint8_t*>(first.iov_base),
                                    std::min<size_t>({first.iov_len, max_bytes, kLong - 1}));
    const Result<size_t> size = read_(buffer);
    if (!size || *size > buffer.size()) return Errno::io;
    return static_cast<Size>(*size);
  }

 private:
  const WasiRead& read_;
};

class NoOutput final : public Stream {
 public:
  using Stream::Stream;
  ErrnoOr<Size> write(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) override {
    if (offset) return Errno::spipe;
    return static_cast<Size>(std::min(max_bytes, buffers.bytes()));
  }
};

class OutputBuffer final : public Stream {
 public:
  OutputBuffer(uint64_t number, std::shared_ptr<OutputBytes> bytes) : Stream(number), bytes_(std::move(bytes)) {}
  ErrnoOr<Size> write(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) override {
    if (offset) return Errno::spipe;
    return bytes_ == nullptr ? ErrnoOr<Size>(Errno::nospc) : bytes_->append(buffers, max_bytes);
  }

 private:
  const std::shared_ptr<OutputBytes> bytes_;
};

class OutputFunction final : public Stream {
 public:
  OutputFunction(uint64_t number, const WasiWrite& write) : Stream(number), write_(write) {}
  bool takes_long(uint64_t) const override { return true; }
  ErrnoOr<Size> write(HostIovecs& buffers, uint64_t max_bytes, std::optional<FileSize> offset) override {
    if (offset) return Errno::spipe;
    return buffers.limited_to(max_bytes, [&](const iovec* list, int count) -> ErrnoOr<Size> {
      Size done = 0;
      for (int i = 0; i < count; done += static_cast<Size>(list[i++].iov_len)) {
        const std::string_view bytes(static_cast<const char*>(list[i].iov_base), list[i].iov_len);
        if (!write_(bytes)) return done == 0 ? ErrnoOr<Size>(Errno::io) : done;
      }
      return done;
    });
  }

 private:
  const WasiWrite& write_;
};

}  // namespace

ErrnoOr<Size> OutputBytes::append(HostIovecs& buffers, uint64_t max_bytes) {
  const Lock lock(mutex_);
  const uint64_t wanted = std::min(max_bytes, buffers.bytes()), room = max_bytes_ - text_.size();
  overflowed_ |= wanted > room;
  if (wanted > 0 && room == 0) return Errno::nospc;
  const size_t before = text_.size();
  const auto copy = [&](const iovec* list, int count) {
    for (int i = 0; i < count; ++i) text_.append(static_cast<const char*>(list[i].iov_base), list[i].iov_len);
    return static_cast<Size>(text_.size() - before);
  };
  return guarded([&] { return ErrnoOr<Size>(buffers.limited_to(std::min(wanted, room), copy)); },
                 [&] { return text_.resize(before), ErrnoOr<Size>(Errno::nospc); });
}

std::string OutputBytes::text() {
  const Lock lock(mutex_);
  return guarded([&] { return text_; }, [] { return std::string(); });
}

std::string OutputBytes::take() {
  const Lock lock(mutex_);
  return std::exchange(text_, {});
}

bool OutputBytes::overflowed() {
  const Lock lock(mutex_);
  return overflowed_;
}

std::unique_ptr<File> make_input(uint64_t number, const std::string& bytes) {
  return std::make_unique<InputBytes>(number, bytes);
}
std::unique_ptr<File> make_input(uint64_t number, const WasiRead& read) {
  return std::make_unique<InputFunction>(number, read);
}
std::unique_ptr<File> make_output(uint64_t number) { return std::make_unique<NoOutput>(number); }
std::unique_ptr<File> make_output(uint64_t number, std::shared_ptr<OutputBytes> bytes) {
  return std::make_unique<OutputBuffer>(number, std::move(bytes));
}
std::unique_ptr<File> make_output(uint64_t number, const WasiWrite& write) {
  return std::make_unique<OutputFunction>(number, write);
}

}  // namespace wasi

WasiBuffer::WasiBuffer(uint64_t max_bytes)
    : bytes_(guarded([&] { return std::make_shared<wasi::OutputBytes>(max_bytes); },
                     [] { return std::shared_ptr<wasi::OutputBytes>(); })) {}
std::string WasiBuffer::text() const { return bytes_ == nullptr ? std::string() : bytes_->text(); }
std::string WasiBuffer::take() { return bytes_ == nullptr ? std::string() : bytes_->take(); }
bool WasiBuffer::overflowed() const { return bytes_ == nullptr || bytes_->overflowed(); }

}  // namespace mini_wasm
