// Pages with content that can be mapped as often as one likes: who writes to a mapping gets a copy of that page, and
// what nobody touches costs nothing. Implemented per OS in page_template_<os>.cc. Thread rule: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace mini_wasm::runtime {

class PageTemplate {
 public:
  // `bytes` is a multiple of the OS page size; `fill` is given as many, zeroed. Null when the system has no room for
  // it.
  static std::shared_ptr<PageTemplate> make(uint64_t bytes, const std::function<void(uint8_t*)>& fill);
  ~PageTemplate();
  PageTemplate(const PageTemplate&) = delete;
  PageTemplate& operator=(const PageTemplate&) = delete;

  const uint8_t* data() const { return data_; }
  uint64_t bytes() const { return bytes_; }
  // Makes the pages at `at` of a reservation a fresh mapping, readable and writable, whatever was there.
  bool map_at(uint8_t* at) const;

  // Set when nobody will want another mapping (MemoryPool::retire).
  std::atomic<bool> retired{false};

 private:
  PageTemplate() = default;
  bool has_file() const;

  // It has to stay open, as a mapping of one's own cannot be made of another. So the number may be somebody else's one
  // day, when the embedder closes all that it does not know.
  int file_ = -1;
  const uint8_t* data_ = nullptr;
  uint64_t bytes_ = 0;
  uint64_t device_ = 0, inode_ = 0;  // which file it is
};

}  // namespace mini_wasm::runtime
