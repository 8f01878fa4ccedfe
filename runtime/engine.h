// Engine: what the public Engine points to: the settings, the interned types, the pools, the tier.
// Thread rule: any thread.
#pragma once

#include <mini_wasm/config.h>

#include <memory>

#include "core/once.h"
#include "core/opcode.h"
#include "core/type_registry.h"
#include "runtime/cache/cache_access.h"
#include "runtime/call/execution_tier.h"
#include "runtime/call/fault_handler.h"
#include "runtime/gc/layout.h"
#include "runtime/memory/memory_pool.h"
#include "runtime/system/timer.h"

namespace mini_wasm::runtime {

class Engine {
 public:
  explicit Engine(const Config& config);
  // For tests: with a tier that Config cannot name.
  Engine(const Config& config, std::unique_ptr<ExecutionTier> tier);
  const Config& config() const { return config_; }
  FeatureSet features() const { return features_; }
  // The bounds rule of this engine's code. Instances with a memory that lacks its guard pages use Bounds::checked.
  Bounds bounds() const { return config_.guard_pages ? Bounds::guarded : Bounds::checked; }
  // Counts the memory if it lacks its guard pages. Called for each new memory.
  void count(const MemInst& memory);
  uint64_t memories_without_guard() const { return memories_without_guard_.load(std::memory_order_relaxed); }
  TypeRegistry& types() { return types_; }
  const TypeRegistry& types() const { return types_; }
  gc::LayoutCache& layouts() { return layouts_; }
  MemoryPool& memory_pool() { return memory_pool_; }
  const CacheAccess& cache() const { return cache_; }
  ExecutionTier& tier() const { return *tier_; }
  // Of a frame (frame.h): as many as the interpreter or the compiler needs, whichever needs more.
  uint32_t link_slots() const { return link_slots_; }
  FaultHandlerUse& fault_handler() { return fault_handler_; }
  // For the deadlines of stores. Made at the first call.
  Timer& timer();

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
  const uint32_t link_slots_;
  Once timer_once_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace mini_wasm::runtime
