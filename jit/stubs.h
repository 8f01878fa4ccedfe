// Code that every module of an engine shares: the ways into machine code, out of it, and from it into the runtime. The
// CPU's folder makes it, and says which registers its parameters are in (x64/stubs.cc).
//
// A call into another instance goes through `call_callee`, which keeps the caller's context on the machine stack: the
// return address of the call, the context, the return address into the stub (`cross_return`). Walkers know that one.
//
// Machine code runs on its store's machine stack (runtime::ValueStack). `enter` goes there from the stack that it was
// called on, where everything in C++ that the code calls runs: how large that one is means nothing to machine code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "jit/entries.h"
#include "runtime/call/frame.h"
#include "runtime/instance/instance_context.h"

namespace mini_wasm::jit {

struct Stubs {
  // Runs machine code from C++: the code's address, its frame, its instance, where to note the C++ stack to leave by,
  // and how the result comes back. Returns an Exit.
  using Enter = uint32_t (*)(const void* code, runtime::Slot* fp, runtime::InstanceContext* ctx, void** entry_sp,
                             ResultKind result);
  Enter enter = nullptr;
  const uint8_t* enter_return = nullptr;  // where the outermost frame returns to
  const uint8_t* cross_return = nullptr;
  const uint8_t* call_callee = nullptr;  // the callee register: FuncInst; fp: the callee's frame
  const uint8_t* jump_callee = nullptr;  // the same as a tail call
  // What a function's entry points look like to a call that is to go through `call_callee`: by Entry, in memory.
  const uint8_t* callee_entries = nullptr;
  const uint8_t* call_runtime = nullptr;  // calls a RuntimeCall
  // These keep all registers but the scratch register.
  const uint8_t* allocate = nullptr;       // a new object, when there is no cell to take
  const uint8_t* check_subtype = nullptr;  // traps unless a function is of a type
  const uint8_t* test_subtype = nullptr;   // whether it is
  const uint8_t* lazy[2] = {};             // by Entry; for a function that has no code yet
  const uint8_t* no_memory[2] = {};        // by Entry: those of functions that there is no memory for
  const uint8_t* traps[64] = {};           // by TrapCode: called, so that the return address says where

  // A stub by the place of its address here, for relocations.
  uint32_t place_of(const uint8_t* const& stub) const {
    return static_cast<uint32_t>(reinterpret_cast<const char*>(&stub) - reinterpret_cast<const char*>(this));
  }
  const uint8_t* at(uint32_t place) const {
    const uint8_t* stub;
    std::memcpy(&stub, reinterpret_cast<const char*>(this) + place, sizeof(stub));
    return stub;
  }
  // Whether a relocation may name the place.
  static bool has(uint32_t place) {
    return place >= sizeof(Enter) && place < sizeof(Stubs) && place % sizeof(uint8_t*) == 0;
  }
};
static_assert(offsetof(Stubs, enter) == 0);

}  // namespace mini_wasm::jit
