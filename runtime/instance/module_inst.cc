#include "runtime/instance/module_inst.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mini_wasm::runtime {
namespace {

// A reference to a function points to a function instance. So only functions that can be referred to (spec 3.5.13,
// "refs") or are called from outside need one. Calls inside a module need none.
bool needs_inst(const decoder::Module& module, uint32_t func) {
  return module.declared_funcs[func] || (module.start && raw(*module.start) == func);
}

void make_funcs(ModuleInst& instance, const CompiledModule& compiled) {
  const decoder::Module& module = compiled.module();
  const uint32_t count = static_cast<uint32_t>(module.funcs.size());
  size_t own = 0;
  for (uint32_t i = module.imported_funcs; i < count; ++i) own += needs_inst(module, i);
  instance.funcs.resize(count);
  instance.own_funcs.reserve(own);
  for (uint32_t i = module.imported_funcs; i < count; ++i) {
    if (!needs_inst(module, i)) continue;
    FuncInst& func = instance.own_funcs.emplace_back();
    func.index = FuncIdx{i};
    func.type = module.type_id(module.funcs[i].type);
    func.context = &instance.context;
    instance.funcs[i] = &func;
  }
  instance.attach(compiled.code());
}

// Removes everything that instantiation fills in. The vectors keep their capacity.
void clear(ModuleInst& instance, size_t imported_funcs) {
  instance.context.memory_base = nullptr;
  instance.context.stack_limit = nullptr;
  instance.context.interrupt = 0;
  instance.context.store = nullptr;
  instance.context.heap_runs = nullptr;
  instance.store = nullptr;
  std::fill_n(instance.funcs.begin(), imported_funcs, nullptr);
  instance.tables.clear();
  instance.memories.clear();
  instance.globals.clear();
  instance.tags.clear();
  instance.global_cells.clear();
  instance.elems.clear();
  instance.datas.clear();
}

void refill_tables(ModuleInst& instance) {
  const size_t count = std::min(instance.initial_tables.size(), instance.spare_tables.size());
  for (size_t i = 0; i < count; ++i) {
    const std::vector<Slot>& initial = instance.initial_tables[i];
    TableStorage& table = instance.spare_tables[i];
    if (table.capacity != initial.size()) continue;  // the table had grown
    std::copy(initial.begin(), initial.end(), table.elements.get());
    table.filled = true;
  }
}

}  // namespace

void ModuleInst::attach(ModuleCode& to) {
  for (FuncInst& func : own_funcs) to.attach(func);
  code = &to;
}

ModuleInstList InstancePool::take(const CompiledModule& module) {
  ModuleInstList taken;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty() && !module.engine().tier().is_retired())
      taken.splice(taken.end(), free_, std::prev(free_.end()));
  }
  if (taken.empty()) {
    ModuleInst& instance = taken.emplace_back();
    instance.context.instance = &instance;
    make_funcs(instance, module);
  }
  return taken;
}

void InstancePool::give_back(const CompiledModule& module, ModuleInstList instance) {
  if (instance.front().code != &module.code()) return;  // instances with checked code are rare, and not worth pooling
  clear(instance.front(), module.module().imported_funcs);
  refill_tables(instance.front());
  uint64_t bytes = instance.front().own_funcs.size() * sizeof(FuncInst) + module.module().funcs.size() * sizeof(void*);
  for (const TableStorage& table : instance.front().spare_tables) bytes += table.capacity * sizeof(Slot);
  for (const auto& table : instance.front().initial_tables) bytes += table.size() * sizeof(Slot);
  const std::lock_guard lock(mutex_);
  if (free_.size() < most_ && (free_.size() + 1) * bytes <= most_bytes_) free_.splice(free_.end(), instance);
}

}  // namespace mini_wasm::runtime
