#include "runtime/module_inst.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mini_wasm::runtime {
namespace {

void make_funcs(ModuleInst& instance, const CompiledModule& compiled) {
  const decoder::Module& module = compiled.module();
  const uint32_t imported = module.imported_funcs;
  instance.funcs.resize(module.funcs.size());
  instance.own_funcs.resize(module.funcs.size() - imported);
  for (size_t i = 0; i < instance.own_funcs.size(); ++i) {
    FuncInst& func = instance.own_funcs[i];
    func.index = FuncIdx{imported + static_cast<uint32_t>(i)};
    func.type = module.type_id(module.funcs[raw(func.index)].type);
    func.context = &instance.context;
    compiled.code().attach(func);
    instance.funcs[raw(func.index)] = &func;
  }
}

// All that instantiation fills in goes, but the vectors keep their room.
void clear(ModuleInst& instance) {
  instance.context.memory_base = nullptr;
  instance.context.stack_limit = nullptr;
  instance.context.interrupt = 0;
  instance.context.store = nullptr;
  instance.context.heap_runs = nullptr;
  instance.store = nullptr;
  std::fill_n(instance.funcs.begin(), instance.funcs.size() - instance.own_funcs.size(), nullptr);
  instance.tables.clear();
  instance.memories.clear();
  instance.globals.clear();
  instance.tags.clear();
  instance.global_cells.clear();
  instance.elems.clear();
  instance.datas.clear();
}

}  // namespace

ModuleInstList InstancePool::take(const CompiledModule& module) {
  ModuleInstList taken;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) taken.splice(taken.end(), free_, std::prev(free_.end()));
  }
  if (taken.empty()) {
    ModuleInst& instance = taken.emplace_back();
    instance.context.instance = &instance;
    make_funcs(instance, module);
  }
  return taken;
}

void InstancePool::give_back(ModuleInstList instance) {
  clear(instance.front());
  uint64_t bytes = instance.front().own_funcs.size() * (sizeof(FuncInst) + sizeof(FuncInst*));
  for (const TableStorage& table : instance.front().spare_tables) bytes += table.capacity * sizeof(Slot);
  const std::lock_guard lock(mutex_);
  if (free_.size() < most_ && (free_.size() + 1) * bytes <= most_bytes_) free_.splice(free_.end(), instance);
}

}  // namespace mini_wasm::runtime
