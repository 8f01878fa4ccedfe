// Store: what the public Store owns: all instance objects, at stable addresses, the value stack, and the chain of
// activations.
// Thread rule: one thread at a time; set_interrupt may be called from any thread.
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
#include "runtime/budget.h"
#include "runtime/call/activation.h"
#include "runtime/gc/heap.h"
#include "runtime/instance/func_addresses.h"
#include "runtime/instance/module_inst.h"
#include "runtime/system/event_descriptor.h"

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

  // Calls a function of any kind. `slots` holds its arguments and receives its results. Errors: trap, exit, host,
  // limit, and any other that a host function returns.
  Result<void> call(FuncInst& func, Slot* slots);
  // Calls a host function from running code, with arguments and results at `args`. The tier must have set
  // activation.pc, fp and top. Returns Exit::returned (pc is null again), Exit::host_error or Exit::exception.
  Exit call_host(FuncInst& func, ModuleInst* caller, Slot* args);
  // For a tier that hands a function over to the compiler: runs machine code on the frame `frame`
  // (ExecutionTier::run_at), as a call from the position of the innermost activation. Exits are those of `call_host`.
  Exit run_compiled(const void* entry, const FuncType& type, InstanceContext& context, Slot* frame);
  // For a tier, when a function that is called turns out to be invalid: returns the trap to end with. The error of that
  // trap will contain `why`.
  TrapCode invalid_function(const CompiledModule& module, FuncIdx func, Error why);

  // These make instance objects. Their addresses stay valid until the store is destroyed. Errors: limit.
  FuncInst* new_host_func(const FuncType& type, detail::HostCode code);
  // A copy of the text that lives as long as the store.
  std::string_view keep_name(std::string_view name);
  // Unless it is shared, the memory may begin with `content` (see MemInst::has_content).
  Result<MemInst*> new_memory(const MemoryType& type, const std::shared_ptr<PageTemplate>& content = nullptr);
  Result<MemInst*> add_shared(std::shared_ptr<MemInst> memory);  // may have been added before
  std::shared_ptr<MemInst> find_shared(const MemInst* memory) const;
  // memory.grow and table.grow (spec 4.6.7, 4.6.8): the old size, or kGrowFailed. table_grow traps like
  // TableInst::grow.
  int64_t memory_grow(MemInst& memory, uint64_t delta_pages);
  TrapCode table_grow(TableInst& table, uint64_t delta, Slot init, int64_t& old_size, bool interruptible = true);
  Result<TableInst*> new_table(const TableType& type, Slot init, TableStorage storage = {});
  // Whether there is a function of this store at that address. Any address is allowed; it is not followed.
  bool owns(const FuncInst* func) const;
  GlobalInst* new_global(const GlobalType& type, const Slot* value);
  TagInst* new_tag(TypeId type);
  // An instance with only its own functions; instantiate.cc fills in the rest.
  Result<ModuleInst*> new_instance(std::shared_ptr<const CompiledModule> module);

  // The number of objects of each kind. An instantiation that fails before its objects are visible to others removes
  // them (forget_since), so that repeated attempts do not fill the store.
  struct Mark {
    size_t memories, shared_memories, tables, globals, tags, instances;
  };
  Mark mark() const;
  void forget_since(const Mark& mark);
  uint64_t taken_since(const Mark& mark) const;  // bytes of the budget, for memories and tables

  const Budget& budget() const { return budget_; }
  gc::Heap& heap() { return heap_; }
  const gc::Heap& heap() const { return heap_; }
  const std::list<MemInst>& memories() const { return memories_; }
  const std::vector<std::shared_ptr<MemInst>>& shared_memories() const { return shared_memories_; }
  const std::list<TableInst>& tables() const { return tables_; }
  const std::list<GlobalInst>& globals() const { return globals_; }
  const ModuleInstList& instances() const { return instances_; }
  const Slot* stack() const { return stack_base(); }
  // [machine_sp, machine_stack_end()) is the part of the machine stack that is in use.
  const void* machine_stack_end() const { return stack_base(); }
  // The end of the part of the value stack that can be accessed without the fault handler.
  const Slot* accessible_stack_end() const;
  // For the fault handler: if the access failed only because that part of the value stack was not used before, makes
  // all of the stack accessible and returns true. Then the access can be repeated.
  bool deepen_stack(const void* address);
  Slot* stack_limit() const { return stack_limit_; }
  // The trap for a frame that did not fit below a context's stack limit. An interrupt sets that limit to null. By now
  // the interrupt may have been cleared, so the frame is compared with the store's own limit.
  TrapCode why_no_room(const Slot* frame_end) const {
    return frame_end <= stack_limit_ ? TrapCode::interrupted : TrapCode::call_stack_exhausted;
  }
  Activation* activation() const { return activation_; }
  // Called when references may be on the caller's native stack from now on. Collections scan that stack, also while the
  // coroutine that runs on it is suspended.
  void note_stack();
  // Two addresses on unknown stacks count as one stack if they are nearer than this many bytes, with only readable
  // memory between.
  static constexpr uintptr_t kOneUnknownStack = uintptr_t{64} << 10;
  // Calls `visit(address that was in use, StackBounds)` for each.
  template <class Visit>
  void for_each_used_stack(Visit visit) const {
    for (const UsedStack& used : used_stacks_) {
      if (used.stack.kind == StackBounds::Kind::unknown || is_announced(used.stack)) visit(used.at, used.stack);
    }
  }
  // Asks running code to stop, or withdraws that. Thread rule: any thread.
  void set_interrupt(bool on);
  bool interrupted() const { return interrupted_.load(std::memory_order_relaxed); }
  // A file descriptor that is readable while the store is interrupted, for code that waits in the system. Made at the
  // first call. Negative when the system gives none; then the caller must check `interrupted` from time to time.
  int interrupt_descriptor();
  // While such an object exists, the store's thread may wait. An interrupt calls `wake`, from any thread, which must
  // make the waiting thread check `interrupted` again. There is at most one at a time.
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
  void* data = nullptr;  // set by the embedder
  // For tiers whose code uses the machine stack (ValueStack): the innermost address of that stack in use while C++ code
  // runs; and the native stack pointer with which C++ functions run that compiled code calls. Null when there is none.
  const void* machine_sp = nullptr;
  void* host_sp = nullptr;
  uint64_t signal_thread = ~uint64_t{0};  // the thread whose signal mask was read last (fault_handler.h)
  ErrorPtr pending_error;
  Slot pending_exception = 0;  // an exnref that is on its way to a handler

  // The frames of all activations, innermost first; at most kMaxBacktrace. Backtraces are for people; the spec does not
  // define them.
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
  // Adds the backtrace to an error that a host function reports, unless a nested call has added one.
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
  // Lists, because most stores have only a few objects of each kind, and an empty list costs nothing.
  std::list<CallbackInst> callbacks_;
  // Types of host functions that the registry does not have: types of another engine, or all new ones when the registry
  // is full.
  std::list<FuncType> odd_types_;
  std::list<std::string> kept_names_;
  std::list<MemInst> memories_;
  std::vector<std::shared_ptr<MemInst>> shared_memories_;  // owned jointly with other stores
  std::list<TableInst> tables_;
  std::list<GlobalInst> globals_;
  std::list<TagInst> tags_;
  // Must be held to change or iterate over instances_, blocked_ and interrupt_event_, because `set_interrupt` reads
  // them from other threads.
  std::mutex instances_mutex_;
  ModuleInstList instances_;
  // Contains the functions of the first addressed_callbacks_ elements of callbacks_, and the first addressed_instances_
  // of instances_.
  mutable FuncAddresses func_addresses_;
  mutable size_t addressed_callbacks_ = 0, addressed_instances_ = 0;
  EventDescriptor interrupt_event_;
  BlockedScope* blocked_ = nullptr;  // set while the store's thread waits
  ErrorPtr invalid_function_;        // the error of the trap that is about to be reported
  ValueStack stack_;                 // from the engine's pool; no base when there was no memory
  bool stack_used_ = false;
  Slot* stack_limit_ = nullptr;
  Activation* activation_ = nullptr;
  uint32_t host_depth_ = 0;
  // Stacks that were in use and are not a thread's own: all announced ones, and the last kMostUnknownStacks unknown
  // ones.
  static constexpr ptrdiff_t kMostUnknownStacks = 8;
  struct UsedStack {
    uintptr_t at;  // an address that was in use
    StackBounds stack;
  };
  std::vector<UsedStack> used_stacks_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace mini_wasm::runtime
