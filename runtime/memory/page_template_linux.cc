#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "runtime/memory/page_template.h"
#include "runtime/system/own_descriptor.h"

namespace mini_wasm::runtime {

std::shared_ptr<PageTemplate> PageTemplate::make(uint64_t bytes, const std::function<void(uint8_t*)>& fill) {
  std::shared_ptr<PageTemplate> made(new PageTemplate);
  made->bytes_ = bytes;
  made->file_ = open_own_descriptor([] { return memfd_create("mini-wasm-template", MFD_CLOEXEC | MFD_ALLOW_SEALING); });
  struct stat info;
  if (made->file_ < 0 || fstat(made->file_, &info) != 0) return nullptr;
  made->device_ = info.st_dev;
  made->inode_ = info.st_ino;
  if (ftruncate(made->file_, static_cast<off_t>(bytes)) != 0) return nullptr;
  // Allocated now: otherwise a page for which the system has no memory would raise a signal later.
  if (fallocate(made->file_, 0, 0, static_cast<off_t>(bytes)) != 0) return nullptr;
  void* writable = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, made->file_, 0);
  if (writable == MAP_FAILED) return nullptr;
  fill(static_cast<uint8_t*>(writable));
  munmap(writable, bytes);
  // Sealed: from now on nobody can change the content, in any way.
  if (fcntl(made->file_, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return nullptr;
  void* readable = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, made->file_, 0);
  if (readable == MAP_FAILED) return nullptr;
  made->data_ = static_cast<const uint8_t*>(readable);
  return made;
}

PageTemplate::~PageTemplate() {
  if (data_ != nullptr) munmap(const_cast<uint8_t*>(data_), bytes_);
  if (has_file()) close(file_);
}

bool PageTemplate::has_file() const {
  struct stat info;
  return file_ >= 0 && fstat(file_, &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
}

bool PageTemplate::map_at(uint8_t* at) const {
  constexpr int kFlags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, kAccess = PROT_READ | PROT_WRITE;
  if (has_file()) return mmap(at, bytes_, kAccess, kFlags, file_, 0) != MAP_FAILED;
  // Without the file, the content is copied.
  if (mmap(at, bytes_, kAccess, kFlags | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) return false;
  std::memcpy(at, data_, bytes_);
  return true;
}

}  // namespace mini_wasm::runtime
