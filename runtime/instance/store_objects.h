// StoreObjects: the instance objects that a store owns (spec 4.2.3), at stable addresses: functions of the host, tables,
// memories, globals, tags and module instances.
// Thread rule: that of the store.
#pragma once

#include <mini_wasm/store.h>

#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/budget.h"
#include "runtime/instance/func_addresses.h"
#include "runtime/instance/module_inst.h"

namespace mini_wasm {
struct HostFunction;
}

namespace mini_wasm::runtime {

struct SharedFunc;

class StoreObjects {
 public:
  // `store` and `budget` must outlive it.
  StoreObjects(Store& store, const StoreLimits& limits, Budget& budget);
  ~StoreObjects();
  StoreObjects(const StoreObjects&) = delete;
  StoreObjects& operator=(const StoreObjects&) = delete;

  // These make objects. Their addresses stay valid until the store is destroyed. Errors: limit.
  FuncInst* new_host_func(const FuncType& type, detail::HostCode code);
  // The store's own function for a host function of many stores: the same one each time. For a function of a table,
  // `data` is what it is given.
  FuncInst* shared_func(const std::shared_ptr<const SharedFunc>& func);
  FuncInst* table_func(const HostFunction& function, void* data);
  // Unless it is shared, the memory may begin with `content` (see MemInst::has_content).
  Result<MemInst*> new_memory(const MemoryType& type, const std::shared_ptr<PageTemplate>& content = nullptr);
  Result<MemInst*> add_shared(std::shared_ptr<MemInst> memory);  // may have been added before
  Result<TableInst*> new_table(const TableType& type, Slot init, TableStorage storage = {});
  GlobalInst* new_global(const GlobalType& type, const Slot* value);
  TagInst* new_tag(TypeId type);
  // An instance with only its own functions; instantiate.cc fills in the rest.
  Result<ModuleInst*> new_instance(std::shared_ptr<const CompiledModule> module);
  // A copy of the text that lives as long as the store.
  std::string_view keep_name(std::string_view name);

  // memory.grow and table.grow (spec 4.6.7, 4.6.8): the old size, or kGrowFailed. table_grow traps like
  // TableInst::grow.
  int64_t memory_grow(MemInst& memory, uint64_t delta_pages);
  TrapCode table_grow(TableInst& table, uint64_t delta, Slot init, int64_t& old_size, bool interruptible = true);

  std::shared_ptr<MemInst> find_shared(const MemInst* memory) const;
  // Whether there is a function of this store at that address. Any address is allowed; it is not followed.
  bool owns(const FuncInst* func) const;
  const std::list<MemInst>& memories() const { return memories_; }
  const std::vector<std::shared_ptr<MemInst>>& shared_memories() const { return shared_memories_; }
  const std::list<TableInst>& tables() const { return tables_; }
  const std::list<GlobalInst>& globals() const { return globals_; }
  const ModuleInstList& instances() const { return instances_; }
  ModuleInstList& instances() { return instances_; }

  // Tells the code of all instances whether the store is interrupted, or asks to yield. Thread rule: any thread, when
  // Interruption::set and the like say so.
  void tell_interruption();

  // The number of objects of each kind. An instantiation that fails before its objects are visible to others removes
  // them (forget_since), so that repeated attempts do not fill the store.
  struct Mark {
    size_t memories, shared_memories, tables, globals, tags, instances;
  };
  Mark mark() const;
  void forget_since(const Mark& mark);
  uint64_t taken_since(const Mark& mark) const;  // bytes of the budget, for memories and tables

 private:
  struct CallbackInst {
    std::unique_ptr<void, void (*)(void*)> data;
    HostFuncInst inst;
  };
  void fill(CallbackInst& made, const FuncType& type);
  FuncInst* new_borrowed_func(const FuncType& type, Result<void> (*call)(void*, Caller&, uint64_t*), void* data,
                              std::string_view module, std::string_view name);
  Result<void> check_memory_count() const;
  Result<void> allocate(MemInst& memory, const MemoryType& type, const std::shared_ptr<PageTemplate>& content);
  void tell_interruption(InstanceContext& context) const;
  void forget_last_instance();
  void forget_last_user();
  void note_func_addresses() const;

  Store& store_;
  const StoreLimits& limits_;
  Budget& budget_;
  // Lists, because most stores have only a few objects of each kind, and an empty list costs nothing.
  std::list<CallbackInst> callbacks_;
  // Types of host functions that the registry does not have: types of another engine, or all new ones when the registry
  // is full.
  std::list<FuncType> odd_types_;
  std::list<std::string> kept_names_;
  // What was made for all stores: the functions that were made of it here, by what they were made of.
  std::vector<std::shared_ptr<const SharedFunc>> shared_funcs_;
  std::map<std::pair<const void*, void*>, FuncInst*> made_funcs_;
  std::list<MemInst> memories_;
  std::vector<std::shared_ptr<MemInst>> shared_memories_;  // owned jointly with other stores
  std::list<TableInst> tables_;
  std::list<GlobalInst> globals_;
  std::list<TagInst> tags_;
  ModuleInstList instances_;  // changed only within Interruption::exclusively: other threads read it to interrupt
  // Contains the functions of the first addressed_callbacks_ elements of callbacks_, and the first addressed_instances_
  // of instances_.
  mutable FuncAddresses func_addresses_;
  mutable size_t addressed_callbacks_ = 0, addressed_instances_ = 0;
};

}  // namespace mini_wasm::runtime
