// Where the machine code of a module's functions begins: a table that calls go through.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mini_wasm::jit {

// A function has two entry points, side by side in its module's table: with all arguments in slots, as the convention
// of both tiers wants (runtime/call/frame.h), or with the first ones in registers (arguments.h).
enum class Entry : uint8_t { slots, registers };
constexpr size_t entry_index(uint32_t func, Entry entry) { return size_t{func} * 2 + static_cast<size_t>(entry); }

// How a function's single result comes back in a register; none: in slots, or there is not one.
enum class ResultKind : uint32_t { none, integer, scalar_float, vector };

// The table of a module's entry points, two for each of `count` functions that the module defines. Behind it stand
// their thunks, a few bytes of code each, which an entry leads to until the function is compiled.
struct ModuleEntries {
  const uint8_t* const* entries = nullptr;
  uint32_t count = 0;
  size_t thunk_bytes = 0;  // of a function: Backend::thunk_bytes

  size_t bytes() const { return count * (2 * sizeof(uint8_t*) + thunk_bytes); }
  const uint8_t* thunk(uint32_t func) const {
    return reinterpret_cast<const uint8_t*>(entries + entry_index(count, Entry::slots)) + func * thunk_bytes;
  }
  // A function's code at an entry point (entry_index); null while it has none. It never moves.
  const uint8_t* code_of(size_t entry) const {
    const uint8_t* code = __atomic_load_n(&entries[entry], __ATOMIC_ACQUIRE);
    return code >= thunk(0) && code < thunk(count) ? nullptr : code;
  }
};

}  // namespace mini_wasm::jit
