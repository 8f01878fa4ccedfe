// NativeCode: the machine code of one function, with the tables that lead from a machine address back to the function's
// instructions and frames.
//
// Frames are on the value stack, as runtime/call/frame.h says. In addition, for machine code:
//
//   * The machine stack (runtime::ValueStack) holds return addresses, in a fixed number of words for each call
//     (FrameLayout in backend.h). A call of a function of another instance adds the caller's context (stubs.h). When
//     the stack is walked there is nothing else, so it can be read like an array (FrameWalker in jit.h). How far the
//     callee's frame is above the caller's is in the table of sites.
//   * Some registers keep their values across calls (Masm::kSurvivesCalls). A function that uses them for its own
//     locals saves the caller's values in the link slots of its frame. So does a function with exception handlers, for
//     all of them: an exception that it catches has passed functions that did not restore them.
//   * The first arguments of some calls are in registers (arguments.h).
//   * A single result is returned in a register. Several results are returned in slots, from fp[0] on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/indices.h"
#include "runtime/call/exception_table.h"

namespace mini_wasm::jit {

class ModuleCode;

// A site: a machine instruction that may trap, call or throw. An address inside of the instruction, or the return
// address of a call less 1, belongs to the first site whose end is above it. Offsets are in bytes.
struct Site {
  uint32_t native = 0;    // offset in the function's code of the instruction's end; for a call: its return address
  uint32_t offset = 0;    // offset in the module of the WebAssembly instruction
  uint16_t fp_delta = 0;  // for a call: distance in slots from this frame to the callee's
};

// Where a frame that was executed by another tier can continue in this code, at the beginning of a loop.
struct LoopEntry {
  uint32_t loop = 0;    // index of the loop, in the order in which the loops of the body begin
  uint32_t native = 0;  // offset in the function's code
};

struct NativeCode {
  const uint8_t* begin = nullptr;
  uint32_t size = 0;            // bytes
  uint32_t register_entry = 0;  // offset of Entry::registers (entries.h); Entry::slots is at the beginning
  FuncIdx index{};
  ModuleCode* owner = nullptr;
  std::span<const Site> sites;          // in ascending order of `native`; the ModuleCode owns them
  std::vector<LoopEntry> loop_entries;  // in ascending order of `loop`
  runtime::ExceptionTable exceptions;
};

}  // namespace mini_wasm::jit
