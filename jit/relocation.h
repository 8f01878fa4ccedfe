// Relocation: a place in a function's machine code that depends on something outside of the function. All other bytes
// are the same at every address, in every process. There are two sorts of places:
//
//   distances   from the code to a stub or a function; filled in when the code is placed in code memory
//   constants   for example addresses; the compiler emits their values, and code from the cache (code_record.h) gets
//               new ones
#pragma once

#include <cstdint>

namespace mini_wasm::jit {

struct Relocation {
  enum class Kind : uint8_t {
    // Distances to
    own_entry,  // one of the function's own entry points; target: Entry
    stub,       // a stub; target: its place in Stubs
    entry,      // a function of the module: its code, or its element in the table of entry points; target: entry_index
    // Constants. `target` has a meaning only in a CodeRecord, where it names the constant in a way that other processes
    // understand:
    image,   // an address in the program or library that contains this engine; target: its offset there
    layout,  // the address of a gc::TypeLayout; target: index of the type in the module
    type,    // a TypeId; target: index of the type in the module
  };
  static constexpr uint32_t kKinds = 6;
  static constexpr uint32_t kMostTarget = (1u << 29) - 1;

  // In the function's code, in bytes. The CPU defines whether this is the offset of an instruction, of a part of one
  // (x64/link.cc), or of a constant in a literal pool behind the instructions.
  uint32_t offset = 0;
  uint32_t kind_bits : 3, target : 29;

  Relocation(uint32_t at, Kind kind, uint32_t to) : offset(at), kind_bits(static_cast<uint32_t>(kind)), target(to) {}
  Kind kind() const { return static_cast<Kind>(kind_bits); }
  bool is_constant() const { return kind() >= Kind::image; }
  // The size in bytes of a constant.
  uint32_t constant_bytes() const { return kind() == Kind::type ? 4 : 8; }
  // Whether code of `size` bytes has so many bytes from the offset on.
  bool leaves(uint32_t bytes, uint32_t size) const { return offset <= size && size - offset >= bytes; }
};
static_assert(sizeof(Relocation) == 8);

}  // namespace mini_wasm::jit
