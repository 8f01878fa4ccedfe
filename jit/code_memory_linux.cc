#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "jit/code_memory.h"

namespace mini_wasm::jit {

// A file without a name, mapped shared two times. Pages cost memory only once they are written.
bool CodeMemory::map() {
  file_ = memfd_create("mini-wasm code", MFD_CLOEXEC);
  if (file_ < 0 || ftruncate(file_, kReserved) != 0) return unmap(), false;
  void* write = mmap(nullptr, kReserved, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file_, 0);
  if (write == MAP_FAILED) return unmap(), false;
  write_ = static_cast<uint8_t*>(write);
  void* run = mmap(nullptr, kReserved, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_NORESERVE, file_, 0);
  if (run == MAP_FAILED) return unmap(), false;
  run_ = static_cast<uint8_t*>(run);
  void* mark = mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mark == MAP_FAILED) return unmap(), false;
  mark_ = static_cast<uint8_t*>(mark);
  if (madvise(mark, 1, MADV_WIPEONFORK) != 0) return unmap(), false;
  *mark_ = 1;
  return true;
}

// A forked child finds the mark wiped; asking the system for the process each time would cost more than the rest.
bool CodeMemory::is_ours() const { return *mark_ != 0; }

void CodeMemory::unmap() {
  if (run_ != nullptr) munmap(run_, kReserved);
  if (write_ != nullptr) munmap(write_, kReserved);
  if (mark_ != nullptr) munmap(const_cast<uint8_t*>(mark_), 1);
  if (file_ >= 0) close(file_);
  run_ = write_ = nullptr;
  mark_ = nullptr;
  file_ = -1;
}

// Asking for many pages at once costs a third of faulting on each. A kernel before 5.14 refuses: then each is faulted.
void CodeMemory::populate() {
  constexpr size_t kFrom = size_t{64} << 10, kMost = size_t{1} << 20, kPage = size_t{64} << 10;
  if (used_ < kFrom) return;
  const size_t begin = std::max(populated_, used_ & ~(kPage - 1));
  const size_t end = std::min((used_ + std::min(used_ / 8, kMost) + kPage) & ~(kPage - 1), kReserved);
#ifdef MADV_POPULATE_WRITE
  if (begin < end) (void)madvise(write_ + begin, end - begin, MADV_POPULATE_WRITE);
#endif
  populated_ = end;
}

void CodeMemory::discard(size_t offset, size_t bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t begin = (offset + page - 1) & ~(page - 1), end = (offset + bytes) & ~(page - 1);
  if (begin < end) {
    (void)fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin),
                    static_cast<off_t>(end - begin));
  }
}

}  // namespace mini_wasm::jit
