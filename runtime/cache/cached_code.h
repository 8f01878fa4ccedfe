// CachedCode: the code of a module in the engine's tier, and what earlier runs have saved of it. What this run adds is
// saved when the object is destroyed, because functions are compiled when they are first called.
// Thread rule: any thread.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "runtime/cache/module_cache.h"
#include "runtime/call/execution_tier.h"

namespace mini_wasm::runtime {

class CompiledModule;

class CachedCode {
 public:
  // `engine` and `module` must outlive it. `given`: see ModuleCache::make; may be null.
  CachedCode(Engine& engine, const decoder::Module& module, std::unique_ptr<CodeSource> given);
  ~CachedCode();
  CachedCode(const CachedCode&) = delete;
  CachedCode& operator=(const CachedCode&) = delete;

  // Whether an earlier run has found that all functions are valid (ModuleCache::says_valid).
  bool says_valid() const { return cache_ != nullptr && cache_->says_valid(); }
  // Makes the code with Engine::bounds; to be called once. `all_valid`: all functions are valid. Error: limit, with
  // Config::eager.
  Result<void> make(const CompiledModule& module, bool all_valid);

  // The code with Engine::bounds.
  ModuleCode& code() const { return *code_; }
  // The code with Bounds::checked, for instances that have a memory without guard pages. Made at the first call. Error:
  // limit, with Config::eager.
  Result<ModuleCode*> checked_code(const CompiledModule& module);
  // What is known and was made so far, with Engine::bounds, as bytes for `given`. Empty when nothing is cached.
  std::vector<uint8_t> image() const;
  // What earlier runs have saved about the code with these bounds; null when nothing is cached.
  const ModuleCache* cache(Bounds of_code) const;

 private:
  Result<std::unique_ptr<ModuleCode>> make_code(const CompiledModule& module, Bounds bounds) const;

  Engine& engine_;
  const std::unique_ptr<ModuleCache> cache_;
  bool all_valid_ = false;
  std::unique_ptr<ModuleCode> code_;
  std::mutex checked_mutex_;  // guards checked_code_
  std::unique_ptr<ModuleCode> checked_code_;
};

}  // namespace mini_wasm::runtime
