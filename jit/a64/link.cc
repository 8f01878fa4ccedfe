// Relocations (jit/relocation.h) in code of AArch64. A distance is in a branch (b, bl), or, for the address of a stub,
// in adrp and the addition that follows it. Constants are data in the pool. A call of a function that has no code yet
// leads to its thunk, which will lead to the code (redirect_thunk).
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

// The field of b and bl for a target, in an instruction that will run at the address `at`.
uint32_t branch_field(const uint8_t* at, const uint8_t* target) {
  return static_cast<uint32_t>((target - at) >> 2) & kBranchField;
}

}  // namespace

const uint8_t* Cpu::without_code(const ModuleEntries& entries, uint32_t entry) {
  return entries.thunk(entry / 2) + entry % 2 * (kThunkBytes / 2);
}

void Cpu::write_distance(uint8_t* to, const uint8_t* at, const Relocation& r, LinkTarget target) {
  const uint32_t word = read(to);
  if (takes_two(r, word)) {
    const auto address = reinterpret_cast<uintptr_t>(target.address);
    write(to, (word & ~kPageFields) | page_fields(reinterpret_cast<uintptr_t>(at), address));
    write(to + 4, (read(to + 4) & ~kAddField) | static_cast<uint32_t>(address & 0xfff) << 10);
  } else {
    write(to, (word & ~kBranchField) | branch_field(at, target.address));
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

LinkTarget Cpu::read_distance(const uint8_t* at, const ModuleEntries& entries) {
  const auto distance = static_cast<int32_t>(read(at) << 6) >> 4;
  const uint8_t* const target = at + distance;
  return {target, target < entries.thunk(0) || target >= entries.thunk(entries.count)};
}

// For each Entry:
//
//   nop                  calls lead here; becomes a branch to the code
//   movz w16, index      the function has no code: Stubs::lazy gets the index
//   movk w16, index
//   b lazy
void Cpu::write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs) {
  for (const uint8_t* lazy : stubs.lazy) {
    const uint32_t words[] = {
        ins::nop,
        ins::movz | (index & 0xffff) << 5 | kScratch.number(),
        ins::movk | 1u << 21 | (index >> 16) << 5 | kScratch.number(),
        ins::b | branch_field(at + 12, lazy),
    };
    static_assert(sizeof(words) == kThunkBytes / 2);
    std::memcpy(to, words, sizeof(words));
    to += sizeof(words);
    at += sizeof(words);
  }
}

// A nop may become a branch while other cores execute it: each of them executes one or the other (Arm ARM B2.2.5,
// "Concurrent modification and execution of instructions").
void Cpu::redirect_thunk(uint8_t* to, const uint8_t* at, const NativeCode& code) {
  for (const uint8_t* entry : {code.begin, code.begin + code.register_entry}) {
    __atomic_store_n(reinterpret_cast<uint32_t*>(to), ins::b | branch_field(at, entry), __ATOMIC_RELEASE);
    auto* const place = reinterpret_cast<char*>(const_cast<uint8_t*>(at));
    __builtin___clear_cache(place, place + sizeof(uint32_t));
    to += kThunkBytes / 2;
    at += kThunkBytes / 2;
  }
}

}  // namespace mini_wasm::jit::a64
