// The functions of a module as they turn out to be valid: all when the module is compiled or, with
// Config::lazy_validation, each when somebody wants to translate it. Translators believe what they read, and need
// FunctionFacts; these are to be had here alone. So no body that is not valid gets to one, whatever the way there.
// Thread rule: any thread.
#pragma once

#include <mini_wasm/result.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "core/function_facts.h"
#include "core/indices.h"
#include "core/opcode.h"
#include "decoder/module.h"
#include "validator/function_validator.h"

namespace mini_wasm::runtime {

class ValidatedFunctions {
 public:
  // `module` has passed validate_module and outlives this, as `registers` do (see FunctionValidator).
  ValidatedFunctions(const decoder::Module& module, FeatureSet features, const RegisterBudget* registers)
      : module_(module), features_(features), registers_(registers) {}

  // One of these comes first. All now; errors as those of FunctionValidator.
  Result<void> validate_all();
  // Each when it is asked for.
  void validate_on_demand();
  bool on_demand() const { return facts_on_demand_ != nullptr; }

  // The facts of a function that the module defines, there as long as this. Error: the function is invalid, which it
  // is each time.
  Result<const FunctionFacts*> facts(FuncIdx func) {
    const size_t i = raw(func) - module_.imported_funcs;
    if (!on_demand()) return &facts_[i];
    if (const FunctionFacts* known = facts_on_demand_[i].load(std::memory_order_acquire)) return known;
    return validate(func);
  }

 private:
  Result<const FunctionFacts*> validate(FuncIdx func);

  const decoder::Module& module_;
  const FeatureSet features_;
  const RegisterBudget* const registers_;
  std::vector<FunctionFacts> facts_;                                      // of all, when they were validated at once
  std::unique_ptr<std::atomic<const FunctionFacts*>[]> facts_on_demand_;  // else; null: not validated yet, or invalid
  std::mutex mutex_;                                                      // guards what follows
  std::unique_ptr<validator::FunctionValidator> validator_;               // made at the first demand
  std::deque<FunctionFacts> kept_;
};

}  // namespace mini_wasm::runtime
