// Relocations (jit/relocation.h) in code of x86-64. The distance or constant is the last part of an instruction, and
// `offset` is where that part begins. Calls and jumps to functions of the module have two forms of the same length: one
// leads directly to the callee's code, the other one reads the address from the table of entry points. `link` chooses.
#include <cstring>

#include "jit/x64/backend.h"
#include "jit/x64/encoding.h"

namespace mini_wasm::jit::x64 {
namespace {

// The form through the table: kThroughMemory with kCallThere or kJumpThere. The direct form: kNoEffect with kCall or
// kJump.
using namespace encoding;

// The size in bytes of the distance or constant.
uint32_t bytes_of(const Relocation& r) {
  return r.kind() == Relocation::Kind::image || r.kind() == Relocation::Kind::layout ? 8 : 4;
}

}  // namespace

void X64Backend::link(uint8_t* to, const uint8_t* at, uint32_t register_entry, std::span<const Relocation> relocations,
                      const Stubs& stubs, const ModuleEntries& entries) const {
  for (const Relocation& r : relocations) {
    uint8_t* const place = to + r.offset;
    const uint8_t* target = at;
    switch (r.kind()) {
      case Relocation::Kind::own_entry:
        if (r.target == static_cast<uint32_t>(Entry::registers)) target += register_entry;
        break;
      case Relocation::Kind::stub: target = stubs.at(r.target); break;
      case Relocation::Kind::entry:
        // Direct, if the callee has code already: code never moves, so the call stays right.
        target = entries.code_of(r.target);
        if (target != nullptr) {
          place[-1] = place[-1] == kCallThere ? kCall : kJump;
          place[-2] = kNoEffect;
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

void X64Backend::unlink(uint8_t* code, std::span<const Relocation> relocations) const {
  for (const Relocation& r : relocations) {
    uint8_t* const place = code + r.offset;
    std::memset(place, 0, bytes_of(r));
    if (r.kind() != Relocation::Kind::entry || place[-2] != kNoEffect) continue;
    place[-1] = place[-1] == kCall ? kCallThere : kJumpThere;
    place[-2] = kThroughMemory;
  }
}

bool X64Backend::can_link(uint32_t size, const Relocation& r, uint32_t functions) const {
  if (r.offset > size || size - r.offset < bytes_of(r)) return false;
  switch (r.kind()) {
    case Relocation::Kind::own_entry: return r.target <= 1;
    case Relocation::Kind::stub: return Stubs::has(r.target);
    case Relocation::Kind::entry: return r.target / 2 < functions && r.offset >= 2;
    default: return true;
  }
}

LinkTarget X64Backend::read_link(const uint8_t* code, const Relocation& r) const {
  int32_t distance;
  std::memcpy(&distance, code + r.offset, sizeof(distance));
  return {code + r.offset + sizeof(distance) + distance, code[r.offset - 2] == kNoEffect};
}

uint64_t X64Backend::read_constant(const uint8_t* code, const Relocation& r) const {
  uint64_t value = 0;
  std::memcpy(&value, code + r.offset, bytes_of(r));
  return value;
}

void X64Backend::write_constant(uint8_t* code, const Relocation& r, uint64_t value) const {
  std::memcpy(code + r.offset, &value, bytes_of(r));
}

}  // namespace mini_wasm::jit::x64
