#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "runtime/system/virtual_memory.h"

namespace mini_wasm::runtime {

uint64_t os_page_size() { return static_cast<uint64_t>(sysconf(_SC_PAGESIZE)); }

uint64_t round_to_os_pages(uint64_t bytes) {
  const uint64_t mask = os_page_size() - 1;
  return (bytes + mask) & ~mask;
}

uint8_t* reserve_pages(uint64_t bytes) {
  // NORESERVE: a reservation must not count against the memory that the machine may commit, because most of it is never
  // used.
  void* at = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : static_cast<uint8_t*>(at);
}

bool commit_pages(uint8_t* at, uint64_t bytes) {
  return bytes == 0 || mprotect(at, bytes, PROT_READ | PROT_WRITE) == 0;
}

void discard_pages(uint8_t* at, uint64_t bytes) {
  // madvise fails for pages that are locked in memory; they must read as zero all the same.
  if (madvise(at, bytes, MADV_DONTNEED) != 0) std::memset(at, 0, bytes);
}

void release_pages(uint8_t* at, uint64_t bytes) {
  if (at != nullptr) munmap(at, bytes);
}

bool hide_pages(uint8_t* at, uint64_t bytes) { return bytes == 0 || mprotect(at, bytes, PROT_NONE) == 0; }

bool reserve_again(uint8_t* at, uint64_t bytes) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  return bytes == 0 || mmap(at, bytes, PROT_NONE, flags, -1, 0) != MAP_FAILED;
}

void populate_pages(void* at, size_t bytes) {
#ifdef MADV_POPULATE_WRITE  // Linux 5.14
  const uintptr_t begin = reinterpret_cast<uintptr_t>(at), mask = os_page_size() - 1;
  const uintptr_t first = (begin + mask) & ~mask, last = (begin + bytes) & ~mask;
  if (first < last) (void)madvise(reinterpret_cast<void*>(first), last - first, MADV_POPULATE_WRITE);
#else
  (void)at, (void)bytes;
#endif
}

}  // namespace mini_wasm::runtime
