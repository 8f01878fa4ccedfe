// A module instance (spec 4.2.5): owned by its store, at a stable address until the store goes.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/compiled_module.h"
#include "runtime/instance_context.h"
#include "runtime/table.h"

namespace mini_wasm::runtime {

struct ModuleInst {
  InstanceContext context;  // points into the vectors below
  std::shared_ptr<const CompiledModule> module;
  Store* store = nullptr;
  ModuleCode* code = nullptr;  // of the module: what the functions below run

  std::vector<FuncInst*> funcs;  // imported first, likewise below; null for those that nothing can refer to
  std::vector<TableInst*> tables;
  std::vector<MemInst*> memories;
  std::vector<GlobalInst*> globals;
  std::vector<TagInst*> tags;
  std::vector<Slot*> global_cells;
  std::vector<FuncInst> own_funcs;              // sized once, never changed
  std::vector<HostFuncInst> host_funcs;         // those of HostImports, likewise, once there are some
  std::vector<std::vector<Slot>> elems;         // emptied by elem.drop
  std::vector<std::span<const uint8_t>> datas;  // emptied by data.drop; none when no code can refer to them
  // In the pool: of the tables that the module defines. From the second store on, what they begin with is kept as well,
  // when it is the same each time.
  std::vector<TableStorage> spare_tables;
  std::vector<std::vector<Slot>> initial_tables;

  // Makes the functions run other code of the module.
  void attach(ModuleCode& to);
};

using ModuleInstList = std::list<ModuleInst>;

// Instances of one module that stores have done with, for the next ones: their functions are made already, which takes
// by far the longest, and are the same as those of a new instance. Thread rule: any thread.
class InstancePool {
 public:
  // Keeps `most` instances, and no more than `most_bytes` bytes of functions and tables.
  InstancePool(size_t most, uint64_t most_bytes) : most_(most), most_bytes_(most_bytes) {}

  // A list of one, with nothing but functions of its own in it, and functions behind the imported ones.
  ModuleInstList take(const CompiledModule& module);
  // A list of one that no longer says of which module it is.
  void give_back(const CompiledModule& module, ModuleInstList instance);

 private:
  const size_t most_;
  const uint64_t most_bytes_;
  std::mutex mutex_;
  ModuleInstList free_;
};

}  // namespace mini_wasm::runtime
