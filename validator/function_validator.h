// Validation of function bodies (spec 3.4 functions, 3.3 instructions); notes what the tiers want to know on the way.
#pragma once

#include <mini_wasm/result.h>

#include <memory>

#include "core/function_facts.h"
#include "core/opcode.h"
#include "decoder/module.h"

namespace mini_wasm::validator {

// FunctionFacts::local_slots of a function, for who has to know before it is validated. Of one whose local declarations
// are wrong: `params`, the slots of its parameters.
uint32_t count_local_slots(const decoder::Module& module, FeatureSet features, FuncIdx func, uint32_t params);

// Thread rule: one thread at a time; use one object for many functions, it keeps its buffers.
class FunctionValidator {
 public:
  // `module` has passed validate_module and outlives this. `registers`: of the compiler that wants to know which locals
  // gain most from them; null: nobody does.
  FunctionValidator(const decoder::Module& module, FeatureSet features, const RegisterBudget* registers = nullptr);
  ~FunctionValidator();

  // Errors: malformed or invalid, with byte offset, function, opcode, what was expected and what was found; limit.
  Result<FunctionFacts> validate(FuncIdx func);

 private:
  struct Walk;
  std::unique_ptr<Walk> walk_;
};

}  // namespace mini_wasm::validator
