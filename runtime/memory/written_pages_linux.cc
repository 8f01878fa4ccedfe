// Finds the pages that have been written to, with the PAGEMAP_SCAN request of Linux 6.7.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "runtime/system/own_descriptor.h"
#include "runtime/system/virtual_memory.h"

namespace mini_wasm::runtime {
namespace {

// The structures of <linux/fs.h>, repeated because the installed header may be older than the kernel.
struct ScannedRange {
  uint64_t start, end, categories;
};
struct ScanRequest {
  uint64_t size, flags, start, end, walk_end, ranges, range_count, max_pages;
  uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanRequest);
enum Category : uint64_t { kFile = 1 << 2, kPresent = 1 << 3, kSwapped = 1 << 4, kZeroPage = 1 << 5 };

// The descriptor of /proc/self/pagemap. That file always shows the process that opened it, so a child of fork must open
// it again: the descriptor's number is kept on a page that the system zeroes in the child. 0 means that nobody has tried
// to open it yet, a negative number that it cannot be opened.
using Descriptor = std::atomic<int>;
constinit std::atomic<Descriptor*> descriptor_page{nullptr};

// Null when there is no memory for the page.
Descriptor* make_page() {
  void* const page = mmap(nullptr, os_page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  Descriptor* there = nullptr;
  if (madvise(page, os_page_size(), MADV_WIPEONFORK) == 0 &&
      descriptor_page.compare_exchange_strong(there, static_cast<Descriptor*>(page))) {
    return static_cast<Descriptor*>(page);
  }
  munmap(page, os_page_size());
  return there;
}

// Negative when there is none.
int pagemap() {
  Descriptor* const page = descriptor_page.load(std::memory_order_acquire);
  Descriptor* const place = page != nullptr ? page : make_page();
  if (place == nullptr) return -1;
  if (const int fd = place->load(std::memory_order_acquire); fd != 0) return fd;
  const int fd = open_own_descriptor([] { return open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC); });
  int expected = 0;
  if (place->compare_exchange_strong(expected, fd, std::memory_order_acq_rel)) return fd;
  if (fd >= 0) close(fd);
  return expected;
}

// When the library is unloaded or the program ends. The page stays, because other threads may still read it; they find
// that there is no descriptor.
struct Closing {
  ~Closing() {
    Descriptor* const place = descriptor_page.load();
    const int fd = place != nullptr ? place->exchange(-1) : -1;
    if (fd > 0) close(fd);
  }
};
const Closing closing;

}  // namespace

std::optional<size_t> find_written_pages(uint8_t* at, uint64_t bytes, bool templates, uint64_t most_bytes,
                                         std::span<PageRun> runs) {
  const int fd = pagemap();
  if (fd < 0) return std::nullopt;
  constexpr size_t kMostRanges = 128;
  std::array<ScannedRange, kMostRanges> ranges;
  // For valgrind, which does not know that the system fills in this array. More than 16 ranges are very rare.
  std::fill_n(ranges.begin(), 16, ScannedRange{});
  ScanRequest request = {};
  request.size = sizeof request;
  request.start = reinterpret_cast<uintptr_t>(at);
  request.end = request.start + bytes;
  request.ranges = reinterpret_cast<uintptr_t>(ranges.data());
  request.range_count = std::min(ranges.size(), runs.size());
  request.max_pages = most_bytes / os_page_size() + 1;
  // Selects pages that are in memory or swapped out, but not the shared page of zeros that a read gives, and not
  // unchanged pages of the template.
  request.category_anyof_mask = kPresent | kSwapped;
  request.category_mask = request.category_inverted = kZeroPage | (templates ? uint64_t{kFile} : 0);
  const long found = ioctl(fd, kPagemapScan, &request);
  if (found < 0 || request.walk_end != request.end || static_cast<size_t>(found) == request.range_count) {
    return std::nullopt;
  }
  for (long i = 0; i < found; ++i) {
    runs[static_cast<size_t>(i)] = {at + (ranges[static_cast<size_t>(i)].start - request.start),
                                    at + (ranges[static_cast<size_t>(i)].end - request.start)};
  }
  return static_cast<size_t>(found);
}

}  // namespace mini_wasm::runtime
