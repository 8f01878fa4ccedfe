// Relocations (jit/relocation.h) in code of x86-64. The distance or constant is the last part of an instruction, and
// `offset` is where that part begins. Calls and jumps to functions of the module have two forms of the same length: one
// leads directly to the callee's code, the other one reads the address from the table of entry points. write_distance
// chooses.
#include <cstring>

#include "jit/x64/backend.h"
#include "jit/x64/encoding.h"

namespace mini_wasm::jit::x64 {

// The form through the table: kThroughMemory with kCallThere or kJumpThere. The direct form: kNoEffect with kCall or
// kJump.
using namespace encoding;

const uint8_t* Cpu::without_code(const ModuleEntries& entries, uint32_t entry) {
  return reinterpret_cast<const uint8_t*>(&entries.entries[entry]);
}

void Cpu::write_distance(uint8_t* to, const uint8_t* at, const Relocation& r, LinkTarget target) {
  if (r.kind() == Relocation::Kind::entry && target.direct) {
    to[-1] = to[-1] == kCallThere ? kCall : kJump;
    to[-2] = kNoEffect;
  }
  const auto distance = static_cast<int32_t>(target.address - (at + 4));
  std::memcpy(to, &distance, sizeof(distance));
}

void Cpu::clear_distance(uint8_t* to, const Relocation& r) {
  std::memset(to, 0, sizeof(int32_t));
  if (r.kind() != Relocation::Kind::entry || to[-2] != kNoEffect) return;
  to[-1] = to[-1] == kCall ? kCallThere : kJumpThere;
  to[-2] = kThroughMemory;
}

LinkTarget Cpu::read_distance(const uint8_t* at, const ModuleEntries&) {
  int32_t distance;
  std::memcpy(&distance, at, sizeof(distance));
  return {at + sizeof(distance) + distance, at[-2] == kNoEffect};
}

bool Cpu::has_room(const Relocation& r, uint32_t size) {
  if (r.kind() == Relocation::Kind::entry && r.offset < 2) return false;  // two bytes before the distance are changed
  return r.leaves(r.is_constant() ? r.constant_bytes() : sizeof(int32_t), size);
}

}  // namespace mini_wasm::jit::x64
