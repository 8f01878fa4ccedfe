#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "jit/code_memory.h"
#include "runtime/system/own_descriptor.h"

namespace mini_wasm::jit {
namespace {

constexpr size_t kPopulated = size_t{64} << 10;  // bytes: `populate` asks for multiples of this

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

// Gives the pages memory now instead of at their first use. Returns false when there is no memory.
bool populate_for_writing(uint8_t* at, size_t bytes) {
#ifdef MADV_POPULATE_WRITE
  return bytes == 0 || madvise(at, bytes, MADV_POPULATE_WRITE) == 0 || errno == EINVAL;  // Linux before 5.14: not known
#else
  return true;
#endif
}

// A random address of a page in the lower half of a program's address space, where little else is mapped. Null when the
// system has no random numbers yet; then the system chooses the address.
void* random_place() {
  constexpr uintptr_t kLowest = uintptr_t{1} << 35, kRange = uintptr_t{1} << 46;
  uintptr_t bits = 0;
  if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof bits)) return nullptr;
  return reinterpret_cast<void*>((kLowest + bits % kRange) & ~(uintptr_t{page_size()} - 1));
}

// Makes a mapping at a random address with map(address), which returns another address if something else is mapped
// there. After some attempts the system chooses the address. Null when there is no memory.
template <class Map>
uint8_t* map_somewhere(size_t bytes, Map map) {
  for (int tries = 8;; --tries) {
    void* const place = tries == 0 ? nullptr : random_place();
    void* const at = map(place);
    if (at == MAP_FAILED) return nullptr;
    if (at == place || place == nullptr) return static_cast<uint8_t*>(at);
    munmap(at, bytes);
  }
}

// The size of one view. If the address space of the process is limited, both views together take an eighth of it.
size_t wanted_bytes(size_t most) {
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return most;
  return std::min(most, static_cast<size_t>(limit.rlim_cur / 16) & ~(page_size() - 1));
}

}  // namespace

// Reserves the pages. They take memory only when they are written.
CodeMemory::Pages CodeMemory::make_pages(bool from_file) const {
  Pages pages;
  if (from_file) {
    pages.file = runtime::open_own_descriptor([] { return memfd_create("mini-wasm code", MFD_CLOEXEC); });
    if (pages.file < 0) return pages;
    if (ftruncate(pages.file, reserved_) != 0) return drop(pages), pages;
  }
  pages.view = map_somewhere(reserved_, [&](void* place) {
    const int source = from_file ? 0 : MAP_ANONYMOUS;
    return mmap(place, reserved_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | source, pages.file, 0);
  });
  if (pages.view == nullptr) drop(pages);
  return pages;
}

// Maps the pages once more, writable, at an address where this object has reserved the range. Replaces what is there.
bool CodeMemory::map_again(const Pages& pages, uint8_t* at) const {
  if (pages.file >= 0) {
    constexpr int kFlags = MAP_SHARED | MAP_NORESERVE | MAP_FIXED;
    return mmap(at, reserved_, PROT_READ | PROT_WRITE, kFlags, pages.file, 0) != MAP_FAILED;
  }
  // With an old size of 0, mremap maps the pages of a shared mapping once more and leaves the old mapping as it is.
  return mremap(pages.view, 0, reserved_, MREMAP_MAYMOVE | MREMAP_FIXED, at) != MAP_FAILED;
}

void CodeMemory::drop(Pages& pages) const {
  if (pages.view != nullptr) munmap(pages.view, reserved_);
  if (pages.file >= 0) close(pages.file);
  pages = Pages();
}

// The pages are anonymous memory if possible. An anonymous file is used where such pages
//
//   * cannot be mapped twice (under valgrind),
//   * cannot be made executable (security policies), or
//   * count as used from the beginning (vm.overcommit_memory=2).
void CodeMemory::map(size_t most, bool from_file) {
  void* const mark = mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mark == MAP_FAILED) return;
  mark_ = static_cast<uint8_t*>(mark);
  reserved_ = wanted_bytes(most);
  if (madvise(mark, page_size(), MADV_WIPEONFORK) != 0 || ((from_file || !map_pages(false)) && !map_pages(true)))
    return unmap();
  *mark_ = 1;
}

bool CodeMemory::map_pages(bool from_file) {
  Pages pages = make_pages(from_file);
  if (pages.view == nullptr) return false;
  uint8_t* const run = map_somewhere(reserved_, [this](void* place) {
    return mmap(place, reserved_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  });
  if (run == nullptr || !map_again(pages, run) || mprotect(run, reserved_, PROT_READ | PROT_EXEC) != 0) {
    if (run != nullptr) munmap(run, reserved_);
    return drop(pages), false;
  }
  if (pages.file >= 0) close(pages.file);
  write_ = pages.view;
  run_ = run;
  from_file_ = from_file;
  return true;
}

// The system clears the page of the mark in a child of fork (MADV_WIPEONFORK). Asking it for the process ID each time
// would take longer than everything else that callers do.
bool CodeMemory::is_ours() const { return *mark_ != 0; }

void CodeMemory::unmap() {
  if (run_ != nullptr) munmap(run_, reserved_);
  if (write_ != nullptr) munmap(write_, reserved_);
  if (mark_ != nullptr) munmap(const_cast<uint8_t*>(mark_), page_size());
  run_ = write_ = nullptr;
  mark_ = nullptr;
}

// Asking for many pages at once takes a third of the time of the page faults that it saves.
void CodeMemory::populate() {
  constexpr size_t kFrom = size_t{64} << 10, kMost = size_t{1} << 20;
  if (used_ < kFrom) return;
  const size_t begin = std::max(populated_, used_ & ~(kPopulated - 1));
  const size_t end = std::min((used_ + std::min(used_ / 8, kMost) + kPopulated) & ~(kPopulated - 1), reserved_);
  if (begin < end) (void)populate_for_writing(write_ + begin, end - begin);
  populated_ = end;
}

void CodeMemory::discard(size_t offset, size_t bytes) {
  const size_t page = page_size();
  const size_t begin = (offset + page - 1) & ~(page - 1), end = (offset + bytes) & ~(page - 1);
  if (begin < end) (void)madvise(write_ + begin, end - begin, MADV_REMOVE);
}

// --- Fork

void CodeMemory::make_copy() {
  if (!is_ours()) return;
  copy_ = make_pages(from_file_);
  if (copy_.view != nullptr && !copy_used(copy_.view)) drop(copy_);
}

// Copies the allocated ranges. Whole pages that are free are left out.
bool CodeMemory::copy_used(uint8_t* to) const {
  const size_t page = page_size();
  const auto copy = [&](size_t begin, size_t end) {
    begin &= ~(page - 1);
    end = std::min((end + page - 1) & ~(page - 1), reserved_);
    if (!populate_for_writing(to + begin, end - begin)) return false;
    std::memcpy(to + begin, run_ + begin, end - begin);
    return true;
  };
  size_t at = 0;
  for (const auto& [offset, bytes] : free_) {
    if (bytes < page) continue;
    if (!copy(at, offset)) return false;
    at = offset + bytes;
  }
  return copy(at, used_);
}

// Maps the copy in place of both views, at the same addresses. If that fails, the child keeps the pages of its parent,
// and the mark says that they are not its own.
void CodeMemory::become_copy() {
  if (copy_.view == nullptr) return;
  if (!map_again(copy_, write_)) return drop(copy_);
  void* const run = mremap(copy_.view, reserved_, reserved_, MREMAP_MAYMOVE | MREMAP_FIXED, run_);
  if (run == run_) copy_.view = nullptr;
  const bool runs = run == run_ && mprotect(run, reserved_, PROT_READ | PROT_EXEC) == 0;
  drop(copy_);
  if (runs) *mark_ = 1;
}

}  // namespace mini_wasm::jit
