// Where a function's machine code names something outside of itself. The code that the compiler leaves behind is the
// same wherever it will run and whatever types its engine knows, but for these places: placing the code fills in the
// distances; code that comes from a cache (code_record.h) gets its constants anew, too.
#pragma once

#include <cstdint>

namespace mini_wasm::jit {

struct Relocation {
  enum class Kind : uint8_t {
    // A distance to
    own_entry,  // one of the function's own entry points; target: Entry
    stub,       // a stub; target: its place in Stubs
    entry,      // a function of the module, or to where the address of its code stands; target: entry_index
    // A constant, which has its value; target: its name, in a CodeRecord alone
    image,   // an address in the program or library that this is a part of
    layout,  // the address of a gc::TypeLayout
    type,    // a TypeId
  };
  static constexpr uint32_t kKinds = 6;
  static constexpr uint32_t kMostTarget = (1u << 29) - 1;

  uint32_t offset = 0;  // in the function's code: of an instruction, or in one, as the CPU has it (x64/link.cc)
  uint32_t kind_bits : 3, target : 29;

  Relocation(uint32_t at, Kind kind, uint32_t to) : offset(at), kind_bits(static_cast<uint32_t>(kind)), target(to) {}
  Kind kind() const { return static_cast<Kind>(kind_bits); }
  bool is_constant() const { return kind() >= Kind::image; }
};
static_assert(sizeof(Relocation) == 8);

}  // namespace mini_wasm::jit
