// Stubs: machine code that all modules of an engine share. It leads from C++ into machine code, back, and from machine
// code into the runtime. The folder of the CPU makes it, and says in which registers the parameters are (x64/stubs.cc).
//
// A call of a function of another instance goes through `call_callee`, which keeps the caller's InstanceContext on the
// machine stack. It pushes, in this order:
//
//   the return address of the call
//   the caller's context
//   a return address into the stub itself: `cross_return`, by which code that walks the stack recognizes such calls
//
// Machine code runs on the machine stack of its store (runtime::ValueStack). `enter` changes to it from the stack that
// it was called on. All C++ functions that machine code calls run on that other stack; machine code needs no room
// there. Execution::machine_sp and host_sp have the stack pointer of the stack that is not in use.
//
// A stub that calls C++ may keep registers on the machine stack meanwhile. But when it calls `handle_exit`, `host_call`
// or a RuntimeCall, there must be only what native_code.h says, because these walk the stack.
#pragma once

#include <mini_wasm/trap.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "jit/entries.h"
#include "runtime/call/frame.h"
#include "runtime/instance/instance_context.h"

namespace mini_wasm::jit {

struct Stubs {
  // Calls machine code from C++. `code`: its address. `fp`: its frame, with the arguments in slots. `ctx`: its
  // instance. `entry_sp`: receives the C++ stack pointer with which the activation can be ended from any depth.
  // `result`: how the code returns its result, which `enter` stores in fp[0]. Returns an Exit.
  using Enter = uint32_t (*)(const void* code, runtime::Slot* fp, runtime::InstanceContext* ctx, void** entry_sp,
                             ResultKind result);
  Enter enter = nullptr;
  // Continues behind the call of a host function that has suspended the code (kSuspend). `sp`: Activation::suspended_sp,
  // where the stub finds the registers that survive calls. `code`: 0, with results at fp; or what host_call returns.
  using Resume = uint32_t (*)(const void* sp, runtime::Slot* fp, runtime::InstanceContext* ctx, void** entry_sp,
                              ResultKind result, uint64_t code);
  Resume resume = nullptr;
  // The same where the code has yielded: all registers are at `sp`. `code`: 0, or a TrapCode.
  Resume resume_all = nullptr;
  const uint8_t* enter_return = nullptr;  // the return address of the outermost frame of an activation
  const uint8_t* cross_return = nullptr;  // see above
  // Calls any function, also of another instance or of the host. Callee register: FuncInst; fp: the callee's frame,
  // with the arguments in slots. A host function leaves its results in slots; the stub also loads a single one into the
  // register where machine code returns it.
  const uint8_t* call_callee = nullptr;
  // The same as a tail call. If the return address on top is `cross_return`, a caller's context is there already, and
  // no other one is added: a chain of tail calls between instances must not let the machine stack grow.
  const uint8_t* jump_callee = nullptr;
  // Not code but data: a pair of entry points, by Entry. Only the one for `registers` is set: it is `call_callee`. A
  // call reads its target from FuncInst::machine_code, or from here if the function belongs to another instance.
  const uint8_t* callee_entries = nullptr;
  // Calls a RuntimeCall. If the result is not 0, continues like the stub of a trap.
  const uint8_t* call_runtime = nullptr;
  // These keep all registers except the scratch register: they save them on the machine stack. The collector looks
  // there, and so finds references that are only in registers.
  const uint8_t* allocate = nullptr;       // makes an object, when the heap's current run has no free cell
  const uint8_t* check_subtype = nullptr;  // traps unless the type of a function is a subtype of another
  const uint8_t* test_subtype = nullptr;   // returns whether it is
  // By Entry: compiles a function that has no code yet, and continues there. Keeps the registers with arguments.
  const uint8_t* lazy[2] = {};
  const uint8_t* no_memory[2] = {};  // by Entry: traps; for modules whose table of entry points got no memory
  // By TrapCode. They are called, so the return address says where the trap is. They call `handle_exit` (jit.h), and do
  // what the result says: leave the activation, or continue where an exception is caught (Activation::Resume).
  const uint8_t* traps[64] = {};

  // Relocations name a stub by its place: the offset in this class of the member with the stub's address.
  uint32_t place_of(const uint8_t* const& stub) const {
    return static_cast<uint32_t>(reinterpret_cast<const char*>(&stub) - reinterpret_cast<const char*>(this));
  }
  const uint8_t* at(uint32_t place) const {
    const uint8_t* stub;
    std::memcpy(&stub, reinterpret_cast<const char*>(this) + place, sizeof(stub));
    return stub;
  }
  // Whether `place` is the place of a stub: for relocations from a file.
  static bool has(uint32_t place) {
    return place >= sizeof(Enter) && place < sizeof(Stubs) && place % sizeof(uint8_t*) == 0;
  }
};
static_assert(offsetof(Stubs, enter) == 0);
// Trap codes are the indices of `traps`.
#define TRAP(id, message) static_assert(static_cast<size_t>(TrapCode::id) < std::size(Stubs().traps));
#include <mini_wasm/traps.def>
#undef TRAP

}  // namespace mini_wasm::jit
