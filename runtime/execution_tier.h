// What the runtime asks of a tier (interpreter, compiler). The runtime knows no tier but through this.
#pragma once

#include <mini_wasm/result.h>

#include <memory>
#include <vector>

#include "core/function_facts.h"
#include "core/indices.h"
#include "runtime/activation.h"
#include "runtime/func_inst.h"

namespace mini_wasm::runtime {

class CompiledModule;

// A tier's code for one module, shared by all its instances. Thread rule: any thread.
class ModuleCode {
 public:
  virtual ~ModuleCode() = default;
  // What FuncInst::code holds for a function defined in the module; valid as long as this object.
  virtual void* func_code(FuncIdx index) = 0;
  // Translates every function now instead of at its first call. Error: limit.
  virtual Result<void> translate_all() = 0;
};

class ExecutionTier {
 public:
  virtual ~ExecutionTier() = default;
  // The registers that it has for locals: FunctionFacts say what to put there. Null: it does not ask.
  virtual const RegisterBudget* registers() const { return nullptr; }
  virtual std::unique_ptr<ModuleCode> make_code(const CompiledModule& module) = 0;
  // Runs a WebAssembly function whose arguments stand at activation.base; its results replace them.
  // On Exit::trapped activation.trap says why, and activation.fp/pc where.
  virtual Exit invoke(FuncInst& func, Activation& activation) = 0;
  // Appends the frames of one activation, innermost first, from where activation.fp/pc stand; `most` of them.
  virtual void walk(const Activation& activation, size_t most, std::vector<FrameRef>& frames) = 0;
};

// Implemented in interp/.
std::unique_ptr<ExecutionTier> make_interpreter();

// Implemented in jit/, in builds that have it. Null when the system gives no memory that code can run in.
std::unique_ptr<ExecutionTier> make_jit();

}  // namespace mini_wasm::runtime
