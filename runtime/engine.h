// What the public Engine points to: settings, interned types, the tier.
// Thread rule: any thread.
#pragma once

#include <mini_wasm/config.h>

#include <memory>

#include "core/opcode.h"
#include "core/type_registry.h"
#include "runtime/cache_access.h"
#include "runtime/execution_tier.h"
#include "runtime/fault_handler.h"
#include "runtime/gc/layout.h"
#include "runtime/memory_pool.h"

namespace mini_wasm::runtime {

class Engine {
 public:
  explicit Engine(const Config& config);
  // With a tier that the Config does not name, for tests.
  Engine(const Config& config, std::unique_ptr<ExecutionTier> tier);
  const Config& config() const { return config_; }
  FeatureSet features() const { return features_; }
  // What code of this engine keeps to, but where a memory lacks its guard pages.
  Bounds bounds() const { return config_.guard_pages ? Bounds::guarded : Bounds::checked; }
  // Notes a memory that has been made.
  void count(const MemInst& memory);
  uint64_t memories_without_guard() const { return memories_without_guard_.load(std::memory_order_relaxed); }
  TypeRegistry& types() { return types_; }
  const TypeRegistry& types() const { return types_; }
  gc::LayoutCache& layouts() { return layouts_; }
  MemoryPool& memory_pool() { return memory_pool_; }
  const CacheAccess& cache() const { return cache_; }
  ExecutionTier& tier() const { return *tier_; }
  FaultHandlerUse& fault_handler() { return fault_handler_; }

 private:
  Config config_;
  FeatureSet features_;
  FaultHandlerUse fault_handler_;
  TypeRegistry types_;
  gc::LayoutCache layouts_{types_};
  MemoryPool memory_pool_;
  std::atomic<uint64_t> memories_without_guard_{0};
  CacheAccess cache_;
  std::unique_ptr<ExecutionTier> tier_;
};

}  // namespace mini_wasm::runtime
