// Backend: what the engine needs from a CPU, besides the macro assembler. BackendOf (backend_of.h) makes it of what the
// CPU's folder says. A backend can compile and list code on any host; the code can only run if the host is that CPU.
// Thread rule: any thread.
#pragma once

#include <mini_wasm/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "jit/code_memory.h"
#include "jit/code_settings.h"
#include "jit/frame_map.h"
#include "jit/native_code.h"
#include "jit/pin_plan.h"
#include "jit/relocation.h"
#include "jit/stubs.h"
#include "runtime/call/activation.h"
#include "runtime/memory/bounds.h"

namespace mini_wasm::jit {

enum class Architecture : uint8_t { x64, a64 };

// Compiles the functions of one module, one after the other. For each function: `compile`; then `place`, when the
// caller has memory for `size()` bytes. Thread rule: one thread at a time.
class FunctionCompiler {
 public:
  virtual ~FunctionCompiler() = default;
  // Compiles a function into a buffer of this object. Errors: limit; or invalid, if the function is not valid
  // (CompiledModule::facts).
  virtual Result<void> compile(FuncIdx index, NativeCode& code) = 0;
  // The size in bytes of the code that was compiled last.
  virtual size_t size() const = 0;
  // Writes that code to `to`, so that it can run at the address code.begin, and fills in the tables of `code`.
  virtual void place(uint8_t* to, NativeCode& code) = 0;
  // Compiles a function once more into the buffer, and completes the maps (Compiler::look_for). Errors: those of
  // `compile`.
  virtual Result<void> explain(FuncIdx index, FrameMaps& maps) = 0;
  // The tables of that code; valid until the next `compile`.
  virtual std::span<const Site> sites() const = 0;
  virtual std::span<const Relocation> relocations() const = 0;
};

// The layout of the machine stack (native_code.h): the distances between return addresses, in words of 8 bytes. Both
// together must not be more than the link slots of a frame (Jit::link_slots), because the size of the machine stack
// follows from that of the value stack (runtime::ValueStack).
struct FrameLayout {
  uint32_t call_words = 1;    // size of a call's part: its return address, and padding if the CPU aligns the stack
  uint32_t cross_words = 2;   // size of the part of `cross_return` (stubs.h): itself and the caller's context
  uint32_t context_word = 1;  // where the caller's context is, counted from `cross_return`
};

// What a relocation in placed code leads to.
struct LinkTarget {
  const uint8_t* address = nullptr;
  // For Relocation::Kind::entry: whether `address` is the function's code; otherwise it is Backend::without_code.
  bool direct = false;
};

class Backend {
 public:
  virtual FrameLayout frame() const = 0;
  // How many registers there are for pinned locals (locals that are kept in registers): RegisterLists<Masm>::kBudget.
  // PinChooser assigns the locals to them.
  virtual const RegisterBudget& pins() const = 0;
  // The greatest size of code memory in bytes. All code in it must be able to call all other code, the stubs and the
  // thunks in it, and to read the tables of entry points in it, with one instruction each: `link` has no place for
  // veneers.
  virtual size_t reach() const = 0;
  // Appends the features of the host's CPU that generated code depends on. They are part of the key of the code cache.
  virtual void describe_cpu(std::vector<uint8_t>& out) const = 0;

  // Writes the stubs into code memory. `metered`: for code with CodeSettings::fuel. Returns false when there is no
  // memory.
  virtual bool make_stubs(CodeMemory& memory, Stubs& stubs, bool metered) const = 0;
  // What registers contain in code that was suspended with its stack pointer at `sp` (Activation::suspended_sp): those
  // that survive calls, or, for Stubs::resume_all, all.
  virtual void read_registers(const void* sp, bool all, SavedRegisters& out) const = 0;
  // The size in bytes of a function's thunk (entries.h). It has two halves of the same size, by Entry; each jumps to
  // Stubs::lazy with the function's index.
  virtual size_t thunk_bytes() const = 0;
  // Writes the thunk of function `index`, counted without imports, to `to`. It will run at the address `at`.
  virtual void write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs) const = 0;
  // Where a call leads that is linked before its callee has code, so that it will find the code later: to the callee's
  // thunk, or, if calls read the table of entry points, to its element. `entry`: see entry_index.
  virtual const uint8_t* without_code(const ModuleEntries& entries, uint32_t entry) const = 0;
  // The function has code now: from here on its thunk leads to the code, if calls lead to thunks. `to`, `at`: as for
  // write_thunk. Other threads may run the thunk meanwhile; for a while they may still go to Stubs::lazy.
  virtual void redirect_thunk(uint8_t* to, const uint8_t* at, const NativeCode& code) const = 0;
  virtual std::unique_ptr<FunctionCompiler> make_compiler(const runtime::CompiledModule& module, runtime::Bounds bounds,
                                                          const CodeSettings& settings, const Stubs& stubs,
                                                          const ModuleEntries& entries) const = 0;

  // --- Relocations
  // Fills in the distances in the code at `to`, which will run at the address `at`. The code is as it was compiled, or
  // as `unlink` left it. `register_entry`: see NativeCode.
  virtual void link(uint8_t* to, const uint8_t* at, uint32_t register_entry, std::span<const Relocation> relocations,
                    const Stubs& stubs, const ModuleEntries& entries) const = 0;
  // Removes everything from a function's code that depends on its address and process: distances and constants become
  // 0.
  virtual void unlink(uint8_t* code, std::span<const Relocation> relocations) const = 0;
  // For a relocation that was read from a file: whether it is possible in code of `size` bytes, in a module that
  // defines `functions` functions. `link` accepts all such relocations.
  virtual bool can_link(uint32_t size, const Relocation& relocation, uint32_t functions) const = 0;
  // For relocations that are distances, in code that was linked.
  virtual LinkTarget read_link(const uint8_t* code, const Relocation& relocation,
                               const ModuleEntries& entries) const = 0;
  // For relocations that are constants.
  virtual uint64_t read_constant(const uint8_t* code, const Relocation& relocation) const = 0;
  virtual void write_constant(uint8_t* code, const Relocation& relocation, uint64_t value) const = 0;

 protected:
  // Backends live as long as the process, also while globals of the host are destroyed at its end: nothing is done then.
  ~Backend() = default;
};

// The backend for a CPU; it is never destroyed. Null: this build has none.
const Backend* backend(Architecture architecture);

// The CPU that the process runs on (<cpu>/host_<os>.cc).
struct Host {
  const Backend* backend = nullptr;  // null: there is no compiler for this CPU
  // For a signal handler: turns a fault in machine code into a trap, which happens when the handler returns: it changes
  // `context`, what the system gave to the handler, so that the code continues in the trap's stub (Stubs::traps) as if
  // the instruction had called it. Returns false when the fault was not in machine code of this engine.
  bool (*redirect_fault)(runtime::Activation& activation, void* context) = nullptr;
};
Host host();

// Must be called after code was written and before it runs: makes all cores execute the new code at these addresses
// (<cpu>/host_<os>.cc). Does nothing where the CPU sees to that itself.
void publish_code(const uint8_t* code, size_t bytes);

}  // namespace mini_wasm::jit
