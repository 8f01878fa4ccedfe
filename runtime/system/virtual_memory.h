// Address space from the operating system: it is reserved first, and made accessible in parts. All sizes and addresses
// are multiples of `os_page_size`; see round_to_os_pages. Implemented in virtual_memory_<os>.cc. Thread rule: any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace mini_wasm::runtime {

uint64_t os_page_size();
// The next multiple of the page size, or 0 when that does not fit in 64 bits.
uint64_t round_to_os_pages(uint64_t bytes);

// Reserves addresses that cannot be accessed yet and cost no memory; null when there are not enough.
uint8_t* reserve_pages(uint64_t bytes);
// Makes part of a reservation readable and writable. It reads as zero. Returns false when the OS has no memory for it.
bool commit_pages(uint8_t* at, uint64_t bytes);
// Discards the content of committed pages, which read as zero from now on.
void discard_pages(uint8_t* at, uint64_t bytes);
void release_pages(uint8_t* at, uint64_t bytes);
// Makes pages of a reservation inaccessible. When they are committed again, their old content may come back; call
// discard_pages first if that must not be.
bool hide_pages(uint8_t* at, uint64_t bytes);
// Restores the initial state of part of a reservation, whatever was mapped there.
bool reserve_again(uint8_t* at, uint64_t bytes);

// For memory that is about to be written: asks the OS to provide its pages all at once, where it can do that. Only
// pages that lie completely inside the range are affected.
void populate_pages(void* at, size_t bytes);

struct PageRun {
  uint8_t* begin;
  uint8_t* end;
};
// Fills in `runs` with all pages that may have been written to since they were mapped or discarded. The range must
// consist of committed pages or mapped templates (page_template.h). All other pages still have their initial content.
// Returns the number of runs. Empty when there are more runs than fit, when together they are longer than `most_bytes`,
// or when the system cannot tell.
std::optional<size_t> find_written_pages(uint8_t* at, uint64_t bytes, bool templates, uint64_t most_bytes,
                                         std::span<PageRun> runs);

}  // namespace mini_wasm::runtime
