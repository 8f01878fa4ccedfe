// What the engine asks of a CPU: one implementation for each folder of a CPU (x64/backend.cc). Every one that is built
// compiles and lists code on any host; code runs where the backend is the host's.
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
#include "jit/listing.h"
#include "jit/native_code.h"
#include "jit/pin_plan.h"
#include "jit/relocation.h"
#include "jit/stubs.h"
#include "runtime/call/activation.h"
#include "runtime/memory/bounds.h"

namespace mini_wasm::jit {

enum class Architecture : uint8_t { x64 };

// Compiles functions of one module. One thread.
class FunctionCompiler {
 public:
  virtual ~FunctionCompiler() = default;
  // Compiles; `code` gets its tables. Error: limit; or the function is invalid (CompiledModule::facts).
  virtual Result<void> compile(FuncIdx index, NativeCode& code) = 0;
  // Bytes of what has been compiled.
  virtual size_t size() const = 0;
  // Writes it to `to`, for running at code.begin, and makes the tables final.
  virtual void place(uint8_t* to, NativeCode& code) = 0;
  // Of what has been compiled, until the next `compile`.
  virtual std::span<const Site> sites() const = 0;
  virtual std::span<const Relocation> relocations() const = 0;
};

// How the machine stack looks (native_code.h): in words of 8 bytes, from a return address to the next one further out.
struct FrameLayout {
  uint32_t call_words = 1;   // of a call: its return address, and what keeps the stack aligned
  uint32_t cross_words = 2;  // of `cross_return`: behind it stands the caller's context
};

// What a relocation in placed code leads to.
struct LinkTarget {
  const uint8_t* address = nullptr;
  bool direct = false;  // of Relocation::Kind::entry: to a function's code; else to the table entry that leads there
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual FrameLayout frame() const = 0;
  // For pinned locals.
  virtual const RegisterBudget& pins() const = 0;
  // Bytes of code memory: all of it is to reach all of it.
  virtual size_t reach() const = 0;
  // Appends what of the host's CPU the compiler makes use of, for the key of the code cache.
  virtual void describe_cpu(std::vector<uint8_t>& out) const = 0;

  // False when there is no memory for code.
  virtual bool make_stubs(CodeMemory& memory, Stubs& stubs) const = 0;
  // A function's thunk has two halves, by Entry, which lead to Stubs::lazy.
  virtual size_t thunk_bytes() const = 0;
  virtual void write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs) const = 0;
  virtual std::unique_ptr<FunctionCompiler> make_compiler(const runtime::CompiledModule& module, runtime::Bounds bounds,
                                                          const CodeSettings& settings, const Stubs& stubs,
                                                          const ModuleEntries& entries) const = 0;

  // --- Relocations
  // Fills in the distances in code that was written to `to` and will run at `at`: as it was compiled, or unlinked.
  virtual void link(uint8_t* to, const uint8_t* at, uint32_t register_entry, std::span<const Relocation> relocations,
                    const Stubs& stubs, const ModuleEntries& entries) const = 0;
  // Makes code of a function the same wherever it ran, with zeros for distances and constants.
  virtual void unlink(uint8_t* code, std::span<const Relocation> relocations) const = 0;
  // Whether a relocation of unknown origin can be one of `size` bytes of code, in a module with so many functions.
  virtual bool can_link(uint32_t size, const Relocation& relocation, uint32_t functions) const = 0;
  virtual LinkTarget read_link(const uint8_t* code, const Relocation& relocation) const = 0;
  virtual uint64_t read_constant(const uint8_t* code, const Relocation& relocation) const = 0;
  virtual void write_constant(uint8_t* code, const Relocation& relocation, uint64_t value) const = 0;

  // Compiles a function and returns its code as text (listing.h). `names`: of addresses besides our own.
  virtual Result<void> list(const runtime::CompiledModule& module, FuncIdx index, const CodeSettings& settings,
                            const AddressNames& names, std::vector<CodeLine>& lines) const = 0;
};

// Null: this build has none for it.
const Backend* backend(Architecture architecture);

// The CPU that this runs on (<cpu>/host_<os>.cc).
struct Host {
  const Backend* backend = nullptr;  // null: none has been written for it
  // For a signal handler: `context` is what the system gave it. False when the fault was in no code of ours.
  bool (*redirect_fault)(runtime::Activation& activation, void* context) = nullptr;
};
Host host();

}  // namespace mini_wasm::jit
