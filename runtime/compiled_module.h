// A validated module with its tier's code: what the public Module points to. Const and shared between threads.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/once.h"
#include "decoder/module.h"
#include "runtime/engine.h"
#include "runtime/host_imports.h"
#include "runtime/initial_memory.h"
#include "runtime/module_cache.h"
#include "runtime/validated_functions.h"

namespace mini_wasm::runtime {

class InstancePool;

// Slots that the parameters and the results of a function take.
struct SlotCounts {
  uint32_t params = 0;
  uint32_t results = 0;
};

class CompiledModule {
 public:
  ~CompiledModule();
  CompiledModule(const CompiledModule&) = delete;
  CompiledModule& operator=(const CompiledModule&) = delete;
  // Decodes, validates (every body, unless Config::lazy_validation or the cache knows), prepares the tier's code. The
  // bytes are those of `owned` or, when that is empty, `borrowed`. Errors: malformed, invalid, limit.
  static Result<std::shared_ptr<const CompiledModule>> make(std::shared_ptr<Engine> engine, std::vector<uint8_t> owned,
                                                            std::span<const uint8_t> borrowed);
  // The first half of it: whether the bytes are a valid module.
  static Result<void> validate(Engine& engine, std::span<const uint8_t> bytes);

  const decoder::Module& module() const { return *module_; }
  Engine& engine() const { return *engine_; }
  // Of a function that the module defines. Error: it has not been validated before, and is invalid. Whoever translates
  // a function asks here first.
  Result<const FunctionFacts*> facts(FuncIdx f) const { return functions_->facts(f); }
  bool validates_on_demand() const { return functions_->on_demand(); }
  // What earlier runs know of the module and code like this; null where nothing is cached.
  const ModuleCache* cache(Bounds of_code) const { return of_code == engine_->bounds() ? cache_.get() : nullptr; }
  // With Engine::bounds.
  ModuleCode& code() const { return *code_; }
  // With Bounds::checked, for instances with a memory that lacks its guard pages; made when first asked for. Error:
  // limit, where all is to be compiled at once.
  Result<ModuleCode*> checked_code() const;
  InstancePool& instances() const { return *instances_; }
  InitialMemory& initial_memory() const { return initial_memory_; }
  bool tables_hold_own_functions() const { return tables_hold_own_functions_; }
  // What a linker's table of host functions gives of the imports: nothing, when that is to be looked up one by one.
  const HostImports& host_imports(std::span<const HostFunction> table) const;
  SlotCounts slot_counts(FuncIdx f) const { return type_slots_[raw(module_->funcs[raw(f)].type)]; }
  const decoder::Export* find_export(std::string_view name) const;

  // For backtraces: the name of the module and of a function, maybe empty.
  FrameInfo describe(const FrameRef& frame) const;

 private:
  CompiledModule();
  void index_types_and_exports();

  std::shared_ptr<Engine> engine_;
  std::unique_ptr<decoder::Module> module_;
  std::unique_ptr<ModuleCache> cache_;
  std::unique_ptr<ValidatedFunctions> functions_;
  bool all_valid_ = false;              // and not just as far as somebody asked
  std::vector<SlotCounts> type_slots_;  // by TypeIdx; zero for types that are no function types
  std::unordered_map<std::string_view, uint32_t> exports_;
  std::unique_ptr<ModuleCode> code_;
  mutable std::mutex checked_mutex_;
  mutable std::unique_ptr<ModuleCode> checked_code_;
  std::unique_ptr<InstancePool> instances_;
  mutable InitialMemory initial_memory_;
  bool tables_hold_own_functions_ = false;
  mutable Once host_imports_once_;
  mutable std::unique_ptr<const HostImports> host_imports_;  // of the table that was asked for first
  std::unique_ptr<const HostImports> no_host_imports_;
};

}  // namespace mini_wasm::runtime
