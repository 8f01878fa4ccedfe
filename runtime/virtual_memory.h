// Address space from the operating system: reserved first, made usable piece by piece. Sizes and addresses are
// multiples of `os_page_size`; see round_to_os_pages. Implemented per OS in virtual_memory_<os>.cc. Thread rule: any
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

// Addresses that nothing may access yet and that cost no memory; null when there are not that many.
uint8_t* reserve_pages(uint64_t bytes);
// Makes part of a reservation readable and writable; it reads as zero. False when the OS has no memory for it.
bool commit_pages(uint8_t* at, uint64_t bytes);
// Lets go of the content of committed pages, which read as zero from now on.
void discard_pages(uint8_t* at, uint64_t bytes);
void release_pages(uint8_t* at, uint64_t bytes);
// From now on nothing may access these pages of a reservation. Their content may come back when they are committed
// again: let go of it before.
bool hide_pages(uint8_t* at, uint64_t bytes);
// Makes part of a reservation what it was at first, whatever has been mapped there.
bool reserve_again(uint8_t* at, uint64_t bytes);

// Of memory that is about to be written: has the OS make its pages all at once, where it can. The pages that `bytes`
// begin or end within are left alone.
void populate_pages(void* at, size_t bytes);

struct PageRun {
  uint8_t* begin;
  uint8_t* end;
};
// Fills in `runs` with all pages of a range of committed pages, or of mapped templates (page_template.h), that may have
// been written to since they were mapped or discarded; what it does not name reads as then. How many runs there are, or
// nothing when they are more than there is room for, are longer than `most_bytes` together, or the system cannot say.
std::optional<size_t> find_written_pages(uint8_t* at, uint64_t bytes, bool templates, uint64_t most_bytes,
                                         std::span<PageRun> runs);

}  // namespace mini_wasm::runtime
