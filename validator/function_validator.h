// FunctionValidator: validation of function bodies (spec 3.5 "Functions", 3.4 "Instructions"). It also collects facts
// for the tiers.
#pragma once

#include <mini_wasm/result.h>

#include <memory>

#include "core/function_facts.h"
#include "core/opcode.h"
#include "decoder/module.h"
#include "validator/body_observer.h"
#include "validator/frame_types.h"

namespace mini_wasm::validator {

// FunctionFacts::local_slots of a function, for callers that need it before the validation. If the declarations of
// locals are wrong, returns `params`, the number of slots of the parameters.
uint32_t count_local_slots(const decoder::Module& module, FeatureSet features, FuncIdx func, uint32_t params);

// Thread rule: one thread at a time. Use one object for many functions, because it keeps its buffers.
class FunctionValidator {
 public:
  // `module` must have passed validate_module, and must live longer than this object. `observer`: see BodyObserver;
  // may be null.
  FunctionValidator(const decoder::Module& module, FeatureSet features,
                    std::unique_ptr<BodyObserver> observer = nullptr);
  ~FunctionValidator();

  // Errors: malformed or invalid, with byte offset, function, opcode, and what was expected and found; limit.
  Result<FunctionFacts> validate(FuncIdx func);
  // Fills in what a frame has at each of the offsets, in one walk. Errors: those of `validate`.
  Result<void> frame_types(FuncIdx func, FrameTypesAt& wanted);

 private:
  struct Walk;
  std::unique_ptr<Walk> walk_;
};

}  // namespace mini_wasm::validator
