// CompiledModule: a validated module with its tier's code. The public Module points to one. Const, and shared between
// threads.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/once.h"
#include "decoder/module.h"
#include "runtime/cache/module_cache.h"
#include "runtime/engine.h"
#include "runtime/instance/host_imports.h"
#include "runtime/memory/initial_memory.h"
#include "runtime/validated_functions.h"

namespace mini_wasm::runtime {

class InstancePool;

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
  // is empty, `borrowed`. Errors: malformed, invalid, limit.
  static Result<std::shared_ptr<const CompiledModule>> make(std::shared_ptr<Engine> engine, std::vector<uint8_t> owned,
                                                            std::span<const uint8_t> borrowed);
  // Only decodes and validates. Errors: malformed, invalid, limit.
  static Result<void> validate(Engine& engine, std::span<const uint8_t> bytes);

  const decoder::Module& module() const { return *module_; }
  Engine& engine() const { return *engine_; }
  // The facts of a function that the module defines. They must be asked for before a function is translated. Error: the
  // function was not validated before, and is invalid.
  Result<const FunctionFacts*> facts(FuncIdx f) const { return functions_->facts(f); }
  bool validates_on_demand() const { return functions_->on_demand(); }
  // What earlier runs have saved about this module and its code with these bounds; null when nothing is cached.
  const ModuleCache* cache(Bounds of_code) const { return of_code == engine_->bounds() ? cache_.get() : nullptr; }
  // The code with Engine::bounds.
  ModuleCode& code() const { return *code_; }
  // The code with Bounds::checked, for instances that have a memory without guard pages. Made at the first call. Error:
  // limit, with Config::eager.
  Result<ModuleCode*> checked_code() const;
  InstancePool& instances() const { return *instances_; }
  InitialMemory& initial_memory() const { return initial_memory_; }
  bool tables_hold_own_functions() const { return tables_hold_own_functions_; }
  // How the host functions of a linker's table match the imports. An empty HostImports when the imports have to be
  // looked up one by one.
  const HostImports& host_imports(std::span<const HostFunction> table) const;
  SlotCounts slot_counts(FuncIdx f) const { return type_slots_[raw(module_->funcs[raw(f)].type)]; }
  const decoder::Export* find_export(std::string_view name) const;

  // The names of the module and of the function, for backtraces. Each may be empty.
  FrameInfo describe(const FrameRef& frame) const;

 private:
  CompiledModule();
  void index_types_and_exports();

  std::shared_ptr<Engine> engine_;
  std::unique_ptr<decoder::Module> module_;
  std::unique_ptr<ModuleCache> cache_;
  std::unique_ptr<ValidatedFunctions> functions_;
  bool all_valid_ = false;              // all bodies, not only those that were asked for
  std::vector<SlotCounts> type_slots_;  // by TypeIdx; zeros for types that are not function types
  std::unordered_map<std::string_view, uint32_t> exports_;
  std::unique_ptr<ModuleCode> code_;
  mutable std::mutex checked_mutex_;
  mutable std::unique_ptr<ModuleCode> checked_code_;
  std::unique_ptr<InstancePool> instances_;
  mutable InitialMemory initial_memory_;
  bool tables_hold_own_functions_ = false;
  mutable Once host_imports_once_;
  mutable std::unique_ptr<const HostImports> host_imports_;  // for the table that was asked for first
  std::unique_ptr<const HostImports> no_host_imports_;
};

}  // namespace mini_wasm::runtime
