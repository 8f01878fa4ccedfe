// What the runtime asks of a tier (interpreter, compiler). The runtime knows no tier but through this.
#pragma once

#include <mini_wasm/result.h>

#include <memory>
#include <vector>

#include "core/function_facts.h"
#include "core/indices.h"
#include "runtime/activation.h"
#include "runtime/bounds.h"
#include "runtime/func_inst.h"

namespace mini_wasm::runtime {

class CompiledModule;

// A tier's code for one module, shared by all its instances that need the same Bounds. Thread rule: any thread.
class ModuleCode {
 public:
  virtual ~ModuleCode() = default;
  // Lets a function instance of the module point to its code, which is there as long as this object.
  virtual void attach(FuncInst& func) = 0;
  // What the engine's compiler made of the module.
  virtual ModuleCode& machine_code() { return *this; }
  // Translates every function now instead of at its first call. Error: limit.
  virtual Result<void> translate_all() = 0;
  // Bytes of code that have been made so far, without the tables beside it.
  virtual uint64_t code_bytes() = 0;

  // For ModuleCache::save, when no instance is left: functions that code was made of here, in ascending order, and how
  // many bytes of it.
  struct Unsaved {
    std::vector<FuncIdx> functions;
    uint64_t bytes = 0;
  };
  virtual Unsaved unsaved() { return {}; }
  // Appends the record of one of them. False: there can be none.
  virtual bool append_record(FuncIdx, std::vector<uint8_t>&) { return false; }
};

class ExecutionTier {
 public:
  virtual ~ExecutionTier() = default;
  // The tier that makes machine code: this one, or one that it hands hot functions to; null when there is none.
  virtual ExecutionTier* compiler() { return nullptr; }
  // The registers that it has for locals: FunctionFacts say what to put there. Null: it does not ask.
  virtual const RegisterBudget* registers() const { return nullptr; }
  virtual std::unique_ptr<ModuleCode> make_code(const CompiledModule& module, Bounds bounds) = 0;
  // Appends whatever its records (ModuleCode::append_record) depend on besides the Config, such as the CPU.
  virtual void describe(std::vector<uint8_t>&) const {}
  // Runs a WebAssembly function whose arguments stand at activation.base; its results replace them.
  // On Exit::trapped activation.trap says why, and activation.fp/pc where.
  virtual Exit invoke(FuncInst& func, Activation& activation) = 0;
  // Of a compiler: where machine code of a function can be entered, which is made now unless there is some; null when
  // it cannot. At the beginning, with the arguments in the frame's slots, or at the loop that is the `loop`-th to begin
  // in the body, with all locals there. Loops can be entered that begin with nothing on the operand stack.
  static constexpr uint32_t kFromTheBeginning = ~0u;
  virtual const void* entry(ModuleCode&, FuncIdx, uint32_t /*loop*/) { return nullptr; }
  // Of a compiler: runs machine code from such an entry on a frame at activation.base. Exits are those of `invoke`.
  virtual Exit run_at(const void* /*entry*/, const FuncType&, InstanceContext&, Activation&) { return Exit::trapped; }
  // Appends the frames of one activation, innermost first, from where activation.fp/pc stand; `most` of them.
  virtual void walk(const Activation& activation, size_t most, std::vector<FrameRef>& frames) = 0;
  // Of a compiler: true in a process that must not run the machine code there is, because it shares it with its parent
  // (a child of fork, in rare cases): everything is interpreted.
  virtual bool is_retired() const { return false; }
};

// Implemented in interp/. `compiler`: takes over functions after `hot_after` calls or rounds of their loops; may be
// null.
std::unique_ptr<ExecutionTier> make_interpreter(std::unique_ptr<ExecutionTier> compiler = nullptr,
                                                uint32_t hot_after = 0);

// Implemented in jit/, in builds that have it. `interpreter`: takes over when it is retired; null when an interpreter
// hands functions over to it. Null when the system gives no memory that code can run in.
std::unique_ptr<ExecutionTier> make_jit(std::unique_ptr<ExecutionTier> interpreter = nullptr);

}  // namespace mini_wasm::runtime
