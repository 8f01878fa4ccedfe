#include "runtime/store.h"

#include <algorithm>
#include <cassert>

#include "core/guarded.h"
#include "runtime/call/fault_handler.h"
#include "runtime/call/host_call.h"
#include "runtime/call/uncaught.h"
#include "runtime/instance/value_check.h"

namespace mini_wasm::runtime {
namespace {

// Counts a nested call while it exists.
class DepthScope {
 public:
  explicit DepthScope(uint32_t& depth) : depth_(depth) { ++depth_; }
  ~DepthScope() { --depth_; }
  DepthScope(const DepthScope&) = delete;
  DepthScope& operator=(const DepthScope&) = delete;

 private:
  uint32_t& depth_;
};

// The arguments of a host function that is called from the host, as GC roots. They are in slots of the caller, which
// may be anywhere.
class ArgumentRoots final : public gc::RootSlots {
 public:
  ArgumentRoots(gc::RootList& list, const Slot* slots, size_t count) : list_(list), slots_(slots), count_(count) {
    list_.push(*this);
  }
  ~ArgumentRoots() override { list_.pop(); }
  const Slot* begin() const override { return slots_; }
  size_t size() const override { return count_; }

 private:
  gc::RootList& list_;
  const Slot* slots_;
  size_t count_;
};

FrameInfo describe_host(const FuncInst& func) {
  FrameInfo frame;
  frame.module_name = func.host->module;
  frame.function_name = func.host->name;
  frame.host = true;
  return frame;
}

}  // namespace

Store::Store(std::shared_ptr<Engine> engine, const StoreLimits& limits)
    : engine_(std::move(engine)),
      limits_(limits),
      budget_(limits_),
      heap_(*this, budget_, limits.gc_heap_bytes, engine_->config().gc_stress) {
  // One page beyond the limit is for leaf frames; the page after it cannot be accessed (ValueStack).
  static_assert(kMachineHead + kLeafSlots * sizeof(Slot) <= 4096);
  MemoryPool& pool = engine_->memory_pool();
  stack_ = pool.take_stack();
  if (stack_.base == nullptr) return;
  machine_sp = stack_base();
  stack_limit_ = stack_base() + pool.stack_bytes() / sizeof(Slot);
  if (engine_->config().guard_pages) engine_->fault_handler().begin();
}

Store::~Store() {
  assert(activation_ == nullptr);
  while (!instances_.empty()) forget_last_instance();
  if (stack_.base != nullptr) engine_->memory_pool().give_back_stack(stack_, stack_used_);
}

Result<void> Store::call(FuncInst& func, Slot* slots) {
  assert(func.store() == this);
  const uintptr_t here = stack_address();
  StackBounds other;
  const StackBounds* const stack = native_stack(here, other);
  if (stack == &other) [[unlikely]]
    note_other_stack(here, other);
  // Both limits protect the native stack: calls that nest through the host use it.
  if (host_depth_ >= engine_->config().max_host_depth || here < stack->lowest_entry) {
    return trap(TrapCode::call_stack_exhausted);
  }
  DepthScope depth(host_depth_);
  return func.host != nullptr ? call_host_directly(func, slots, stack) : call_wasm(func, slots, stack);
}

Result<void> Store::call_wasm(FuncInst& func, Slot* slots, const StackBounds* stack) {
  if (interrupted()) return trap(TrapCode::interrupted);
  if (stack_.base == nullptr) return Error::make(ErrorKind::limit, "no memory for the value stack");
  const SlotCounts counts = func.context->instance->module->slot_counts(func.index);
  Activation activation;
  activation.store = this;
  // Behind the innermost frame, if a guest that runs further out has called the host.
  activation.base = activation_ != nullptr ? activation_->top : stack_base();
  if (activation.base > stack_limit_ ||
      static_cast<size_t>(stack_limit_ - activation.base) < std::max(counts.params, counts.results)) {
    return trap(TrapCode::call_stack_exhausted);
  }
  activation.top = activation.base;
  activation.native_entry = stack_address();
  activation.stack = stack;
  activation.pc = &activation;  // not null: no guest code runs yet
  stack_used_ = true;
  ActivationScope scope(activation);  // before the first write, which may deepen the stack
  std::copy_n(slots, counts.params, activation.base);
  switch (engine_->tier().invoke(func, activation)) {
    case Exit::returned: std::copy_n(activation.base, counts.results, slots); return {};
    case Exit::trapped: return trap(activation.trap);
    case Exit::exception:
      return located(Error::make(ErrorKind::exception, describe_uncaught(*this, pending_exception)));
    case Exit::host_error: break;
  }
  return std::move(*std::exchange(pending_error, nullptr));
}

// Calls a host function from the host. There are no guest frames. The activation is needed for backtraces, and so that
// a fault inside the function is not taken for one of a guest whose call is further out.
Result<void> Store::call_host_directly(FuncInst& func, Slot* slots, const StackBounds* stack) {
  Activation activation;
  activation.store = this;
  activation.base = activation.top = activation_ != nullptr ? activation_->top : stack_base();
  activation.native_entry = stack_address();
  activation.stack = stack;
  activation.pc = &activation;
  activation.host_func = &func;
  const ArgumentRoots roots(heap_.roots(), slots, func.host->slots);
  ActivationScope scope(activation);
  leave_guest(activation);
  Caller caller(this, nullptr);
  Result<void> result = run_host_func(*func.host, caller, slots);
  if (!result) return located(std::move(result).error());
  return result;
}

Exit Store::call_host(FuncInst& func, ModuleInst* caller_instance, Slot* args) {
  Activation& activation = *activation_;
  if (static_cast<size_t>(stack_limit_ - args) < func.host->slots) {
    pending_error = make_error(trap(TrapCode::call_stack_exhausted));
    return Exit::host_error;
  }
  activation.top = std::max(activation.top, args + func.host->slots);
  activation.host_func = &func;
  // Touches the last result slot. It may lie beyond the part of the stack that has been used so far, and a fault in the
  // host's code would not deepen the stack.
  if (func.host->slots != 0) static_cast<void>(static_cast<volatile Slot*>(args)[func.host->slots - 1]);
  leave_guest(activation);
  Caller caller(this, caller_instance);
  Result<void> result = run_host_func(*func.host, caller, args);
  enter_guest(activation);
  if (activation_ != &activation) [[unlikely]]
    result = end_out_of_order(activation);
  activation.host_func = nullptr;
  if (!result) {
    // The exception came from a nested call of the host function. It continues outwards through the host's frames.
    if (result.error().kind == ErrorKind::exception && pending_exception != gc::kNull) return Exit::exception;
    activation.host_func = &func;
    pending_error = make_error(located(std::move(result).error()));
    activation.host_func = nullptr;
    return Exit::host_error;
  }
  activation.pc = nullptr;
  std::atomic_signal_fence(std::memory_order_seq_cst);  // from here on, a fault is the guest's
  return Exit::returned;
}

// There is no host frame between the two activations, and no values are copied: the frame of the inner one already lies
// in the outer one's part of the stack.
Exit Store::run_compiled(const void* entry, const FuncType& type, InstanceContext& context, Slot* frame) {
  Activation& outer = *activation_;
  Activation activation;
  activation.store = this;
  activation.base = activation.top = frame;
  leave_guest(outer);
  activation.native_entry = stack_address();
  activation.stack = outer.stack;
  Exit exit;
  {
    ActivationScope scope(activation);
    exit = engine_->tier().compiler()->run_at(entry, type, context, activation);
    if (exit == Exit::trapped) {
      pending_error = make_error(trap(activation.trap));
      exit = Exit::host_error;
    }
  }
  enter_guest(outer);
  if (exit == Exit::returned) outer.pc = nullptr;
  if (exit == Exit::exception) outer.left_by_exception = std::move(activation.frames);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // from here on, a fault belongs to the outer one
  return exit;
}

TrapCode Store::invalid_function(const CompiledModule& module, FuncIdx func, Error why) {
  // Validation happens during a call here (lazily), so the error becomes a trap. Its text and position are kept in
  // invalid_function_ until `trap` builds the error.
  Error error = Error::trap(TrapCode::invalid_function);
  error.message += ": " + why.message;
  error.offset = why.offset;
  error.backtrace.push_back(module.describe({&module, func, why.offset == Error::kNoOffset ? 0 : why.offset}));
  invalid_function_ = make_error(std::move(error));
  return TrapCode::invalid_function;
}

// A trap can occur because memory is exhausted. If there is no memory for the error, or for its backtrace, it does
// without.
Error Store::trap(TrapCode code) {
  if (code != TrapCode::invalid_function || invalid_function_ == nullptr) {
    return located(guarded([&] { return Error::trap(code); }, out_of_memory));
  }
  Error error = std::move(*std::exchange(invalid_function_, nullptr));
  const auto add_frames = [&] {
    for (FrameInfo& frame : backtrace()) error.backtrace.push_back(std::move(frame));
  };
  guarded(add_frames, [] {});
  return error;
}

Error Store::located(Error error) const {
  if (error.backtrace.empty()) guarded([&] { error.backtrace = backtrace(); }, [] {});
  return error;
}

std::vector<FrameInfo> Store::backtrace() const {
  std::vector<FrameInfo> result;
  std::vector<FrameRef> frames;
  for (const Activation* a = activation_; a != nullptr && result.size() < kMaxBacktrace; a = a->previous) {
    if (a->host_func != nullptr) result.push_back(describe_host(*a->host_func));
    if (a->fp == nullptr) continue;  // no guest code in it
    for (const FrameRef& frame : a->left_by_exception) result.push_back(frame.module->describe(frame));
    frames.clear();
    a->tier->walk(*a, kMaxBacktrace - result.size(), frames);
    for (const FrameRef& frame : frames) result.push_back(frame.module->describe(frame));
  }
  return result;
}

FuncInst* Store::new_host_func(const FuncType& type, detail::HostCode code) {
  CallbackInst& made = callbacks_.emplace_back(CallbackInst{std::move(code.data), {}});
  made.inst.host.call = code.call;
  try {
    fill(made, type);
  } catch (...) {  // the list must not keep a function without a type
    callbacks_.pop_back();
    throw;
  }
  return &made.inst.func;
}

void Store::fill(CallbackInst& made, const FuncType& type) {
  HostFunc& host = made.inst.host;
  FuncInst& func = made.inst.func;
  func.type = is_known(engine_->types(), type) ? engine_->types().intern(type) : kNoType;
  func.host = &host;
  host.data = made.data.get();
  set_type(host, func.type != kNoType ? engine_->types().func(func.type) : odd_types_.emplace_back(type));
  host.store = this;
}

bool Store::owns(const FuncInst* func) const {
  note_func_addresses();
  return func_addresses_.contains(func);
}

// Adds the functions that were made since the last call.
void Store::note_func_addresses() const {
  const auto from = [](const auto& list, size_t known) {
    return std::prev(list.end(), static_cast<ptrdiff_t>(list.size() - known));
  };
  for (auto it = from(callbacks_, addressed_callbacks_); it != callbacks_.end(); ++it) {
    func_addresses_.add(&it->inst.func, 1, sizeof(CallbackInst));
  }
  for (auto it = from(instances_, addressed_instances_); it != instances_.end(); ++it) {
    func_addresses_.add(it->own_funcs.data(), it->own_funcs.size(), sizeof(FuncInst));
    // An instance from the pool may still hold the host functions of another store's instance.
    if (it->host_funcs.empty() || it->host_funcs[0].host.store != this) continue;
    func_addresses_.add(&it->host_funcs[0].func, it->host_funcs.size(), sizeof(HostFuncInst));
  }
  addressed_callbacks_ = callbacks_.size();
  addressed_instances_ = instances_.size();
}

std::string_view Store::keep_name(std::string_view name) {
  // Only the last two names are compared: the functions of one module are usually defined one after the other.
  const size_t recent = std::min(kept_names_.size(), size_t{2});
  const auto known = std::find(std::prev(kept_names_.end(), static_cast<ptrdiff_t>(recent)), kept_names_.end(), name);
  return known != kept_names_.end() ? *known : kept_names_.emplace_back(name);
}

Result<MemInst*> Store::new_memory(const MemoryType& type, const std::shared_ptr<PageTemplate>& content) {
  if (type.shared) {
    auto shared = std::make_shared<MemInst>();
    Result<void> r = allocate(*shared, type, nullptr);
    if (!r) return std::move(r).error();
    return add_shared(std::move(shared));
  }
  if (Result<void> r = check_memory_count(); !r) return std::move(r).error();
  MemInst& memory = memories_.emplace_back();
  Result<void> r = guarded([&] { return allocate(memory, type, content); });
  if (r) return &memory;
  memories_.pop_back();
  return std::move(r).error();
}

Result<void> Store::allocate(MemInst& memory, const MemoryType& type, const std::shared_ptr<PageTemplate>& content) {
  Result<void> r = memory.allocate(type, limits_.memory_bytes, engine_->bounds(), &engine_->memory_pool(), content);
  if (!r) return r;
  if (!budget_.take(Growth::Kind::memory, memory.size)) {
    return Error::make(ErrorKind::limit, "the store may have no memory of " + std::to_string(type.limits.min) +
                                             " pages more: its limit is " + std::to_string(limits_.total_bytes) +
                                             " bytes in all");
  }
  memory.counted_in = &budget_;
  engine_->count(memory);
  return {};
}

int64_t Store::memory_grow(MemInst& memory, uint64_t delta_pages) {
  if (delta_pages > (memory.max_size - memory.size) >> memory.type.page_size_log2) return kGrowFailed;
  const uint64_t bytes = delta_pages << memory.type.page_size_log2;
  // The budget is asked before the memory grows, because a growth cannot be undone.
  if (!budget_.take(Growth::Kind::memory, bytes)) return kGrowFailed;
  const int64_t old_pages = memory.grow(delta_pages);
  if (old_pages == kGrowFailed) budget_.give_back(bytes);
  return old_pages;
}

TrapCode Store::table_grow(TableInst& table, uint64_t delta, Slot init, int64_t& old_size, bool interruptible) {
  old_size = kGrowFailed;
  if (delta > table.max_size - table.size) return TrapCode::none;
  if (!budget_.take(Growth::Kind::table, delta * sizeof(Slot))) return TrapCode::none;
  const TrapCode trap = table.grow(interruptible ? this : nullptr, delta, init, old_size);
  if (old_size == kGrowFailed) budget_.give_back(delta * sizeof(Slot));
  return trap;
}

Result<MemInst*> Store::add_shared(std::shared_ptr<MemInst> memory) {
  MemInst* const inst = memory.get();
  if (find_shared(inst) != nullptr) return inst;
  if (Result<void> r = check_memory_count(); !r) return std::move(r).error();
  shared_memories_.push_back(std::move(memory));
  return inst;
}

std::shared_ptr<MemInst> Store::find_shared(const MemInst* memory) const {
  const auto found = std::find_if(shared_memories_.begin(), shared_memories_.end(),
                                  [&](const auto& shared) { return shared.get() == memory; });
  return found == shared_memories_.end() ? nullptr : *found;
}

Result<void> Store::check_memory_count() const {
  if (memories_.size() + shared_memories_.size() < limits_.memories) return {};
  return Error::make(ErrorKind::limit, "the store may have " + std::to_string(limits_.memories) + " memories at most");
}

Result<TableInst*> Store::new_table(const TableType& type, Slot init, TableStorage storage) {
  if (tables_.size() >= limits_.tables) {
    return Error::make(ErrorKind::limit, "the store may have " + std::to_string(limits_.tables) + " tables at most");
  }
  TableInst& table = tables_.emplace_back();
  Result<void> r =
      guarded([&] { return table.allocate(this, type, init, limits_.table_elements, std::move(storage)); });
  if (r && !budget_.take(Growth::Kind::table, table.size * sizeof(Slot))) {
    r = Error::make(ErrorKind::limit, "the store may have no table of " + std::to_string(table.size) +
                                          " elements more: its limit is " + std::to_string(limits_.total_bytes) +
                                          " bytes in all");
  }
  if (r) return &table;
  tables_.pop_back();
  return std::move(r).error();
}

GlobalInst* Store::new_global(const GlobalType& type, const Slot* value) {
  GlobalInst& global = globals_.emplace_back();
  global.type = type;
  std::copy_n(value, type.value.slots(), global.value);
  return &global;
}

TagInst* Store::new_tag(TypeId type) { return &tags_.emplace_back(TagInst{type}); }

Result<ModuleInst*> Store::new_instance(std::shared_ptr<const CompiledModule> module) {
  if (instances_.size() >= limits_.instances) {
    return Error::make(ErrorKind::limit,
                       "the store may have " + std::to_string(limits_.instances) + " instances at most");
  }
  ModuleInstList made = module->instances().take(*module);
  ModuleInst& instance = made.front();
  instance.module = std::move(module);
  instance.store = this;
  instance.context.store = this;
  instance.context.heap_runs = heap_.runs();
  std::lock_guard lock(instances_mutex_);
  interrupt_context(instance.context, interrupted());
  instances_.splice(instances_.end(), made);
  return &instance;
}

void Store::forget_last_instance() {
  ModuleInstList last;
  {
    std::lock_guard lock(instances_mutex_);
    last.splice(last.end(), instances_, std::prev(instances_.end()));
  }
  ModuleInst& instance = last.front();
  // Kept alive until the instance is in the pool, which belongs to the module.
  const std::shared_ptr<const CompiledModule> module = std::exchange(instance.module, nullptr);
  instance.spare_tables.clear();  // those that a failed instantiation has not used
  const auto keep_tables = [&] {
    for (size_t i = module->module().imported_tables; i < instance.tables.size(); ++i) {
      instance.spare_tables.push_back(instance.tables[i]->take_storage());
    }
  };
  guarded(keep_tables, [&] { instance.spare_tables.clear(); });
  module->instances().give_back(*module, std::move(last));
}

void Store::set_interrupt(bool on) {
  std::lock_guard lock(instances_mutex_);
  interrupted_ = on;
  for (ModuleInst& instance : instances_) interrupt_context(instance.context, on);
  interrupt_event_.set(on);
  if (blocked_ != nullptr) blocked_->wake_();
}

int Store::interrupt_descriptor() {
  std::lock_guard lock(instances_mutex_);
  if (interrupt_event_.fd() < 0 && interrupt_event_.make() && interrupted()) interrupt_event_.set(true);
  return interrupt_event_.fd();
}

Store::BlockedScope::BlockedScope(Store& store, std::function<void()> wake) : store_(store), wake_(std::move(wake)) {
  const std::lock_guard lock(store.instances_mutex_);
  store.blocked_ = this;
}

Store::BlockedScope::~BlockedScope() {
  const std::lock_guard lock(store_.instances_mutex_);
  store_.blocked_ = nullptr;
}

void Store::interrupt_context(InstanceContext& context, bool on) {
  context.interrupt = on;
  context.stack_limit = on ? nullptr : stack_limit_;
}

// --- Undoing a failed instantiation

Store::Mark Store::mark() const {
  return {memories_.size(), shared_memories_.size(), tables_.size(), globals_.size(), tags_.size(), instances_.size()};
}

uint64_t Store::taken_since(const Mark& mark) const {
  uint64_t bytes = 0;
  auto memory = memories_.end();
  for (size_t n = memories_.size(); n > mark.memories; --n) bytes += (--memory)->size;
  for (size_t i = mark.shared_memories; i < shared_memories_.size(); ++i) {
    if (shared_memories_[i]->counted_in == &budget_) bytes += shared_memories_[i]->size;
  }
  auto table = tables_.end();
  for (size_t n = tables_.size(); n > mark.tables; --n) bytes += (--table)->size * sizeof(Slot);
  return bytes;
}

void Store::forget_since(const Mark& mark) {
  assert(addressed_instances_ <= mark.instances);  // nobody has seen the functions of the new instances
  budget_.give_back(taken_since(mark));
  while (instances_.size() > mark.instances) forget_last_instance();
  while (memories_.size() > mark.memories) memories_.pop_back();
  while (shared_memories_.size() > mark.shared_memories) shared_memories_.pop_back();
  while (tables_.size() > mark.tables) tables_.pop_back();
  while (globals_.size() > mark.globals) globals_.pop_back();
  while (tags_.size() > mark.tags) tags_.pop_back();
}

}  // namespace mini_wasm::runtime
