// ValidatedFunctions validates the functions of a module and keeps their facts. All functions are validated when the
// module is compiled or, with Config::lazy_validation, each one when it is first translated.
// A translator trusts the code that it reads, so it must never see an invalid body. It cannot: it needs the
// FunctionFacts of the body, and only this class returns them, after validation.
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
#include "runtime/call/execution_tier.h"
#include "validator/function_validator.h"

namespace mini_wasm::runtime {

class ValidatedFunctions {
 public:
  // `module` must have passed validate_module. `tier`: observes the validation; may be null. Both must live longer than
  // this object.
  ValidatedFunctions(const decoder::Module& module, FeatureSet features, const ExecutionTier* tier)
      : module_(module), features_(features), tier_(tier) {}

  // Call exactly one of the next two functions first. This one validates everything now. Errors: those of
  // FunctionValidator.
  Result<void> validate_all();
  // From now on, each function is validated when its facts are first asked for.
  void validate_on_demand();
  bool on_demand() const { return facts_on_demand_ != nullptr; }

  // The facts of a function that the module defines; they live as long as this object. Error: the function is invalid;
  // each further call reports it again.
  Result<const FunctionFacts*> facts(FuncIdx func) {
    const size_t i = raw(func) - module_.imported_funcs;
    if (!on_demand()) return &facts_[i];
    if (const FunctionFacts* known = facts_on_demand_[i].load(std::memory_order_acquire)) return known;
    return validate(func);
  }

 private:
  Result<const FunctionFacts*> validate(FuncIdx func);
  std::unique_ptr<validator::BodyObserver> make_observer() const;

  const decoder::Module& module_;
  const FeatureSet features_;
  const ExecutionTier* const tier_;
  std::vector<FunctionFacts> facts_;  // of all functions, when they were validated together
  // Otherwise; null: not validated yet, or invalid.
  std::unique_ptr<std::atomic<const FunctionFacts*>[]> facts_on_demand_;
  std::mutex mutex_;                                         // guards what follows
  std::unique_ptr<validator::FunctionValidator> validator_;  // made at the first demand
  std::deque<FunctionFacts> kept_;
};

}  // namespace mini_wasm::runtime
