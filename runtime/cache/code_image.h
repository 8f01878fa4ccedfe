// Where saved code (ModuleCache) is read from, and where it is written to: a file of the cache, or bytes of the embedder
// (Module::serialize).
// Thread rule: any thread may read; one thread writes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace mini_wasm::runtime {

class CodeSource {
 public:
  virtual ~CodeSource() = default;
  virtual uint64_t size() const = 0;
  // Fills all of `to`; false when that is not possible.
  virtual bool read(uint64_t at, std::span<uint8_t> to) const = 0;
};

class CodeSink {
 public:
  virtual ~CodeSink() = default;
  // Whether all operations so far have succeeded.
  virtual bool ok() const = 0;
  virtual uint64_t size() const = 0;
  virtual void append(std::span<const uint8_t> bytes) = 0;
  // Writes over bytes that were written before.
  virtual void overwrite(uint64_t at, std::span<const uint8_t> bytes) = 0;
};

class CodeInMemory final : public CodeSource {
 public:
  explicit CodeInMemory(std::span<const uint8_t> bytes) : bytes_(bytes.begin(), bytes.end()) {}
  uint64_t size() const override { return bytes_.size(); }
  bool read(uint64_t at, std::span<uint8_t> to) const override {
    if (to.size() > bytes_.size() || at > bytes_.size() - to.size()) return false;
    std::copy_n(bytes_.data() + at, to.size(), to.data());
    return true;
  }

 private:
  const std::vector<uint8_t> bytes_;
};

class NewCodeInMemory final : public CodeSink {
 public:
  bool ok() const override { return true; }
  uint64_t size() const override { return bytes_.size(); }
  void append(std::span<const uint8_t> bytes) override { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void overwrite(uint64_t at, std::span<const uint8_t> bytes) override {
    std::copy_n(bytes.data(), bytes.size(), bytes_.data() + at);
  }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace mini_wasm::runtime
