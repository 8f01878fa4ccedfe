// PageTemplate: pages with content that can be mapped any number of times. A write to a mapping makes a copy of that
// page only, and pages that are not used cost nothing. Implemented in page_template_<os>.cc. Thread rule: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace mini_wasm::runtime {

class PageTemplate {
 public:
  // `bytes` must be a multiple of the OS page size. `fill` is called with that many zeroed bytes. Null when the system
  // has no room.
  static std::shared_ptr<PageTemplate> make(uint64_t bytes, const std::function<void(uint8_t*)>& fill);
  ~PageTemplate();
  PageTemplate(const PageTemplate&) = delete;
  PageTemplate& operator=(const PageTemplate&) = delete;

  const uint8_t* data() const { return data_; }
  uint64_t bytes() const { return bytes_; }
  // Replaces the pages at `at`, inside a reservation, with a new readable and writable mapping of the content.
  bool map_at(uint8_t* at) const;

  // Set when nobody will ask for another mapping (MemoryPool::retire).
  std::atomic<bool> retired{false};

 private:
  PageTemplate() = default;
  bool has_file() const;

  // The file must stay open because a private mapping cannot be made from another one. An embedder may close all
  // descriptors that it does not know; then the number may belong to another file later. So device and inode are
  // compared before each use.
  int file_ = -1;
  const uint8_t* data_ = nullptr;
  uint64_t bytes_ = 0;
  uint64_t device_ = 0, inode_ = 0;  // identify the file
};

}  // namespace mini_wasm::runtime
