// Machine code of one function and the tables that find their way back from it.
//
// Frames lie on the value stack as runtime/frame.h says; what belongs to machine code alone:
//
//   * The machine stack (runtime::ValueStack) holds return addresses and nothing else, one word per frame (and three
//   where a call goes into
//     another instance, see x64/stubs.h). So a walker reads it as an array, and the table of sites says how far the
//     caller's frame lies below the callee's.
//   * The link slots hold the caller's values of the registers that the function pins locals to.
//   * A single result comes back in a register; several come back in slots, from fp[0] on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/indices.h"
#include "runtime/exception_table.h"

namespace mini_wasm::jit {

class ModuleCode;

// An instruction that may trap, call or throw.
struct Site {
  uint32_t native = 0;    // where it ends: what a return address would be, as offset in the function's code
  uint32_t offset = 0;    // of the WebAssembly instruction in the module
  uint16_t fp_delta = 0;  // slots from this frame to the callee's
};

// Where a loop can be entered by a frame that has run so far in another tier.
struct LoopEntry {
  uint32_t loop = 0;    // in the order in which they begin
  uint32_t native = 0;  // offset in the function's code
};

struct NativeCode {
  const uint8_t* begin = nullptr;
  uint32_t size = 0;
  uint32_t register_entry = 0;  // offset of where direct calls enter, with arguments in registers (arguments.h)
  FuncIdx index{};
  ModuleCode* owner = nullptr;
  std::span<const Site> sites;          // ascending; the module's
  std::vector<LoopEntry> loop_entries;  // ascending
  runtime::ExceptionTable exceptions;
};

}  // namespace mini_wasm::jit
