#include "runtime/instance/store_objects.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "core/guarded.h"
#include "runtime/call/host_call.h"
#include "runtime/instance/instantiation_plan.h"
#include "runtime/instance/shared_definitions.h"
#include "runtime/instance/value_check.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

StoreObjects::StoreObjects(Store& store, const StoreLimits& limits, Budget& budget)
    : store_(store), limits_(limits), budget_(budget) {}

StoreObjects::~StoreObjects() {
  while (!instances_.empty()) forget_last_instance();
}

FuncInst* StoreObjects::new_host_func(const FuncType& type, detail::HostCode code) {
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

// A function whose data somebody else owns.
FuncInst* StoreObjects::new_borrowed_func(const FuncType& type, Result<void> (*call)(void*, Caller&, uint64_t*),
                                          void* data, std::string_view module, std::string_view name) {
  detail::HostCode code;
  code.call = call;
  code.data = {data, [](void*) {}};
  FuncInst* const made = new_host_func(type, std::move(code));
  made->host->module = module;
  made->host->name = name;
  return made;
}

FuncInst* StoreObjects::shared_func(const std::shared_ptr<const SharedFunc>& func) {
  FuncInst*& made = made_funcs_[{func.get(), nullptr}];
  if (made != nullptr) return made;
  shared_funcs_.push_back(func);
  return made = new_borrowed_func(func->type, func->code.call, func->code.data.get(), func->module, func->name);
}

FuncInst* StoreObjects::table_func(const HostFunction& function, void* data) {
  FuncInst*& made = made_funcs_[{&function, data}];
  if (made != nullptr) return made;
  return made = new_borrowed_func(function.type(), function.call, data, function.module, function.name);
}

void StoreObjects::fill(CallbackInst& made, const FuncType& type) {
  HostFunc& host = made.inst.host;
  FuncInst& func = made.inst.func;
  func.type = is_known(store_.engine().types(), type) ? store_.engine().types().intern(type) : kNoType;
  func.host = &host;
  host.data = made.data.get();
  set_type(host, func.type != kNoType ? store_.engine().types().func(func.type) : odd_types_.emplace_back(type));
  host.store = &store_;
}

bool StoreObjects::owns(const FuncInst* func) const {
  note_func_addresses();
  return func_addresses_.contains(func);
}

// Adds the functions that were made since the last call.
void StoreObjects::note_func_addresses() const {
  const auto from = [](const auto& list, size_t known) {
    return std::prev(list.end(), static_cast<ptrdiff_t>(list.size() - known));
  };
  for (auto it = from(callbacks_, addressed_callbacks_); it != callbacks_.end(); ++it) {
    func_addresses_.add(&it->inst.func, 1, sizeof(CallbackInst));
  }
  for (auto it = from(instances_, addressed_instances_); it != instances_.end(); ++it) {
    func_addresses_.add(it->own_funcs.data(), it->own_funcs.size(), sizeof(FuncInst));
    // An instance from the pool may still hold the host functions of another store's instance.
    if (it->host_funcs.empty() || it->host_funcs[0].host.store != &store_) continue;
    func_addresses_.add(&it->host_funcs[0].func, it->host_funcs.size(), sizeof(HostFuncInst));
  }
  addressed_callbacks_ = callbacks_.size();
  addressed_instances_ = instances_.size();
}

std::string_view StoreObjects::keep_name(std::string_view name) {
  // Only the last two names are compared: the functions of one module are usually defined one after the other.
  const size_t recent = std::min(kept_names_.size(), size_t{2});
  const auto known = std::find(std::prev(kept_names_.end(), static_cast<ptrdiff_t>(recent)), kept_names_.end(), name);
  return known != kept_names_.end() ? *known : kept_names_.emplace_back(name);
}

Result<MemInst*> StoreObjects::new_memory(const MemoryType& type, const std::shared_ptr<PageTemplate>& content) {
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

Result<void> StoreObjects::allocate(MemInst& memory, const MemoryType& type,
                                    const std::shared_ptr<PageTemplate>& content) {
  Result<void> r =
      memory.allocate(type, limits_.memory_bytes, store_.engine().bounds(), &store_.engine().memory_pool(), content);
  if (!r) return r;
  if (!budget_.take(Growth::Kind::memory, memory.size)) {
    return Error::make(ErrorKind::limit, "the store may have no memory of " + std::to_string(type.limits.min) +
                                             " pages more: its limit is " + std::to_string(limits_.total_bytes) +
                                             " bytes in all");
  }
  memory.counted_in = &budget_;
  store_.engine().count(memory);
  return {};
}

int64_t StoreObjects::memory_grow(MemInst& memory, uint64_t delta_pages) {
  if (delta_pages > (memory.max_size - memory.size) >> memory.type.page_size_log2) return kGrowFailed;
  const uint64_t bytes = delta_pages << memory.type.page_size_log2;
  // The budget is asked before the memory grows, because a growth cannot be undone.
  if (!budget_.take(Growth::Kind::memory, bytes)) return kGrowFailed;
  const int64_t old_pages = memory.grow(delta_pages);
  if (old_pages == kGrowFailed) budget_.give_back(bytes);
  return old_pages;
}

TrapCode StoreObjects::table_grow(TableInst& table, uint64_t delta, Slot init, int64_t& old_size, bool interruptible) {
  old_size = kGrowFailed;
  if (delta > table.max_size - table.size) return TrapCode::none;
  if (!budget_.take(Growth::Kind::table, delta * sizeof(Slot))) return TrapCode::none;
  const TrapCode trap = table.grow(interruptible ? &store_ : nullptr, delta, init, old_size);
  if (old_size == kGrowFailed) budget_.give_back(delta * sizeof(Slot));
  return trap;
}

Result<MemInst*> StoreObjects::add_shared(std::shared_ptr<MemInst> memory) {
  MemInst* const inst = memory.get();
  if (find_shared(inst) != nullptr) return inst;
  if (Result<void> r = check_memory_count(); !r) return std::move(r).error();
  shared_memories_.push_back(std::move(memory));
  return inst;
}

std::shared_ptr<MemInst> StoreObjects::find_shared(const MemInst* memory) const {
  const auto found = std::find_if(shared_memories_.begin(), shared_memories_.end(),
                                  [&](const auto& shared) { return shared.get() == memory; });
  return found == shared_memories_.end() ? nullptr : *found;
}

Result<void> StoreObjects::check_memory_count() const {
  if (memories_.size() + shared_memories_.size() < limits_.memories) return {};
  return Error::make(ErrorKind::limit, "the store may have " + std::to_string(limits_.memories) + " memories at most");
}

Result<TableInst*> StoreObjects::new_table(const TableType& type, Slot init, TableStorage storage) {
  if (tables_.size() >= limits_.tables) {
    return Error::make(ErrorKind::limit, "the store may have " + std::to_string(limits_.tables) + " tables at most");
  }
  TableInst& table = tables_.emplace_back();
  Result<void> r =
      guarded([&] { return table.allocate(&store_, type, init, limits_.table_elements, std::move(storage)); });
  if (r && !budget_.take(Growth::Kind::table, table.size * sizeof(Slot))) {
    r = Error::make(ErrorKind::limit, "the store may have no table of " + std::to_string(table.size) +
                                          " elements more: its limit is " + std::to_string(limits_.total_bytes) +
                                          " bytes in all");
  }
  if (r) return &table;
  tables_.pop_back();
  return std::move(r).error();
}

GlobalInst* StoreObjects::new_global(const GlobalType& type, const Slot* value) {
  GlobalInst& global = globals_.emplace_back();
  global.type = type;
  std::copy_n(value, type.value.slots(), global.value);
  return &global;
}

TagInst* StoreObjects::new_tag(TypeId type) { return &tags_.emplace_back(TagInst{type}); }

Result<ModuleInst*> StoreObjects::new_instance(std::shared_ptr<const CompiledModule> module) {
  if (instances_.size() >= limits_.instances) {
    return Error::make(ErrorKind::limit,
                       "the store may have " + std::to_string(limits_.instances) + " instances at most");
  }
  ModuleInstList made = module->instantiation().instances().take(*module);
  ModuleInst& instance = made.front();
  instance.module = std::move(module);
  instance.store = &store_;
  instance.context.store = &store_;
  instance.context.heap_runs = store_.heap().runs();
  store_.interruption().exclusively([&] {
    tell_interruption(instance.context);
    instances_.splice(instances_.end(), made);
  });
  return &instance;
}

void StoreObjects::forget_last_instance() {
  ModuleInstList last;
  store_.interruption().exclusively([&] { last.splice(last.end(), instances_, std::prev(instances_.end())); });
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
  module->instantiation().instances().give_back(*module, std::move(last));
}

void StoreObjects::tell_interruption() {
  for (ModuleInst& instance : instances_) tell_interruption(instance.context);
}

void StoreObjects::tell_interruption(InstanceContext& context) const {
  const Interruption& interruption = store_.interruption();
  context.interrupt =
      (interruption.on() ? InstanceContext::kStop : 0) | (interruption.yields() ? InstanceContext::kYield : 0);
  context.stack_limit = interruption.on() ? nullptr : store_.execution().stack_limit();
}

// --- Undoing a failed instantiation

StoreObjects::Mark StoreObjects::mark() const {
  return {memories_.size(), shared_memories_.size(), tables_.size(), globals_.size(), tags_.size(), instances_.size()};
}

uint64_t StoreObjects::taken_since(const Mark& mark) const {
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

// The last instance may have been published: its memory 0, which may stay, must not write to it any more.
void StoreObjects::forget_last_user() {
  const ModuleInst& last = instances_.back();
  if (!last.memories.empty()) std::erase(last.memories[0]->users, &last.context);
}

void StoreObjects::forget_since(const Mark& mark) {
  assert(addressed_instances_ <= mark.instances);  // nobody has seen the functions of the new instances
  budget_.give_back(taken_since(mark));
  while (instances_.size() > mark.instances) {
    forget_last_user();
    forget_last_instance();
  }
  while (memories_.size() > mark.memories) memories_.pop_back();
  while (shared_memories_.size() > mark.shared_memories) shared_memories_.pop_back();
  while (tables_.size() > mark.tables) tables_.pop_back();
  while (globals_.size() > mark.globals) globals_.pop_back();
  while (tags_.size() > mark.tags) tags_.pop_back();
}

}  // namespace mini_wasm::runtime
