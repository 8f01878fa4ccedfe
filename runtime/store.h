// Store: what the public Store points to. Its parts:
//
//   * objects(): what it owns: instances, memories, tables, globals, tags, functions of the host.
//   * execution(): what it needs to run code: the value stack, the activations, pending errors.
//   * interruption(): whether its code must stop; the part that other threads use.
//   * heap(): its garbage-collected objects.
//
// Thread rule: one thread at a time; set_interrupt may be called from any thread.
#pragma once

#include <mini_wasm/store.h>

#include <memory>
#include <mutex>
#include <optional>

#include "runtime/budget.h"
#include "runtime/call/execution.h"
#include "runtime/call/interruption.h"
#include "runtime/call/thrown.h"
#include "runtime/engine.h"
#include "runtime/gc/heap.h"
#include "runtime/instance/store_objects.h"

namespace mini_wasm::runtime {

class Store;

// How other threads reach a store that may be gone. Thread rule: any thread.
class StoreLink {
 public:
  explicit StoreLink(Store& store) : store_(&store) {}
  // Calls `use(store)` if there still is one, which stays until that returns. Returns whether it did.
  template <class Use>
  bool with(Use use) {
    const std::lock_guard lock(mutex_);
    if (store_ != nullptr) use(*store_);
    return store_ != nullptr;
  }
  void cut() {
    const std::lock_guard lock(mutex_);
    store_ = nullptr;
  }

 private:
  std::mutex mutex_;  // locked before that of an Interruption
  Store* store_;
};

class Store {
 public:
  Store(std::shared_ptr<Engine> engine, const StoreLimits& limits);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  Engine& engine() { return *engine_; }
  const Engine& engine() const { return *engine_; }
  const std::shared_ptr<Engine>& shared_engine() const { return engine_; }
  const Budget& budget() const { return budget_; }
  Execution& execution() { return execution_; }
  const Execution& execution() const { return execution_; }
  StoreObjects& objects() { return objects_; }
  const StoreObjects& objects() const { return objects_; }
  gc::Heap& heap() { return heap_; }
  const gc::Heap& heap() const { return heap_; }
  Interruption& interruption() { return interruption_; }
  ThrownExceptions& thrown() { return thrown_; }
  const ThrownExceptions& thrown() const { return thrown_; }

  // Asks running code to stop, or withdraws that. Thread rule: any thread.
  void set_interrupt(bool on);
  // Asks the next call that can yield to do that at a loop, or withdraws it. Thread rule: any thread.
  void set_yielding(bool on);
  // Counts the deadlines that have passed, `change` more of them: while there are any, running code must stop. Thread
  // rule: any thread.
  void note_deadlines(int change);
  bool interrupted() const { return interruption_.on(); }

  // For those who may know the store longer than it exists. Made at the first call.
  const std::shared_ptr<StoreLink>& link();

  // Where the embedder has the store now. A store that is destroyed under its own guest keeps itself from then on.
  mini_wasm::Store* handle = nullptr;
  std::optional<mini_wasm::Store> own_handle;
  void* data = nullptr;  // set by the embedder

 private:
  friend struct StoreLayout;
  std::shared_ptr<Engine> engine_;
  Execution execution_;
  Interruption interruption_;
  const StoreLimits limits_;
  Budget budget_;
  gc::Heap heap_;
  StoreObjects objects_;
  ThrownExceptions thrown_{*this};
  std::shared_ptr<StoreLink> link_;
};

}  // namespace mini_wasm::runtime
