// The interface between the runtime and a tier. A tier is a way to execute functions: the interpreter or the compiler.
// The runtime knows tiers only through this interface.
#pragma once

#include <mini_wasm/result.h>

#include <memory>
#include <span>
#include <vector>

#include "core/function_facts.h"
#include "core/indices.h"
#include "runtime/call/activation.h"
#include "runtime/call/saved_frame.h"
#include "runtime/instance/func_inst.h"
#include "runtime/memory/bounds.h"
#include "validator/body_observer.h"

namespace mini_wasm::runtime {

class CompiledModule;
class Execution;

// A tier's code for one module, shared by all instances of the module that need the same Bounds. Thread rule: any
// thread.
class ModuleCode {
 public:
  virtual ~ModuleCode() = default;
  // Makes a function instance of the module point to its code. The code lives as long as this object.
  virtual void attach(FuncInst& func) = 0;
  // The machine code of the module, made by the engine's compiler. (An interpreter that hands over to a compiler has
  // both.)
  virtual ModuleCode& machine_code() { return *this; }
  // Translates every function now instead of at its first call. Error: limit.
  virtual Result<void> translate_all() = 0;
  // Size in bytes of the code that has been made so far, without its tables.
  virtual uint64_t code_bytes() = 0;

  // For ModuleCache: the functions that were compiled here and are not in the cache, in
  // ascending order, and the size of their code.
  struct Unsaved {
    std::vector<FuncIdx> functions;
    uint64_t bytes = 0;
  };
  virtual Unsaved unsaved() { return {}; }
  // Appends the record of one of these functions. Returns false when the function cannot be recorded.
  virtual bool append_record(FuncIdx, std::vector<uint8_t>&) { return false; }
};

class ExecutionTier {
 public:
  virtual ~ExecutionTier() = default;
  // The tier that makes machine code: this one, or the one that it hands hot functions to. Null when there is none.
  virtual ExecutionTier* compiler() { return nullptr; }
  // Makes an observer for the validation of functions, whose results the tier finds in FunctionFacts::tier. Null: the
  // tier does not observe validation.
  virtual std::unique_ptr<validator::BodyObserver> make_observer() const { return nullptr; }
  // The number of link slots that frames of its code need (frame.h), and those of the tier that it hands functions to.
  virtual uint32_t link_slots() const { return kMinLinkSlots; }
  virtual std::unique_ptr<ModuleCode> make_code(const CompiledModule& module, Bounds bounds) = 0;
  // Appends everything that the tier's records (ModuleCode::append_record) depend on besides the Config, such as the
  // CPU.
  virtual void describe(std::vector<uint8_t>&) const {}
  // Runs a WebAssembly function. Its arguments are at activation.base; the results replace them. After Exit::trapped,
  // activation.trap says why, and activation.fp and pc say where.
  virtual Exit invoke(FuncInst& func, Activation& activation) = 0;
  // For a compiler: the address where machine code of a function can be entered. Compiles the function if necessary;
  // null when that is not possible. The entry is
  // * kFromTheBeginning: the start of the function, with the arguments in the slots of the frame, or
  // * the loop with index `loop`, counted in the order in which the loops of the body begin, with all locals in their
  //   slots. Only loops that begin with an empty operand stack have an entry.
  static constexpr uint32_t kFromTheBeginning = ~0u;
  virtual const void* entry(ModuleCode&, FuncIdx, uint32_t /*loop*/) { return nullptr; }
  // For a compiler: runs machine code from such an entry, on a frame at activation.base. Ends like `invoke`.
  virtual Exit run_at(const void* /*entry*/, const FuncType&, InstanceContext&, Activation&) { return Exit::trapped; }
  // Continues a suspended activation (continuation.h) behind the call of the host function. `how`: returned, with the
  // results in their slots, host_error or exception.
  virtual Exit resume(Activation&, Exit /*how*/) { return Exit::trapped; }
  // For a tier that has called Execution::run_compiled: continues behind that call, in which `inner` was suspended, and
  // which has ended now with `how`.
  virtual Exit resume_behind(Activation& /*outer*/, const Activation& /*inner*/, Exit /*how*/) { return Exit::trapped; }
  // Appends the frames of one activation to `frames`, innermost first, starting from activation.fp and pc; at most
  // `most` frames.
  virtual void walk(const Activation& activation, size_t most, std::vector<FrameRef>& frames) = 0;
  // Appends the frames of a suspended activation, innermost first, in the form that does not depend on the tier.
  // `innermost`: it is the one that waits or has yielded, and has not called compiled code that does. Errors: usage, limit.
  virtual Result<void> save_frames(const Activation&, bool /*innermost*/, std::vector<SavedFrame>&) { return {}; }
  // Makes a suspended activation of such frames, whose types have been checked; here they are outermost first. `slots`
  // receives what has to be on the value stack. The caller has set activation.yielded and in_tail_call, and sets `top`.
  // Returns the index of the slot behind the operands of the last frame. Errors: usage (the tier cannot do that);
  // invalid; limit; those of a translation.
  virtual Result<size_t> load_frames(std::span<const SavedFrame>, Execution&, Activation&, std::vector<Slot>&) {
    return Error::make(ErrorKind::usage,
                       "calls that were saved go on in the interpreter, which hands them to the compiler: make the "
                       "engine with Tier::automatic or Tier::interpreter");
  }
  // For a compiler: true in a process that must not run the existing machine code because it shares that memory with
  // its parent (a child of fork, in rare cases). Then everything is interpreted.
  virtual bool is_retired() const { return false; }
};

// Implemented in interp/. `compiler` takes over functions after `hot_after` calls or iterations of their loops; it may
// be null.
std::unique_ptr<ExecutionTier> make_interpreter(std::unique_ptr<ExecutionTier> compiler = nullptr,
                                                uint32_t hot_after = 0);

// Implemented in jit/, in builds that have it. `interpreter` takes over when the compiler is retired; it is null when
// an interpreter hands functions over to this compiler. `metered`: Config::fuel. Returns null when the system gives no
// executable memory.
std::unique_ptr<ExecutionTier> make_jit(bool metered, std::unique_ptr<ExecutionTier> interpreter = nullptr);

}  // namespace mini_wasm::runtime
