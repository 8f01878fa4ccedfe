#include "runtime/validated_functions.h"

#include <utility>

namespace mini_wasm::runtime {

std::unique_ptr<validator::BodyObserver> ValidatedFunctions::make_observer() const {
  return tier_ == nullptr ? nullptr : tier_->make_observer();
}

Result<void> ValidatedFunctions::validate_all() {
  facts_.reserve(module_.funcs.size() - module_.imported_funcs);
  validator::FunctionValidator validator(module_, features_, make_observer());
  for (size_t i = module_.imported_funcs; i < module_.funcs.size(); ++i) {
    Result<FunctionFacts> r = validator.validate(FuncIdx{static_cast<uint32_t>(i)});
    if (!r) return std::move(r).error();
    facts_.push_back(std::move(*r));
  }
  return {};
}

void ValidatedFunctions::validate_on_demand() {
  const size_t count = module_.funcs.size() - module_.imported_funcs;
  facts_on_demand_ = std::make_unique<std::atomic<const FunctionFacts*>[]>(count);
}

Result<const FunctionFacts*> ValidatedFunctions::validate(FuncIdx func) {
  std::atomic<const FunctionFacts*>& place = facts_on_demand_[raw(func) - module_.imported_funcs];
  const std::lock_guard lock(mutex_);
  // Another thread has validated it meanwhile.
  if (const FunctionFacts* known = place.load(std::memory_order_relaxed)) return known;
  if (!validator_) validator_ = std::make_unique<validator::FunctionValidator>(module_, features_, make_observer());
  Result<FunctionFacts> r = [&] {
    try {
      return validator_->validate(func);
    } catch (...) {
      validator_.reset();  // it is in the middle of a function and cannot be used again
      throw;
    }
  }();
  if (!r) return std::move(r).error();
  const FunctionFacts* const facts = &kept_.emplace_back(std::move(*r));
  place.store(facts, std::memory_order_release);
  return facts;
}

}  // namespace mini_wasm::runtime
