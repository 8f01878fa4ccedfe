#include "runtime/instance/instantiation_plan.h"

#include "runtime/engine.h"
#include "runtime/instance/initial_tables.h"

namespace mini_wasm::runtime {

InstantiationPlan::InstantiationPlan(Engine& engine, const decoder::Module& module)
    : engine_(engine),
      module_(module),
      instances_(engine.config().pool_size, engine.config().pool_bytes),
      tables_hold_own_functions_(runtime::tables_hold_own_functions(module)),
      no_host_imports_(module, engine, std::span<const HostFunction>()) {}

InstantiationPlan::~InstantiationPlan() {
  if (PageTemplate* content = initial_memory_.made()) engine_.memory_pool().retire(*content);
}

const HostImports& InstantiationPlan::host_imports(std::span<const HostFunction> table) {
  if (table.empty()) return no_host_imports_;
  host_imports_once_.call([&] { host_imports_ = std::make_unique<HostImports>(module_, engine_, table); });
  return host_imports_->is_for(table) ? *host_imports_ : no_host_imports_;
}

}  // namespace mini_wasm::runtime
