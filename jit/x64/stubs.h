// Code that every module shares: the ways into machine code, out of it, and from it into the runtime.
//
// A call into another instance goes through `call_callee`, which keeps the caller's context on the machine stack:
// return address of the call, context, return address into the stub (`cross_return`). Walkers know that one.
//
// Machine code runs on its store's machine stack (runtime::ValueStack). `enter` goes there from the stack that it was
// called on, where everything in C++ that the code calls runs: how large that one is means nothing to machine code.
#pragma once

#include <mini_wasm/trap.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "jit/code_memory.h"
#include "jit/listing.h"
#include "jit/relocation.h"
#include "runtime/activation.h"
#include "runtime/bounds.h"
#include "runtime/instance_context.h"

namespace mini_wasm::runtime {
class CompiledModule;
}
namespace mini_wasm::jit {
class FunctionCompiler;
}

namespace mini_wasm::jit::x64 {

// How a function's single result comes back, for `enter`.
enum class ResultKind : uint32_t { none, integer, scalar_float, vector };

struct Stubs {
  // Runs machine code from C++: the code's address, its frame, its instance, where to note the C++ stack to leave by,
  // and how the result comes back. Returns an Exit.
  using Enter = uint32_t (*)(const void* code, runtime::Slot* fp, runtime::InstanceContext* ctx, void** entry_sp,
                             ResultKind result);
  Enter enter = nullptr;
  const uint8_t* enter_return = nullptr;  // where the outermost frame returns to
  const uint8_t* cross_return = nullptr;
  const uint8_t* call_callee = nullptr;  // rax: FuncInst; rbp: the callee's frame
  const uint8_t* jump_callee = nullptr;  // the same as a tail call
  // What a function's entry points look like to a call that is to go through `call_callee`: by Entry, in memory.
  const uint8_t* callee_entries = nullptr;
  const uint8_t* call_runtime = nullptr;  // rax: RuntimeCall; rsi, rdx, rcx: operands and immediates
  // r11: TypeLayout; on the stack: the frame's end as a slot, an array's length. The object in r11; all others are
  // kept.
  const uint8_t* allocate = nullptr;
  const uint8_t* check_subtype = nullptr;  // rax: FuncInst; r11d: TypeId; all others are kept
  const uint8_t* test_subtype = nullptr;   // r11: FuncInst; on the stack: TypeId. 1 or 0 in r11, all others are kept
  const uint8_t* lazy[2] = {};             // by Entry; eax: index of a function that has no code yet
  const uint8_t* no_memory[2] = {};        // by Entry: those of functions that there is no memory for
  const uint8_t* traps[64] = {};           // by TrapCode: called, so that the return address says where

  // Null when there is no memory for code.
  bool make(CodeMemory& memory);

  // A stub by the place of its address here, for relocations.
  uint32_t place_of(const uint8_t* const& stub) const {
    return static_cast<uint32_t>(reinterpret_cast<const char*>(&stub) - reinterpret_cast<const char*>(this));
  }
  const uint8_t* at(uint32_t place) const {
    const uint8_t* stub;
    std::memcpy(&stub, reinterpret_cast<const char*>(this) + place, sizeof(stub));
    return stub;
  }
  static bool has(uint32_t place);
};

// A function has two entry points, side by side in its module's table.
enum class Entry : uint8_t { slots, registers };
constexpr size_t entry_index(uint32_t func, Entry entry) { return size_t{func} * 2 + static_cast<size_t>(entry); }

// A few bytes of code for each function that has none of its own yet, for both entry points: into `lazy`.
inline constexpr size_t kThunkBytes = 20;
void write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs);

// The table of a module's entry points, two for each of `count` functions; behind it their thunks.
struct ModuleEntries {
  const uint8_t* const* entries = nullptr;
  uint32_t count = 0;
  // A function's code at an entry point; null while it has none.
  const uint8_t* code_of(uint32_t entry) const;
};

// Fills in the distances in code that was written to `to` and will run at `at`: as it was compiled, or unlinked.
void link(uint8_t* to, const uint8_t* at, uint32_t register_entry, std::span<const Relocation> relocations,
          const Stubs& stubs, const ModuleEntries& entries);
// Makes code of a function the same wherever it ran, with zeros for distances and constants.
void unlink(uint8_t* code, std::span<const Relocation> relocations);
// Whether a relocation of unknown origin can be one of `size` bytes of code, in a module with so many functions.
bool can_link(uint32_t size, const Relocation& relocation, uint32_t functions);

// Appends what of the CPU the compiler makes use of.
void describe_cpu(std::vector<uint8_t>& out);

std::unique_ptr<FunctionCompiler> make_compiler(const runtime::CompiledModule& module, runtime::Bounds bounds,
                                                const Stubs& stubs, const uint8_t* const* entries);

// Compiles a function and returns its code as text (jit/listing.h). `names`: of addresses besides our own.
Result<void> list(const runtime::CompiledModule& module, FuncIdx index, const AddressNames& names,
                  std::vector<CodeLine>& lines);

// For a signal handler: `context` is what the system gave it. False when the fault was in no code of ours.
bool redirect_fault(runtime::Activation& activation, void* context);

}  // namespace mini_wasm::jit::x64
