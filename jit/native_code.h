// The machine code of one function, and the tables that find the way back from it.
//
// Frames are on the value stack, as runtime/call/frame.h says. These points are of machine code alone:
//
//   * The machine stack (runtime::ValueStack) holds return addresses, a fixed number of words for each call
//     (FrameLayout in backend.h). A call into another instance adds the caller's context (stubs.h). Nothing else is
//     there, so whoever walks the stack reads it as an array; the table of sites says how far the caller's frame is
//     below the callee's.
//   * The link slots of a frame hold the caller's values of the registers that this function keeps locals in and that
//     calls leave alone.
//   * A single result is returned in a register. Several are returned in slots, from fp[0] on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/indices.h"
#include "runtime/call/exception_table.h"

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
