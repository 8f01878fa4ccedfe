// ModuleInst: a module instance (spec 4.2.6). Its store owns it; its address does not change while the store lives.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/compiled_module.h"
#include "runtime/instance/instance_context.h"
#include "runtime/instance/table.h"

namespace mini_wasm::runtime {

struct ModuleInst {
  InstanceContext context;  // points into the vectors below
  std::shared_ptr<const CompiledModule> module;
  Store* store = nullptr;
  ModuleCode* code = nullptr;  // what own_funcs run: the module's code with or without checks (Bounds)

  // By FuncIdx, so imported ones come first; also in the lists below. Null for functions that nothing can refer to:
  // they have no FuncInst, and direct calls do not need one.
  std::vector<FuncInst*> funcs;
  std::vector<TableInst*> tables;
  std::vector<MemInst*> memories;
  std::vector<GlobalInst*> globals;
  std::vector<TagInst*> tags;
  std::vector<Slot*> global_cells;
  std::vector<FuncInst> own_funcs;              // sized once; its elements never move
  std::vector<HostFuncInst> host_funcs;         // made by HostImports; once filled, its elements never move
  std::vector<std::vector<Slot>> elems;         // emptied by elem.drop
  std::vector<std::span<const uint8_t>> datas;  // emptied by data.drop; empty when no code can refer to data segments
  // While the instance is in the pool: the storage of the tables that the module defines. From the second store on,
  // also their initial content, if it is the same in each instance.
  std::vector<TableStorage> spare_tables;
  std::vector<std::vector<Slot>> initial_tables;

  // Makes the functions run `to`, other code of the same module.
  void attach(ModuleCode& to);
};

using ModuleInstList = std::list<ModuleInst>;

// InstancePool: instances of one module that earlier stores no longer need. Later stores use them again: their function
// instances, which take most of the time to make, are the same in each instance of the module. Thread rule: any thread.
class InstancePool {
 public:
  // Keeps at most `most` instances, and at most `most_bytes` bytes of function instances and tables.
  InstancePool(size_t most, uint64_t most_bytes) : most_(most), most_bytes_(most_bytes) {}

  // Returns a list with one instance, which contains only its own functions; `funcs` has room for the imported ones
  // before them.
  ModuleInstList take(const CompiledModule& module);
  // Takes back a list with one instance, which no longer knows its module.
  void give_back(const CompiledModule& module, ModuleInstList instance);

 private:
  const size_t most_;
  const uint64_t most_bytes_;
  std::mutex mutex_;
  ModuleInstList free_;
};

}  // namespace mini_wasm::runtime
