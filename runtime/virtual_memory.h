// Address space from the operating system: reserved first, made usable piece by piece. Sizes and addresses are
// multiples of `os_page_size`; see round_to_os_pages. Implemented per OS in virtual_memory_<os>.cc. Thread rule: any
// thread.
#pragma once

#include <cstdint>

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

}  // namespace mini_wasm::runtime
