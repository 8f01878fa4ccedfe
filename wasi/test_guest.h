// For tests: a guest without a module. It has a Context and some memory, and calls functions by their import name as a
// module does. The memory is first filled with a pattern, and each call saves its old content, so that a test can check
// that the call wrote only its results.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scripts/temporary_directory.h"
#include "wasi/context.h"
#include "wasi/host_functions.h"

namespace mini_wasm::wasi {

inline void PrintTo(Errno error, std::ostream* out) {
  switch (error) {
#define ERRNO(id, number, host) \
  case Errno::id: *out << #id; return;
#include "wasi/errno.def"
#undef ERRNO
  }
  *out << "errno " << static_cast<int>(error);
}

// Where a guest's files are: on the host, with one of the two ways to resolve paths, or in memory.
enum class Storage { kernel, walk, memory };

// A directory of the host that is removed at the end of the test, or a tree of files in memory.
class TempDir : public testing::TemporaryDirectory {
 public:
  explicit TempDir(Storage storage = Storage::kernel) {
    if (storage != Storage::memory) return;
    Result<WasiFiles> made = WasiFiles::make();
    EXPECT_TRUE(made);
    files = *std::move(made);
  }
  // Of the host.
  std::filesystem::path operator/(const std::string& name) const {
    EXPECT_FALSE(files) << "this test needs a directory of the host";
    return path() / name;
  }
  WasiConfig::Preopen preopen(bool read_only = false) const { return {path().string(), "/", read_only, files}; }
  void write(const std::string& name, const std::string& text) const {
    if (files) {
      EXPECT_TRUE(WasiFiles(*files).write(name, text)) << name;
    } else {
      std::ofstream(path() / name) << text;
    }
  }
  std::string read(const std::string& name) const {
    if (files) return content_in_memory(name);
    std::ostringstream text;
    text << std::ifstream(path() / name).rdbuf();
    return text.str();
  }
  void mkdir(const std::string& name) const {
    if (files) {
      EXPECT_TRUE(WasiFiles(*files).make_directory(name)) << name;
    } else {
      std::filesystem::create_directories(path() / name);
    }
  }
  void symlink(const std::string& target, const std::string& name) const {
    if (files) {
      EXPECT_TRUE(WasiFiles(*files).make_link(target, name)) << name;
    } else {
      std::filesystem::create_symlink(target, path() / name);
    }
  }
  void remove(const std::string& name) const {
    if (files) {
      EXPECT_TRUE(WasiFiles(*files).remove(name)) << name;
    } else {
      EXPECT_TRUE(std::filesystem::remove(path() / name)) << name;
    }
  }
  bool exists(const std::string& name) const {
    if (files) return entry_in_memory(name).has_value();
    return std::filesystem::symlink_status(path() / name).type() != std::filesystem::file_type::not_found;
  }
  bool is_symlink(const std::string& name) const {
    if (!files) return std::filesystem::is_symlink(path() / name);
    const auto entry = entry_in_memory(name);
    return entry && entry->kind == WasiFiles::Entry::Kind::link;
  }
  std::string read_symlink(const std::string& name) const {
    return files ? content_in_memory(name) : std::filesystem::read_symlink(path() / name).string();
  }
  size_t entries(const std::string& name = "") const {
    if (files) return files->list(name)->size();
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path() / name), {}));
  }

  std::optional<WasiFiles> files;  // when they are in memory

 private:
  std::string content_in_memory(const std::string& name) const {
    Result<std::string> content = files->read(name);
    return content ? *std::move(content) : "";
  }
  std::optional<WasiFiles::Entry> entry_in_memory(const std::string& name) const {
    const std::filesystem::path path(name);
    const Result<std::vector<WasiFiles::Entry>> all = files->list(path.parent_path().string());
    if (!all) return std::nullopt;
    for (const WasiFiles::Entry& entry : *all) {
      if (entry.name == path.filename()) return entry;
    }
    return std::nullopt;
  }
};

inline Sandbox::Strategy strategy_of(Storage storage) {
  return storage == Storage::walk ? Sandbox::Strategy::walk : Sandbox::best_strategy();
}

struct Range {
  uint32_t offset;
  uint64_t size;
};

class Guest {
 public:
  static constexpr uint32_t kMemorySize = 256 << 10;

  explicit Guest(WasiConfig config = {}, Sandbox::Strategy strategy = Sandbox::best_strategy())
      : functions_(functions()), memory_(kMemorySize) {
    for (size_t i = 0; i < memory_.size(); ++i) memory_[i] = static_cast<uint8_t>(0xa5 ^ i);
    Result<std::unique_ptr<Context>> context = Context::make(std::move(config), strategy);
    if (!context) {
      ADD_FAILURE() << context.error().message;
      std::abort();
    }
    context_ = std::move(context).value();
  }

  // With `dir` as descriptor 3.
  static Guest in(const TempDir& dir, Sandbox::Strategy strategy = Sandbox::best_strategy(), bool read_only = false) {
    WasiConfig config;
    config.preopens.push_back(dir.preopen(read_only));
    return Guest(std::move(config), strategy);
  }
  static Guest in(const TempDir& dir, Storage storage, bool read_only = false) {
    return in(dir, strategy_of(storage), read_only);
  }

  Errno call(std::string_view name, std::initializer_list<uint64_t> args) {
    return call_in("wasi_snapshot_preview1", name, args);
  }
  Errno call_in(std::string_view module, std::string_view name, std::initializer_list<uint64_t> args) {
    for (const Function& function : functions_) {
      if (function.module != module || function.name != name) continue;
      EXPECT_EQ(function.type().params.size(), args.size()) << name;
      std::vector<uint64_t> slots(args);
      slots.resize(slots.size() + 1);
      before_ = memory_;
      Result<void> result = function.call(*context_, GuestMemory(memory_), slots.data());
      if (!result) {
        exit_code = result.error().exit_code;
        return Errno::success;
      }
      return static_cast<Errno>(slots[0]);
    }
    ADD_FAILURE() << "no function " << name;
    return Errno::nosys;
  }

  // Reserves `size` bytes of guest memory that nothing else uses.
  uint32_t alloc(uint64_t size) {
    const uint32_t offset = next_;
    next_ += static_cast<uint32_t>((size + 64) & ~uint64_t{15});
    EXPECT_LE(next_, memory_.size());
    return offset;
  }
  template <class T>
  uint32_t put(const T& value) {
    const uint32_t offset = alloc(sizeof(T));
    std::memcpy(memory_.data() + offset, &value, sizeof(T));
    return offset;
  }
  uint32_t put_text(std::string_view text) {
    const uint32_t offset = alloc(text.size());
    std::memcpy(memory_.data() + offset, text.data(), text.size());
    return offset;
  }
  // Writes a list of buffers with the given addresses and sizes.
  uint32_t put_iovecs(std::initializer_list<Iovec> list) {
    const uint32_t offset = alloc(list.size() * sizeof(Iovec));
    std::memcpy(memory_.data() + offset, list.begin(), list.size() * sizeof(Iovec));
    return offset;
  }
  template <class T>
  T get(uint32_t offset) const {
    T value;
    std::memcpy(&value, memory_.data() + offset, sizeof(T));
    return value;
  }
  std::string text(uint32_t offset, size_t size) const {
    return std::string(reinterpret_cast<const char*>(memory_.data()) + offset, size);
  }

  // Whether the last call has changed nothing outside these ranges.
  bool wrote_only(std::initializer_list<Range> ranges) const {
    std::vector<uint8_t> expected = before_;
    for (const Range& range : ranges) {
      std::memcpy(expected.data() + range.offset, memory_.data() + range.offset, range.size);
    }
    return expected == memory_;
  }

  // path_open with all rights that the directory passes on, or with the given rights.
  struct Opening {
    OFlags oflags = 0;
    FdFlags fdflags = 0;
    LookupFlags lookup = lookup_flags::kSymlinkFollow;
    Rights base = ~Rights{0};
    Rights inheriting = ~Rights{0};
    uint32_t dir = 3;
  };
  Errno open(std::string_view path, Opening how, uint32_t& fd) {
    const Descriptor* dir = context_->fds().find(Fd{how.dir});
    if (dir != nullptr) {
      const bool directory = (how.oflags & o_flags::kDirectory) != 0;
      if (how.base == ~Rights{0}) how.base = dir->inheriting & (directory ? rights::kDirectory : rights::kAll);
      if (how.inheriting == ~Rights{0}) how.inheriting = dir->inheriting;
    }
    const uint32_t out = alloc(4);
    const Errno error = call("path_open", {how.dir, how.lookup, put_text(path), path.size(), how.oflags, how.base,
                                           how.inheriting, how.fdflags, out});
    if (error == Errno::success) fd = get<uint32_t>(out);
    return error;
  }
  // The same; it is expected to succeed.
  uint32_t opened(std::string_view path, Opening how) {
    uint32_t fd = ~0u;
    EXPECT_EQ(open(path, how, fd), Errno::success) << path;
    return fd;
  }
  uint32_t opened(std::string_view path) { return opened(path, {.base = rights::kFile & ~rights::fd_write}); }
  uint32_t created(std::string_view path) { return opened(path, {.oflags = o_flags::kCreat}); }
  Errno open_error(std::string_view path, Opening how) {
    uint32_t fd = ~0u;
    return open(path, how, fd);
  }
  Errno open_error(std::string_view path) { return open_error(path, {.base = rights::kFile & ~rights::fd_write}); }

  // fd_write of a text; fd_read of that many bytes.
  Errno write(uint32_t fd, std::string_view text) {
    const uint32_t iovecs = put_iovecs({{put_text(text), static_cast<Size>(text.size())}});
    return call("fd_write", {fd, iovecs, 1, alloc(4)});
  }
  std::string read(uint32_t fd, Size size) {
    const uint32_t buffer = alloc(size), count = alloc(4);
    const Errno error = call("fd_read", {fd, put_iovecs({{buffer, size}}), 1, count});
    EXPECT_EQ(error, Errno::success);
    return error == Errno::success ? text(buffer, get<Size>(count)) : "";
  }

  // A call with one path: fd, path and length, then `more`.
  Errno path_call(std::string_view name, uint32_t dir, std::string_view path) {
    return call(name, {dir, put_text(path), path.size()});
  }
  Errno rename(std::string_view from, std::string_view to, uint32_t from_dir = 3, uint32_t to_dir = 3) {
    return call("path_rename", {from_dir, put_text(from), from.size(), to_dir, put_text(to), to.size()});
  }
  Errno link(std::string_view from, std::string_view to, LookupFlags flags = 0, uint32_t from_dir = 3,
             uint32_t to_dir = 3) {
    return call("path_link", {from_dir, flags, put_text(from), from.size(), to_dir, put_text(to), to.size()});
  }
  Errno symlink(std::string_view target, std::string_view path, uint32_t dir = 3) {
    return call("path_symlink", {put_text(target), target.size(), dir, put_text(path), path.size()});
  }
  Errno stat(std::string_view path, LookupFlags flags = lookup_flags::kSymlinkFollow, Filestat* stat = nullptr,
             uint32_t dir = 3) {
    const uint32_t out = alloc(sizeof(Filestat));
    const Errno error = call("path_filestat_get", {dir, flags, put_text(path), path.size(), out});
    if (stat != nullptr) *stat = get<Filestat>(out);
    return error;
  }
  Errno readlink(std::string_view path, std::string* text_out = nullptr) {
    const uint32_t buffer = alloc(256), used = alloc(4);
    const Errno error = call("path_readlink", {3, put_text(path), path.size(), buffer, 256, used});
    if (error == Errno::success && text_out != nullptr) *text_out = text(buffer, get<Size>(used));
    return error;
  }

  void forget_allocations() { next_ = 1024; }
  Context& context() { return *context_; }
  std::vector<uint8_t>& memory() { return memory_; }

  int32_t exit_code = -1;  // set by the last call that ended the guest

 private:
  std::span<const Function> functions_;
  std::vector<uint8_t> memory_, before_;
  uint32_t next_ = 1024;
  std::unique_ptr<Context> context_;
};

// Tests of files run on every storage.
class EveryStorage : public ::testing::TestWithParam<Storage> {
 protected:
  void SetUp() override {
    if (GetParam() == Storage::kernel && Sandbox::best_strategy() != Sandbox::Strategy::kernel) {
      GTEST_SKIP() << "this kernel has no openat2";
    }
  }
  bool in_memory() const { return GetParam() == Storage::memory; }
};
#define INSTANTIATE_EVERY_STORAGE(suite)                                                                       \
  INSTANTIATE_TEST_SUITE_P(storage, suite, ::testing::Values(Storage::kernel, Storage::walk, Storage::memory), \
                           [](const auto& info) {                                                              \
                             return std::string(info.param == Storage::kernel ? "kernel"                       \
                                                : info.param == Storage::walk ? "walk"                         \
                                                                              : "memory");                     \
                           })

// Tests of what only the host has run with both ways to resolve paths.
class BothSandboxes : public ::testing::TestWithParam<Sandbox::Strategy> {
 protected:
  void SetUp() override {
    if (GetParam() == Sandbox::Strategy::kernel && Sandbox::best_strategy() != Sandbox::Strategy::kernel) {
      GTEST_SKIP() << "this kernel has no openat2";
    }
  }
};
#define INSTANTIATE_BOTH_SANDBOXES(suite)                                                    \
  INSTANTIATE_TEST_SUITE_P(                                                                  \
      sandbox, suite, ::testing::Values(Sandbox::Strategy::kernel, Sandbox::Strategy::walk), \
      [](const auto& info) { return std::string(info.param == Sandbox::Strategy::kernel ? "kernel" : "walk"); })

}  // namespace mini_wasm::wasi
