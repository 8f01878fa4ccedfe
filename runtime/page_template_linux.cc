#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/page_template.h"

namespace mini_wasm::runtime {

std::shared_ptr<PageTemplate> PageTemplate::make(uint64_t bytes, const std::function<void(uint8_t*)>& fill) {
  std::shared_ptr<PageTemplate> made(new PageTemplate);
  made->bytes_ = bytes;
  made->file_ = memfd_create("mini-wasm-template", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (made->file_ < 0 || ftruncate(made->file_, static_cast<off_t>(bytes)) != 0) return nullptr;
  // Asked for here, because a page that the system has no memory for would be a fault later.
  if (fallocate(made->file_, 0, 0, static_cast<off_t>(bytes)) != 0) return nullptr;
  void* writable = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, made->file_, 0);
  if (writable == MAP_FAILED) return nullptr;
  fill(static_cast<uint8_t*>(writable));
  munmap(writable, bytes);
  // From here on the content cannot change, by whatever way.
  if (fcntl(made->file_, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return nullptr;
  void* readable = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, made->file_, 0);
  if (readable == MAP_FAILED) return nullptr;
  made->data_ = static_cast<const uint8_t*>(readable);
  return made;
}

PageTemplate::~PageTemplate() {
  if (data_ != nullptr) munmap(const_cast<uint8_t*>(data_), bytes_);
  if (file_ >= 0) close(file_);
}

bool PageTemplate::map_at(uint8_t* at) const {
  const int flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE;
  return mmap(at, bytes_, PROT_READ | PROT_WRITE, flags, file_, 0) != MAP_FAILED;
}

}  // namespace mini_wasm::runtime
