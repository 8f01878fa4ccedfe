// CompiledModule: a decoded module with the facts of its functions, its code, and what its instances share. What it
// contains is valid, or is validated when it is needed. The public Module points to one. Const, shared between threads.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "decoder/module.h"
#include "runtime/cache/cached_code.h"
#include "runtime/engine.h"
#include "runtime/validated_functions.h"
#include "validator/frame_types.h"

namespace mini_wasm::runtime {

class InstantiationPlan;

// How many slots the parameters and the results of a function take.
struct SlotCounts {
  uint32_t params = 0;
  uint32_t results = 0;
};

class CompiledModule {
 public:
  ~CompiledModule();
  CompiledModule(const CompiledModule&) = delete;
  CompiledModule& operator=(const CompiledModule&) = delete;
  // Decodes the bytes, validates them, and prepares the tier's code. All function bodies are validated here, unless
  // Config::lazy_validation is set or the cache says that they are valid. The bytes are those of `owned` or, when that
  // is empty, `borrowed`. `saved_code` takes the place of a file of the cache, if it can be trusted. Errors: malformed,
  // invalid, limit.
  static Result<std::shared_ptr<const CompiledModule>> make(std::shared_ptr<Engine> engine, std::vector<uint8_t> owned,
                                                            std::span<const uint8_t> borrowed,
                                                            std::unique_ptr<CodeSource> saved_code = nullptr);
  // Only decodes and validates. Errors: malformed, invalid, limit.
  static Result<void> validate(Engine& engine, std::span<const uint8_t> bytes);

  const decoder::Module& module() const { return *module_; }
  Engine& engine() const { return *engine_; }
  // The facts of a function that the module defines. They must be asked for before a function is translated. Error: the
  // function was not validated before, and is invalid.
  Result<const FunctionFacts*> facts(FuncIdx f) const { return functions_->facts(f); }
  bool validates_on_demand() const { return functions_->on_demand(); }
  // See CachedCode.
  ModuleCode& code() const { return code_->code(); }
  Result<ModuleCode*> checked_code() const { return code_->checked_code(*this); }
  const ModuleCache* cache(Bounds of_code) const { return code_->cache(of_code); }
  std::vector<uint8_t> code_image() const { return code_->image(); }
  InstantiationPlan& instantiation() const { return *instantiation_; }
  // The size of the frame of a function that has been validated.
  uint32_t frame_slots(FuncIdx f) const {
    const FunctionFacts& facts = **this->facts(f);
    return std::max(facts.local_slots, slot_counts(f).results) + engine().link_slots() + facts.max_operand_slots;
  }
  SlotCounts slot_counts(FuncIdx f) const { return type_slots_[raw(module_->funcs[raw(f)].type)]; }
  // What frames of a function that the module defines have at these offsets. Errors: the function is invalid.
  Result<void> frame_types(FuncIdx f, validator::FrameTypesAt& wanted) const;
  const decoder::Export* find_export(std::string_view name) const;

  // The names of the module and of the function, for backtraces. Each may be empty.
  FrameInfo describe(const FrameRef& frame) const;

 private:
  CompiledModule();
  Result<void> prepare(std::unique_ptr<CodeSource> saved_code);
  void index_types_and_exports();

  std::shared_ptr<Engine> engine_;
  std::unique_ptr<decoder::Module> module_;
  std::unique_ptr<ValidatedFunctions> functions_;
  std::vector<SlotCounts> type_slots_;  // by TypeIdx; zeros for types that are not function types
  std::unordered_map<std::string_view, uint32_t> exports_;
  std::unique_ptr<CachedCode> code_;
  std::unique_ptr<InstantiationPlan> instantiation_;
};

}  // namespace mini_wasm::runtime
