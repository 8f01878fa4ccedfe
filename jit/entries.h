// The table of entry points of a module: the addresses where the machine code of its functions begins. Calls read them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mini_wasm::jit {

// A function has two entry points, which are neighbours in the table of its module. They differ in where the arguments
// are:
//
//   slots      all in slots, as the calling convention of all tiers says (runtime/call/frame.h)
//   registers  the first ones in registers (arguments.h), the rest in slots
enum class Entry : uint8_t { slots, registers };
constexpr size_t entry_index(uint32_t func, Entry entry) { return size_t{func} * 2 + static_cast<size_t>(entry); }

// In which kind of register a function returns its single result. `none`: it has no result, or several, in slots.
enum class ResultKind : uint32_t { none, integer, scalar_float, vector };

// The table of entry points, two for each of the `count` functions that the module defines. Behind the table are the
// thunks of the functions: a few bytes of code each, which call the compiler. An entry point is the function's thunk
// until the function is compiled. Functions are numbered without imports.
struct ModuleEntries {
  const uint8_t* const* entries = nullptr;
  uint32_t count = 0;
  size_t thunk_bytes = 0;  // of one function: Backend::thunk_bytes

  size_t bytes() const { return count * (2 * sizeof(uint8_t*) + thunk_bytes); }
  const uint8_t* thunk(uint32_t func) const {
    return reinterpret_cast<const uint8_t*>(entries + entry_index(count, Entry::slots)) + func * thunk_bytes;
  }
  // The function's code at an entry point (`entry`: see entry_index); null if it was not compiled yet. Code never
  // moves.
  const uint8_t* code_of(size_t entry) const {
    const uint8_t* code = __atomic_load_n(&entries[entry], __ATOMIC_ACQUIRE);
    return code >= thunk(0) && code < thunk(count) ? nullptr : code;
  }
};

}  // namespace mini_wasm::jit
