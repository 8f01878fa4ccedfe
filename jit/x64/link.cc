// Relocations (jit/relocation.h) in code of this CPU. Calls and jumps to functions of the module have a form that leads
// straight to the callee's code and one that goes through the table of entry points; both are of one length.
#include <cstring>

#include "jit/x64/stubs.h"

namespace mini_wasm::jit::x64 {
namespace {

// call or jmp [rip + distance]; call or jmp distance, with a prefix that means nothing there
constexpr uint8_t kThroughMemory = 0xff, kCallThere = 0x15, kJumpThere = 0x25;
constexpr uint8_t kPrefix = 0x67, kCall = 0xe8, kJump = 0xe9;

}  // namespace

const uint8_t* ModuleEntries::code_of(uint32_t entry) const {
  const uint8_t* code = __atomic_load_n(&entries[entry], __ATOMIC_ACQUIRE);
  const auto* thunks = reinterpret_cast<const uint8_t*>(entries + entry_index(count, Entry::slots));
  return code >= thunks && code < thunks + size_t{count} * kThunkBytes ? nullptr : code;
}

void link(uint8_t* to, const uint8_t* at, uint32_t register_entry, std::span<const Relocation> relocations,
          const Stubs& stubs, const ModuleEntries& entries) {
  for (const Relocation& r : relocations) {
    uint8_t* const place = to + r.offset;
    const uint8_t* target = at;
    switch (r.kind()) {
      case Relocation::Kind::own_entry:
        if (r.target == static_cast<uint32_t>(Entry::registers)) target += register_entry;
        break;
      case Relocation::Kind::stub: target = stubs.at(r.target); break;
      case Relocation::Kind::entry:
        target = entries.code_of(r.target);  // which never moves
        if (target != nullptr) {
          place[-1] = place[-1] == kCallThere ? kCall : kJump;
          place[-2] = kPrefix;
        } else {
          target = reinterpret_cast<const uint8_t*>(&entries.entries[r.target]);
        }
        break;
      default: continue;
    }
    const auto distance = static_cast<int32_t>(target - (at + r.offset + 4));
    std::memcpy(place, &distance, sizeof(distance));
  }
}

void unlink(uint8_t* code, std::span<const Relocation> relocations) {
  for (const Relocation& r : relocations) {
    uint8_t* const place = code + r.offset;
    std::memset(place, 0, r.bytes());
    if (r.kind() != Relocation::Kind::entry || place[-2] != kPrefix) continue;
    place[-1] = place[-1] == kCall ? kCallThere : kJumpThere;
    place[-2] = kThroughMemory;
  }
}

bool can_link(uint32_t size, const Relocation& r, uint32_t functions) {
  if (r.offset > size || size - r.offset < r.bytes()) return false;
  switch (r.kind()) {
    case Relocation::Kind::own_entry: return r.target <= 1;
    case Relocation::Kind::stub: return Stubs::has(r.target);
    case Relocation::Kind::entry: return r.target / 2 < functions && r.offset >= 2;
    default: return true;
  }
}

}  // namespace mini_wasm::jit::x64
