// Relocations (jit/relocation.h) in code of AArch64. A distance is in a branch (b, bl), or, for the address of a stub,
// in adrp and the addition that follows it. Constants are data in the pool. A call of a function that has no code yet
// leads to its thunk, which reads the table of entry points (write_thunk).
#include <cstring>

#include "jit/a64/assembler.h"
#include "jit/a64/backend.h"

namespace mini_wasm::jit::a64 {
namespace {

constexpr uint32_t kPageMask = 0x9f000000, kPageFields = 0x60ffffe0, kBranchField = 0x03ffffff, kAddField = 0xfff << 10;

uint32_t read(const uint8_t* at) {
  uint32_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

void write(uint8_t* at, uint32_t word) { std::memcpy(at, &word, sizeof(word)); }

bool is_page(uint32_t word) { return (word & kPageMask) == ins::adrp; }
// Whether a distance is in two instructions. Only the address of a stub can be, so no other relocation writes a second
// word, whatever the code from a file contains (can_link).
bool takes_two(const Relocation& r, uint32_t word) { return r.kind() == Relocation::Kind::stub && is_page(word); }

// The fields of adrp for a target, in an instruction that will run at the address `at`.
uint32_t page_fields(uintptr_t at, uintptr_t target) {
  const auto pages = static_cast<uint32_t>((target >> 12) - (at >> 12));
  return (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5;
}

// What the fields of adrp mean.
uintptr_t page_of(uintptr_t at, uint32_t word) {
  const uint32_t bits = (word >> 5 & 0x7ffff) << 2 | (word >> 29 & 3);
  const auto pages = static_cast<int64_t>(static_cast<int32_t>(bits << 11) >> 11);
  return (at & ~uintptr_t{0xfff}) + static_cast<uintptr_t>(pages * 4096);
}

}  // namespace

// The part of its thunk that reads the table.
const uint8_t* Cpu::without_code(const ModuleEntries& entries, uint32_t entry) {
  return entries.thunk(entry / 2) + entry % 2 * (kThunkBytes / 2) + kThroughTable;
}

void Cpu::write_distance(uint8_t* to, const uint8_t* at, const Relocation& r, LinkTarget target) {
  const uint32_t word = read(to);
  const auto address = reinterpret_cast<uintptr_t>(target.address), from = reinterpret_cast<uintptr_t>(at);
  if (takes_two(r, word)) {
    write(to, (word & ~kPageFields) | page_fields(from, address));
    write(to + 4, (read(to + 4) & ~kAddField) | static_cast<uint32_t>(address & 0xfff) << 10);
  } else {
    write(to, (word & ~kBranchField) | (static_cast<uint32_t>((address - from) >> 2) & kBranchField));
  }
}

void Cpu::clear_distance(uint8_t* to, const Relocation& r) {
  const uint32_t word = read(to);
  if (takes_two(r, word)) {
    write(to, word & ~kPageFields);
    write(to + 4, read(to + 4) & ~kAddField);
  } else {
    write(to, word & ~kBranchField);
  }
}

// The address of a stub takes two instructions, and which form it is can only be seen in the code. So both forms must have
// room for two; Masm::end adds a word if necessary.
bool Cpu::has_room(const Relocation& r, uint32_t size) {
  const uint32_t distance = r.kind() == Relocation::Kind::stub ? 8 : 4;
  return r.offset % 4 == 0 && r.leaves(r.is_constant() ? r.constant_bytes() : distance, size);
}

LinkTarget Cpu::read_distance(const uint8_t* at) {
  const auto distance = static_cast<int32_t>(read(at) << 6) >> 4;
  const uint8_t* const target = at + distance;
  const uint32_t first = read(target);
  if (!is_page(first)) return {target, true};
  const uintptr_t offset = (read(target + 4) >> 10 & 0xfff) * sizeof(uint8_t*);
  return {reinterpret_cast<const uint8_t*>(page_of(reinterpret_cast<uintptr_t>(target), first) + offset), false};
}

// For each Entry:
//
//   movz w16, index       the function has no code: Stubs::lazy gets the index; the table leads here
//   movk w16, index
//   b lazy
//   adrp x16, element     calls lead here
//   ldr x16, [x16, element]
//   br x16
void Cpu::write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs,
                      const ModuleEntries& entries) {
  for (const Entry entry : {Entry::slots, Entry::registers}) {
    const auto place = reinterpret_cast<uintptr_t>(at);
    const auto lazy = reinterpret_cast<uintptr_t>(stubs.lazy[static_cast<size_t>(entry)]);
    const auto element = reinterpret_cast<uintptr_t>(&entries.entries[entry_index(index, entry)]);
    const uint32_t d = kScratch.number(), n = uint32_t{kScratch.number()} << 5;
    const uint32_t words[] = {
        ins::movz | (index & 0xffff) << 5 | d,
        ins::movk | 1u << 21 | (index >> 16) << 5 | d,
        ins::b | (static_cast<uint32_t>((lazy - (place + 8)) >> 2) & kBranchField),
        ins::adrp | page_fields(place + 12, element) | d,
        ins::ldr_x | 1u << 24 | static_cast<uint32_t>((element & 0xfff) / 8) << 10 | n | d,
        ins::br | n,
    };
    static_assert(sizeof(words) == kThunkBytes / 2);
    std::memcpy(to, words, sizeof(words));
    to += sizeof(words);
    at += sizeof(words);
  }
}

}  // namespace mini_wasm::jit::a64
