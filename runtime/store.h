// What the public Store owns: every instance object at a stable address, the value stack, the chain of activations.
// Thread rule: one thread at a time, except `interrupt`.
#pragma once

#include <mini_wasm/store.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "runtime/activation.h"
#include "runtime/budget.h"
#include "runtime/event_descriptor.h"
#include "runtime/func_addresses.h"
#include "runtime/gc/heap.h"
#include "runtime/module_inst.h"

namespace mini_wasm::runtime {

class Store {
 public:
  Store(std::shared_ptr<Engine> engine, const StoreLimits& limits);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  Engine& engine() { return *engine_; }
  const Engine& engine() const { return *engine_; }
  const std::shared_ptr<Engine>& shared_engine() const { return engine_; }
  const StoreLimits& limits() const { return limits_; }

  // Calls any function; `slots` holds its arguments and receives its results. Errors: trap, exit, host, limit, and
  // whatever else a host function reports.
  Result<void> call(FuncInst& func, Slot* slots);
  // Calls a host function from running code: arguments and results at `args`. Returns Exit::returned or
  // Exit::host_error. The tier has set activation.pc/fp/top before; after Exit::returned pc is null again.
  Exit call_host(FuncInst& func, ModuleInst* caller, Slot* args);
  // For a tier that hands a function over to the compiler: runs machine code on a frame (ExecutionTier::run_at), as a
  // call from where the innermost activation stands. Exits as those of `call_host`.
  Exit run_compiled(const void* entry, const FuncType& type, InstanceContext& context, Slot* frame);
  // For a tier, when a function that is called turns out to be invalid: how to trap. The trap's error will say `why`.
  TrapCode invalid_function(const CompiledModule& module, FuncIdx func, Error why);

  // Instance objects; addresses stay valid until the store is destroyed. Errors: limit.
  FuncInst* new_host_func(const FuncType& type, detail::HostCode code);
  // The same text, there as long as the store.
  std::string_view keep_name(std::string_view name);
  // The memory may begin with `content` (MemInst::has_content), which is for one that is not shared.
  Result<MemInst*> new_memory(const MemoryType& type, const std::shared_ptr<PageTemplate>& content = nullptr);
  Result<MemInst*> add_shared(std::shared_ptr<MemInst> memory);  // which may be there already
  std::shared_ptr<MemInst> find_shared(const MemInst* memory) const;
  // memory.grow and table.grow (spec 4.6.7, 4.6.8): the old size, or kGrowFailed. table_grow ends as TableInst::grow.
  int64_t memory_grow(MemInst& memory, uint64_t delta_pages);
  TrapCode table_grow(TableInst& table, uint64_t delta, Slot init, int64_t& old_size, bool interruptible = true);
  Result<TableInst*> new_table(const TableType& type, Slot init, TableStorage storage = {});
  // Whether there is a function of this store at that address, which may be any.
  bool owns(const FuncInst* func) const;
  GlobalInst* new_global(const GlobalType& type, const Slot* value);
  TagInst* new_tag(TypeId type);
  // Empty but for its functions; instantiate.cc fills it in.
  Result<ModuleInst*> new_instance(std::shared_ptr<const CompiledModule> module);

  // How many of each there are. An instantiation that fails before anybody has seen its objects gives them back, so
  // that trying again and again does not fill the store.
  struct Mark {
    size_t memories, shared_memories, tables, globals, tags, instances;
  };
  Mark mark() const;
  void forget_since(const Mark& mark);
  uint64_t taken_since(const Mark& mark) const;  // of the budget, by memories and tables

  const Budget& budget() const { return budget_; }
  gc::Heap& heap() { return heap_; }
  const gc::Heap& heap() const { return heap_; }
  const std::list<MemInst>& memories() const { return memories_; }
  const std::vector<std::shared_ptr<MemInst>>& shared_memories() const { return shared_memories_; }
  const std::list<TableInst>& tables() const { return tables_; }
  const std::list<GlobalInst>& globals() const { return globals_; }
  const ModuleInstList& instances() const { return instances_; }
  const Slot* stack() const { return stack_base(); }
  // [machine_sp, machine_stack_end()): the machine stack's part in use.
  const void* machine_stack_end() const { return stack_base(); }
  // Up to there, it can be accessed by whom no fault handler helps.
  const Slot* accessible_stack_end() const;
  // Whether an access to that address failed only because nobody had used so much of the stack before; may be repeated
  // then. For the fault handler.
  bool deepen_stack(const void* address);
  Slot* stack_limit() const { return stack_limit_; }
  // Of a frame that did not fit below a context's limit: an interrupt takes away the room that there still is. It may
  // have been taken back since.
  TrapCode why_no_room(const Slot* frame_end) const {
    return frame_end <= stack_limit_ ? TrapCode::interrupted : TrapCode::call_stack_exhausted;
  }
  Activation* activation() const { return activation_; }
  // References may be on the native stack that the caller stands on from now on, also when it is suspended, as those of
  // coroutines are: collections look at it.
  void note_stack();
  // Places so near to each other on stacks that nobody has told of, with nothing in between, are noted once.
  static constexpr uintptr_t kOneUnknownStack = uintptr_t{64} << 10;
  // visit(an address that was in use, StackBounds)
  template <class Visit>
  void for_each_used_stack(Visit visit) const {
    for (const UsedStack& used : used_stacks_) {
      if (used.stack.kind == StackBounds::Kind::unknown || is_announced(used.stack)) visit(used.at, used.stack);
    }
  }
  // Asks running code to stop, or takes that back. Any thread.
  void set_interrupt(bool on);
  bool interrupted() const { return interrupted_.load(std::memory_order_relaxed); }
  // Readable while the store is interrupted, for what waits in the system. Made at the first call; negative when the
  // system gives none: then one has to look at `interrupted` every now and then.
  int interrupt_descriptor();
  // While it lives, this store's thread may wait: an interrupt calls `wake`, from whatever thread, so that it looks at
  // `interrupted` again. One at a time.
  class BlockedScope {
   public:
    BlockedScope(Store& store, std::function<void()> wake);
    ~BlockedScope();
    BlockedScope(const BlockedScope&) = delete;
    BlockedScope& operator=(const BlockedScope&) = delete;

   private:
    friend class Store;
    Store& store_;
    std::function<void()> wake_;
  };
  void* data = nullptr;  // the embedder's
  // For tiers whose code has the machine stack (ValueStack): where the innermost of it stands while C++ runs, and where
  // C++ goes on that it calls; null while there is none.
  const void* machine_sp = nullptr;
  void* host_sp = nullptr;
  uint64_t signal_thread = ~uint64_t{0};  // whose signal mask was looked at last (fault_handler.h)
  ErrorPtr pending_error;
  Slot pending_exception = 0;  // an exnref on its way to a handler

  // The frames of all activations, innermost first, at most kMaxBacktrace (spec: none; for people).
  static constexpr size_t kMaxBacktrace = limits::kMaxBacktrace;
  std::vector<FrameInfo> backtrace() const;

 private:
  Slot* stack_base() const {
    return stack_.base == nullptr ? nullptr : reinterpret_cast<Slot*>(stack_.base + kMachineHead);
  }
  void interrupt_context(InstanceContext& context, bool on);
  void unlink(Activation& activation);
  const StackBounds* native_stack(uintptr_t here, StackBounds& other) const;
  Error end_out_of_order(Activation& activation);
  void forget_last_instance();
  void note_func_addresses() const;

  friend class ActivationScope;
  void note_other_stack(uintptr_t here, const StackBounds& stack);
  Result<void> call_host_directly(FuncInst& func, Slot* slots, const StackBounds* stack);
  Result<void> call_wasm(FuncInst& func, Slot* slots, const StackBounds* stack);
  Result<void> check_memory_count() const;
  Result<void> allocate(MemInst& memory, const MemoryType& type, const std::shared_ptr<PageTemplate>& content);
  Error trap(TrapCode code);
  // Adds where it happened to an error that a host function reports, unless a nested call has done so.
  Error located(Error error) const;

  std::shared_ptr<Engine> engine_;
  StoreLimits limits_;
  Budget budget_;
  gc::Heap heap_;
  struct CallbackInst {
    std::unique_ptr<void, void (*)(void*)> data;
    HostFuncInst inst;
  };
  void fill(CallbackInst& made, const FuncType& type);
  // Lists, because most stores have a few things of each kind, and an empty one costs nothing.
  std::list<CallbackInst> callbacks_;
  std::list<FuncType> odd_types_;  // of host functions: of another engine, or when the registry of types is full
  std::list<std::string> kept_names_;
  std::list<MemInst> memories_;
  std::vector<std::shared_ptr<MemInst>> shared_memories_;  // owned together with other stores
  std::list<TableInst> tables_;
  std::list<GlobalInst> globals_;
  std::list<TagInst> tags_;
  // Held to change or walk instances_, blocked_ and interrupt_event_, because `set_interrupt` looks at them from
  // elsewhere.
  std::mutex instances_mutex_;
  ModuleInstList instances_;
  // Of the first so many of callbacks_ and instances_.
  mutable FuncAddresses func_addresses_;
  mutable size_t addressed_callbacks_ = 0, addressed_instances_ = 0;
  EventDescriptor interrupt_event_;
  BlockedScope* blocked_ = nullptr;  // where the store's thread waits
  ErrorPtr invalid_function_;        // of the trap that is on its way
  ValueStack stack_;                 // of the engine's pool; without a base when there was no memory for it
  bool stack_used_ = false;
  Slot* stack_limit_ = nullptr;
  Activation* activation_ = nullptr;
  uint32_t host_depth_ = 0;
  // But for threads' own: those that have been announced, and the last ones of others.
  static constexpr ptrdiff_t kMostUnknownStacks = 8;
  struct UsedStack {
    uintptr_t at;  // an address that was in use
    StackBounds stack;
  };
  std::vector<UsedStack> used_stacks_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace mini_wasm::runtime
